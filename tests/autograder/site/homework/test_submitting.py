"""A student's homework in the browser: dates, handout, upload, receipt, queue, score, feedback."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from homework_site import HomeworkSite, broken_notebook, serving, solved, tiny_site, with_mistake
from patience import eventually
from tiny_course import ASSIGNMENT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeworkSite]:
    """A running site with one grader beside it."""
    with serving(tiny_site(tmp_path_factory.mktemp("course")), "--graders", "1") as site:
        yield site


def test_from_upload_to_feedback(site: HomeworkSite) -> None:
    """A submission is acknowledged with a receipt, graded, and its feedback names the mistake."""
    ann, notebook = site.visitor("ann"), with_mistake(site.course)
    assert f'href="/homework/{ASSIGNMENT}"' in ann.page("/")
    path = ann.submitted(notebook)
    page = ann.graded(path)
    assert sha256(notebook).hexdigest() in page
    assert re.search(r"<strong>[345][.\d]* of 6 points</strong>", page)
    feedback = ann.page(f"{path}/feedback")
    assert "The factor 2 is missing" in feedback
    assert ann.http.get(f"{path}/file").content == notebook


def test_a_better_submission_counts(site: HomeworkSite) -> None:
    """The assignment's page says which submission counts; the latest bytes again are no new submission."""
    bob, right = site.visitor("bob"), solved(site.course)
    first = bob.submitted(with_mistake(site.course))
    bob.graded(first)
    second = bob.submitted(right)
    bob.graded(second)
    assert bob.submitted(right) == second
    page = bob.page(f"/homework/{ASSIGNMENT}")
    assert "<strong>6 of 6 points</strong> count: submission 2." in page
    assert bob.submitted(with_mistake(site.course)) not in (first, second)


def test_the_handout(site: HomeworkSite) -> None:
    """The handout is what `autograder release` writes: notebook, public checks, the package, no solution."""
    reply = site.visitor("ann").http.get(f"/homework/{ASSIGNMENT}/handout")
    names = zipfile.ZipFile(io.BytesIO(reply.content)).namelist()
    assert f"{ASSIGNMENT}/{ASSIGNMENT}.ipynb" in names
    assert not [name for name in names if "reference" in name or "mistakes" in name]


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (broken_notebook(), "tiny.ipynb", "This file cannot be graded."),
        (b"\xff\xfe\x00 no notebook", "photo.jpg", "This file cannot be graded."),
        (b"[" * 200_000, "deep.ipynb", "This file cannot be graded."),
    ],
)
def test_what_is_no_notebook(site: HomeworkSite, content: bytes, name: str, sentence: str) -> None:
    """A file that cannot be graded is stored all the same, and its page says what is wrong."""
    ann = site.visitor("ann")
    path = ann.submitted(content, name)
    eventually(lambda: sentence in ann.page(path))
    assert ann.http.get(f"{path}/file").content == content


def test_refused_uploads(site: HomeworkSite) -> None:
    """No file, an empty one, a form of an earlier sign-in, and an unknown assignment get a sentence."""
    ann = site.visitor("ann")
    assert "No file was chosen, or it is empty." in ann.upload(b"").text
    assert ann.upload(solved(site.course), token="another").status_code == 403
    reply = ann.http.post("/homework/none/upload", data={"token": ann.token}, files={"notebook": b"x"})
    assert reply.status_code == 404
    reply = ann.http.post(f"/homework/{ASSIGNMENT}/upload", data={"token": ann.token})
    assert "This is not an upload." in reply.text


def test_whose_submission(site: HomeworkSite) -> None:
    """Somebody else's submission does not exist, and without signing in there is nothing."""
    path = site.visitor("ann").submitted(solved(site.course), "mine.ipynb")
    bob = site.visitor("bob")
    for part in ("", "/status", "/feedback", "/file"):
        assert bob.http.get(path + part).status_code == 404
    bob.http.cookies.clear()
    for part in ("", "/feedback", "/file"):
        assert bob.http.get(path + part).headers["Location"].startswith("/sign-in")


def test_graders_need_their_token(site: HomeworkSite) -> None:
    """Nobody but a grader leases, reads files by digest or brings reports."""
    http = site.visitor("ina").http
    assert http.post("/graders/lease").status_code == 403
    assert http.get(f"/graders/files/{'0' * 64}").status_code == 403
    assert http.post("/graders/gradings/1/report", content=b"{}").status_code == 403
    assert http.post("/graders/gradings/1/fault", content=b"{}").status_code == 403


def test_files_of_a_course(site: HomeworkSite, tmp_path: Path) -> None:
    """What is stored is beside the database, once for equal bytes, and readable by its owner alone."""
    folder = site.course.root / ".quizzes" / "files"
    stored = list(folder.rglob("*.gz"))
    assert len({path.name for path in stored}) == len(stored)
    assert all(path.stat().st_mode & 0o077 == 0 for path in stored)
