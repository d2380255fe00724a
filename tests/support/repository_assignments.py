"""The repository's own assignments, as the tests of content go through them."""

from __future__ import annotations

from collections.abc import Container, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import find_course

COURSE = find_course(Path(__file__).parent)
NAMES = COURSE.assignment_ids()


def shared_out(values: Iterable[Any], quick: Container[Any]) -> list[Any]:
    """Values as parameters of a test: the quick suite tries those in `quick`, the full one the others."""
    return [pytest.param(value, marks=() if value in quick else pytest.mark.full) for value in values]


@cache
def assignment(name: str) -> Assignment:
    """An assignment of the repository."""
    return load_assignment(COURSE, name)
