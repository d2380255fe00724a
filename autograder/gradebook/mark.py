"""One student's mark in one assignment or quiz, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from autograder.course.course import Course
from autograder.gradebook.column import Column
from autograder.standing import Standing

__all__ = ["Mark", "State", "exact", "mark_of"]


class State(StrEnum):
    """What becomes of a mark."""

    COUNTED = "counted"
    MISSING = "missing"  # nothing was handed in by the due date: it counts as zero
    DROPPED = "dropped"
    EXCUSED = "excused"
    WAITING = "waiting"  # not marked yet
    OPEN = "open"  # nothing yet, and still time, or nobody said until when

    @property
    def counts(self) -> bool:
        """Whether it is part of the total."""
        return self in (State.COUNTED, State.MISSING)


@dataclass(frozen=True)
class Mark:
    """A student's mark in one assignment or quiz."""

    name: str
    title: str
    state: State
    earned: Fraction
    possible: Fraction
    standing: Standing | None = None
    why: str = ""
    contribution: Fraction = Fraction(0)  # to the total, of 1

    @property
    def has_points(self) -> bool:
        """Whether there are points to show, if only none for what is missing."""
        return self.standing is not None or self.state in (State.MISSING, State.DROPPED)


def mark_of(column: Column, student: str, course: Course, now: datetime) -> Mark:
    """A student's mark as it stands now, before anything is dropped."""
    standing = column.standings.get(student)
    granted = course.granted(student, column.name)
    possible = exact(standing.possible if standing else column.possible)
    earned = exact(standing.earned) if standing else Fraction(0)

    def mark(state: State, why: str = "") -> Mark:
        return Mark(column.name, column.title, state, earned, possible, standing, why)

    if granted.excused:
        return mark(State.EXCUSED, granted.reason)
    if standing:
        why = column.waiting.get(student, "")
        return mark(State.WAITING if why else State.COUNTED, why)
    due = column.due_of(student)
    if due is None:
        return mark(State.OPEN, "Nothing was handed in, and there is no due date.")
    when = f"{due.astimezone(course.zone):%Y-%m-%d %H:%M %Z}"
    if now < due:
        return mark(State.OPEN, f"There is time until {when}.")
    return mark(State.MISSING, f"Nothing was handed in by {when}.")


def exact(number: float) -> Fraction:
    """The decimal number that a float is written as: 0.1 is a tenth."""
    return Fraction(repr(number))
