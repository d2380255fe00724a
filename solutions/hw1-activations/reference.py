"""Activation functions, their derivatives, and the experiment that shows why the choice matters.

An activation acts on every entry of x alone, so its Jacobian is diagonal and backpropagation is an
entry-by-entry product:

    dL/dx = dL/dy * f'(x)        where y = f(x) and dL/dy is the upstream gradient, `grad_out`

A parameter that many entries share, such as PReLU's alpha, collects the sum of what each of them says.
Each `*_backward` takes x, then grad_out, then the forward's other arguments.
"""

from __future__ import annotations

import numpy as np


def sigmoid(x):
    """1 / (1 + exp(-x)), for any x of any shape."""
    # The textbook form overflows in exp(-x) for x below -709. Here log(1 + exp(-x)) is taken by
    # logaddexp, which never exponentiates a positive number, so nothing can overflow.
    return np.exp(-np.logaddexp(0.0, -x))


# --- ReLU ---------------------------------------------------------------------------------------


def relu(x):
    """The rectified linear unit: keep what is positive, set the rest to 0.

    x: any shape. Returns the same shape.

        relu(x) = max(0, x)

    Glorot, Bordes and Bengio, "Deep sparse rectifier neural networks", 2011.
    """
    return np.maximum(0.0, x)


def relu_backward(x, grad_out):
    """The gradient of ReLU: pass on what came from above where x was positive, block the rest.

    x, grad_out: the same shape. Returns that shape.

        relu'(x) = 1 if x > 0 else 0
    """
    # The gate is set by the forward's input: what flows back through it may have either sign.
    return grad_out * (x > 0)


# --- Leaky ReLU ---------------------------------------------------------------------------------


def leaky_relu(x, slope=0.01):
    """ReLU with a small fixed slope on the left, so that no unit is ever cut off for good.

    x: any shape; slope: a number. Returns the shape of x.

        leaky_relu(x) = x if x > 0 else slope * x

    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013.
    """
    return np.where(x > 0, x, slope * x)


def leaky_relu_backward(x, grad_out, slope=0.01):
    """The gradient of leaky ReLU.

    x, grad_out: the same shape; slope: a number. Returns that shape.

        leaky_relu'(x) = 1 if x > 0 else slope
    """
    return grad_out * np.where(x > 0, 1.0, slope)


# --- PReLU --------------------------------------------------------------------------------------


def prelu(x, alpha):
    """Leaky ReLU whose slope on the left is learned.

    x: any shape; alpha: a number, or one for each feature, shape (F,), where F is x's last axis.
    Returns the shape of x.

        prelu(x) = x if x > 0 else alpha * x

    He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.
    """
    # Not max(x, alpha * x): that is the same only as long as alpha <= 1, and alpha is free to move.
    return np.where(x > 0, x, alpha * x)


def prelu_backward(x, grad_out, alpha):
    """The gradients of PReLU with respect to x and to alpha.

    x, grad_out: the same shape; alpha: a number or (F,). Returns (grad_x, grad_alpha), in the shapes
    of x and of alpha.

        d prelu/dx = 1 if x > 0 else alpha        d prelu/d alpha = 0 if x > 0 else x
    """
    grad_x = grad_out * np.where(x > 0, 1.0, alpha)
    contributions = grad_out * np.minimum(x, 0.0)
    # Every entry that shares an alpha contributes to its gradient: sum over the axes alpha lacks.
    # For a number these are all axes of x, for (F,) all but the last.
    shared_axes = tuple(range(x.ndim - np.ndim(alpha)))
    return grad_x, contributions.sum(axis=shared_axes)


# --- SiLU ---------------------------------------------------------------------------------------


def silu(x):
    """The sigmoid-weighted linear unit, also known as Swish: x times its own gate.

    x: any shape. Returns the same shape.

        silu(x) = x * sigmoid(x)

    Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units", 2018; Hendrycks and Gimpel, "Gaussian
    error linear units", 2016; Ramachandran, Zoph and Le, "Searching for activation functions", 2017.
    """
    return x * sigmoid(x)


def silu_backward(x, grad_out):
    """The gradient of SiLU, by the product rule.

    x, grad_out: the same shape. Returns that shape.

        silu'(x) = s + x * s * (1 - s) = s * (1 + x * (1 - s))        where s = sigmoid(x)
    """
    gate = sigmoid(x)
    return grad_out * gate * (1.0 + x * (1.0 - gate))


# --- SmoothReLU ---------------------------------------------------------------------------------


def smooth_relu(x, alpha):
    """ReLU with its corner rounded off: continuous slope, exactly 0 on the left, ReLU as alpha grows.

    x: any shape; alpha: a number > 0. Returns the shape of x.

        smooth_relu(x) = x - log(alpha * x + 1) / alpha if x >= 0 else 0

    Xie, Tan, Gong, Yuille and Le, "Smooth adversarial training", 2020.
    """
    # Clamp first: the logarithm then never sees a negative number, and since the formula gives 0 at
    # 0, the left side comes out right by itself. log1p(z) is log(1 + z), exact for small z too.
    positive = np.maximum(x, 0.0)
    return positive - np.log1p(alpha * positive) / alpha


def smooth_relu_backward(x, grad_out, alpha):
    """The gradients of SmoothReLU with respect to x and to alpha.

    x, grad_out: the same shape; alpha: a number > 0. Returns (grad_x, grad_alpha), the second one a
    number. For x >= 0, and 0 on the left:

        d/dx = 1 - 1 / (alpha x + 1) = alpha x / (alpha x + 1)
        d/d alpha = log(alpha x + 1) / alpha^2 - x / (alpha (alpha x + 1))
    """
    positive = np.maximum(x, 0.0)  # both derivatives are 0 at 0, and so on the whole left side
    z = alpha * positive
    grad_x = grad_out * z / (z + 1.0)
    # alpha stands in two places, inside the logarithm and below it: the product rule gives two terms.
    contributions = grad_out * (np.log1p(z) / alpha**2 - positive / (alpha * (z + 1.0)))
    return grad_x, contributions.sum()


# --- The vanishing gradient ---------------------------------------------------------------------


def layer_gradient_norms(x, grad_out, weights, activation):
    """How much gradient reaches each layer of a deep network.

    The layers are h = act(h @ W), from h = x on. x: (N, D); weights: a list of matrices, the first
    with D rows; grad_out: dL/dh in the shape of the last layer's output; activation: "sigmoid" or
    "relu". Returns a list with the Frobenius norm of dL/dW for each layer, first layer first.

        dL/dz = dL/dh * act'(z)      z = h_before @ W
        dL/dW = h_before^T @ dL/dz
        dL/dh_before = dL/dz @ W^T

    Hochreiter, "Untersuchungen zu dynamischen neuronalen Netzen", 1991; Glorot and Bengio,
    "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """
    outputs = [x]  # outputs[k] goes into layer k, outputs[k + 1] comes out of it
    for W in weights:
        z = outputs[-1] @ W
        outputs.append(sigmoid(z) if activation == "sigmoid" else np.maximum(0.0, z))

    norms = []
    grad_h = grad_out
    layers = list(zip(weights, outputs[:-1], outputs[1:], strict=True))
    for W, h_before, h in reversed(layers):
        # Both derivatives can be read off the output: sigmoid'(z) = h (1 - h), at most 1/4, which is
        # what makes the gradient vanish; relu'(z) is 1 exactly where h > 0.
        slope = h * (1.0 - h) if activation == "sigmoid" else h > 0
        grad_z = grad_h * slope
        norms.append(float(np.linalg.norm(h_before.T @ grad_z)))
        grad_h = grad_z @ W.T
    return norms[::-1]
