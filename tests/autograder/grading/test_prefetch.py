"""Calls made ahead: they save time and change nothing, whatever a function does on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from correct_notebook import SOURCE, notebook

from autograder.course.assignment import Assignment
from autograder.grading import prefetch as ahead
from autograder.grading.grader import Grader
from autograder.grading.prefetch import RecordedCalls
from autograder.report import Report
from autograder.sandbox.session import Session
from autograder.submissions.submission import Submission

BODIES = {
    "right": "return 2 * x",
    "wrong": "return 3 * x",
    "raises for one": "if len(x) == 5:\n        raise ValueError('five')\n    return 2 * x",
    "hangs for one": "while len(x) == 5:\n        pass\n    return 2 * x",
    "ends its process for one": "import os\n    len(x) == 5 and os._exit(3)\n    return 2 * x",
    "starts a thread": (
        "import threading, time\n    threading.Thread(target=time.sleep, args=(9,)).start()\n    return 2 * x"
    ),
    "changes its input": "x *= 2\n    return x",
    "returns text": "return 'two x'",
}


def graded(grader: Grader, body: str) -> Report:
    """The report on the honest notebook with this body of `double`."""
    source = SOURCE.replace("return 2 * x\n", f"{body}\n")
    return grader.grade(Submission("s", "x.ipynb", notebook(source).encode()))


@pytest.fixture(scope="module")
def with_and_without(tiny: Assignment) -> Iterator[tuple[Grader, Grader]]:
    """A grader that makes calls ahead, and one that makes each when it is asked for."""
    with pytest.MonkeyPatch.context() as patch, Grader(tiny, 3) as usual:
        nothing: RecordedCalls = {}
        patch.setattr("autograder.grading.grader.record_calls", lambda *_: nothing)
        with Grader(tiny, 3) as plain:
            yield usual, plain


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_nothing_changes(with_and_without: tuple[Grader, Grader], body: str) -> None:
    """The report is the same, byte for byte: one call's trouble is not its neighbours'."""
    usual, plain = with_and_without
    assert graded(usual, body).to_json() == graded(plain, body).to_json()


def test_fewer_frames(with_and_without: tuple[Grader, Grader], monkeypatch: pytest.MonkeyPatch) -> None:
    """A right function is asked less often than it is called."""
    asked: list[str] = []
    ask = Session._ask

    def counted(session: Session, function: str, *rest: object, **more: object) -> object:
        asked.append(function)
        return ask(session, function, *rest, **more)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(Session, "_ask", counted)
    frames = []
    for grader in with_and_without:
        asked.clear()
        report = graded(grader, BODIES["right"])
        assert report.score.earned == report.score.possible > 0
        frames.append(len(asked))
    assert frames[0] < frames[1]


def test_trouble_ahead_costs_no_life(tiny: Assignment) -> None:
    """What ends a child ahead of time is counted when a check asks for it, not before."""
    assert ahead.SECONDS < 1  # the time it may waste
    with Grader(tiny, 3) as grader:
        report = graded(grader, "import os\n    os._exit(3)")
    ended = [result.status for result in report.results() if result.id.startswith("double_")]
    assert "crashed" in ended
    assert report.tasks[1].earned == report.tasks[1].possible
