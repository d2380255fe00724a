"""The stand-in for MNIST: 1,797 real 8 x 8 digits that come with scikit-learn (Alpaydin and Kaynak 1998)."""

from __future__ import annotations

import numpy as np

from autograder.dataset.images import Images

__all__ = ["digits"]

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
