"""A data set of labelled images: MNIST, or the digits that stand in for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from autograder.checks.values import Array

__all__ = ["Images"]


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
