"""A parameter is told to be unused exactly where nothing reads it and the right answer depends on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks.calls import Call, Functions
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.causes import Answers, Cause
from autograder.grading.diagnosis import signature_of
from autograder.grading.idioms import idiom_cause
from autograder.grading.student_source import find_source

CALLS = [(np.array([0.5, -1.5, 2.0])[:size], 0.25 + size) for size in (1, 2, 3)]
READS = (
    "out = x * rate",
    "out = x * abs(rate)",
    "rates = [rate]\n    out = x * rates[0]",
    "out = (\n        x\n        * rate\n    )",
    'name = f"{rate}"\n    out = x * float(name)',
    "def inner():\n        return rate\n    out = x * inner()",
    "out = x * locals()['rate']",
    "rate = rate + 0.0\n    out = x * rate",
    "if rate > 0:\n        out = x * 2.0\n    else:\n        out = x",
    "out = x; out = out * rate",
)
LEAVES = (
    "out = x * 3.0",
    "out = x * 3.0  # rate is not needed",
    '"""rate: a number."""\n    out = x * 3.0',
    "rates = [3.0]\n    out = x * rates[0]",
    "drate = 3.0\n    out = x * drate",
    'name = "rate"\n    out = x * len(name)',
    "out = x * np.e",
)


def cause_of(body: str, right: Callable[..., Any]) -> Cause:
    """The idiom that is told of a body of `f(x, rate)`."""
    source = f"def f(x, rate):\n    {body}\n    return out + 1.0\n"
    namespace: dict[str, Any] = {"np": np}
    exec(compile(source, "<f>", "exec"), namespace)
    backend = NotebookBackend(namespace)
    calls = [Call("f", each, backend.answer("f", [each], 5.0)[0]) for each in CALLS]
    answers = Answers(Functions(ReferenceBackend({"f": right})))
    return idiom_cause("f", calls, answers, signature_of(right), find_source([(1, source)], "f"))


@given(st.sampled_from(READS), st.lists(st.sampled_from(LEAVES), max_size=3))
@settings(max_examples=examples(60))
def test_a_parameter_that_is_read_is_never_told_to_be_unused(reads: str, others: list[str]) -> None:
    """Whatever stands around it: one line that reads a parameter is enough for silence."""
    cause = cause_of("\n    ".join([*others, reads]), lambda x, rate: rate * x)
    assert not cause.name.startswith("parameter_")


@given(st.lists(st.sampled_from(LEAVES), min_size=1, max_size=3))
@settings(max_examples=examples(40))
def test_a_parameter_that_stands_nowhere_is_told(lines: list[str]) -> None:
    """A comment, a docstring, a text or a longer name does not read a parameter."""
    assert cause_of("\n    ".join(lines), lambda x, rate: rate * x).name == "parameter_unused"


def test_a_parameter_that_decides_nothing_is_not_told() -> None:
    """Where the right answer is the same for every value, leaving a parameter out is no mistake."""
    assert not cause_of("out = x * 3.0", lambda x, rate: 2.0 * x).kind


@pytest.mark.parametrize("value", ["3.0", "0"])
def test_a_parameter_that_is_overwritten_first_is_told_with_its_line(value: str) -> None:
    """The line that gives a parameter another value is shown."""
    cause = cause_of(f"rate = {value}\n    out = x * rate", lambda x, rate: rate * x)
    assert (cause.name, cause.place) == ("parameter_overwritten", f"cell 1, line 2: rate = {value}")
