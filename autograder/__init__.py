"""Auto-graded homework for deep-learning courses.

In a notebook: `from autograder import check`, then `check("relu")`.
"""

from __future__ import annotations

__all__ = ["__version__", "check", "load_images", "progress", "submit", "unfinished_is_fine"]

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0.dev0"

if TYPE_CHECKING:
    from autograder.checks.datasets.loading import load_images
    from autograder.jupyter.local import check, unfinished_is_fine
    from autograder.jupyter.progress import progress
    from autograder.jupyter.submitting import submit

# Imported at first use: every command and every process of a class imports this package.
_MODULES = {
    "check": "autograder.jupyter.local",
    "load_images": "autograder.checks.datasets.loading",
    "progress": "autograder.jupyter.progress",
    "submit": "autograder.jupyter.submitting",
    "unfinished_is_fine": "autograder.jupyter.local",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value
