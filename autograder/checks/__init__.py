"""The names that authors import to write checks, known mistakes, alternatives and experiments."""

from __future__ import annotations

__all__ = [
    "PROBLEMS",
    "RELU",
    "Activation",
    "Failure",
    "Network",
    "NotFinite",
    "Problem",
    "Run",
    "Training",
    "WrongShape",
    "WrongType",
    "WrongValue",
    "accuracy",
    "alternative",
    "any_shape",
    "assert_close",
    "assert_depends",
    "assert_fits",
    "assert_float64_and_unmodified",
    "assert_no_mutation",
    "assert_plausible",
    "assert_raises",
    "assert_same",
    "assert_same_curve",
    "assert_same_widely",
    "canonical_form",
    "check",
    "convergence",
    "cross_entropy",
    "draw_curve",
    "draw_losses",
    "experiment",
    "fail",
    "fingerprint",
    "gradient_check",
    "inputs",
    "kind_of",
    "learning_curve",
    "leaves",
    "mistake",
    "numbers",
    "numeric_gradient",
    "optional",
    "require",
    "require_float64_and_unmodified",
    "require_no_mutation",
    "show",
    "shuffled_batches",
    "to_array",
    "trace",
    "with_call",
    "wrong",
]

from autograder.checks.canonical_forms import canonical_form
from autograder.checks.comparisons import (
    assert_close,
    assert_depends,
    assert_float64_and_unmodified,
    assert_no_mutation,
    assert_plausible,
    assert_raises,
    assert_same,
    assert_same_curve,
    assert_same_widely,
    draw_curve,
    draw_losses,
    kind_of,
    leaves,
    require_float64_and_unmodified,
    require_no_mutation,
    with_call,
)
from autograder.checks.convergence_checks import Training, convergence
from autograder.checks.definition import check
from autograder.checks.experiments import Run, experiment, learning_curve
from autograder.checks.failures import Failure, NotFinite, WrongShape, WrongType, WrongValue, fail, require
from autograder.checks.gradients import assert_fits, gradient_check, numeric_gradient
from autograder.checks.input_generators import any_shape, inputs, numbers, optional
from autograder.checks.networks import RELU, Activation, Network, accuracy, cross_entropy, shuffled_batches
from autograder.checks.traces import PROBLEMS, Problem, trace
from autograder.checks.values import fingerprint, show, to_array
from autograder.checks.variants import alternative, mistake
from autograder.checks.wrong_functions import wrong
