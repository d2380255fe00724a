"""Strangers' files: regular ones only, so many bytes of them, no links; nothing hangs or fills the memory."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from command import autograder
from correct_notebook import SOURCE, notebook
from tiny_course import ASSIGNMENT

from autograder.course.course import Course
from autograder.errors import SubmissionError, UsageError
from autograder.lms.layouts import collect_submissions
from autograder.lms.nbgrader.exporter import adopt_renamed
from autograder.submissions.class_archive import unpacked
from autograder.submissions.collecting import submitted_at
from autograder.submissions.dropbox import About, add_attempt, attempts, create_dropbox, read_about
from autograder.submissions.guarded_files import folder_files, is_regular_file, read_regular_file
from autograder.submissions.submission import read_submission

GIGABYTES = 6_000_000_000
ABOUT = About(assignment="hw1", title="HW", due=None, functions=["f"])
NOW = datetime(2026, 5, 18, 15, tzinfo=UTC)
STAMP = f"{NOW:%Y%m%dT%H%M%SZ}"


def pipe(path: Path) -> None:
    """A named pipe, which blocks whoever opens it."""
    os.mkfifo(path)


def sparse(path: Path) -> None:
    """A file of gigabytes that takes no room on the disk."""
    with path.open("wb") as file:
        file.truncate(GIGABYTES)


def link_to_zeros(path: Path) -> None:
    """A link to a file without an end."""
    path.symlink_to("/dev/zero")


def link_to_itself(path: Path) -> None:
    """A link that leads to itself."""
    path.symlink_to(path.name)


def dangling(path: Path) -> None:
    """A link to nothing."""
    path.symlink_to("gone")


def link_to_secret(path: Path) -> None:
    """A link to a file that its owner cannot read."""
    path.symlink_to("/etc/shadow")


def listening(path: Path) -> None:
    """A socket's file."""
    # A socket's path has to be short.
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)


def folder(path: Path) -> None:
    """A directory in place of a file."""
    path.mkdir()


ODD: list[Callable[[Path], None]] = [
    *(pipe, sparse, link_to_zeros, link_to_itself, dangling, link_to_secret, listening, folder)
]
odd_files = pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)


@odd_files
def test_the_reader(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Anything but a file is refused with a sentence; of a large file one byte too many is read."""
    path = tmp_path / "x"
    make(path)
    assert is_regular_file(path) == (make is sparse)
    if make is sparse:
        assert len(read_regular_file(path, 1000)) == 1001
    else:
        with pytest.raises(SubmissionError, match=r"in place of a notebook|no notebook in the directory"):
            read_regular_file(path, 1000)


@odd_files
@pytest.mark.parametrize("name", ["s2.ipynb", "s2.zip", "s2.json", "s2.ipynb.txt", "s2.pdf", "s2"])
def test_in_a_class(tmp_path: Path, make: Callable[[Path], None], name: str) -> None:
    """In a class's directory it is its student's problem, or named; everybody else is read."""
    (tmp_path / "s1.ipynb").write_text(notebook(SOURCE))
    make(tmp_path / name)
    collected = collect_submissions(tmp_path, "hw1")
    problems = {entry.student: entry.read("hw1").problem for entry in collected}
    assert problems.pop("s1") == ""
    named = {file.name for file in collected.unmatched}
    assert all(problems.values()) and len(problems) + len(named) == 1


@odd_files
@pytest.mark.parametrize("name", ["hw1.ipynb", "all.zip", "x.json", "deep", "deep/hw1.ipynb"])
def test_in_a_students_directory(tmp_path: Path, make: Callable[[Path], None], name: str) -> None:
    """Beside a notebook it is listed and not opened; alone it is a problem."""
    for student in ("s1", "s2"):
        (tmp_path / student / name).parent.mkdir(parents=True)
        make(tmp_path / student / name)
    (tmp_path / "s1" / "work").mkdir()
    (tmp_path / "s1" / "work" / "hw1.ipynb").write_text(notebook(SOURCE))
    first = read_submission("s1", tmp_path / "s1", "hw1").problem
    if make is sparse and name.endswith("hw1.ipynb"):  # a file of that name, which is only too large
        assert ("larger than" if name == "hw1.ipynb" else "several notebooks") in first
    else:
        assert first == ""
    assert read_submission("s2", tmp_path / "s2", "hw1").problem


@odd_files
@pytest.mark.parametrize("name", ["timestamp.txt", "submission_metadata.yml", "about.json"])
def test_in_place_of_a_platforms_file(tmp_path: Path, make: Callable[[Path], None], name: str) -> None:
    """A metadata file that is none is not read, and the class is."""
    for student in ("s1", "s2"):
        work = tmp_path / "submitted" / student / "hw1"
        work.mkdir(parents=True)
        (work / "hw1.ipynb").write_text(notebook(SOURCE))
        make(work / name)
        make(tmp_path / "submitted" / student / name)
    make(tmp_path / name)
    assert submitted_at(tmp_path / "submitted" / "s1", "hw1", ZoneInfo("UTC")) is None
    for path in (tmp_path, tmp_path / "submitted"):
        try:
            collected = collect_submissions(path, "hw1")
        except UsageError as refusal:  # of what the instructor named, by the file's name
            assert name in refusal.message and path == tmp_path
        else:
            assert [entry.student for entry in collected] == ["s1", "s2"]


class TestADropbox:
    """Everybody can put anything into a dropbox."""

    @pytest.fixture
    def box(self, tmp_path: Path) -> Path:
        """A dropbox with one attempt."""
        box = create_dropbox(tmp_path / "drop", ABOUT)
        add_attempt(box, "s1", notebook(SOURCE).encode(), datetime.now(UTC))
        return box

    @odd_files
    @pytest.mark.parametrize("name", [f"s2+{STAMP}+0123456789abcdef-01234567.ipynb", "s2.ipynb", "x"])
    def test_a_file_of_anybody(self, box: Path, make: Callable[[Path], None], name: str) -> None:
        """It is named, and the attempts of everybody else are graded."""
        make(box / name)
        assert [attempt.student for attempt in attempts(box) if not attempt.issues] == ["s1"]
        collected = collect_submissions(box, "hw1")
        assert [entry.student for entry in collected] == ["s1"]
        assert [file.name for file in collected.unmatched] == [name]

    @pytest.mark.parametrize("time", ["99999999T999999Z", "20260231T000000Z", "00000101T000000Z"])
    def test_times_that_are_none(self, box: Path, time: str) -> None:
        """A name with a time that no clock shows is named."""
        name = f"s2+{time}+0123456789abcdef-01234567.ipynb"
        (box / name).touch()
        collected = collect_submissions(box, "hw1")
        assert [file.name for file in collected.unmatched] == [name]

    def test_a_time_of_writing_that_no_calendar_has(self, box: Path) -> None:
        """A file can be said to be written in a year with six digits."""
        path = box / f"s2+{STAMP}+0123456789abcdef-01234567.ipynb"
        path.touch()
        os.utime(path, (10**10, 10**10))
        assert [file.name for file in collect_submissions(box, "hw1").unmatched] == [path.name]

    def test_receipts_of_others(self, box: Path) -> None:
        """Receipts that somebody put into the dropbox are not shown in place of its attempts."""
        (box / "receipts.jsonl").write_text("forged\n")
        completed = autograder("receipts", box, folder=box.parent)
        assert (completed.returncode, "s1" in completed.stdout, "forged" in completed.stdout) == (
            0,
            True,
            False,
        )

    @odd_files
    def test_what_is_no_dropbox(self, tmp_path: Path, make: Callable[[Path], None]) -> None:
        """A dropbox's own file that is none is refused with a sentence."""
        make(tmp_path / "about.json")
        with pytest.raises(UsageError, match="is not a dropbox"):
            read_about(tmp_path)

    def test_in_an_archive(self, box: Path, tmp_path: Path) -> None:
        """A dropbox that was packed and unpacked is one: the times of writing are kept."""
        for name in ("drop.tar.gz", "drop.zip"):
            code = "import shutil, sys; shutil.make_archive(sys.argv[1], sys.argv[2], sys.argv[3], 'hw1')"
            kind = "zip" if name.endswith("zip") else "gztar"
            words = [sys.executable, "-c", code, str(tmp_path / "drop"), kind, str(box.parent)]
            subprocess.run(words, check=True)
            with unpacked(tmp_path / name) as (folder, _):
                entries = attempts(folder / "hw1")
                assert [attempt.student for attempt in entries if not attempt.issues] == ["s1"]
                assert abs(entries[0].written - entries[0].at) < timedelta(seconds=10)


@odd_files
def test_submit_and_check(tiny_course: Course, tmp_path: Path, make: Callable[[Path], None]) -> None:
    """The student's own commands refuse it with a sentence, and nothing is submitted."""
    box = create_dropbox(tmp_path / "drop", ABOUT)
    path = tmp_path / "work.ipynb"
    make(path)
    public = tiny_course.root / "assignments" / ASSIGNMENT
    for command in (("submit", path, "--to", box), ("check", path, "--folder", public)):
        completed = autograder(*command, folder=tmp_path)
        assert (
            completed.returncode == 2
            and "work.ipynb" in completed.stderr
            and "Traceback" not in completed.stderr
        )
    assert attempts(box) == []


@odd_files
def test_nbgrader_copies_no_such_file(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Giving a renamed notebook its name copies a notebook, and nothing else."""
    make(tmp_path / "other.ipynb")
    notebooks = [str(tmp_path / "other.ipynb")]
    adopt_renamed(notebooks, "hw1")
    assert notebooks == [str(tmp_path / "other.ipynb")] and not (tmp_path / "hw1.ipynb").exists()
    (tmp_path / "mine.ipynb").write_text(notebook(SOURCE))
    notebooks.append(str(tmp_path / "mine.ipynb"))
    adopt_renamed(notebooks, "hw1")
    assert (tmp_path / "hw1.ipynb").read_text() == notebook(SOURCE)


def test_a_directory_without_an_end(tmp_path: Path) -> None:
    """Directories in one another are listed down to a depth, a link to the one above not at all."""
    deep = tmp_path
    for _ in range(40):
        deep = deep / "d"
        deep.mkdir()
    (deep / "hw1.ipynb").touch()
    (tmp_path / "up").symlink_to(".")
    kinds = {file.name.count("/"): file.kind for file in folder_files(tmp_path)}
    assert kinds[0] == "a symbolic link"
    assert max(kinds) == 20 and "hw1.ipynb" not in str(kinds)
