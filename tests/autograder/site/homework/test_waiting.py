"""Waiting without pauses: graders that wait for a submission, and pages that wait for a score."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from homework_site import HomeworkSite, serving, solved, tiny_site
from hypothesis import given
from hypothesis import strategies as st
from local_http import LOCAL
from patience import eventually

from autograder.site.backup import secret_beside
from autograder.site.homework.grader_api import grader_token
from autograder.site.homework.queue import pause_until_next_look
from autograder.site.server import FILE, FOLDER
from autograder.site.signer import Signer

LONGEST = 600_000  # milliseconds: a test that ends was not answered because this was over


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeworkSite]:
    """A running site without graders of its own."""
    with serving(tiny_site(tmp_path_factory.mktemp("course")), "--graders", "0") as site:
        yield site


def token(site: HomeworkSite) -> str:
    """What the site's graders show."""
    return grader_token(Signer(secret_beside(site.course.root / FOLDER / FILE)))


def lease(site: HomeworkSite, name: str, wait: object) -> httpx.Response:
    """A grader's request for work."""
    headers = {"Authorization": f"Bearer {token(site)}"}
    asked = {"grader": name, "wait": wait}
    return httpx.post(f"{site.address}/graders/lease", json=asked, headers=headers, **LOCAL)


def test_a_waiting_grader_gets_a_submission_at_once(site: HomeworkSite) -> None:
    """Two graders wait; each of two submissions is leased to one of them when it is stored."""
    with ThreadPoolExecutor() as threads:
        waiting = [threads.submit(lease, site, name, LONGEST) for name in ("one", "two")]
        paths = [site.visitor(person).submitted(solved(site.course)) for person in ("ann", "bob")]
        leased = [future.result().json()["submission"] for future in waiting]
    assert sorted(leased) == sorted(path.rpartition("/")[2] for path in paths)


def test_a_grader_that_has_gone_leases_nothing(site: HomeworkSite) -> None:
    """What is submitted after a waiting grader was killed goes to the next one that asks."""
    ann, body = site.visitor("ann"), b'{"grader": "gone", "wait": 600000}'
    host, _, port = site.address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST /graders/lease HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token(site)}\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        ann.page("/")  # the server has looked meanwhile
    path = ann.submitted(solved(site.course) + b" ")
    found = eventually(lambda: [reply for reply in [lease(site, "another", 0)] if reply.status_code == 200])
    assert found[0].json()["submission"] == path.rpartition("/")[2]


@pytest.mark.parametrize("wait", [None, "", "soon", -1, 1e400, LONGEST + 1, [1]])
def test_an_odd_wait_is_none(site: HomeworkSite, wait: object) -> None:
    """A wait that is no number of milliseconds is answered at once."""
    content = '{"grader": "odd", "wait": ' + ("1e400" if wait == 1e400 else json.dumps(wait)) + "}"
    headers = {"Authorization": f"Bearer {token(site)}"}
    reply = httpx.post(f"{site.address}/graders/lease", content=content, headers=headers, **LOCAL)
    assert reply.status_code == 204


@given(before=st.integers(0, 10**6), waited=st.integers(-(10**6), 10**12))
def test_the_page_asks_less_often_the_longer_it_waits(before: int, waited: int) -> None:
    """The pause is bounded, grows with what is queued before and with the time; who is next asks soon."""
    pause = pause_until_next_look(before, waited)
    assert 400 <= pause <= 15_000
    assert pause <= pause_until_next_look(before + 1, waited)
    assert pause <= pause_until_next_look(before, waited + 1)
    assert pause_until_next_look(0, min(waited, 4000)) == 400
