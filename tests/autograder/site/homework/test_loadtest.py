"""`autograder loadtest` and `crashtest` of homework: limits are judged, and the commands run as a whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command import autograder
from live_server import REPOSITORY
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.course.course import find_course
from autograder.site.file_store import FileStore
from autograder.site.loadtest.checks import damage, missing, wrongly_graded
from autograder.site.loadtest.client import Receipt
from autograder.site.loadtest.fixture import fixture_for
from autograder.site.loadtest.load import LoadPlan, LoadResult


def test_limits_are_judged() -> None:
    """A result beyond a limit misses it, and nothing else."""
    result = LoadResult(LoadPlan(students=3))
    assert [limit.what for limit in result.limits() if not limit.kept] == []
    result.times.seconds["receipt"] = [0.1] * 98 + [2.5] * 2
    result.pages = {"class": (0.5, 400.0), "submission": (1.5, 20.0)}
    result.missing = ["/submissions/a"]
    missed = [limit.what for limit in result.limits() if not limit.kept]
    assert missed == [
        "before the deadline: 99 % of receipts",
        "acknowledged submissions that are missing",
        "the same, compressed",
        "page of a notebook of 10 MB",
    ]


def test_what_is_lost_is_noticed(tmp_path: Path) -> None:
    """A receipt without a submission, and a submission whose bytes are gone or that nobody graded."""
    write_tiny_course(tmp_path / "course")
    (tmp_path / "copy").mkdir()
    fixture = fixture_for(find_course(tmp_path / "course"), ASSIGNMENT, tmp_path / "copy")
    assert missing(fixture, [Receipt("/submissions/none", "0" * 64)]) == ["/submissions/none"]
    assert damage(fixture) == wrongly_graded(fixture) == []
    assert isinstance(fixture.files(), FileStore)


@pytest.mark.full
@pytest.mark.parametrize(
    "words",
    [
        (
            "loadtest",
            "--students",
            "4",
            "--seconds",
            "2",
            "--size",
            "0.2",
            "--class-size",
            "30",
            "--hostile",
            "6",
        ),
        ("crashtest", "--rounds", "10", "--students", "2", "--life", "1.5"),
    ],
)
def test_the_commands(tmp_path: Path, address: str, words: tuple[str, ...]) -> None:
    """Each runs on a copy of the course; the exit code says whether all was kept, and nothing is lost."""
    course = write_tiny_course(tmp_path)
    shutil.copytree(REPOSITORY.root / "quizzes" / "banks", course.root / "quizzes" / "banks")
    shutil.copy(REPOSITORY.root / "quizzes" / "quiz4.yaml", course.root / "quizzes")
    database = ("--database", address, "--servers", "2") if "://" in address else ()
    done = autograder(*words, *database, folder=course.root)
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    if words[0] == "crashtest":
        assert "every submission is graded once, and the ledger verifies." in done.stdout
    else:
        assert "kept    acknowledged submissions that are missing" in done.stdout
        assert "kept    faults in database and ledger" in done.stdout
        assert "99 % of requests beside 6 hostile sources" in done.stdout
        assert "kept    quiz beside it: acknowledged saves that are missing" in done.stdout
