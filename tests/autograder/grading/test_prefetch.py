"""Calls made ahead: they save time and change nothing, whatever a function does on the way."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from correct_notebook import SOURCE, notebook

from autograder.checks.calls import Functions
from autograder.checks.definition import Check, check
from autograder.course.assignment import Assignment
from autograder.grading import prefetch as prefetched
from autograder.grading.backends import ReferenceBackend
from autograder.grading.grader import Grader
from autograder.grading.prefetch import PrefetchingBackend, RecordedCalls, answer_recorded, record_calls
from autograder.report import Report
from autograder.sandbox.sandbox_process import SandboxProcess
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
        not_prefetched = RecordedCalls(of_task=usual._recorded_calls.of_task)
        patch.setattr("autograder.grading.grader.record_calls", lambda *_: not_prefetched)
        with Grader(tiny, 3) as plain:
            yield usual, plain


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(BODIES[name], id=name, marks=pytest.mark.full if "hangs" in name else ())
        for name in BODIES
    ],
)
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


def test_trouble_while_prefetching_costs_no_restart(tiny: Assignment) -> None:
    """What ends a child ahead of time is counted when a check asks for it, not before."""
    assert prefetched.SECONDS < 1  # the time it may waste
    with Grader(tiny, 3) as grader:
        report = graded(grader, "import os\n    os._exit(3)")
    ended = [result.status for result in report.results() if result.id.startswith("double_")]
    assert "crashed" in ended
    assert report.tasks[1].earned == report.tasks[1].possible


STATEFUL = {
    "unseeded": "return x + np.random.default_rng().normal(size=x.shape)",
    "seeded at the first call only": "return x + GENERATOR.normal(size=x.shape)",
    "a counter": "COUNT.append(1)\n    return x + len(COUNT)",
    "a mutable default": "seen.append(1)\n    return x + len(seen)",
}
BEFORE = "GENERATOR = np.random.default_rng(3)\nCOUNT = []\n\n\ndef double(x, seen=[]):"


@pytest.mark.parametrize("body", STATEFUL.values(), ids=STATEFUL)
@pytest.mark.parametrize("asked", [1, 2, 3])
def test_an_answer_serves_one_call(tiny: Assignment, body: str, asked: int) -> None:
    """A function that is asked the same again is called again, whether or not the calls were foreseen."""
    x = np.arange(4.0)

    @check(task="double")
    def recorded(student: Functions) -> None:
        """As often as the reference was asked."""
        for size in (4, 3, 4)[:asked]:
            student.double(np.arange(float(size)))

    source = SOURCE.replace("def double(x):\n    return 2 * x", f"{BEFORE}\n    {body}")
    assert body in source
    reference = ReferenceBackend(tiny.reference)
    recorded_calls = record_calls(
        [Check("one", "One.", "double", 1, (), ("student",), recorded)], reference, Functions(reference), 3
    )
    assert len(recorded_calls.prefetched["double"]) == asked
    with SandboxProcess() as worker, Session(worker, [(1, source)], tiny.functions) as session:
        backend = PrefetchingBackend(session, recorded_calls, lambda function: 0.0)
        values = [backend.answer("double", [(x,)], 5.0)[0].value for _ in range(4)]
    assert len({value.tobytes() for value in values}) == 4


def test_the_diagnosis_has_time_for_slow_answers() -> None:
    """What takes seconds, such as thousands of call-backs on a busy machine, is diagnosed all the same."""
    source = """
import time
def f(loss, x):
    until = time.process_time() + 1.5
    while time.process_time() < until:
        pass
    return loss(x)
"""
    reference = ReferenceBackend({"f": lambda loss, x: loss(x)})
    calls = [(lambda x: float(x.sum()), np.arange(size)) for size in (1.0, 2.0)]
    with SandboxProcess() as worker, Session(worker, [(1, source)], ["f"]) as session:
        answered = answer_recorded(session, "f", calls, reference)
    assert [call.answer.value for call in answered] == [0.0, 1.0]
