"""A data set of labelled images: MNIST, or the digits that stand in for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from autograder.checks.values import Array

__all__ = ["Images"]

KEPT = 0.9  # of the images, in a data set in disguise
REACH = 1 / 28  # of the side that an image is moved at most: one pixel of MNIST's
MOVES = 25  # different ones in a data set
MIXED = 3  # pixels of an image that one of its new pixels is made of
GAIN = (1.3, 1.7)  # a mean of several pixels is paler than each
BLOCK = 5000  # images moved and mixed at a time


@dataclass(frozen=True)
class Images:
    """Grey images in 0..1 with labels 0..9, split into training and test.

    The pixels are kept as they are stored, one byte each, mapped from disk and shared between
    processes; `train_x` and `test_x` are made of them on first use, eight times as large.
    """

    name: str  # "mnist" or "digits", as reports name it
    train_pixels: Array  # (N, D) uint8
    train_y: Array  # (N,) int64
    test_pixels: Array
    test_y: Array
    white: float  # the pixel value that becomes 1.0
    scale_all: Callable[[Array, float], Array] = np.divide  # makes train_x; the judge's shares its memory

    @cached_property
    def train_x(self) -> Array:
        """Training images (N, D), float64 in 0..1, one row each."""
        return self.scale_all(self.train_pixels, self.white)

    @cached_property
    def test_x(self) -> Array:
        """Test images (N, D), float64 in 0..1, one row each."""
        return self.scaled(self.test_pixels)

    def scaled(self, pixels: Array) -> Array:
        """Pixels as float64 in 0..1; for a few rows of many at a time."""
        return np.asarray(pixels, dtype=np.float64) / self.white

    @property
    def side(self) -> int:
        """The images' height and width in pixels."""
        return int(np.sqrt(self.train_pixels.shape[1]))

    def permuted(self, rng: np.random.Generator) -> Images:
        """The same images with all pixels in another order, the same one for every image.

        Nothing changes for an honest fully connected network; weights learnt elsewhere become useless.
        """
        order = rng.permutation(self.train_pixels.shape[1])
        # Five times as fast as indexing, and rows stay whole in memory.
        train, test = (np.take(pixels, order, axis=1) for pixels in (self.train_pixels, self.test_pixels))
        return replace(self, train_pixels=train, test_pixels=test)

    def disguised(self, rng: np.random.Generator) -> Images:
        """A secret part of the images, in a secret order, and each in a form that no statistic gives away.

        Every image is moved by up to a pixel and gets an intensity of its own; then each pixel becomes a
        weighted mean of three of the image's pixels, the same three for all images. An order of pixels
        can be found again by what each pixel is like, image by image or class by class; a mixture is not
        like any pixel. An honest fully connected network learns it as well.
        """
        side, pixels = self.side, self.train_pixels.shape[1]
        moves = rng.uniform(-REACH * side, REACH * side, size=(MOVES, 2))
        sources = [rng.permutation(pixels) for _ in range(MIXED)]
        weights = rng.dirichlet(np.full(MIXED, 2.0), size=pixels).astype(np.float32)

        def disguise(stored: Array, labels: Array) -> tuple[Array, Array]:
            rows = rng.permutation(len(labels))[: int(KEPT * len(labels))]
            result = np.empty((len(rows), pixels), dtype=np.uint8)
            for start in range(0, len(rows), BLOCK):
                chosen = rows[start : start + BLOCK]
                images = stored[chosen].astype(np.float32) / np.float32(self.white)
                move = rng.integers(MOVES, size=len(chosen))
                for number, (down, right) in enumerate(moves):
                    images[move == number] = moved(images[move == number], down, right)
                mixed = np.zeros_like(images)
                for source, weight in zip(sources, weights.T, strict=True):
                    mixed += np.take(images, source, axis=1) * weight
                mixed *= rng.uniform(*GAIN, size=(len(chosen), 1)).astype(np.float32)
                result[start : start + BLOCK] = np.rint(255 * np.minimum(mixed, 1))
            return result, labels[rows]

        train_pixels, train_y = disguise(self.train_pixels, self.train_y)
        test_pixels, test_y = disguise(self.test_pixels, self.test_y)
        return replace(
            self,
            train_pixels=train_pixels,
            train_y=train_y,
            test_pixels=test_pixels,
            test_y=test_y,
            white=255.0,
        )


def moved(images: Array, down: float, right: float) -> Array:
    """Square images (N, D) moved by parts of a pixel too; what enters from outside is black."""
    side = int(np.sqrt(images.shape[1]))
    for axis, distance in ((1, down), (2, right)):
        whole = int(np.floor(distance))
        part = np.float32(distance - whole)
        padding = [(0, 0), (0, 0), (0, 0)]
        padding[axis] = (abs(whole) + 1, abs(whole) + 1)
        padded = np.pad(images.reshape(-1, side, side), padding)
        near, far = (
            np.take(padded, np.arange(side) + abs(whole) + 1 - whole - step, axis=axis) for step in (0, 1)
        )
        images = (1 - part) * near + part * far
    return images.reshape(-1, side * side)
