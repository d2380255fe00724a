"""A run that is stopped loses nothing that was graded, and the next one goes on with it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command import COMMAND, autograder, files
from patience import eventually
from processes import VARIABLE, left_running
from slow_class import write_slow_class
from tiny_course import ASSIGNMENT

from autograder.course.course import Course
from autograder.results.ledger import Graded, Line, read_ledger

STUDENTS = 30
KILLS = 10


@pytest.fixture
def folder(tiny_course: Course, tmp_path: Path) -> Path:
    """A folder with a course and a class whose grading takes a few seconds."""
    return write_slow_class(tiny_course, tmp_path, STUDENTS, seconds=0.02, wrong=3)


def command(folder: Path, out: str) -> list[str]:
    """The command line of a run on two processes."""
    words = ["grade", ASSIGNMENT, folder / "class", "--out", folder / out, "--seed", 1, "--workers", 2]
    return [str(COMMAND), *map(str, words)]


def started(folder: Path, mark: str) -> subprocess.Popen[bytes]:
    """The run as a process, its errors in a file; those it starts carry the mark too."""
    with (folder / "errors.txt").open("wb") as errors:
        return subprocess.Popen(
            command(folder, "out"),
            cwd=folder / "course",
            env={**os.environ, VARIABLE: mark},
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )


def graded_lines(folder: Path) -> int:
    """How many whole lines the ledger has."""
    ledger = folder / "out" / "ledger.jsonl"
    return ledger.read_bytes().count(b"\n") if ledger.exists() else 0


def what_was_graded(lines: list[Line]) -> set[str]:
    """The lines on submissions without their times."""
    return {line.model_dump_json(exclude={"at"}) for line in lines if isinstance(line, Graded)}


def stop(folder: Path, mark: str, how: signal.Signals, after: int) -> bool:
    """Start the run and stop it when so many more lines are written; says whether it was still at work."""
    before = graded_lines(folder)
    run = started(folder, mark)
    eventually(lambda: graded_lines(folder) >= before + after, unless=lambda: run.poll() is not None)
    run.send_signal(how)
    run.wait()
    return graded_lines(folder) <= STUDENTS


@pytest.mark.full
def test_killed_again_and_again(folder: Path) -> None:
    """Kill -9 at ten moments, resumed each time: the same files, each submission graded exactly once."""
    moments, mark = random.Random(7), f"kill-{os.getpid()}-{time.time_ns()}"
    subprocess.run(command(folder, "undisturbed"), cwd=folder / "course", check=True, capture_output=True)
    kills = 0
    while kills < KILLS:
        if not stop(folder, mark, signal.SIGKILL, moments.randint(1, 3)):
            shutil.rmtree(folder / "out")  # the last student was done before the signal came: from the start
            continue
        kills += 1
        with (folder / "out" / "ledger.jsonl").open("ab") as ledger:  # as a crash in mid-line leaves it
            ledger.write(b'{"previous": "'[: moments.randint(0, 12)])
    assert 0 < graded_lines(folder) <= STUDENTS
    subprocess.run(command(folder, "out"), cwd=folder / "course", check=True, capture_output=True)
    assert files(folder / "out") == files(folder / "undisturbed")
    lines = read_ledger(folder / "out" / "ledger.jsonl")[0]
    assert len(lines) == STUDENTS + 1
    assert what_was_graded(lines) == what_was_graded(read_ledger(folder / "undisturbed" / "ledger.jsonl")[0])
    assert autograder("verify", folder / "out", folder=folder / "course").returncode == 0
    assert left_running(mark) == []


def test_ctrl_c(folder: Path) -> None:
    """Stopping by hand says where it stands, keeps what is graded, and leaves no process."""
    mark = f"stop-{os.getpid()}-{time.time_ns()}"
    while not stop(folder, mark, signal.SIGINT, 4):
        shutil.rmtree(folder / "out")  # it came after the end: that is no stop
    assert (folder / "errors.txt").read_text(encoding="utf-8") == (
        f"\nStopped. Graded submissions are kept in {folder / 'out'}. Rerun the command to resume.\n"
    )
    kept = graded_lines(folder)
    assert 4 <= kept <= STUDENTS
    assert left_running(mark) == []
    completed = subprocess.run(command(folder, "out"), cwd=folder / "course", capture_output=True, text=True)
    assert (completed.returncode, completed.stderr) == (0, "")
    assert f"{kept - 1} of {STUDENTS} were graded before" in completed.stdout
    assert graded_lines(folder) == STUDENTS + 1
