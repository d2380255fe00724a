"""Whether everybody who takes a quiz can get their full time between its opening and its close."""

from __future__ import annotations

from collections.abc import Iterable

from quizzes.accommodations import Granted
from quizzes.timing import Schedule, Terms, terms_for

__all__ = ["terms_by_student", "who_is_cut"]


def terms_by_student(
    quiz: str, schedule: Schedule, students: Iterable[str], granted: Iterable[Granted]
) -> dict[str, Terms]:
    """Each student's own terms in one quiz; those of whom only the grants speak are among them."""
    granted = [one for one in granted if one.quiz in ("", quiz)]
    found = {}
    for student in dict.fromkeys([*students, *(one.student for one in granted)]):
        own = [one for one in granted if one.student == student]
        accommodation = next((one.accommodation for one in own if one.accommodation), None)
        overrides = [override for one in own for override in one.overrides]
        found[student] = terms_for(schedule, accommodation, overrides)
    return found


def who_is_cut(terms: dict[str, Terms], slack: int = 0) -> dict[str, int]:
    """Who would lose how many milliseconds of their time, though they start `slack` after the opening."""
    return {student: missing for student, own in terms.items() if (missing := own.shortfall(slack))}
