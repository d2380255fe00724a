"""Killed at any moment: a grader's work is done by its successor, and what was acknowledged is there."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from command import autograder
from homework_site import HomeworkSite, Visitor, serving, solved, tiny_site
from patience import eventually
from sqlalchemy import func, select

from autograder.results.ledger import Graded
from autograder.site.homework.tables import submission
from autograder.site.ledger import ledgers_in, read_site_ledger
from autograder.site.people import COURSE
from autograder.site.server import open_site


def graders_of(site: HomeworkSite) -> list[int]:
    """The process ids of the graders beside a site's server."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"grader" in words and site.address.encode() in words:
            found.append(int(path.parent.name))
    return found


def server_of(folder: Path) -> int:
    """The process id of the server of a course."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"serve" in words and str(folder / "port").encode() in words:
            return int(path.parent.name)
    raise AssertionError("the server is not running")


def priority(process: int) -> int:
    """How far a process lets others go first."""
    return os.getpriority(os.PRIO_PROCESS, process)


def status(visitor: Visitor, path: str) -> str:
    """The state of a submission's grading."""
    return str(visitor.http.get(f"{path}/status").json()["state"])


@pytest.mark.full
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
def test_a_killed_grader(tmp_path: Path) -> None:
    """Its submission is graded by the grader that is started in its place; it gives way to the server."""
    course = tiny_site(tmp_path)
    with serving(course, "--graders", "1", complaints="is started again in 5 s") as site:
        ann = site.visitor("ann")
        slow = solved(course).replace(b"return FACTOR * x", b"__import__('time').sleep(2); return FACTOR * x")
        path = ann.submitted(slow)
        eventually(lambda: status(ann, path) in ("leased", "graded"))
        killed = graders_of(site)
        assert len(killed) == 1
        assert priority(killed[0]) > priority(server_of(course.root))
        os.kill(killed[0], signal.SIGKILL)
        assert "6 of 6 points" in ann.graded(path)
        assert graders_of(site) != killed


@pytest.mark.full
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
def test_a_killed_server(tmp_path: Path) -> None:
    """After a server was killed every receipt's bytes are there, and the next one grades everything."""
    course = tiny_site(tmp_path)
    receipts: dict[str, bytes] = {}
    for round_number in range(3):
        with serving(course, "--graders", "1", killed=True) as site:
            ann = site.visitor("ann")
            for number in range(3):
                content = solved(course) + b" " * (1 + 10 * round_number + number)
                receipts[ann.submitted(content)] = content
            time.sleep(0.3 * round_number)
    with serving(course, "--graders", "2") as site:
        ann = site.visitor("ann")
        for path, content in receipts.items():
            assert ann.http.get(f"{path}/file").content == content
            assert "6 of 6 points" in ann.graded(path)
    verified = autograder("verify", folder=course.root)
    assert f"tiny: {1 + len(receipts)} lines, nothing changed" in verified.stdout, verified.stderr


@pytest.mark.full
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
def test_killed_anywhere_ten_times_under_load(tmp_path: Path) -> None:
    """Server and graders are killed while uploads arrive: each receipt has its bytes, graded once."""
    course, receipts = tiny_site(tmp_path), dict[str, bytes]()
    for round_number in range(10):
        with (
            serving(course, "--graders", "2", killed=True) as site,
            ThreadPoolExecutor(2) as threads,
        ):
            visitors = [site.visitor(person) for person in ("ann", "bob")]
            contents = [solved(course) + b" " * (1 + 100 * round_number + 2 * number) for number in range(12)]

            def upload(number: int, visitors: list[Visitor], contents: list[bytes]) -> None:
                for content in contents[number::2]:
                    try:
                        path = visitors[number].submitted(content)
                    except (httpx.HTTPError, AssertionError):
                        return  # without a receipt nothing was promised
                    receipts[path] = content

            work = [threads.submit(upload, number, visitors, contents) for number in range(2)]
            time.sleep(0.15 * round_number)
            for process in graders_of(site):
                os.kill(process, signal.SIGKILL)
            os.kill(server_of(course.root), signal.SIGKILL)
            for done in work:
                done.result()
    assert receipts
    with serving(course, "--graders", "2") as site:
        visitors = [site.visitor(person) for person in ("ann", "bob")]
        for path, content in receipts.items():
            owner = next(
                visitor for visitor in visitors if visitor.http.get(f"{path}/status").status_code == 200
            )
            assert owner.http.get(f"{path}/file").content == content
            assert "6 of 6 points" in owner.graded(path)
        verified = autograder("verify", folder=course.root)
        assert verified.returncode == 0, verified.stdout + verified.stderr
    with open_site(course.root) as opened, opened.database.reading() as connection:
        (name,) = ledgers_in(connection, COURSE)
        lines = [line for line in read_site_ledger(connection, name)[0] if isinstance(line, Graded)]
        graded = Counter((line.student, line.attempt) for line in lines)
        stored = connection.execute(select(func.count()).select_from(submission)).scalar_one()
    assert max(graded.values()) == 1
    assert len(graded) == stored >= len(receipts)
