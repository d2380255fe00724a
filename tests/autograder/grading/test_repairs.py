"""Repairs: what is told is proven by all calls, stands in the student's own line, and costs no points."""

from __future__ import annotations

import re
import resource
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.authoring.mutation import bases_of, mutants_of
from autograder.checks.calls import Answer, Call, Functions
from autograder.checks.values import Value
from autograder.checks.variants import Variant
from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import find_course
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.cause_probe import CauseProbe
from autograder.grading.causes import Answers, Cause
from autograder.grading.repairs import LocalRepairs, SandboxRepairs, repair_cause
from autograder.grading.student_source import StudentSource, find_source
from autograder.sandbox.edits import Edits
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.session import Session

COURSE = find_course(Path(__file__).parent)
CALLS: list[tuple[Value, ...]] = [
    (np.array([1.0, -2.0, 0.5]), 2.0),
    (np.array([[3.0, 1.0], [0.2, -7.0]]), 0.5),
    (np.array([4.0]), 1.5),
]


def scale(x: Any, rate: float) -> Any:
    """The reference: minus x times the square root of a rate."""
    return -x * np.sqrt(rate)


def calls_of(source: str) -> list[Call]:
    """A student's answers."""
    namespace: dict[str, Any] = {"np": np}
    exec(source, namespace)
    backend = NotebookBackend(namespace)
    return [Call("scale", each, backend.answer("scale", [each], 5.0)[0]) for each in CALLS]


def answers(*alternatives: Callable[..., Any]) -> Answers:
    """The reference's answers, and those of other right functions."""
    others = [Variant(f"other{i}", "scale", "", body) for i, body in enumerate(alternatives)]
    return Answers(Functions(ReferenceBackend({"scale": scale})), others)


def cause_of(source: str, calls: Sequence[Call] | None = None, *alternatives: Callable[..., Any]) -> Cause:
    """What is told for a source."""
    found = find_source([(3, source)], "scale")
    repairs = LocalRepairs(source, "scale", {"np": np})
    return repair_cause("scale", calls or calls_of(source), answers(*alternatives), found, repairs)


def test_a_slip_is_told_with_its_line() -> None:
    """The sentence says what is wrong in the line, and that this is all."""
    cause = cause_of("def scale(x, rate):\n    root = np.log(rate)\n    return -x * root\n")
    assert (cause.kind, cause.place) == ("looks like", "cell 3, line 2: root = np.log(rate)")
    assert cause.sentence == (
        "In this line, `np.log` is called where a square root belongs. "
        "With this alone changed, all your answers are right."
    )


@pytest.mark.parametrize(
    ("line", "clause"),
    [
        ("-x * np.sqrt(1.0 - rate)", "In this line, `1.0` is too much."),
        ("-x * (np.sqrt(rate) - 1 + rate)", "In this line, `rate` stands where 1 belongs."),
    ],
)
def test_a_clause_reads_as_a_person_says_it(line: str, clause: str) -> None:
    """What is too much is said once; what would have to be divided by itself stands where 1 belongs."""
    cause = cause_of(f"def scale(x, rate):\n    return {line}\n")
    assert cause.sentence.startswith(clause)


def test_nothing_is_told_where_one_call_disagrees() -> None:
    """A change that is right for all calls but one explains nothing."""
    source = "def scale(x, rate):\n    return x * np.sqrt(rate) if x.ndim == 1 else x * rate\n"
    assert cause_of(source).kind == ""


def test_nothing_is_told_of_a_right_function_or_after_one_wrong_call() -> None:
    """At least two calls have to be wrong."""
    assert cause_of("def scale(x, rate):\n    return -x * np.sqrt(rate)\n").kind == ""
    wrong = "def scale(x, rate):\n    return x * np.sqrt(rate)\n"
    assert cause_of(wrong, calls_of(wrong)[:1]).kind == ""
    assert cause_of(wrong).kind


def test_one_right_function_has_to_answer_all_calls() -> None:
    """A change is not proven by the reference in one call and an alternative in the next."""
    source = "def scale(x, rate):\n    return x * np.sqrt(rate) if x.ndim == 1 else 2 * x * np.sqrt(rate)\n"
    assert cause_of(source, None, lambda x, rate: -2 * x * np.sqrt(rate)).kind == ""
    doubled = "def scale(x, rate):\n    return 2 * x * np.sqrt(rate)\n"
    assert cause_of(doubled, None, lambda x, rate: -2 * x * np.sqrt(rate)).kind == "looks like"


def unseen(rng: np.random.Generator) -> tuple[Value, ...]:
    """Arguments that the handout allows."""
    return rng.normal(size=rng.integers(1, 6)), float(rng.uniform(0.1, 3))


def cause_with_inputs(source: str) -> Cause:
    """What is told where arguments can be made that no check has drawn."""
    known = Answers(Functions(ReferenceBackend({"scale": scale})), generators={"scale": unseen})
    found = find_source([(3, source)], "scale")
    repairs = LocalRepairs(source, "scale", {"np": np})
    return repair_cause("scale", calls_of(source), known, found, repairs)


def test_a_repair_holds_for_arguments_that_no_check_has_drawn() -> None:
    """A smaller threshold, which no entry of the checks' arrays comes near, is no repair; 0 is."""
    source = "def relu(x):\n    threshold = x.mean()\n    return np.where(x > threshold, x, 0.0)\n"
    cause = CauseProbe(load_assignment(COURSE, "hw1-activations")).told_cause("relu", source)
    assert cause.sentence.startswith("In this line, `threshold` stands where 0 belongs.")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("-x * np.sqrt(np.where(rate != 1.5, rate * rate, rate))", "second_case"),  # and not `rate * rate`
        ("-x * np.sqrt(max(rate, 50 * rate))", "unwrap"),  # and not `50`
        ("-x * np.sqrt(rate) * (2 - 0.5 * (x > 90))", "drop_times"),  # and not `2`
        ("-x * np.sqrt(rate * 3)", "drop_times"),
        ("-x * np.sqrt(np.cbrt(rate))", "unwrap"),  # no other function either
    ],
)
def test_what_does_not_belong_there_is_not_mended_inside(line: str, kind: str) -> None:
    """Where a part can be left out, no change in this part is told."""
    assert cause_with_inputs(f"def scale(x, rate):\n    return {line}\n").name == f"repair: {kind}"


class _Forged:
    """A child that a submission has taken over: it says whatever it likes."""

    def __init__(self, described: Value, tried: Value) -> None:
        self._described, self._tried = described, tried

    def tried(self, start: int, arguments: tuple[Value, ...]) -> Value:
        return self._tried

    def answers(self, number: int, calls: Sequence[tuple[Value, ...]]) -> list[Answer]:
        return [Answer("value", scale(*call)) for call in calls]

    def removals(self, number: int) -> Value:
        return self._tried

    def described(self, number: int) -> Value:
        return self._described


WORDS = (
    st.sampled_from(["wrap_sqrt", "replace", "swap_plus_minus", "x", "rate", "<b>you win</b>"]) | st.text()
)
VALUES = st.recursive(
    st.none() | st.integers() | st.floats() | WORDS, lambda inner: st.lists(inner, max_size=5)
)


@settings(max_examples=examples(200), deadline=None)
@given(
    described=st.tuples(WORDS, st.integers(-1, 4), WORDS, WORDS, st.integers(0, 3)) | VALUES,
    tried=st.just(((0,), (0,), (scale(*CALLS[1]),), 1)) | VALUES,
)
def test_a_child_that_lies_puts_no_words_of_its_own_into_a_page(described: Value, tried: Value) -> None:
    """Whatever comes back, a sentence consists of our words and parts of the student's own source."""
    source = "def scale(x, rate):\n    return x * np.sqrt(rate)\n"
    found = find_source([(1, source)], "scale")
    assert found is not None
    cause = repair_cause("scale", calls_of(source), answers(), found, _Forged(described, tried))
    assert all(part in " ".join(source.split()) for part in re.findall(r"`([^`]*)`", cause.sentence))
    assert "win" not in cause.sentence.replace("following", "")


@pytest.mark.parametrize(("rounds", "most"), [(1, 1600), (5_000, 400), (100_000, 0)])
def test_a_function_that_runs_many_lines_has_few_versions(rounds: int, most: int) -> None:
    """What the search costs is bounded by the lines of the student's own function, not by a clock."""
    source = (
        "def scale(x, rate):\n    total = 0 * rate\n"
        f"    for k in range({rounds}):\n        total += k\n    return x * total\n"
    )
    namespace: dict[str, Any] = {"np": np}
    exec(source, namespace)
    edits = Edits(source, "scale", namespace)
    edits.tried(0, CALLS[0])
    assert bool(edits.versions) == bool(most)
    assert len(edits.versions) <= most


# --- In the sandbox ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def worker() -> Iterator[SandboxProcess]:
    """One zygote for all tests here."""
    with SandboxProcess() as started:
        yield started


def in_sandbox(worker: SandboxProcess, source: str, reference_work: int = 0) -> Cause:
    """What is told by a session of the sandbox."""
    cells = [(1, "import numpy as np"), (2, source)]
    with Session(worker, cells, ["scale"]) as session:
        calls = [Call("scale", each, session.answer("scale", [each], 5.0)[0]) for each in CALLS]
        found = find_source(cells, "scale")
        assert isinstance(found, StudentSource)
        repairs = SandboxRepairs(session, found, "scale", reference_work)
        return repair_cause("scale", calls, answers(), found, repairs)


def test_the_sandbox_finds_what_this_process_finds(worker: SandboxProcess) -> None:
    """A function that calls the notebook's own helpers is repaired where these are."""
    source = "def root(rate):\n    return np.sqrt(rate)\n\ndef scale(x, rate):\n    return x * root(rate)\n"
    cause = in_sandbox(worker, source)
    assert cause.kind == "looks like"
    assert cause.place == "cell 2, line 5: return x * root(rate)"


@pytest.mark.parametrize(
    "body",
    [
        "return x * rate if rate != 3 else __import__('os')._exit(1)",
        "while rate == 3: pass\n    return x * np.sqrt(rate)",
        "return x * np.sqrt(rate) * 'a",
    ],
)
def test_a_version_that_ends_the_child_changes_no_diagnosis(worker: SandboxProcess, body: str) -> None:
    """Whatever a version does to its process, the session goes on and something or nothing is told."""
    assert in_sandbox(worker, f"def scale(x, rate):\n    {body}\n").kind in ("", "looks like")


def test_a_function_that_takes_long_has_no_versions(worker: SandboxProcess) -> None:
    """Where even the reference takes long, hundreds of versions are not run."""
    source = "def scale(x, rate):\n    return x * np.sqrt(rate)\n"
    assert in_sandbox(worker, source, reference_work=1_000_000).kind == ""


# --- The course's functions ----------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "function"),
    [
        pytest.param("hw3-minibatch", "step_decay", marks=pytest.mark.full),
        ("hw4-optimizers", "momentum_update"),
    ],
)
def test_most_natural_edits_of_a_right_answer_are_explained(name: str, function: str) -> None:
    """Of right answers with one natural edit, nearly all are told a cause; lists know none of them."""
    assignment: Assignment = load_assignment(COURSE, name)
    probe = CauseProbe(assignment)
    base = bases_of(assignment, function)[0]
    mutants = [mutant for mutant in mutants_of(base) if mutant.effect and len(mutant.definitions) == 1]
    sample = mutants[:: max(1, len(mutants) // 25)]
    silent = []
    for mutant in sample:
        namespace = {**assignment.reference}
        exec(mutant.definitions[0], namespace)
        calls = probe.checked_calls(function, NotebookBackend(namespace))
        is_wrong = any(call.answer.kind == "value" for call in calls)
        if is_wrong and not probe.told_cause(function, mutant.definitions[0]).kind:
            silent.append(mutant.name)
    assert len(silent) <= len(sample) // 4, silent


HUNGRY = """
def scale(x, rate):
    n = int(rate) + 9
    return x * np.sqrt(rate) + np.zeros(n * n).sum() * 10**n
"""
SLOW = """
def scale(x, rate):
    total = 0
    for k in range(3 ** 4):
        total += k
    return x * total
"""


@pytest.mark.parametrize("source", [HUNGRY, SLOW])
def test_versions_in_this_process_are_bounded(source: str) -> None:
    """A changed formula that asks for all memory, or counts for years, ends and is not right."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert cause_of(source).kind in ("", "looks like")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2 * 1024**2  # kilobytes
