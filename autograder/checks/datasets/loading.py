"""Loading a data set of images: the requested one, or the best that is available."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np

from autograder.checks.datasets.images import Images
from autograder.errors import UsageError, choose_one

__all__ = ["CHOICES", "DATA_SETS", "digits", "load_images"]

DATA_SETS = ("mnist", "digits")
CHOICES = ("auto", *DATA_SETS)


@cache
def load_images(name: str = "auto", download: bool = True) -> Images:
    """Images to train on: "mnist", "digits", or "auto" for MNIST where it can be had.

    MNIST is looked for in the directory MNIST_DIR, then in the cache, then downloaded. With "auto" the
    digits stand in when that fails; with "mnist" it is a UsageError that says how to get it.
    """
    if name not in CHOICES:
        raise UsageError(f"There is no data set {name!r}.", next_step=choose_one(CHOICES))
    if name == "digits":
        from autograder.checks.datasets.loading import digits

        return digits()
    from autograder.checks.datasets import mnist  # pooch and its network code: only when needed

    if folder := os.environ.get("MNIST_DIR"):
        return mnist.mnist_from(Path(folder))
    if (cached := mnist.cached_mnist()) is not None:
        return cached
    try:
        if not download:
            raise UsageError(
                "MNIST is not on this machine.",
                next_step="Set MNIST_DIR to the directory with its four files.",
            )
        return mnist.download_mnist()
    except UsageError:
        if name == "mnist":
            raise
        return load_images("digits")


TRAINING = 1_437  # four in five, as the split of many textbooks
ORDER_SEED = 15  # fixed: calibrations are made for this split


def digits() -> Images:
    """The digits with a fixed split; D = 64, pixels 0 to 16."""
    from sklearn.datasets import load_digits  # takes a second to import: only when MNIST is not there

    data = load_digits()
    order = np.random.default_rng(ORDER_SEED).permutation(len(data.target))
    pixels, labels = data.data[order].astype(np.uint8), data.target[order].astype(np.int64)
    return Images(
        name="digits",
        train_pixels=pixels[:TRAINING],
        train_y=labels[:TRAINING],
        test_pixels=pixels[TRAINING:],
        test_y=labels[TRAINING:],
        white=16.0,
    )
