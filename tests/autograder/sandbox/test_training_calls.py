"""Training calls that are sent together: the same numbers as one by one, whatever a submission does."""

from __future__ import annotations

import copy
import math
import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sessions import HandIn, Student

from autograder.checks.calibration import Band, CalibrationFile
from autograder.checks.calls import Functions
from autograder.checks.convergence_checks import Training, convergence
from autograder.checks.datasets.images import Images
from autograder.checks.definition import Check, Materials
from autograder.checks.pipeline import PendingValue, Pipeline, Unforeseen, form_of, settled
from autograder.grading.backends import ReferenceBackend
from autograder.grading.evaluation import evaluate
from autograder.sandbox.session import Session

FUNCTIONS = """
import numpy as np

def relu(x): return np.maximum(x, 0)
def relu_backward(x, grad_out): return grad_out * (x > 0)
def loss(logits, labels):
    rows = np.arange(len(labels))
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return float(-np.mean(np.log(e[rows, labels] / e.sum(axis=1))))
def loss_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)
def momentum(theta, grad, velocity, lr):
    velocity = 0.9 * velocity - lr * grad
    return theta + velocity, velocity
"""
UPDATES, INPUTS, HIDDEN = 12, 40, 60  # the largest arrays go through the arena


def train(parts: Any) -> tuple[list[float], list[Any]]:
    """A training loop as an author would write it; returns the losses and the parameters."""
    rng = np.random.default_rng(3)
    W1, b1 = rng.normal(size=(INPUTS, HIDDEN)) / 6, np.zeros(HIDDEN)
    W2, b2 = rng.normal(size=(HIDDEN, 5)) / 8, np.zeros(5)
    vW1, vb1, vW2, vb2 = (np.zeros_like(array) for array in (W1, b1, W2, b2))
    losses = []
    for _ in range(UPDATES):
        x = rng.normal(size=(30, INPUTS))
        y = (x[:, 0] > 0).astype(np.int64) + (x[:, 1] > 0)
        before = x @ W1 + b1
        hidden = parts.relu(before)
        logits = hidden @ W2 + b2
        losses.append(parts.loss(logits, y))
        grad_logits = parts.loss_backward(logits, y)
        grad = parts.relu_backward(before, grad_logits @ W2.T)
        before[:] = 0  # an author may use a buffer again: the call has its own copy
        W1, vW1 = parts.momentum(W1, x.T @ grad, vW1, 0.1)
        b1, vb1 = parts.momentum(b1, grad.sum(axis=0), vb1, 0.1)
        W2, vW2 = parts.momentum(W2, hidden.T @ grad_logits, vW2, 0.1)
        b2, vb2 = parts.momentum(b2, grad_logits.sum(axis=0), vb2, 0.1)
    return losses, [W1, b1, W2, b2, vW1]


def trained(student: Student, *, together: bool) -> tuple[list[float], list[Any]]:
    """The same loop with a submission's pieces."""
    functions = Functions(student.session)
    functions.context_.training = True
    if together:
        functions.context_.pipeline = Pipeline(student.session)
    result = train(functions)
    if functions.context_.pipeline is not None:
        functions.context_.pipeline.flush()
    losses, arrays = settled(result)
    return losses, arrays


def same(first: Any, second: Any) -> bool:
    """Whether two results of training agree bit for bit."""
    return first[0] == second[0] and all(map(np.array_equal, first[1], second[1]))


def test_the_numbers_are_the_same(hand_in: HandIn) -> None:
    """Every loss and parameter is bit for bit that of calls made one by one, in half as many frames."""
    alone, together = hand_in(FUNCTIONS), hand_in(FUNCTIONS)
    assert same(trained(alone, together=False), trained(together, together=True))
    assert together.session._requests < 0.6 * alone.session._requests


# Each writes into arrays of earlier calls: what it was given, and what it returned.
SWAPS = {
    "returned": "KEPT.append(value)",
    "given": "KEPT.extend(a for a in arguments if isinstance(a, np.ndarray))",
    "both": "KEPT.append(value); KEPT.extend(a for a in arguments if isinstance(a, np.ndarray))",
    "the arena": "KEPT.append(value); spoil_the_arena()",
}
SWAPPING = """
KEPT = []

def arrays(values):
    for value in values:
        if isinstance(value, np.ndarray): yield value
        if isinstance(value, (list, tuple)): yield from arrays(value)

def spoil_the_arena():
    import gc, mmap
    for thing in gc.get_objects():
        memory = getattr(thing, "memory", None)
        if isinstance(memory, mmap.mmap): memory[: 2**16] = bytes(2**16)

def swap(function):
    def swapped(*arguments):
        for array in arrays(KEPT):
            if array.flags.writeable: array[...] = 7.0
        del KEPT[:-4]
        value = function(*arguments)
        {keep}
        return value
    return swapped

momentum, loss_backward, relu = swap(momentum), swap(loss_backward), swap(relu)
"""


@pytest.mark.parametrize("swap", sorted(set(SWAPS) - {"the arena"}))
def test_swapped_arrays_change_nothing(hand_in: HandIn, swap: str) -> None:
    """A submission that overwrites arrays of earlier calls trains as one that does not: all are copies."""
    attack = hand_in(FUNCTIONS, SWAPPING.replace("{keep}", SWAPS[swap]))
    assert same(trained(hand_in(FUNCTIONS), together=True), trained(attack, together=True))


def test_arrays_that_the_judge_holds_cannot_change(hand_in: HandIn) -> None:
    """Overwriting the shared memory spoils later answers at most, never one that has been read."""
    spoilt = hand_in(FUNCTIONS, SWAPPING.replace("{keep}", SWAPS["the arena"]))
    functions = Functions(spoilt.session)
    functions.context_.training, functions.context_.pipeline = True, Pipeline(spoilt.session)
    x = np.random.default_rng(0).normal(size=(200, 60))
    first = functions.relu(x)
    before = np.array(first)
    for _ in range(3):
        functions.relu(x)
    functions.context_.pipeline.flush()
    assert np.array_equal(np.asarray(first), before)


def test_another_report_at_the_end(hand_in: HandIn) -> None:
    """Weights that the last update brings in place of trained ones are what one call by one brings, too."""
    cheat = """
        count = 0
        honest = momentum
        def momentum(theta, grad, velocity, lr):
            global count
            count += 1
            if count > 44: return np.full_like(theta, 0.5), velocity
            return honest(theta, grad, velocity, lr)
    """
    assert same(
        trained(hand_in(FUNCTIONS, cheat), together=False), trained(hand_in(FUNCTIONS, cheat), together=True)
    )


ODD = {
    "raises": "raise ValueError('late')",
    "ends": "os._exit(3)",
    "hangs": "time.sleep(100)",
    "another shape": "return np.zeros((3, 3)), velocity",
    "another number of results": "return theta",
    "a part of it": "return theta, velocity[:1]",
    "text": "return 'theta', velocity",
}


@pytest.mark.parametrize("odd", sorted(ODD))
def test_what_was_not_foreseen_ends_the_run(hand_in: HandIn, odd: str) -> None:
    """A late call that brings no value, or one of another form, is never taken for the expected one."""
    late = f"""
        import os, time
        count = 0
        honest = momentum
        def momentum(theta, grad, velocity, lr):
            global count
            count += 1
            if count > 30: {ODD[odd]}
            return honest(theta, grad, velocity, lr)
    """
    student = hand_in(FUNCTIONS, late)
    student.session._budget._sleep_left = 2.0
    with pytest.raises(Unforeseen):
        trained(student, together=True)


ARRAYS = [
    np.array([[1.5, -2.0], [0.25, 3.0]]),
    np.array([2.0, 0.5]),
    np.array(3.0),
    np.arange(4).reshape(2, 2),
]
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.matmul]
OPERATORS += [operator.lt, operator.ge, operator.eq, operator.ne, operator.floordiv, operator.mod, divmod]
OPERATORS += [operator.iadd, operator.imul, np.add, np.maximum, np.dot, np.hypot]
UNARY: list[Any] = [operator.neg, abs, operator.pos, np.exp, np.sum, np.shape, np.ravel, np.mean, np.isfinite]
UNARY += [repr, str, np.copy, copy.copy, copy.deepcopy, np.asarray, np.array, np.size, np.ndim, bool, float]
UNARY += [len, list, math.floor, math.isfinite, lambda x: x.T, lambda x: x.sum(axis=0), lambda x: x[0]]
UNARY += [lambda x: x.shape, lambda x: x.dtype, lambda x: x.ndim, lambda x: f"{x:.3f}", round, np.argmax]
UNARY += [lambda x: isinstance(x, np.ndarray), lambda x: isinstance(x, float), lambda x: np.stack([x, x])]


class Ready:
    """A pipeline whose answers come when they are asked for."""

    def __init__(self, value: Any) -> None:
        self.pending = PendingValue(self, form_of(value))  # type: ignore[arg-type]  # only `look` is used
        self.value = value

    def look(self, pending: PendingValue) -> None:
        """Bring the value."""
        pending.value_ = self.value


def outcome(function: Any, *values: Any) -> Any:
    """What a function returns, or the type of what it raises."""
    with np.errstate(all="ignore"):
        try:
            return settled(function(*values))
        except Exception as problem:
            return type(problem)


def alike(first: Any, second: Any) -> bool:
    """Whether two outcomes are of one type and equal."""
    if isinstance(first, (tuple, list)):
        return len(first) == len(second) and all(map(alike, first, second))
    if isinstance(first, np.ndarray):
        return (
            type(second) is np.ndarray
            and first.dtype == second.dtype
            and np.array_equal(first, second, equal_nan=True)
        )
    return type(first) is type(second) and bool(first == second or first != first)


VALUES = st.sampled_from([*ARRAYS, 2.5, -0.5])


@given(st.sampled_from(OPERATORS), VALUES, VALUES, st.integers(1, 3))
def test_operators_do_what_they_do_to_the_value(function: Any, left: Any, right: Any, which: int) -> None:
    """Every operation of two values, one or both of them pending, gives what plain values give."""
    values = copy.deepcopy((left, right))
    pending = [
        Ready(value).pending if which >> place & 1 else value
        for place, value in enumerate(copy.deepcopy((left, right)))
    ]
    assert alike(outcome(function, *values), outcome(function, *pending))
    assert alike(values, settled(tuple(pending)))  # what is changed in place is changed in both


@given(st.sampled_from(UNARY), VALUES)
def test_functions_do_what_they_do_to_the_value(function: Any, value: Any) -> None:
    """Functions of Python and NumPy, attributes and items see the value itself."""
    assert alike(
        outcome(function, copy.deepcopy(value)), outcome(function, Ready(copy.deepcopy(value)).pending)
    )


def training_of_rows(parts: Any, images: Images, rng: np.random.Generator) -> Training:
    """A few updates of a vector; what is learnt is whether the last one is near where it should be."""
    theta, velocity, losses = rng.normal(size=50), np.zeros(50), []
    for _ in range(30):
        losses.append(parts.distance(theta))
        theta, velocity = parts.momentum(theta, theta - 1, velocity, 0.05)
    return Training(float(np.mean(np.abs(theta - 1) < 0.9)), losses)


DISTANCE = "def distance(theta): return float(np.mean((theta - 1) ** 2))"
SPOILT = {
    "right": ("", "passed", ""),
    "late error": ("if count > 20: raise ValueError('late')", "failed", "late"),
    "late end": (
        "if count > 20: os._exit(1)",
        "passed",
        "",
    ),  # a used child's end is tried again in a fresh one
    "late form": ("if count > 20: return velocity", "failed", "Training cannot use"),
    "another shape": ("if count > 20: return theta[:7], velocity", "passed", ""),  # the loop does not mind
    "wrong": ("return theta + grad, velocity", "failed", ""),
}


@pytest.mark.parametrize("spoilt", sorted(SPOILT))
def test_a_check_says_what_it_says_of_calls_one_by_one(
    hand_in: HandIn, monkeypatch: pytest.MonkeyPatch, spoilt: str
) -> None:
    """Status, points and message of a convergence check do not depend on how its calls were sent."""
    line, status, text = SPOILT[spoilt]
    cell = f"""
        import os
        count = 0
        honest = momentum
        def momentum(theta, grad, velocity, lr):
            global count
            count += 1
            {line or "pass"}
            return honest(theta, grad, velocity, lr)
    """
    namespace: dict[str, Any] = {}
    exec(FUNCTIONS + DISTANCE, namespace)
    pixels, labels = np.zeros((10, 4), np.uint8), np.zeros(10, np.int64)
    band = Band(mean=0.9, sd=0, accuracies=[0.9] * 20, seeds=[0] * 20, cpu_seconds=0, environment={})
    bands = {"training_of_rows": {"tiny": band}}
    materials = Materials(Images("tiny", pixels, labels, pixels, labels, 1.0), CalibrationFile(bands=bands))
    training_of_rows.__doc__ = "It learns."
    body = convergence(task="t", points=1)(training_of_rows)
    check = Check(
        "training_of_rows", "It learns.", "t", 1.0, (), ("student", "reference", "seed", "materials"), body
    )

    def result() -> tuple[str, float, str, list[Any]]:
        student = Functions(hand_in(FUNCTIONS, DISTANCE, cell).session)
        reference = Functions(ReferenceBackend(namespace))
        found = evaluate(check, student, reference, 5, (), materials)
        losses = [number for curve in found.evidence.curves for number in curve.got]
        return found.status.value, found.earned, found.message, losses

    together = result()
    monkeypatch.setattr(Session, "batch", lambda session: None)
    assert together == result()
    assert together[0] == status
    assert text in together[2]
