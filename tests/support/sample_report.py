"""One homework that went wrong in many ways: every status and every kind of evidence."""

from __future__ import annotations

from typing import Any

import numpy as np
from report_factory import curve, make_check, make_report, make_task

from autograder.report import CheckResult, Evidence, Note, Report, Status, Worst

MISTAKES = [
    (
        "relu",
        "relu_backward: no_mask",
        "The gradient passes everywhere here, as if there were no mask. Where x is negative, relu(x) does "
        "not change with x, so nothing flows back there.",
    ),
    (
        "prelu",
        "prelu_backward: alpha_not_summed",
        "grad_alpha has one entry for each example. Every example shares the same alpha, so its gradient is "
        "the sum over all of them.",
    ),
    (
        "silu",
        "silu_backward: sigmoid_derivative_only",
        "This is the derivative of the sigmoid alone. SiLU is a product, x · sigmoid(x), and the product "
        "rule has two terms.",
    ),
]


def relu(x: Any) -> Any:
    """max(0, x)."""
    return np.maximum(x, 0)


def silu(x: Any) -> Any:
    """x * sigmoid(x)."""
    return x / (1 + np.exp(-x))


def silu_slope(x: Any) -> Any:
    """The derivative of silu."""
    s = 1 / (1 + np.exp(-x))
    return s + x * s * (1 - s)


def sigmoid_slope(x: Any) -> Any:
    """The derivative of the sigmoid, a common wrong answer."""
    s = 1 / (1 + np.exp(-x))
    return s * (1 - s)


def wrong_gradient() -> CheckResult:
    """A gradient that passes everywhere, with a map of 24 x 24 entries."""
    x = np.random.default_rng(3).normal(size=(24, 24))
    return make_check(
        Status.FAILED,
        1.25,
        id="relu_gradient",
        title="relu_backward is the gradient of relu.",
        message="relu_backward(x, grad_out) is wrong at 283 of 576 entries.",
        hint=MISTAKES[0][2],
        mistake=MISTAKES[0][1],
        evidence=Evidence(
            call="relu_backward(x, grad_out)",
            arguments={
                "x": "shape (24, 24): [ 2.0409, -2.5557,  0.4181, -0.5678, -0.4526, -0.2156, …]",
                "grad_out": "shape (24, 24): [-1.2304, 0.7219, 0.0431, 1.2245, -0.9112, 0.3020, …]",
            },
            worst=Worst(index=[0, 1], got=0.721934, expected=0.0, relative_error=1.0),
            wrong=(x < 0).tolist(),
            curves=[curve("derivative of relu", np.ones_like, lambda x: (x > 0) * 1.0)],
        ),
    )


def wrong_parameter() -> CheckResult:
    """A parameter's gradient of which two columns are wrong, among several results."""
    return make_check(
        Status.FAILED,
        2,
        id="prelu_sums",
        title="grad_alpha has one entry per feature, summed over every other axis.",
        message="grad_alpha of prelu_backward(x, grad_out, alpha) has shape (8, 5); shape (5,) is expected.",
        hint=MISTAKES[1][2],
        mistake=MISTAKES[1][1],
        evidence=Evidence(
            call="prelu_backward(x, grad_out, alpha)",
            arguments={
                "x": "shape (8, 5): [ 1.2, -0.4, 0.2, -1.1, 0.9, 0.3, …]",
                "grad_out": "shape (8, 5): [ 0.1, 1.4, -0.8, 0.2, -0.3, 0.5, …]",
                "alpha": "[0.25, 0.1 , 0.32, 0.07, 0.41]",
            },
            got="shape (8, 5): [ 0.0, -0.56, 0.0, -0.22, 0.0, 0.0, …]",
            expected="[-0.714321,  0.331204, -1.20113 ,  0.050912,  0.844012]",
            parameter="grad_alpha",
            worst=Worst(index=[3, 1], got=-0.56, expected=0.331204, relative_error=2.69),
            wrong=[[column in (1, 3) for column in range(5)] for _ in range(8)],
        ),
    )


def wrong_curves() -> CheckResult:
    """Curves of which one has NaN and infinite values."""

    def overflowing(x: Any) -> Any:
        return np.where(x < -3, np.nan, np.where(x > 3.4, np.inf, silu(x)))

    return make_check(
        Status.FAILED,
        1.5,
        id="silu_gradient",
        title="silu_backward is the gradient of silu.",
        message="silu_backward(x, grad_out) is wrong at 40 of 40 entries.",
        hint=MISTAKES[2][2],
        mistake=MISTAKES[2][1],
        evidence=Evidence(
            call="silu_backward(x, grad_out)",
            worst=Worst(index=[2, 0, 1], got=0.104994, expected=1.0881, relative_error=0.9),
            curves=[
                curve("derivative of silu", sigmoid_slope, silu_slope),
                curve("silu(x)", overflowing, silu),
            ],
        ),
    )


def raised() -> CheckResult:
    """An exception, with what was printed before it."""
    return make_check(
        Status.FAILED,
        1,
        id="norms_decrease",
        title="With sigmoid, the first layer's gradient is the smallest.",
        message="layer_gradient_norms(x, grad_out, weights, activation) raised ValueError.",
        hint="The shapes in the message are those of the two factors: one of them has to be transposed.",
        evidence=Evidence(
            call='layer_gradient_norms(x, grad_out, weights, "sigmoid")',
            trace="ValueError: matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc "
            "signature (n?,k),(k,m?)->(n?,m?) (size 50 is different from 7)\n"
            "  cell 14, line 9, in layer_gradient_norms\n    grad = grad @ w.T @ delta",
            printed="layer 0 (7, 20) (20, 50)\nlayer 1 (7, 50) (50, 10)\n",
        ),
    )


def realistic_report() -> Report:
    """One homework in which every status and every kind of evidence occurs."""
    good = make_check(
        Status.PASSED,
        0.75,
        id="relu_curve",
        title="relu has the right curve from -4 to 4.",
        evidence=Evidence(curves=[curve("relu(x)", relu, relu)]),
    )
    tasks = [
        make_task(
            "relu",
            make_check(points=0.75),
            good,
            wrong_gradient(),
            make_check(
                points=0.25,
                title="relu and relu_backward return float64 and leave their inputs as they were.",
            ),
        ),
        make_task(
            "prelu",
            make_check(
                points=1.5,
                title="prelu(x, alpha) is alpha * x where x is negative, for one alpha or one per feature.",
            ),
            wrong_parameter(),
            make_check(
                Status.SKIPPED,
                1,
                title="prelu_backward works for any number of axes.",
                message="Not run: “grad_alpha has one entry per feature” has to pass first.",
            ),
        ),
        make_task(
            "silu",
            make_check(
                points=1,
                message="A warning alone costs nothing: overflow encountered in exp.",
                title="silu(x) is x * sigmoid(x).",
            ),
            wrong_curves(),
            make_check(
                Status.ERROR,
                1,
                title="silu is finite and right at ±1000.",
                evidence=Evidence(trace="TypeError: secret line of the check"),
            ),
        ),
        make_task(
            "layer_gradient_norms",
            raised(),
            make_check(
                Status.TIMEOUT,
                0.5,
                title="Eight layers of 50 take less than 5 s.",
                message="layer_gradient_norms used more than its 5 s of CPU time.",
                hint="A loop over the examples is not needed: one matrix product does the whole batch.",
            ),
            make_check(
                Status.MEMORY,
                0.25,
                title="A batch of 10,000 fits into memory.",
                message="layer_gradient_norms asked for more than 2 GB.",
            ),
            make_check(
                Status.CRASHED,
                0.25,
                title="One layer is enough.",
                message="The process ended inside layer_gradient_norms.",
            ),
        ),
        make_task(
            "smooth_relu",
            make_check(
                Status.MISSING,
                3,
                title="smooth_relu(x, alpha) is x - log(alpha x + 1) / alpha for x ≥ 0.",
                message="smooth_relu is still the stub.",
            ),
            extra=True,
        ),
    ]
    report = make_report(*tasks, dataset="MNIST (IDX, 60,000 + 10,000)")
    report.submission.notes = [
        Note(cell=3, line=1, text="The line magic %matplotlib was left out."),
        Note(
            cell=9,
            line=4,
            text="import torch was left out: only NumPy and the standard library are there when graded.",
        ),
    ]
    return report
