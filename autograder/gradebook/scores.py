"""One student's score in one assignment or quiz, its state, and the scores to drop."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from autograder.course.course import Course
from autograder.gradebook.columns import Column
from autograder.results.final_scores import FinalScore

__all__ = ["Points", "Score", "State", "exact", "kept", "score_of", "share"]


class State(StrEnum):
    """The state of a score."""

    COUNTED = "counted"
    MISSING = "missing"  # nothing was submitted by the due date: it counts as zero
    DROPPED = "dropped"
    EXCUSED = "excused"
    WAITING = "waiting"  # not marked yet
    OPEN = "open"  # nothing yet, and still time, or nobody said until when

    @property
    def counts(self) -> bool:
        """Whether the score is part of the total."""
        return self in (State.COUNTED, State.MISSING)


@dataclass(frozen=True)
class Score:
    """A student's score in one assignment or quiz."""

    name: str
    title: str
    state: State
    earned: Fraction
    possible: Fraction
    final_score: FinalScore | None = None
    why: str = ""
    contribution: Fraction = Fraction(0)  # to the total, of 1

    @property
    def has_points(self) -> bool:
        """Whether there are points to show, zero for a missing submission included."""
        return self.final_score is not None or self.state in (State.MISSING, State.DROPPED)


def score_of(column: Column, student: str, course: Course, now: datetime) -> Score:
    """A student's score before anything is dropped."""
    final_score = column.final_scores.get(student)
    extension = course.extension(student, column.name)
    possible = exact(final_score.possible if final_score else column.possible)
    earned = exact(final_score.earned) if final_score else Fraction(0)

    def made(state: State, why: str = "") -> Score:
        return Score(column.name, column.title, state, earned, possible, final_score, why)

    if extension.excused:
        return made(State.EXCUSED, extension.reason)
    if why := column.waiting.get(student, ""):
        return made(State.WAITING, why)
    if final_score:
        return made(State.COUNTED)
    due = column.due_of(student)
    if due is None:
        return made(State.OPEN, "Nothing was submitted, and there is no due date.")
    when = f"{due.astimezone(course.zone):%a %d %b %Y, %H:%M %Z}"
    if now < due:
        return made(State.OPEN, f"There is time until {when}.")
    return made(State.MISSING, f"Nothing was submitted by {when}.")


def exact(number: float) -> Fraction:
    """The decimal number that a float is written as: 0.1 is a tenth."""
    return Fraction(repr(number))


Points = tuple[Fraction, Fraction]  # earned, possible; more than 0 are possible


def share(scores: Sequence[Points]) -> Fraction:
    """Earned of possible over all of them."""
    return sum((earned for earned, _ in scores), Fraction(0)) / sum(possible for _, possible in scores)


def kept(scores: Sequence[Points], drop: int, never: Set[int] = frozenset()) -> list[int]:
    """The positions that stay when `drop` scores are dropped, none of them in `never`; at least one stays.

    Whether a share q can be reached is seen at once: sum(earned - q * possible) over the best must not be
    negative. Each round takes the best for the share reached so far and reaches a higher one, until none
    does: exact, and a few rounds (W. Dinkelbach, "On Nonlinear Fractional Programming", Management Science
    13, 1967). Where two are the same, the later one goes.
    """
    if not drop:
        return list(range(len(scores)))
    always = sorted(never)
    loose = [position for position in range(len(scores)) if position not in never]
    stay = max(len(loose) - drop, 1) if loose else 0
    chosen = sorted([*always, *loose[:stay]])
    while chosen:
        reached = share([scores[position] for position in chosen])
        gains = {position: scores[position][0] - reached * scores[position][1] for position in loose}
        best = sorted([*always, *sorted(loose, key=lambda position: -gains[position])[:stay]])
        if share([scores[position] for position in best]) <= reached:
            return best
        chosen = best
    return []
