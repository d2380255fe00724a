"""A column of the gradebook: one assignment or quiz, with where every student stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from autograder.standing import Standing

__all__ = ["Column"]


@dataclass(frozen=True)
class Column:
    """One assignment or quiz."""

    name: str
    title: str
    possible: float  # points; more than 0
    standings: Mapping[str, Standing]  # by student
    # Until when a student who has nothing may still hand in; None where nobody said.
    due: Mapping[str, datetime | None]
    waiting: Mapping[str, str] = field(default_factory=dict)  # why a student's score is not final yet
    due_for_all: datetime | None = None  # for whom `due` does not know

    def due_of(self, student: str) -> datetime | None:
        """Until when this student may hand in."""
        return self.due.get(student, self.due_for_all)
