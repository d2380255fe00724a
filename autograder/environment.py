"""What a result may depend on beyond the code: versions, and how NumPy multiplies matrices."""

from __future__ import annotations

import platform

import numpy as np

__all__ = ["environment"]


def environment() -> dict[str, str]:
    """Names and versions, as reports and calibrations record them."""
    return {"python": platform.python_version(), "numpy": np.__version__, "machine": platform.machine()}
