"""What happened in a simulated term, as its simulation noted it: who did what, when. Times are UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

__all__ = ["Extension", "Homework", "QuizAnswers", "TermRecord", "Upload"]


@dataclass
class Homework:
    """An assignment with its rules."""

    name: str
    points: Fraction
    due: datetime
    per_day: Fraction  # of the points, for each started day
    at_most: Fraction
    grace_minutes: int
    counts: str  # best, last or last_on_time


@dataclass
class Upload:
    """A file that somebody submitted, with what checks and people gave it."""

    homework: str
    owners: tuple[str, ...]
    at: datetime
    tasks: dict[str, Fraction]  # points by checks
    words: dict[str, str] = field(default_factory=dict)  # answers in words, by written task
    by_hand: dict[str, Fraction] = field(default_factory=dict)  # in place of a task's checks
    override: Fraction | None = None  # of the whole
    id: str = ""


@dataclass
class Extension:
    """More time, or an excuse, for everybody (`all`), a label or a person."""

    scope: str
    who: str
    homework: str  # empty for every one
    days: int = 0
    hours: int = 0
    excused: bool = False


@dataclass
class QuizAnswers:
    """A student's attempt at a quiz."""

    quiz: str
    student: str
    given: dict[int, str]  # by position
    by_hand: dict[int, Fraction] = field(default_factory=dict)


@dataclass
class TermRecord:
    """The whole term."""

    zone: ZoneInfo
    students: list[str] = field(default_factory=list)
    dropped: set[str] = field(default_factory=set)
    labels: dict[str, str] = field(default_factory=dict)
    homeworks: list[Homework] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)  # in the order of their times
    word_marks: list[tuple[str, tuple[str, ...], str, str, Fraction]] = field(default_factory=list)
    extensions: list[Extension] = field(default_factory=list)  # in the order in which they were given
    late_days: dict[tuple[str, str], int] = field(default_factory=dict)  # by student and homework
    excused: set[tuple[str, str]] = field(default_factory=set)  # students from quizzes
    rules: dict[str, str] = field(
        default_factory=dict
    )  # which attempt counts, where not the last: by student
    keys: dict[str, dict[int, tuple[str, Fraction]]] = field(default_factory=dict)  # answer and points
    quiz_points: dict[str, Fraction] = field(default_factory=dict)
    quiz_answers: list[QuizAnswers] = field(default_factory=list)  # in the order of attempts
    weights: dict[str, Fraction] = field(default_factory=dict)  # of homework and of quizzes
    drop_lowest: int = 0  # of the homework
    never_drop: set[str] = field(default_factory=set)
