"""Limits come from assignment.yaml: what a call may take, and how much memory a submission gets."""

from __future__ import annotations

import inspect
import shutil
from pathlib import Path

import pytest
from tiny_course import ASSIGNMENT

from autograder import sandbox
from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.course.assignment import AssignmentFile, Limits, load_assignment
from autograder.course.course import Course, find_course
from autograder.errors import ContentError
from autograder.grading.grader import Grader
from autograder.report import Report, Status
from autograder.sandbox.session import Session
from autograder.submissions.submission import Submission

YAML = Path("assignments", ASSIGNMENT, "assignment.yaml")


def graded(tiny_course: Course, folder: Path, limits: str, **replace: str) -> Report:
    """The report on a solved notebook with functions replaced, under other limits."""
    root = shutil.copytree(tiny_course.root, folder / "course")
    (root / YAML).write_text((root / YAML).read_text() + limits)
    assignment = load_assignment(find_course(root), ASSIGNMENT)
    with Grader(assignment, 1) as grader:
        data = to_bytes(filled_in(assignment, replace))
        return grader.grade(Submission("student", "notebook.ipynb", data))


def test_a_call_has_its_time(tiny_course: Course, tmp_path: Path) -> None:
    """A loop without end costs its own function the call's seconds, and the message says how many."""
    report = graded(
        tiny_course,
        tmp_path,
        "limits:\n  call_seconds: 0.5\n",
        mean_square="def mean_square(x):\n    while True: pass",
    )
    last = report.tasks[1].checks[0]
    assert (last.status, last.message) == (Status.TIMEOUT, "mean_square used more than 0.5 s.")
    assert report.tasks[0].earned == 4


def test_memory_is_bounded(tiny_course: Course, tmp_path: Path) -> None:
    """An array beyond memory_gb ends that call, and no other."""
    greedy = "def mean_square(x):\n    import numpy as np\n    return float(np.ones(2**27).sum())"
    report = graded(tiny_course, tmp_path, "limits:\n  memory_gb: 0.75\n", mean_square=greedy)
    assert report.tasks[1].checks[0].status is Status.MEMORY
    assert report.tasks[0].earned == 4


def test_a_slow_reference_gives_time() -> None:
    """The least is call_seconds; a slower reference is multiplied, for some functions by their own factor."""
    limits = Limits(times={"train": 10})
    assert [limits.seconds("relu", seconds) for seconds in (0, 0.1, 0.25, 2)] == [5, 5, 5, 40]
    assert limits.seconds("train", 2) == 20


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ("limits:\n  memory_gb: 0.1\n", "line 13: limits.memory_gb"),
        ("limits:\n  call_seconds: 0\n", "line 13: limits.call_seconds"),
        ("limits:\n  seconds: 1\n", "line 13: limits.seconds"),
        ("limits:\n  times: {treble: 3}\n", "limits.times names treble, which no task asks for"),
    ],
)
def test_wrong_limits(tiny_course: Course, tmp_path: Path, limits: str, message: str) -> None:
    """A limit that makes no sense is refused with its line."""
    root = shutil.copytree(tiny_course.root, tmp_path / "course")
    (root / YAML).write_text((root / YAML).read_text() + limits)
    with pytest.raises(ContentError) as caught:
        load_assignment(find_course(root), ASSIGNMENT)
    assert message in caught.value.message


def test_the_defaults() -> None:
    """2 GB and at least 5 s, as the course promises its students."""
    default = AssignmentFile.model_fields["limits"].get_default(call_default_factory=True)
    assert (default.memory_gb, default.call_seconds, default.call_times) == (2, 5, 20)
    assert (default.restarts, default.all_seconds, default.most_seconds, default.sleep_seconds) == (
        8,
        60,
        600,
        60,
    )


def test_the_threat_page_names_them() -> None:
    """What the page promises is what the code holds: one number, in both."""
    page = " ".join((Path(sandbox.__file__).parent / "THREATS.md").read_text().split())
    default = AssignmentFile.model_fields["limits"].get_default(call_default_factory=True)
    assert default.restarts == inspect.signature(Session).parameters["restarts"].default
    for sentence in (
        f"After {default.restarts} such ends",
        f"what one call may take, {default.call_seconds:g} s by default",
        f"get {default.all_seconds:g} s of processor time above the reference's",
        f"never more than {default.most_seconds:g} s",
        f"may sleep {default.sleep_seconds:g} s in all",
    ):
        assert sentence in page, sentence


SLOW = """
import time
def double(x):
    end = time.process_time() + 0.15
    while time.process_time() < end: pass
    return 2 * x
"""


def test_slow_calls_are_added_up(tiny_course: Course, tmp_path: Path) -> None:
    """Calls that are slow, each within the seconds that every call gets, end at the total for all."""
    limits = "limits:\n  call_seconds: 0.5\n  all_seconds: 0.2\n"
    report = graded(tiny_course, tmp_path, limits, double=SLOW)
    lost = [result for result in report.results() if result.status is Status.TIMEOUT]
    assert lost
    assert all("all calls together used more processor time" in result.message for result in lost)


def test_calls_as_slow_as_a_multiple_of_the_reference_are_not(tiny_course: Course, tmp_path: Path) -> None:
    """What the reference takes, times `call_times`, is every call's own share of the total."""
    limits = "limits:\n  call_seconds: 0.5\n  all_seconds: 0.2\n  call_times: 1000000000\n"
    report = graded(tiny_course, tmp_path, limits, double=SLOW)
    assert report.score.earned == report.score.possible


def test_a_total_ends_it(tiny_course: Course, tmp_path: Path) -> None:
    """Beyond the most that a submission may take, nothing of it is called any more; what is earned stays."""
    limits = "limits:\n  call_seconds: 3\n  most_seconds: 0.8\n"
    source = "def mean_square(x):\n    while True: pass"
    report = graded(tiny_course, tmp_path, limits, mean_square=source)
    assert report.tasks[0].earned == 4
    last = report.tasks[1].checks[0]
    assert last.status is Status.TIMEOUT
    assert last.message.startswith("mean_square was stopped: all calls together used more")


def test_sleep_ends(tiny_course: Course, tmp_path: Path) -> None:
    """A function that sleeps without end costs half of the sleep, and itself."""
    source = "import time\ndef double(x):\n    time.sleep(9999)"
    report = graded(tiny_course, tmp_path, "limits:\n  sleep_seconds: 2\n", double=source)
    first = report.tasks[0].checks[0]
    assert first.message == "double slept too long, without using the processor."
    assert report.tasks[1].earned == 2


def test_the_name_of_version_0_1_is_read() -> None:
    """An assignment file that still says `deaths` sets the number of restarts."""
    assert Limits.model_validate({"deaths": 3}) == Limits(restarts=3)
