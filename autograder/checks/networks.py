"""A small fully connected network for convergence checks: trusted, plain NumPy, pieces replaceable.

Layers are h @ W + b with an activation between them and none after the last; the loss is a mean
over the batch. A check replaces the piece it is about by the student's: the activation, the loss,
the mini-batches or the update rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.checks.datasets.images import Images
from autograder.checks.values import Array

__all__ = ["RELU", "Activation", "Network", "accuracy", "cross_entropy", "shuffled_batches"]

Loss = Callable[[Array, Array], tuple[float, Array]]


@dataclass(frozen=True)
class Activation:
    """A function of the pre-activations and its backward: (x) and (x, grad_out)."""

    forward: Callable[[Array], Array]
    backward: Callable[[Array, Array], Array]


BLOCK = 4_000_000  # numbers that `accuracy` computes at a time
RELU = Activation(lambda x: np.maximum(x, 0), lambda x, grad_out: grad_out * (x > 0))


def cross_entropy(logits: Array, labels: Array) -> tuple[float, Array]:
    """Softmax cross-entropy of logits (N, C), and its gradient (N, C)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    total = exponentials.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    loss = float(np.mean(np.log(total[:, 0]) - shifted[rows, labels]))
    gradient = exponentials / total
    gradient[rows, labels] -= 1
    return loss, gradient / len(labels)


class Network:
    """Weights in one vector `theta`, so that an update rule sees one array."""

    def __init__(
        self, sizes: Sequence[int], activation: Activation = RELU, loss: Loss = cross_entropy
    ) -> None:
        self.sizes, self.activation, self.loss = tuple(sizes), activation, loss

    def start(self, rng: np.random.Generator) -> Array:
        """He initialisation: standard deviation sqrt(2 / inputs), biases 0 (He 2015)."""
        parts = []
        for inputs, outputs in zip(self.sizes, self.sizes[1:], strict=False):
            parts += [rng.normal(scale=np.sqrt(2 / inputs), size=inputs * outputs), np.zeros(outputs)]
        return np.concatenate(parts)

    def layers(self, theta: Array) -> list[tuple[Array, Array]]:
        """The weights as views into theta: one (W, b) per layer."""
        views, offset = [], 0
        for inputs, outputs in zip(self.sizes, self.sizes[1:], strict=False):
            weights = theta[offset : offset + inputs * outputs].reshape(inputs, outputs)
            offset += inputs * outputs
            views.append((weights, theta[offset : offset + outputs]))
            offset += outputs
        return views

    def logits(self, theta: Array, x: Array) -> Array:
        """The network's output (N, C) for images (N, D)."""
        return self._forward(theta, x)[-1]

    def loss_and_gradient(self, theta: Array, x: Array, labels: Array) -> tuple[float, Array]:
        """The mean loss of a batch and its gradient in the shape of theta."""
        states = self._forward(theta, x)
        loss, grad = self.loss(states[-1], labels)
        result = np.empty_like(theta)
        layers = self.layers(theta)
        layer_gradients = self.layers(result)
        for depth in reversed(range(len(layers))):
            hidden = x if depth == 0 else states[2 * depth - 1]
            np.matmul(hidden.T, grad, out=layer_gradients[depth][0])
            np.sum(grad, axis=0, out=layer_gradients[depth][1])
            if depth:
                before = states[2 * depth - 2]
                grad = _like(before, self.activation.backward(before, grad @ layers[depth][0].T))
        return loss, result

    def _forward(self, theta: Array, x: Array) -> list[Array]:
        """Pre-activation and activation of each layer in turn; the last is the logits."""
        states: list[Array] = []
        layers = self.layers(theta)
        for depth, (weights, bias) in enumerate(layers):
            before = x @ weights + bias
            states.append(before)
            if depth < len(layers) - 1:
                x = _like(before, self.activation.forward(before))
                states.append(x)
        return states


def _like(before: Array, after: Array) -> Array:
    """What an activation returned; raises ValueError unless it has the shape of its input."""
    if np.shape(after) != before.shape:
        raise ValueError(f"an array of shape {np.shape(after)} in place of {before.shape}")
    return after


def shuffled_batches(
    rng: np.random.Generator, images: Images, size: int, updates: int
) -> Iterator[tuple[Array, Array]]:
    """Mini-batches (size, D) of scaled images with their labels, epoch after epoch, `updates` in all."""
    order: Array = np.empty(0, dtype=np.int64)
    for _ in range(updates):
        if len(order) < size:
            order = rng.permutation(len(images.train_y))
        chosen, order = order[:size], order[size:]
        yield images.scaled(images.train_pixels[chosen]), images.train_y[chosen]


def accuracy(predict: Callable[[Array], Array], images: Images, units: int = 0) -> float:
    """The share of test images whose label is predicted; `predict` maps (N, D) to labels or logits.

    `units` is how many numbers `predict` computes for one image, where the judge did not choose that.
    """
    rows = max(1, min(1000, BLOCK // max(1, units)))  # a part at a time: memory stays small
    right = 0
    for start in range(0, len(images.test_y), rows):
        answers = predict(images.scaled(images.test_pixels[start : start + rows]))
        labels = answers.argmax(axis=1) if answers.ndim == 2 else answers
        right += int(np.sum(labels == images.test_y[start : start + rows]))
    return right / len(images.test_y)
