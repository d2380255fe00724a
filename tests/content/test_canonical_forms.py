"""Canonical forms of the course: right answers share one, whatever they leave to chance."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from repository_assignments import assignment

from autograder.checks.calls import Functions
from autograder.checks.canonical_forms import AnsweredCall, AskedFunction
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.cause_probe import CauseProbe
from autograder.grading.causes import run_trusted
from autograder.grading.evaluation import evaluate
from autograder.grading.prefetch import record_calls

SIZES = ((240, 90, 320, 40), (40, 40, 40), [60, 90, 40, 80], (3, 2000, 4, 1500))
NUMBERS = st.floats(-1e4, 1e4, allow_nan=False)


def started(draw: Any, seeds: tuple[int, ...]) -> list[AnsweredCall]:
    """Answers to calls of init_params, with weights that `draw` makes of a generator and the sizes."""
    calls = []
    for sizes in SIZES:
        for seed in seeds:
            rng = np.random.default_rng(seed)
            value = [(draw(rng, i, o), np.zeros(o)) for i, o in pairwise(sizes)]
            calls.append(AnsweredCall((sizes, seed), value))
    return calls


@given(st.integers(0, 10**6), st.sampled_from(["normal", "uniform"]))
@settings(max_examples=examples(25), deadline=None)
def test_right_starts_share_one_form(first: int, kind: str) -> None:
    """Normal and uniform weights of any seed with He's spread have the reference's form."""
    form = assignment("hw5-mnist").canonical_forms["init_params"]
    seeds = (first, first + 1, first)

    def draw(rng: Any, i: int, o: int) -> Any:
        limit = np.sqrt(6 / i)
        return (
            rng.uniform(-limit, limit, (i, o)) if kind == "uniform" else rng.normal(0, np.sqrt(2 / i), (i, o))
        )

    def usual(rng: Any, i: int, o: int) -> Any:
        return np.sqrt(2 / i) * rng.standard_normal((i, o))

    assert form(started(draw, seeds)) == form(started(usual, seeds))


@given(st.integers(0, 3), st.permutations(range(3)))
def test_a_named_argument_is_kept_where_its_parameter_stands(first: int, order: list[int]) -> None:
    """What a callable was asked for is the same by position and by name, in any order."""

    def gradient(theta: Any, x_batch: Any, y_batch: Any) -> Any:
        return theta + 10 * x_batch + 100 * y_batch

    names, values = ("theta", "x_batch", "y_batch"), (1.0, 2.0, 3.0)
    by_position, by_name = AskedFunction(gradient), AskedFunction(gradient)
    by_position(*values)
    by_name(*values[:first], **{names[at]: values[at] for at in order if at >= first})
    assert by_name.asked == by_position.asked


BATCHED = """def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        theta = theta - lr / batch_size * gradient(ARGUMENTS)
    return theta
"""
SHIFTED = """def numerical_gradient(loss, theta, delta=1e-5):
    slopes = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        step = np.zeros(theta.shape)
        step[i] = delta
        slopes[i] = (loss(ARGUMENTS + step) - loss(ARGUMENTS - step)) / delta
    return slopes
"""


@pytest.mark.full
@pytest.mark.parametrize(
    ("function", "source", "by_position", "by_name"),
    [
        ("train_epoch", BATCHED, "theta, x[rows], y[rows]", "theta, y_batch=y[rows], x_batch=x[rows]"),
        ("numerical_gradient", SHIFTED, "theta", "theta=theta"),
    ],
)
def test_how_a_callable_is_called_changes_no_cause(
    function: str, source: str, by_position: str, by_name: str
) -> None:
    """A mistake is told by its name, also where arguments of `loss` and `gradient` are named."""
    probe = CauseProbe(assignment("hw3-minibatch"))
    causes = [
        probe.told_cause(function, source.replace("ARGUMENTS", text)) for text in (by_position, by_name)
    ]
    assert causes[0].kind == "named"
    assert [cause.name for cause in causes] == [causes[0].name] * 2


@given(
    st.one_of(
        st.tuples(st.lists(NUMBERS, max_size=12), st.floats(-1, 10)),
        st.builds(
            lambda first, rest, count, lr: ([first] + [rest] * count, lr),
            st.sampled_from([1.0, 10.0, 30.0, 100.0, 1e3, 1e5]),
            st.sampled_from([1e-4, 0.5, 1.0, 2.0]),
            st.integers(0, 1200),
            st.sampled_from([0.0, 0.01, 0.1]),
        ),
        st.lists(NUMBERS, max_size=4),
        NUMBERS,
    )
)
@settings(max_examples=examples(150), deadline=None)
def test_a_list_of_gradients_has_the_right_form_only_where_it_passes(value: Any) -> None:
    """What the form of adagrad_stall calls stalled passes all checks, and nothing else that is told does."""
    loaded = assignment("hw4-optimizers")
    form = loaded.canonical_forms["adagrad_stall"]
    reference = Functions(ReferenceBackend(loaded.reference), loaded.parameters)
    student = Functions(NotebookBackend({"adagrad_stall": lambda: value}), loaded.parameters)
    statuses = {
        evaluate(check, student, reference, 15).status
        for check in loaded.hidden_checks
        if check.task == "adagrad_stall"
    }
    named = form([AnsweredCall((), value)])[0]
    if named == "stalls":
        assert statuses == {"passed"}
    elif statuses == {"passed"}:
        assert named in ("cancel", "other")  # told of those alone that fail


@given(
    st.integers(20, 150),
    st.randoms(use_true_random=False),
    st.booleans(),
    st.integers(2, 7),
    st.lists(st.floats(0.05, 8), min_size=1, max_size=4),
)
@settings(max_examples=examples(30), deadline=None)
def test_right_searches_share_one_form(
    count: int, shuffled: Any, asks_at_each_step: bool, steps: int, curvatures: list[float]
) -> None:
    """Any number and order of rates, with the loss asked at the end or on the way, have one form."""
    loaded = assignment("hw4-optimizers")
    curvature = np.array(curvatures)
    start = np.linspace(1.0, 2.0, len(curvature))
    rates = np.logspace(-3, 1, count)
    shuffled.shuffle(rates)

    def search(loss: Any, gradient: Any, theta: Any, steps: int) -> float:
        ends = []
        for lr in rates:
            place = theta
            for _ in range(steps):
                place = place - lr * gradient(place)
                if asks_at_each_step:
                    loss(place)
            ends.append(loss(place))
        return float(rates[np.nanargmin(ends)])

    def answered(tune: Any) -> AnsweredCall:
        loss = AskedFunction(lambda theta: float(np.sum(curvature * theta**2) / 2))
        gradient = AskedFunction(lambda theta: curvature * theta)
        value = tune(loss, gradient, start, steps)
        return AnsweredCall((loss, gradient, start, steps), value, (*loss.asked, *gradient.asked))

    form = loaded.canonical_forms["tune_sgd"]
    assert form([answered(search)]) == form([answered(loaded.reference["tune_sgd"])])


class Trainings:
    """The calls that the checks make of train, and the forms of its known mistakes."""

    def __init__(self) -> None:
        self.assignment = assignment("hw5-mnist")
        backend = ReferenceBackend(self.assignment.reference)
        reference = Functions(backend, self.assignment.parameters)
        recorded = record_calls(self.assignment.hidden_checks, backend, reference, 15)
        self.calls = recorded.of_task["train"]["train"]
        self.known = {"the right answer": self.form(self.assignment.reference["train"])}
        for each in self.assignment.mistakes:
            if each.function == "train" and not each.seeding and each.name not in OTHERWISE_CHANGED:
                self.known[each.name] = self.form(each.body)

    def form(self, train: Any) -> Any:
        """The form of a function's answers to the calls."""
        answered = []
        for arguments in self.calls:
            outcome = run_trusted(train, arguments)
            answered.append(AnsweredCall(arguments, outcome.value))
        return self.assignment.canonical_forms["train"](answered)


OTHERWISE_CHANGED = ("shuffles_in_place", "centres_in_place", "train_goes_on")  # told by what they write into


@pytest.fixture(scope="module")
def trainings() -> Trainings:
    """The known forms, worked out once."""
    return Trainings()


RECIPE = """
import numpy as np


def train(x, y, seed):
    rng = np.random.default_rng(seed)
    start = rng
    RATE, UPDATES = 0.1, 300
    pass  # before
    inputs, hidden = x.shape[1], 32
    W1, b1 = start.normal(0, np.sqrt(2 / inputs), (inputs, hidden)), np.zeros(hidden)
    W2, b2 = start.normal(0, np.sqrt(2 / hidden), (hidden, 10)), np.zeros(10)
    step = [0.0] * 4
    for update in range(UPDATES):
        rows = rng.choice(len(x), 50, replace=False)
        h = np.maximum(x[rows] @ W1 + b1, 0)
        p = np.exp(h @ W2 + b2 - (h @ W2 + b2).max(axis=1, keepdims=True))
        g = (p / p.sum(axis=1, keepdims=True) - np.eye(10)[y[rows]]) / len(rows)
        below = (g @ W2.T) * (h > 0)
        slopes = [x[rows].T @ below, below.sum(axis=0), h.T @ g, g.sum(axis=0)]
        step = [0.9 * s - RATE * d for s, d in zip(step, slopes)]
        W1, b1, W2, b2 = [a + s for a, s in zip((W1, b1, W2, b2), step)]
    return [(W1, b1), (W2, b2)]
"""


@pytest.mark.full
@pytest.mark.parametrize(
    ("change", "known"),
    [
        (("32", "80"), "the right answer"),
        (("0.1, 300", "0.2, 500"), "the right answer"),
        (("W1, b1 = start.normal(0,", "W1, b1 = start.normal(0, 0.5 *"), "the right answer"),
        (("pass  # before", "x = x - x.mean(axis=0)"), "images_standardised"),
        (("pass  # before", "x = (x - x.mean(axis=0)) / x.std(axis=0)"), "images_standardised"),
        (("pass  # before", "y = rng.permutation(y)"), "labels_shuffled_apart"),
        (("pass  # before", "y = (y + 9) % 10"), "labels_counted_from_one"),
        (("pass  # before", "y = 9 - y"), ""),
        (("pass  # before", "x, y = x[:1200], y[:1200]"), "first_thousand_images_only"),
        (("pass  # before", "x, y = x[:60], y[:60]"), "first_batch_only"),
        (("0.1, 300", "1e-4, 5"), "learning_rate_far_too_small"),
        (("0.1, 300", "0.1, 1"), "learning_rate_far_too_small"),
        (("0.1, 300", "0.02, 20"), "learns_too_slowly"),
        (("0.1, 300", "30, 300"), "goes_uphill"),  # which says that steps may be too large
        (("0.1, 300", "10, 300"), "learning_rate_far_too_large"),
        (("0.1, 300", "3, 300"), ""),  # which neither dies nor learns
        (("0.1, 300", "-0.05, 300"), "goes_uphill"),
        (("0.1, 300", "-0.002, 60"), "goes_uphill"),
        (("pass  # before", "y = 9 - y; RATE, UPDATES = 0.3, 2000"), ""),
        (("pass  # before", "y = (3 * y + 1) % 10; RATE, UPDATES = 0.3, 2000"), ""),
        (("W1, b1, W2, b2 = [", "unused = ["), "never_updates"),
        (("start.normal(0, np", "0 * start.normal(0, np"), "starts_with_zeros"),
        (("start = rng", "start, rng = rng, np.random.default_rng()"), "train_order_unseeded"),
        (("(W2, b2)]", "(W2, b2)], step"), "losses_returned_as_well"),
        (("np.eye(10)[y[rows]]", "np.eye(10)[rng.permutation(y[rows])]"), ""),
        (
            (
                "step = [0.9 * s",
                "slopes = [d + a / 2 for d, a in zip(slopes, (W1, b1, W2, b2))]; step = [0.9 * s",
            ),
            "",
        ),
    ],
    ids=lambda each: each[1] if isinstance(each, tuple) else each or "nothing",
)
def test_a_training_is_known_by_what_its_networks_do(
    trainings: Trainings, change: tuple[str, str], known: str
) -> None:
    """A training has the form of its known mistake, whatever its recipe; other faults have no known form."""
    source = RECIPE.replace(*change)
    assert source != RECIPE
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    form = trainings.form(namespace["train"])
    alike = [name for name, other in trainings.known.items() if other == form]
    assert alike == ([known] if known else [])
