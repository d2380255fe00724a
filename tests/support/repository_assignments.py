"""The repository's own assignments, as the tests of content go through them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import find_course

COURSE = find_course(Path(__file__).parent)
NAMES = COURSE.assignment_ids()


@cache
def assignment(name: str) -> Assignment:
    """An assignment of the repository."""
    return load_assignment(COURSE, name)
