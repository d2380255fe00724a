"""Submitting from a notebook and from a terminal: tokens, receipts, refusals in a sentence."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from homework_site import PEOPLE, HomeworkSite, Visitor, serving, solved, tiny_site
from patience import eventually
from tiny_course import ASSIGNMENT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeworkSite]:
    """A running site whose submissions wait: no grader."""
    people = {**PEOPLE, "first": "student"}  # who has submitted nothing in another test
    with serving(tiny_site(tmp_path_factory.mktemp("course")), "--graders", "0", people=people) as site:
        yield site


def token_of(visitor: Visitor, label: str = "laptop") -> str:
    """A new token, as the page shows it once."""
    reply = visitor.http.post("/tokens", data={"token": visitor.token, "label": label})
    found = re.search(r"submit-[A-Za-z0-9_-]{32}", reply.text)
    assert found is not None, reply.text
    assert found[0] not in visitor.page("/tokens")
    return found[0]


def submit(site: HomeworkSite, folder: Path, call: str, **variables: str) -> str:
    """What `submit` prints when a notebook's kernel runs a call in a folder, with settings of its own."""
    settings = {"XDG_CONFIG_HOME": str(folder / "settings"), "SITE": site.address, **variables}
    code = f"import os; SITE = os.environ['SITE']; from autograder import submit; {call}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout


def test_from_a_notebook(site: HomeworkSite, tmp_path: Path) -> None:
    """The receipt is printed, the submission is the student's, and the second time needs no token."""
    student = site.visitor("first")
    token = token_of(student)
    (tmp_path / f"{ASSIGNMENT}.ipynb").write_bytes(solved(site.course))
    first = submit(site, tmp_path, f"submit(site=SITE, token={token!r})")
    assert "submission 1" in first and "was saved at" in first
    page = re.search(r"Result +http://[^/]+(/\S+)", first)
    address = page[1] if page else ""
    eventually(
        lambda: "defines 3 of 3 functions" in student.page(address)
    )  # the first look at it takes a moment
    kept = tmp_path / "settings" / "autograder" / "tokens.json"
    assert kept.stat().st_mode & 0o077 == 0
    assert json.loads(kept.read_text(encoding="utf-8")) == {site.address: token}
    again = submit(site, tmp_path, "submit()")
    assert address and address in again  # the same bytes are the same submission
    assert "never" not in student.page("/tokens").split("<tbody>")[-1]


def test_an_old_file_is_asked_about(site: HomeworkSite, tmp_path: Path) -> None:
    """A file that was saved long ago is not submitted unless somebody says so."""
    token = token_of(site.visitor("bob"))
    path = tmp_path / f"{ASSIGNMENT}.ipynb"
    path.write_bytes(solved(site.course))
    os.utime(path, (1e9, 1e9))
    assert "Nothing was submitted. Save the notebook" in submit(
        site, tmp_path, f"submit(site=SITE, token={token!r})"
    )


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("submit()", "No site is known here."),
        ("submit(site=SITE)", "No token for"),
        ("submit(site='exam', token='x')", "is not a site's address"),
        ("submit(site='http://127.0.0.1:9', token='x')", "The site does not answer"),
        ("submit(site=SITE, token='submit-wrong')", "This token is unknown here"),
        ("submit('missing.ipynb', site=SITE, token='x')", "No such file"),
    ],
)
def test_refusals(site: HomeworkSite, tmp_path: Path, call: str, sentence: str) -> None:
    """Each is one sentence that begins with what happened to the submission."""
    (tmp_path / f"{ASSIGNMENT}.ipynb").write_bytes(solved(site.course))
    printed = submit(site, tmp_path, call)
    assert "Nothing was submitted." in printed and sentence in printed


def test_in_the_terminal(site: HomeworkSite, tmp_path: Path) -> None:
    """`autograder submit --site` does the same; a notebook of something else is refused."""
    token = token_of(site.visitor("ann"))
    path = tmp_path / f"{ASSIGNMENT}.ipynb"
    path.write_bytes(solved(site.course) + b"\n")
    command = [sys.executable, "-m", "autograder", "submit", str(path), "--site", site.address]
    environment = {**os.environ, "AUTOGRADER_TOKEN": token}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "Submitted" in done.stdout and "Signature" in done.stdout
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": "x = 1"}], "nbformat": 4}))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "defines none of the functions" in done.stderr


def test_a_token_that_was_given_away(site: HomeworkSite, tmp_path: Path) -> None:
    """A token in a submitted file is revoked, and its submitter is told."""
    bob = site.visitor("bob")
    token = token_of(bob)
    notebook = json.loads(solved(site.course))
    notebook["cells"].append(
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": f"submit(token={token!r})"}
    )
    (tmp_path / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    assert "it was revoked" in submit(site, tmp_path, f"submit(site=SITE, token={token!r})")
    assert "This token is unknown here" in submit(site, tmp_path, "submit()")


def test_revoking(site: HomeworkSite, tmp_path: Path) -> None:
    """A token that its owner revokes submits nothing more; nobody revokes another person's."""
    ann, bob = site.visitor("ann"), site.visitor("bob")
    token = token_of(ann, "to be revoked")
    digest = re.findall(r'name="hash" value="([0-9a-f]+)"', ann.page("/tokens"))[-1]
    (tmp_path / f"{ASSIGNMENT}.ipynb").write_bytes(solved(site.course))
    bob.http.post("/tokens/revoke", data={"token": bob.token, "hash": digest})
    assert "Signature" in submit(site, tmp_path, f"submit(site=SITE, token={token!r})")
    ann.http.post("/tokens/revoke", data={"token": ann.token, "hash": digest})
    assert "This token is unknown here" in submit(site, tmp_path, "submit()")
