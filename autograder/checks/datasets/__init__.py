"""Images to train on: MNIST where it is available, otherwise scikit-learn's 1,797 real digits."""

from __future__ import annotations

__all__ = ["CHOICES", "DATA_SETS", "Images", "load_images"]

from autograder.checks.datasets.images import Images
from autograder.checks.datasets.loading import CHOICES, DATA_SETS, load_images
