"""Killed at any moment: a grader's work is done by its successor, and what was acknowledged is there."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from homework_site import HomeworkSite, Visitor, serving, solved, tiny_site
from patience import eventually


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


def status(visitor: Visitor, path: str) -> str:
    """The state of a submission's grading."""
    return str(visitor.http.get(f"{path}/status").json()["state"])


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
def test_a_killed_grader(tmp_path: Path) -> None:
    """Its submission is graded by the grader that is started in its place, once."""
    course = tiny_site(tmp_path)
    with serving(course, "--graders", "1", complaints="is started again in 5 s") as site:
        ann = site.visitor("ann")
        slow = solved(course).replace(b"return FACTOR * x", b"__import__('time').sleep(2); return FACTOR * x")
        path = ann.submitted(slow)
        eventually(lambda: status(ann, path) in ("leased", "graded"))
        killed = graders_of(site)
        assert len(killed) == 1
        os.kill(killed[0], signal.SIGKILL)
        assert "6 of 6 points" in ann.graded(path)
        assert graders_of(site) != killed


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
