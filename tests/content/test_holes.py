"""Wrong functions that hidden checks once let pass: each is rejected, and stays so."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from repository_assignments import assignment

from autograder.checks.calls import Functions
from autograder.checks.convergence_checks import is_convergence
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.evaluation import evaluate
from autograder.report import Status

# Assignment, function, and what it does to the right answer: `right` is the reference's function.
HOLES = {
    "relu capped at 6": ("hw1-activations", "relu", "lambda x: np.minimum(right(x), 6.0)"),
    "leaky_relu capped at 6": (
        "hw1-activations",
        "leaky_relu",
        "lambda x, slope=0.01: np.minimum(right(x, slope), 6.0)",
    ),
    "prelu capped at 6": ("hw1-activations", "prelu", "lambda x, alpha: np.minimum(right(x, alpha), 6.0)"),
    "smooth_relu capped at 6": (
        "hw1-activations",
        "smooth_relu",
        "lambda x, alpha: right(np.minimum(x, 6.0), alpha)",
    ),
    **{
        f"{function} clips grad_out at {limit}": (
            "hw1-activations",
            function,
            f"lambda x, grad_out, *rest: right(x, np.clip(grad_out, -{limit}, {limit}), *rest)",
        )
        for function in (
            "relu_backward",
            "leaky_relu_backward",
            "prelu_backward",
            "silu_backward",
            "smooth_relu_backward",
        )
        for limit in (5, 30)
    },
    "silu equal to relu beyond 7": (
        "hw1-activations",
        "silu",
        "lambda x: np.where(x > 7, x, right(np.minimum(x, 700)))",
    ),
    "slope or 0.01": (
        "hw1-activations",
        "leaky_relu",
        "lambda x, slope=0.01: right(x, slope or 0.01)",
    ),
    "the derivative's slope or 0.01": (
        "hw1-activations",
        "leaky_relu_backward",
        "lambda x, grad_out, slope=0.01: right(x, grad_out, slope or 0.01)",
    ),
    "prelu wrong below alpha -1": (
        "hw1-activations",
        "prelu",
        "lambda x, alpha: right(x, np.maximum(alpha, -1.0))",
    ),
    "prelu_backward wrong below alpha -1": (
        "hw1-activations",
        "prelu_backward",
        "lambda x, grad_out, alpha: right(x, grad_out, np.maximum(alpha, -1.0))",
    ),
    "cross_entropy through a product": (
        "hw2-losses",
        "cross_entropy",
        "lambda probs, labels: "
        "-np.log(max(np.prod(probs[np.arange(len(labels)), labels]), 1e-300)) / len(labels)",
    ),
    "another default of delta": (
        "hw3-minibatch",
        "numerical_gradient",
        "lambda loss, theta, delta=1e-4: right(loss, theta, delta)",
    ),
    "gradients clipped in sgd_update": (
        "hw3-minibatch",
        "sgd_update",
        "lambda theta, grad, lr: right(theta, np.clip(grad, -5, 5), lr)",
    ),
    "step_decay in float32": (
        "hw3-minibatch",
        "step_decay",
        "lambda lr, epoch, factor=0.5, every=10: np.float32(right(lr, epoch, factor, every))",
    ),
    "inverse_sqrt_decay in float32": (
        "hw3-minibatch",
        "inverse_sqrt_decay",
        "lambda lr, t: np.float32(right(lr, t))",
    ),
    "train_epoch in float32": (
        "hw3-minibatch",
        "train_epoch",
        "lambda theta, *rest: np.float32(right(theta, *rest))",
    ),
    "minibatches' labels as floats": (
        "hw3-minibatch",
        "minibatches",
        "lambda x, y, batch_size, seed: [(a, b * 1.0) for a, b in right(x, y, batch_size, seed)]",
    ),
    "train_epoch's labels as floats": (
        "hw3-minibatch",
        "train_epoch",
        "lambda theta, x, y, *rest: right(theta, x, y * 1.0, *rest)",
    ),
    "adagrad_update ignores eps": (
        "hw4-optimizers",
        "adagrad_update",
        "lambda theta, grad, sum_sq, lr, eps=1e-8: right(theta, grad, sum_sq, lr)",
    ),
    "rmsprop_update ignores eps": (
        "hw4-optimizers",
        "rmsprop_update",
        "lambda theta, grad, mean_sq, lr, decay=0.9, eps=1e-8: right(theta, grad, mean_sq, lr, decay)",
    ),
    "adam_update ignores eps": (
        "hw4-optimizers",
        "adam_update",
        "lambda theta, grad, m, v, t, lr, b1=0.9, b2=0.999, eps=0: right(theta, grad, m, v, t, lr, b1, b2)",
    ),
    "rmsprop_update without eps": (
        "hw4-optimizers",
        "rmsprop_update",
        "lambda theta, grad, mean_sq, lr, decay=0.9, eps=0: right(theta, grad, mean_sq, lr, decay, 0.0)",
    ),
    "adam_update without eps": (
        "hw4-optimizers",
        "adam_update",
        "lambda theta, grad, m, v, t, lr, b1=0.9, b2=0.999, eps=0: "
        "right(theta, grad, m, v, t, lr, b1, b2, 0.0)",
    ),
    "adagrad_update adds eps to its sum": (
        "hw4-optimizers",
        "adagrad_update",
        "lambda theta, grad, sum_sq, lr, eps=1e-8: "
        "(right(theta, grad, sum_sq, lr, eps)[0], sum_sq + grad**2 + eps)",
    ),
    "init_params draws two values": (
        "hw5-mnist",
        "init_params",
        "lambda sizes, seed: [(np.sign(W) * np.sqrt(2 / len(W)), b) for W, b in right(sizes, seed)]",
    ),
    **{
        f"init_params counts {shift:+d} inputs": (
            "hw5-mnist",
            "init_params",
            "lambda sizes, seed: "
            f"[(W * np.sqrt(len(W) / (len(W) + {shift})), b) for W, b in right(sizes, seed)]",
        )
        for shift in (1, -1)
    },
    "init_params in float32": (
        "hw5-mnist",
        "init_params",
        "lambda sizes, seed: [(np.float32(W), b) for W, b in right(sizes, seed)]",
    ),
    "predict returns floats": ("hw5-mnist", "predict", "lambda params, x: right(params, x) * 1.0"),
    "hidden units capped at 20": (
        "hw5-mnist",
        "forward",
        "lambda params, x: (lambda h: h)(x) @ params[0][0] + params[0][1] if len(params) == 1 else "
        "right(params[1:], np.clip(x @ params[0][0] + params[0][1], 0, 20))",
    ),
}


@pytest.mark.parametrize("hole", HOLES)
def test_is_rejected(hole: str) -> None:
    """A hidden check of its task fails where a function is wrong in this way alone."""
    name, function, source = HOLES[hole]
    course = assignment(name)
    wrong = eval(source, {"np": np, "right": course.reference[function]})
    student = Functions(NotebookBackend({**course.reference, function: wrong}), course.parameters)
    reference = Functions(ReferenceBackend(course.reference), course.parameters)
    checks = [
        check
        for check in course.hidden_checks
        if check.task == course.task_of(function) and not is_convergence(check.body)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        statuses = [evaluate(check, student, reference, 15).status for check in checks]
    assert Status.FAILED in statuses
    assert Status.ERROR not in statuses
