"""Credit is even for mistakes that nobody listed, too: a sign, a factor, a function that is of no use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from examples import shared_out
from repository_assignments import NAMES, assignment
from task_shares import share_of

from autograder.checks.variants import KEPT
from autograder.grading.grader import materials_for

Body = Callable[..., Any]

# Functions whose result has no sign or size that could be wrong: batches, labels, weights drawn around 0,
# params or theta after a training of their own, a rate that is searched, an example that is made up.
NO_SCALE = {
    *("minibatches", "predict", "init_params", "train", "train_epoch"),
    *("tune_sgd", "adagrad_stall"),
}


def scaled(value: Any, factor: float) -> Any:
    """A result with all its numbers multiplied."""
    if isinstance(value, (list, tuple)):
        return type(value)(scaled(tested, factor) for tested in value)
    return factor * value


def raises(*arguments: object) -> None:
    """Never comes back with a value."""
    raise ValueError("no")


def replacements(right: Body, name: str) -> Iterator[tuple[str, str, Body]]:
    """Severity, what is wrong, and the function."""
    if name not in NO_SCALE:
        yield "slip", "sign", lambda *arguments: scaled(right(*arguments), -1.0)
        yield "slip", "factor", lambda *arguments: scaled(right(*arguments), 2.0)
        yield "useless", "zeros", lambda *arguments: scaled(right(*arguments), 0.0)
    yield "useless", "None", lambda *arguments: None
    yield "useless", "raises", raises
    yield "useless", "NaN", lambda *arguments: np.nan
    yield "useless", "its first argument", lambda *arguments: arguments[0]
    yield "useless", "its second argument", lambda *arguments: arguments[min(1, len(arguments) - 1)]


PAIRS = [(name, function) for name in NAMES for function in assignment(name).functions]
# The quick suite asks of every other function; training takes long.
FUNCTIONS = [
    pytest.param(*pair, marks=[pytest.mark.full] if place % 2 or pair[1] == "train" else [])
    for place, pair in enumerate(PAIRS)
]


@pytest.mark.parametrize(("name", "function"), FUNCTIONS)
def test_unlisted_mistakes_keep_what_their_severity_says(name: str, function: str) -> None:
    """Without the points for training, a slip keeps 0.40 to 0.65 of its task, and a useless function 0.25."""
    tested = assignment(name)
    uneven = []
    for severity, what, body in replacements(tested.reference[function], function):
        share = share_of(tested, tested.task_of(function), {**tested.reference, function: body}, None)
        least, most = KEPT[severity]  # type: ignore[index]  # one of its two keys
        if not least - 1e-6 <= share <= most + 1e-6:
            uneven.append((severity, what, round(share, 2)))
    assert uneven == []


@pytest.mark.full
@pytest.mark.parametrize("size", shared_out([20, 100, 512], [100]))
def test_the_first_batch_alone_is_a_slip_whatever_its_size(size: int) -> None:
    """A train that sees the first images only keeps what a slip keeps, however many they are."""
    tested = assignment("hw5-mnist")
    right = tested.reference["train"]
    functions = {**tested.reference, "train": lambda x, y, seed: right(x[:size], y[:size], seed)}
    share = share_of(tested, "train", functions, materials_for(tested, 15, "digits"))
    assert KEPT["slip"][0] <= share <= KEPT["slip"][1]
