"""One submission, from the sandbox to its report."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest
from correct_notebook import notebook

from autograder.checks.definition import Check
from autograder.course.assignment import Assignment
from autograder.grading.grader import Grader
from autograder.report import Report, Status
from autograder.sandbox.session import Session
from autograder.submissions.submission import Submission

RIGHT = """
def double(x):
    return 2 * x

def double_backward(x, grad_out):
    return 2 * grad_out

def mean_square(x):
    return float((x ** 2).mean())
"""
ENDS_IT = "ends the zygote"
OTHERS = RIGHT.split("\n\n", 1)[1]


def submission(*sources: str, problem: str = "") -> Submission:
    """A submission with these code cells."""
    return Submission("student", "tiny.ipynb", notebook(*sources).encode(), problem)


@pytest.fixture(scope="module")
def grader(tiny: Assignment) -> Iterator[Grader]:
    """A grader of the tiny assignment."""
    with Grader(tiny, seed=3) as made:
        yield made


def statuses(report: Report, task: str) -> set[Status]:
    """How a task's checks ended."""
    return {result.status for part in report.tasks if part.task == task for result in part.checks}


def test_right_functions_get_full_marks(grader: Grader) -> None:
    """Everything possible is earned, and the report says which run it was."""
    report = grader.grade(submission(RIGHT))
    assert report.score.earned == report.score.possible > 0
    assert (report.assignment, report.student, report.seed) == ("tiny", "student", 3)


def test_a_report_survives_its_file(grader: Grader) -> None:
    """Written as JSON and read back it is the same."""
    report = grader.grade(submission("def double(x):\n    return x / 0 * float('nan')\n" + OTHERS))
    assert Report.from_json(report.to_json()) == report


def test_the_same_seed_gives_the_same_report(tiny: Assignment, grader: Grader) -> None:
    """Inputs depend on the seed and the check alone."""
    wrong = submission(RIGHT.replace("2 * x", "3 * x"))
    with Grader(tiny, seed=3) as other:
        assert other.grade(wrong) == grader.grade(wrong)


def test_a_notebook_that_cannot_be_read(grader: Grader) -> None:
    """It earns nothing, and the reason is in the report."""
    report = grader.grade(submission(problem="The file is empty."))
    assert report.score.earned == 0
    assert report.submission.problem == "The file is empty."


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("while True: pass", Status.TIMEOUT),
        ("__import__('os')._exit(0)", Status.CRASHED),
        ("__import__('ctypes').string_at(0)", Status.CRASHED),
        ("return __import__('numpy').ones(10 * 1024**3 // 8)", Status.MEMORY),
        ("return __import__('os').write(3, b'{}' * 500)", Status.CRASHED),
        ("raise SystemExit", Status.FAILED),
        ("return x(", Status.MISSING),
        ("raise NotImplementedError", Status.MISSING),
    ],
)
def test_one_bad_function_costs_only_itself(grader: Grader, body: str, status: Status) -> None:
    """Whatever it does to its process, the other functions keep their marks."""
    double = f"def double(x):\n    {body}\n"
    report = grader.grade(submission(double, OTHERS))
    assert status in statuses(report, "double")
    assert statuses(report, "mean_square") == {Status.PASSED}
    backward = [r for r in report.results() if "backward" in r.id or "gradient" in r.id]
    assert all(result.status is Status.PASSED for result in backward)


def test_a_well_formed_forged_answer_is_just_an_answer(grader: Grader) -> None:
    """A function that writes a perfect frame, with a wrong number in it, has given a wrong answer."""
    forger = """
import json, os, struct
def double(x):
    header = json.dumps({"op": "answers", "score": 100, "passed": True,
        "answers": [{"kind": "value", "value": ["f"]}]}).encode()
    os.write(3, struct.pack("<IQI", len(header), 8, 1) + header + struct.pack("<d", 1.0))
    return x
"""
    report = grader.grade(submission(forger, OTHERS))
    assert (
        not statuses(report, "double") & {Status.ERROR} and report.tasks[0].earned < report.tasks[0].possible
    )
    assert statuses(report, "mean_square") == {Status.PASSED}


def broken(student: object) -> None:
    """A check with a bug."""
    raise KeyError("the author's mistake")


def test_a_broken_check_counts_for_nobody(tiny: Assignment) -> None:
    """It is an error, never a zero: its points are not among the possible ones."""
    check = Check("broken", "A check with a bug.", "double", 5, (), ("student",), broken)
    with Grader(replace(tiny, hidden_checks=[*tiny.hidden_checks, check]), seed=3) as grader:
        report = grader.grade(submission(RIGHT))
    assert report.score.earned == report.score.possible == tiny.file.points
    result = next(result for result in report.results() if result.id == "broken")
    assert (result.status, result.possible) == (Status.ERROR, 0)
    assert "the author's mistake" in result.evidence.trace


def test_a_check_waits_for_what_it_requires(tiny: Assignment) -> None:
    """When a prerequisite does not pass, the check is skipped, earns nothing and says why."""
    first = tiny.hidden_checks[0]
    later = replace(first, id="later", points=1, requires=(first.id,))
    with Grader(replace(tiny, hidden_checks=[first, later]), seed=3) as grader:
        report = grader.grade(submission("x = 1"))
    result = next(result for result in report.results() if result.id == "later")
    assert (result.status, result.earned, result.possible) == (Status.SKIPPED, 0, 1)
    assert first.title in result.message


def test_a_warning_or_a_print_costs_nothing(grader: Grader) -> None:
    """Both are kept for the feedback, and the check passes."""
    noisy = "import numpy as np\ndef double(x):\n    print('hello')\n    np.log(-1.0)\n    return 2 * x\n"
    report = grader.grade(submission(noisy, OTHERS))
    assert report.score.earned == report.score.possible
    assert any("costs nothing" in result.message for result in report.results())


def test_who_ends_the_sandbox_itself(tiny: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A submission that ends the zygote each time gets a report that says so; the next one is graded."""
    began = Session.__enter__

    def fall(session: Session) -> Session:
        if ENDS_IT in session._cells.decode():
            os.kill(session._worker._zygote.process.pid, signal.SIGKILL)
        return began(session)

    monkeypatch.setattr(Session, "__enter__", fall)
    with Grader(tiny, seed=3) as grader:
        report = grader.grade(submission(RIGHT + f"# {ENDS_IT}"))
        assert report.score.earned == 0 and "ended the sandbox" in report.submission.problem
        of_correct = grader.grade(submission(RIGHT))
        assert of_correct.score.earned == of_correct.score.possible


CAUSES = [
    ("if x > 0:\n        return 2 * x\n    return x", "idiom", "if_on_an_array", "line 3: if x > 0:"),
    ("y = x\n    y *= 2\n    return y", "idiom", "changed_in_place", "line 4: y *= 2"),
    ("return x * x", "named", "squared", ""),
    ("return 3 * x", "looks like", "another_number", "line 3: return 3 * x"),
]


@pytest.mark.parametrize(("body", "kind", "name", "place"), CAUSES, ids=[name for _, _, name, _ in CAUSES])
def test_a_cause_is_the_same_for_all_checks_it_explains(
    grader: Grader, body: str, kind: str, name: str, place: str
) -> None:
    """Every check that fails for it gets the cause, with the line of the function, which is kept."""
    report = grader.grade(submission(RIGHT.replace("return 2 * x", body)))
    failed = [result for result in report.tasks[0].checks if result.status is Status.FAILED]
    assert len(failed) >= 1
    assert {(result.cause, result.function) for result in failed} == {(kind, "double")}
    assert all(place in result.place for result in failed)
    assert len({result.hint for result in failed}) == 1
    assert {result.mistake for result in failed} == {"double: squared" if kind == "named" else ""}
    (source,) = report.tasks[0].sources
    assert (source.function, source.cell) == ("double", 1)
    assert source.text.startswith("def double(x):")
    assert report.tasks[1].sources == []


def test_a_cause_agrees_with_calls_that_no_check_came_to(tiny: Assignment, grader: Grader) -> None:
    """A function that makes a mistake in the first call of each check only is not told that mistake."""
    sometimes = "return x * x if x.ndim == 2 else 7 * x - 1"
    report = grader.grade(submission(RIGHT.replace("return 2 * x", sometimes)))
    assert {result.mistake for result in report.tasks[0].checks} == {""}


def test_kept_results_do_not_change_a_cause(tiny: Assignment, grader: Grader) -> None:
    """Graded again with some results of an earlier report, a submission is told the same as graded whole."""
    wrong = submission(RIGHT.replace("return 2 * x", "return x * x"))
    whole = grader.grade(wrong)
    first, *others = whole.tasks[0].checks
    again = first.model_copy(update={"key": "another"})
    task = whole.tasks[0].model_copy(update={"checks": [again, *others]})
    earlier = whole.model_copy(update={"tasks": [task, *whole.tasks[1:]]})
    assert grader.grade(wrong, earlier) == whole
