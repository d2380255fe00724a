"""Workers that are forks of the command: the same results, no module of a stranger, nothing left running."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import files
from correct_notebook import SOURCE, notebook
from processes import VARIABLE, left_running, marked
from tiny_course import ASSIGNMENT

from autograder.course.course import Course

STUDENTS = [f"student-{number}" for number in range(8)]


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    """Eight correct notebooks, no two alike."""
    folder = tmp_path / "class"
    folder.mkdir()
    for student in STUDENTS:
        (folder / f"{student}.ipynb").write_text(notebook(f"# {student}", SOURCE), encoding="utf-8")
    return folder


def grade(course: Course, submissions: Path, out: Path, *words: str, mark: str = "") -> subprocess.Popen[str]:
    """Start `autograder grade`, in a directory that is not the course's."""
    command = [str(Path(sys.executable).with_name("autograder")), "grade", ASSIGNMENT, str(submissions)]
    return subprocess.Popen(
        [*command, "--out", str(out), "--seed", "1", "--course", str(course.root), *words],
        cwd=submissions,
        env={**os.environ, VARIABLE: mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def reports(out: Path) -> set[str]:
    """The students whose reports are written."""
    return {path.stem for path in (out / "reports").glob("*.json")}


def children_of(pid: int) -> list[int]:
    """The processes that a process has started, while it runs."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def test_forks_make_no_difference(tiny_course: Course, submissions: Path, tmp_path: Path) -> None:
    """Forked workers write the same bytes as a single process, and all processes end with the run."""
    written = {}
    for workers in ("1", "2"):
        mark, out = secrets.token_hex(8), tmp_path / f"graded-{workers}"
        with grade(tiny_course, submissions, out, "--workers", workers, mark=mark) as process:
            assert process.communicate(timeout=120)[1] == ""
        assert process.returncode == 0
        assert left_running(mark) == []
        written[workers] = files(out)
    assert written["1"] == written["2"]
    assert reports(tmp_path / "graded-2") == set(STUDENTS)


def test_no_module_comes_from_the_working_directory(
    tiny_course: Course, submissions: Path, tmp_path: Path
) -> None:
    """A file named as a library, among the submissions, is imported by no process of a run."""
    trace = tmp_path / "imported"
    for name in ("numpy", "pydantic", "autograder", "typing_extensions"):
        (submissions / f"{name}.py").write_text(f"open({str(trace)!r}, 'w').write({name!r})\n")
    out = tmp_path / "graded"
    with grade(tiny_course, submissions, out, "--workers", "2") as process:
        process.communicate(timeout=120)
    assert reports(out) >= set(STUDENTS)
    assert not trace.exists()


def test_a_forked_worker_that_is_killed(tiny_course: Course, submissions: Path, tmp_path: Path) -> None:
    """Another one takes its jobs: every submission is graded, and nothing is left running."""
    mark, out = secrets.token_hex(8), tmp_path / "graded"
    with grade(tiny_course, submissions, out, "--workers", "2", mark=mark) as process:
        deadline = time.monotonic() + 60
        workers: list[int] = []
        while not workers and process.poll() is None and time.monotonic() < deadline:
            before = set(children_of(process.pid))
            time.sleep(0.05)  # a zygote's environment has no mark, but for the moment before it starts
            forks = set(marked(mark))
            workers = [pid for pid in children_of(process.pid) if pid in forks & before]
        assert workers
        os.kill(workers[0], signal.SIGKILL)
        assert process.communicate(timeout=120)[1] == ""
    assert process.returncode == 0
    assert reports(out) == set(STUDENTS)
    assert left_running(mark) == []
