"""nbgrader with this engine inside: its directories, commands, gradebook and formgrader; our grades."""

from __future__ import annotations

from autograder.lms.nbgrader.settings import configure

__all__ = ["configure"]
