"""Convergence checks: what trains passes, what does not says why, what is too good is looked at."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.authoring.calibrate import calibrate_check
from autograder.checks.calibration import Band, CalibrationFile, band_of
from autograder.checks.calls import Functions
from autograder.checks.convergence_checks import Training, convergence, is_convergence
from autograder.checks.datasets.images import Images
from autograder.checks.datasets.loading import load_images
from autograder.checks.definition import Check, Materials, collect
from autograder.checks.networks import Network, accuracy, shuffled_batches
from autograder.errors import ContentError
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.evaluation import evaluate
from autograder.report import CheckResult, Status

LEARNING_RATE = 0.1


@convergence(task="update", points=4)
def update_trains(functions: Functions, images: Images, rng: np.random.Generator) -> Training:
    """A network trained with your update reads digits."""
    network = Network((images.train_pixels.shape[1], 32, 10))
    theta, losses = network.start(rng), []
    for x, labels in shuffled_batches(rng, images, 100, 120):
        loss, gradient = network.loss_and_gradient(theta, x, labels)
        losses.append(loss)
        theta = functions.update(theta, gradient)
    return Training(accuracy(lambda x: network.logits(theta, x), images), losses)


def descent(theta: Any, gradient: Any) -> Any:
    """The reference of these tests."""
    return theta - LEARNING_RATE * gradient


@pytest.fixture(scope="module")
def images() -> Images:
    """The digits."""
    return load_images("digits")


@pytest.fixture(scope="module")
def check() -> Check:
    """The check above, as an assignment's file would hold it."""
    module = types.ModuleType("checks")
    module.update_trains = update_trains  # type: ignore[attr-defined]  # as if it were written there
    (made,) = collect(module)
    return made


@pytest.fixture(scope="module")
def band(images: Images) -> Band:
    """What the reference reaches in twenty runs."""
    accuracies = []
    for seed in range(20):
        functions = Functions(ReferenceBackend({"update": descent}))
        loop = update_trains.__training__  # type: ignore[attr-defined]  # set by convergence
        accuracies.append(loop(functions, images, np.random.default_rng(seed)).accuracy)
    return band_of(accuracies, list(range(20)), [0.0] * 20, {})


def judged(
    check: Check, images: Images, band: Band, update: Callable[..., Any], seed: int = 1
) -> CheckResult:
    """The result for a student's update."""
    materials = Materials(images, CalibrationFile(bands={"update_trains": {"digits": band}}))
    student = Functions(NotebookBackend({"update": update}))
    reference = Functions(ReferenceBackend({"update": descent}))
    return evaluate(check, student, reference, seed, (), materials)


def test_it_is_a_check_like_any_other(check: Check) -> None:
    """Collected from its file with its task, points and title."""
    assert (check.id, check.task, check.points) == ("update_trains", "update", 4)
    assert check.title == "A network trained with your update reads digits."
    assert is_convergence(check.body)


@pytest.mark.full
def test_the_reference_passes_on_fifty_seeds(check: Check, images: Images, band: Band) -> None:
    """A right answer passes every time: a miss is tried twice more."""
    results = [judged(check, images, band, descent, seed) for seed in range(50)]
    assert [result.message for result in results if result.status is not Status.PASSED] == []


def test_losses_are_drawn_beside_the_reference_s(check: Check, images: Images, band: Band) -> None:
    """Both curves start from the same weights and the same batches."""
    (curve,) = judged(check, images, band, lambda theta, g: theta - 0.05 * g).evidence.curves
    assert curve.got[0] == pytest.approx(curve.expected[0], rel=0.2)
    assert len(curve.x) == len(curve.got) == len(curve.expected) <= 60


def test_no_learning_is_named(check: Check, images: Images, band: Band) -> None:
    """An update that does nothing earns nothing and is told that guessing is as good."""
    result = judged(check, images, band, lambda theta, g: theta)
    assert (result.status, result.earned) == (Status.FAILED, 0)
    assert "learnt nothing" in result.message


def test_divergence_is_named(check: Check, images: Images, band: Band) -> None:
    """A loss that is no longer a number is named with its update."""
    result = judged(check, images, band, lambda theta, g: theta + 1e200 * g)
    assert result.earned == 0
    assert "diverged" in result.message


def test_points_fall_linearly_to_the_floor(check: Check, images: Images, band: Band) -> None:
    """Between threshold and floor there is a share of the points, not a cliff."""
    result = judged(check, images, band, lambda theta, g: theta - 0.02 * g)
    assert result.status is Status.FAILED
    assert 0 < result.earned < 4


@pytest.mark.parametrize("mean", [0.3, 0.5])
def test_a_threshold_at_or_below_the_floor(check: Check, images: Images, band: Band, mean: float) -> None:
    """Where the reference itself is no better than the floor, a miss earns nothing; it earned full points."""
    low = band.model_copy(update={"mean": mean, "sd": 0.0, "accuracies": [mean, mean]})
    result = judged(check, images, low, lambda theta, g: theta)
    assert (result.status, result.earned) == (Status.FAILED, 0)


def test_a_piece_that_does_not_fit_is_the_student_s(check: Check, images: Images, band: Band) -> None:
    """A result the loop cannot use is a failure with a sentence, not a broken check."""
    result = judged(check, images, band, lambda theta, g: "theta")
    assert result.status is Status.FAILED
    assert "cannot use" in result.message


def test_better_than_every_reference_is_looked_at(check: Check, images: Images, band: Band) -> None:
    """It passes, with a flag for the instructor."""
    low = band.model_copy(update={"mean": 0.5, "sd": 0.01, "accuracies": [0.48, 0.52]})
    result = judged(check, images, low, descent)
    assert (result.status, result.earned) == (Status.PASSED, 4)
    assert "better than every reference run" in result.flag


def test_two_of_three_seeds_decide(check: Check, images: Images, band: Band) -> None:
    """One unlucky run costs nothing when the next two reach the threshold."""
    runs = iter([False] * 120 + [True] * 10_000)
    assert (
        judged(check, images, band, lambda t, g: t - (0.1 * g if next(runs) else 0)).status is Status.PASSED
    )


def test_a_data_set_that_was_never_calibrated(check: Check, images: Images) -> None:
    """The instructor is told; nobody loses points."""
    materials = Materials(images, CalibrationFile())
    student = Functions(NotebookBackend({"update": descent}))
    result = evaluate(check, student, Functions(ReferenceBackend({"update": descent})), 1, (), materials)
    assert (result.status, result.possible) == (Status.ERROR, 0)
    with pytest.raises(ContentError, match="is not calibrated on digits"):
        CalibrationFile().band("update_trains", "digits")


def test_calibration_measures_the_reference(check: Check, images: Images, band: Band) -> None:
    """The band of twenty fresh seeds is close to the fixture's, with seeds and environment kept."""
    assignment = types.SimpleNamespace(reference={"update": descent}, parameters={}, hidden_checks=[check])
    seeds = list(range(100, 120))
    again = calibrate_check(assignment, check, images, seeds, lambda: None)  # type: ignore[arg-type]  # its three parts
    assert again.seeds == seeds
    assert again.mean == pytest.approx(band.mean, abs=4 * band.sd)
    assert "numpy" in again.environment
    assert again.threshold <= again.lowest
