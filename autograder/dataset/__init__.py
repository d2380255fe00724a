"""Images to train on: MNIST where it can be had, else the real digits that scikit-learn ships."""

from __future__ import annotations

__all__ = ["CHOICES", "DATA_SETS", "Images", "load_images"]

from autograder.dataset.choose import CHOICES, DATA_SETS, load_images
from autograder.dataset.images import Images
