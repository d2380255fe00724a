"""Lint as a guide: all structural faults in one round, each with what to do; watching; the folder's name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command import autograder
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.authoring.lint_proof import Proof
from autograder.course.assignment import load_assignment, loading_faults
from autograder.course.course import find_course
from autograder.errors import ContentError

BREAKS = {
    "assignments/tiny/assignment.yaml": ("[mean_square]", "[mean_square, median]"),
    "assignments/tiny/checks.py": ('@check(task="mean_square")', '@check(task="mean_squares", points=1)'),
    "solutions/tiny/reference.py": ("def double_backward", "def double_back"),
    "solutions/tiny/checks.py": ('    """double leaves x as it was."""\n', ""),
    "solutions/tiny/mistakes.py": ('function="double",', 'function="doubles",'),
}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The folder of a tiny course that may be changed."""
    write_tiny_course(tmp_path)
    return tmp_path


def broken(course: Path, *files: str) -> None:
    """Put a fault into files of the assignment."""
    for file in files:
        path = course / file
        before, after = BREAKS[file]
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after, 1))


@pytest.mark.parametrize("file", BREAKS)
def test_a_fault_says_what_to_do(course: Path, file: str) -> None:
    """Whatever keeps an assignment from loading is in the list, with a next step."""
    root = write_tiny_course(course)
    assert loading_faults(root, ASSIGNMENT) == []
    broken(course, file)
    with pytest.raises(ContentError) as first:
        load_assignment(root, ASSIGNMENT)
    problems = loading_faults(root, ASSIGNMENT)
    assert first.value.message in [problem.message for problem in problems]
    assert all(problem.next_step for problem in problems)


def test_all_at_once(course: Path) -> None:
    """One run of the command names faults of all files."""
    broken(course, *BREAKS)
    (course / f"assignments/{ASSIGNMENT}/{ASSIGNMENT}.ipynb").unlink()
    shown = autograder("lint", folder=course)
    assert shown.returncode == 3 and "Traceback" not in shown.stderr
    for words in (
        "mean_squares",
        "carries points",
        "has no function double_backward",
        "has no function median",
        "double_leaves_its_input has no docstring",
        "unknown function 'doubles'",
        "tiny.ipynb is missing",
    ):
        assert words in shown.stdout


def test_points_that_do_not_add_up(course: Path) -> None:
    """The line to write is given."""
    path = course / f"solutions/{ASSIGNMENT}/checks.py"
    path.write_text(path.read_text().replace("points=2", "points=1", 1))
    shown = autograder("lint", folder=course)
    assert "line 7: task double is worth 4 points, its hidden checks add up to 3." in shown.stdout
    assert "Write `points: 3` there" in shown.stdout


def test_a_reference_that_does_not_load(course: Path) -> None:
    """It is named; the files that import it are not blamed for it."""
    path = course / f"solutions/{ASSIGNMENT}/reference.py"
    path.write_text(path.read_text() + "\nraise ValueError('halfway')\n")
    shown = autograder("lint", folder=course)
    assert "halfway" in shown.stdout
    assert "mistakes.py" not in shown.stdout


@pytest.mark.parametrize("folder", ["assignments", "solutions"])
def test_no_name_is_needed_in_its_folder(course: Path, folder: str) -> None:
    """In a directory of an assignment lint is about that one."""
    autograder("new", "other", "--function", "f(x)", folder=course)
    broken(course, "solutions/tiny/mistakes.py")
    shown = autograder("lint", folder=course / folder / ASSIGNMENT)
    assert "doubles" in shown.stdout and "other" not in shown.stdout


def test_it_lints_again_after_a_change(course: Path) -> None:
    """It lints again after a change, and ends with Ctrl-C, which it says."""
    broken(course, "solutions/tiny/mistakes.py")
    command = [sys.executable, "-m", "autograder", "lint", "--watch"]
    with subprocess.Popen(
        command, cwd=course, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        seen = ""
        while "Waiting for a change" not in seen:
            seen += process.stdout.readline()
        assert "doubles" in seen
        broken(course, "solutions/tiny/reference.py")
        seen = ""
        while "Waiting for a change" not in seen:
            seen += process.stdout.readline()
        assert "double_backward" in seen
        process.send_signal(signal.SIGINT)
        assert process.stderr.read().strip() == "Stopped."
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("function", "body", "words"),
    [
        (
            "double",
            "x * __import__('random').uniform(3, 9)",
            "it answers the same call differently again: add stateful=True if it keeps something",
        ),
        ("double", "np.sign(x)", "it raises NameError: name 'np' is not defined in its own file"),
        (
            "mean_square",
            "float((same(x) * x).mean()) if x.size == 12 else 0.0",
            "1 of 2 calls that the checks make of mean_square tells it from the right answer, and 2 have to",
        ),
    ],
)
def test_why_a_mistake_is_not_named(course: Path, function: str, body: str, words: str) -> None:
    """What keeps a mistake from being named is said, with what to do."""
    (course / "solutions/tiny/mistakes.py").write_text(
        "from autograder.checks import mistake\n\n\n"
        "def same(x):\n    return x\n\n\n"
        f'@mistake(function="{function}", severity="useless", feedback="You do something else.")\n'
        f"def other(x):\n    return {body}\n"
    )
    assignment = load_assignment(find_course(course), ASSIGNMENT)
    with Proof(assignment) as proof:
        messages = [fault.message for fault in proof.mistake(assignment.mistakes[0])]
    assert any("is caught but not named: " in message and words in message for message in messages), messages


def test_functions_that_call_others_may_lose_with_them(course: Path) -> None:
    """A mistake loses points in its own task; tasks whose right answers call its function are no fault."""
    path = course / "solutions/tiny/reference.py"
    text = path.read_text()
    path.write_text(
        text.replace("np.mean(squares(x))", "np.mean(squares(helped(x)))").replace(
            "def mean_square",
            'def helped(x):\n    """Half of twice x."""\n    return double(x) / 2\n\n\ndef mean_square',
        )
    )
    assignment = load_assignment(find_course(course), ASSIGNMENT)
    with Proof(assignment) as proof:
        faults = [fault.message for mistake in assignment.mistakes for fault in proof.mistake(mistake)]
    assert [message for message in faults if "not only in" in message] == []


def test_nothing_is_tried_with_a_reference_that_fails(course: Path) -> None:
    """One cause is told once: what follows from it is left for the next round."""
    path = course / "solutions/tiny/reference.py"
    path.write_text(path.read_text().replace("return FACTOR * grad_out", "return grad_out"))
    shown = autograder("lint", folder=course)
    assert shown.stdout.count("does not pass double_gradient") == 1
    assert "tried once the reference passes" in shown.stdout
    assert "mistakes.py" not in shown.stdout and "alternative" not in shown.stdout.split("passes.")[-1]
