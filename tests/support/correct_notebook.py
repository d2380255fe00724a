"""What an honest student hands in, and a notebook made of cells: for the cases that build files."""

from __future__ import annotations

import json

__all__ = ["SOURCE", "notebook"]

SOURCE = """\
import numpy as np


def double(x):
    return 2 * x


def double_backward(x, grad_out):
    return 2 * grad_out


def mean_square(x):
    return float(np.mean(x * x))
"""


def notebook(*cells: object) -> str:
    """A notebook with these code cells."""
    made = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4})
