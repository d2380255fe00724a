"""Callable arguments: the child calls, the judge computes."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sessions import BRIEF, HandIn

from autograder.checks.values import exception_text
from autograder.sandbox.runner import exception_of


def half_square(x: Any) -> float:
    """A loss of the judge's."""
    return float(np.sum(x * x) / 2)


def test_a_callable_argument_is_called_in_the_judge(hand_in: HandIn) -> None:
    """The function runs here, with the arguments it is given there, and its value goes back."""
    seen: list[Any] = []

    def loss(x: Any, scale: float) -> float:
        seen.append((x, scale))
        return scale * half_square(x)

    student = hand_in("def f(loss, x): return loss(x, 2.0) - loss(x + 1, 1.0)")
    assert student.value("f", loss, np.array([1.0, 2.0])) == 5.0 - 6.5
    assert [(x.tolist(), scale) for x, scale in seen] == [([1, 2], 2.0), ([2, 3], 1.0)]


def test_several_callables_in_several_calls(hand_in: HandIn) -> None:
    """Each call has its own callables."""
    student = hand_in("def f(first, x, second): return first(x) - second(x)")
    calls = [(half_square, np.full(2, 3.0), lambda x: 1.0), (lambda x: 5, np.zeros(1), half_square)]
    assert [answer.value for answer in student.session.answer("f", calls, 5)] == [8.0, 5.0]


@pytest.mark.parametrize("size", [10, 5_000, 200_000])
def test_arrays_of_any_size_cross(hand_in: HandIn, size: int) -> None:
    """Large arrays go to and fro as they are, in many calls, and leave the arguments alone."""
    source = """
        def f(g, x, y):
            total = x
            for step in range(5):
                total = total + g(total, y) * (step + 1)
            return total, g(y, x), x, y
    """
    x, y = np.random.default_rng(0).normal(size=(2, size))

    def mean(a: Any, b: Any) -> Any:
        return (a + b) / 2

    expected = x
    for step in range(5):
        expected = expected + mean(expected, y) * (step + 1)
    for answer in hand_in(source).session.answer("f", [(mean, x, y)] * 2, 5):
        assert answer.changed == ()
        for got, right in zip(answer.value, (expected, mean(y, x), x, y), strict=True):
            assert np.array_equal(got, right)


def test_a_callable_that_raises(hand_in: HandIn) -> None:
    """Its exception is raised in the student's call, who may catch it, and the session goes on."""

    def picky(x: float) -> float:
        raise ValueError("x has to be positive")

    student = hand_in(
        "def f(g): return g(-1.0)",
        "def caught(g):\n    try: return g(-1.0)\n    except Exception as problem: return str(problem)",
    )
    answer = student.ask("f", picky)
    assert answer.kind == "raised"
    assert "x has to be positive" in answer.text
    assert answer.trace == "cell 1, line 1: def f(g): return g(-1.0)"
    assert "x has to be positive" in student.value("caught", picky)


@pytest.mark.parametrize("arguments", ["", "1.0, 2.0", "'text'", "None", "[[1.0], 2]"])
def test_wrong_arguments_are_the_students_mistake(hand_in: HandIn, arguments: str) -> None:
    """Too few, too many or senseless arguments raise in the student's call, not in the judge."""
    answer = hand_in(f"def f(g): return g({arguments})").ask("f", half_square)
    assert answer.kind == "raised"
    assert "TypeError" in answer.text or "ValueError" in answer.text


@pytest.mark.parametrize("argument", ["{}", "object()", "f", "1j", "2 ** 70", "iter(int, 1)"])
def test_arguments_that_cannot_be_sent(hand_in: HandIn, argument: str) -> None:
    """They raise in the student's call; the message does not speak of what the function returned."""
    answer = hand_in(f"def f(g): return g({argument})").ask("f", half_square)
    assert answer.kind == "raised"
    assert answer.trace == f"cell 1, line 1: def f(g): return g({argument})"


def test_a_callable_that_returns_no_plain_value(hand_in: HandIn) -> None:
    """The student's call raises, and the judge goes on."""
    student = hand_in("def f(g): return g()")
    for odd in (dict, object, lambda: 10**30, lambda: np.array(["a"])):
        assert student.ask("f", odd).kind == "raised"
    assert student.value("f", lambda: 2) == 2


def test_a_callable_from_an_earlier_call(hand_in: HandIn) -> None:
    """It is gone: calling it later raises, or reaches the later call's own, and nothing breaks."""
    student = hand_in(
        "kept = []\ndef keep(g):\n    kept.append(g)\n    return 1\ndef use(): return kept[0](1.0)"
    )
    student.value("keep", half_square)
    assert student.ask("use").kind == "raised"
    assert student.value("keep", half_square) == 1


def test_an_endless_loop_of_calls_ends(hand_in: HandIn) -> None:
    """A loop that asks the judge again and again is stopped by its CPU time, as any other."""
    used: list[float] = []

    def note(seconds: float) -> float:
        used.append(seconds)
        return seconds

    source = "from time import process_time\ndef f(g):\n    while True: g(process_time())"
    student = hand_in(source, "def other(): return 1")
    assert student.ask("f", note, cpu=BRIEF).kind == "timeout"
    assert student.value("other") == 1
    assert used[-1] - used[0] < BRIEF + 1


def weighted(theta: Any, x_batch: Any, y_batch: Any) -> Any:
    """A gradient of the judge's, whose parameters are not alike."""
    return theta + 10 * x_batch + 100 * y_batch


@given(
    st.permutations(["theta", "x_batch", "y_batch"]),
    st.integers(0, 3),
    hnp.arrays(np.float64, (3, 4), elements=st.floats(-9, 9)),
)
@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arguments_may_be_named(hand_in: HandIn, order: list[str], first: int, values: Any) -> None:
    """Arguments by position and by name, in any order, arrive where they do without a sandbox."""
    rest = [name for name in order if name not in ("theta", "x_batch", "y_batch")[:first]]
    arguments = ["theta", "x_batch", "y_batch"][:first] + [f"{name}={name}" for name in rest]
    source = f"def f(gradient, theta, x_batch, y_batch): return gradient({', '.join(arguments)})"
    assert np.array_equal(hand_in(source).value("f", weighted, *values), weighted(*values))


def test_a_wrong_name_is_the_students_mistake(hand_in: HandIn) -> None:
    """Python's own words come back, without the name of the check in which the function stands."""
    answer = hand_in("def f(loss): return loss(where=1.0)").ask("f", lambda theta: theta)
    assert answer.text == "TypeError: <lambda>() got an unexpected keyword argument 'where'"


@pytest.mark.parametrize("kind", [ValueError, TypeError, IndexError, ZeroDivisionError, KeyError])
def test_an_exception_keeps_its_type(hand_in: HandIn, kind: type[Exception]) -> None:
    """A student's function may catch what it would catch in the notebook."""

    def raises(x: float) -> float:
        raise kind("too far")

    source = f"def f(g):\n    try: return g(1.0)\n    except {kind.__name__} as problem: return str(problem)"
    student = hand_in(source, "def plain(g): return g(1.0)")
    assert student.value("f", raises) == str(kind("too far"))
    assert student.ask("plain", raises).text == exception_text(kind("too far"))


EXCEPTIONS = [
    kind for kind in vars(builtins).values() if isinstance(kind, type) and issubclass(kind, Exception)
]


@given(st.sampled_from(EXCEPTIONS), st.text("ab:' \\\"\n", max_size=8))
def test_an_exception_is_told_in_the_same_words(kind: type[Exception], text: str) -> None:
    """Whatever a function of the judge raises, the student's function meets it with the same text."""
    try:
        problem = kind(text)
    except TypeError:  # some take more than a message
        assume(False)
    words = exception_text(problem)
    assert exception_text(exception_of(words)) == words


@pytest.mark.parametrize("size", [3, 5_000])
def test_several_threads_may_call_it(hand_in: HandIn, size: int) -> None:
    """Calls from a pool of threads are answered one after the other, each with its own arguments."""
    source = """
        from concurrent.futures import ThreadPoolExecutor
        def f(loss, rows):
            with ThreadPoolExecutor(4) as pool:
                return list(pool.map(loss, rows))
    """
    rows = np.random.default_rng(1).normal(size=(30, size))
    got = hand_in(source).value("f", half_square, rows)
    np.testing.assert_allclose(got, [half_square(row) for row in rows])
