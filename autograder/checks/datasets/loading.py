"""Loading a data set of images: the requested one, or the best that is available."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from autograder.checks.datasets.images import Images
from autograder.errors import UsageError, choose_one

__all__ = ["CHOICES", "DATA_SETS", "ORDER_SEED", "digits", "load_images"]

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
        return digits()
    # Only when needed: students, who train on the digits, have none of its libraries.
    from autograder.checks.datasets import mnist

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
DIGITS_FILE = ("datasets", "data", "digits.csv.gz")  # in scikit-learn's package


def digits() -> Images:
    """The digits with a fixed split; D = 64, pixels 0 to 16."""
    rows = _digits_table()
    rows = rows[np.random.default_rng(ORDER_SEED).permutation(len(rows))]
    pixels, labels = rows[:, :-1], rows[:, -1].astype(np.int64)
    return Images(
        name="digits",
        train_pixels=pixels[:TRAINING],
        train_y=labels[:TRAINING],
        test_pixels=pixels[TRAINING:],
        test_y=labels[TRAINING:],
        white=16.0,
    )


def _digits_table() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """scikit-learn's digits as they lie in its own file: 64 pixels and the label a row.

    Importing scikit-learn takes a second, which every grading process would spend.
    """
    package = find_spec("sklearn")
    for folder in (package and package.submodule_search_locations) or ():
        if (file := Path(folder, *DIGITS_FILE)).is_file():
            return np.loadtxt(file, delimiter=",", dtype=np.uint8)
    from sklearn.datasets import load_digits  # a release that keeps the file elsewhere

    data = load_digits()
    return np.column_stack([data.data, data.target]).astype(np.uint8)
