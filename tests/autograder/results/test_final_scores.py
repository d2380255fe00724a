"""What counts: the attempt, lateness in days, extensions, a person's word; all worked out when asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from autograder.course.assignment import AssignmentFile, Late, Task
from autograder.course.course import Course, CourseFile
from autograder.results.final_scores import FinalScore, GradedAssignment
from autograder.results.ledger import Graded, Line, Provenance, ScoreOverridden
from autograder.results.results_folder import Results

ZONE = "America/Los_Angeles"
DUE = datetime(2026, 3, 7, 23, 59)  # the clocks go forward in the following night
BASIS = Provenance(bundle="", engine="", environment="", dataset="")


def at(hours: float) -> datetime:
    """A moment so many hours of real time after the due date."""
    moment = DUE.replace(tzinfo=ZoneInfo(ZONE)).timestamp() + 3600 * hours
    return datetime.fromtimestamp(moment, ZoneInfo("UTC"))


def graded(submission: str, earned: float, submitted: datetime | None, attempt: int = 1) -> Graded:
    """A line on ann's submission."""
    return Graded(
        at=at(100),
        student="ann",
        submission=submission,
        file="x.ipynb",
        submitted=submitted,
        attempt=attempt,
        report=f"{submission}.json",
        report_digest="",
        earned=earned,
        possible=10,
        sandbox="full",
        basis=BASIS,
    )


def final_score(*lines: Line, late: Late | None = None, **rules: Any) -> FinalScore:
    """Ann's standing after these lines."""
    file = AssignmentFile(
        title="HW",
        due=DUE,
        points=10,
        late=late or Late(per_day=0.1, at_most=0.5, grace_minutes=30),
        tasks=[Task(id="a", title="A", functions=["f"], points=10)],
    )
    course = Course(Path(), CourseFile.model_validate({"title": "C", "time_zone": ZONE, **rules}))
    return GradedAssignment(Results(Path()), course, "hw", file, lines).final_scores["ann"]


@pytest.mark.parametrize(
    ("hours", "days", "penalty"),
    [(-1, 0, 0), (0, 0, 0), (0.5, 0, 0), (0.51, 1, 0.8), (23.4, 1, 0.8), (23.6, 2, 1.6), (239, 10, 4.0)],
)
def test_started_days_cost(hours: float, days: int, penalty: float) -> None:
    """A tenth of the score for each started day after the grace, half of it at most.

    The first day has 23 hours: the clocks go forward in the night after the due date.
    """
    score = final_score(graded("a", 8, at(hours)))
    assert (score.days_late, score.penalty, score.earned, score.raw) == (days, penalty, 8 - penalty, 8)


def test_without_a_time_nobody_is_late() -> None:
    """Where nobody knows when it came, nothing is taken off."""
    assert final_score(graded("a", 8, None)).earned == 8


def test_which_attempt_counts() -> None:
    """Best after the penalty, last or first; in the order of handing in, not of grading."""
    lines = graded("late", 9, at(1)), graded("early", 8.5, at(-30)), graded("middle", 5, at(-3))
    scores = {which: final_score(*lines, attempts=which) for which in ("best", "last", "first")}
    assert {which: score.raw for which, score in scores.items()} == {"best": 8.5, "last": 9, "first": 8.5}
    assert (scores["best"].attempt, scores["last"].attempt, scores["last"].attempts) == (1, 3, 3)


def test_the_last_word_on_an_attempt() -> None:
    """A submission that was graded again counts as it was graded last, and is one attempt."""
    score = final_score(graded("a", 2, None), graded("b", 3, None), graded("a", 7, None), attempts="best")
    assert (score.raw, score.attempt, score.attempts) == (7, 1, 2)


@pytest.mark.parametrize(
    ("extension", "days"),
    [
        ({"extra_days": 1}, 1),
        ({"extra_days": 2}, 0),
        ({"assignments": {"hw": {"due": "2026-03-09T12:00"}}}, 0),
        ({"assignments": {"hw": {"due": "2026-03-08T12:00"}}}, 1),
        ({"assignments": {"other": {"extra_days": 9}}}, 2),
    ],
)
def test_extensions(extension: dict[str, Any], days: int) -> None:
    """For all assignments or for one; days are added on the wall clock, whatever the clocks do."""
    assert final_score(graded("a", 8, at(30)), students={"ann": extension}).days_late == days


def test_a_day_is_a_day_on_the_clock() -> None:
    """One more day over the night the clocks go forward ends at 23:59, 23 hours later."""
    extension = {"ann": {"extra_days": 1}}
    late = Late(per_day=0.1, grace_minutes=0)
    on_time = final_score(graded("a", 8, at(23)), students=extension, late=late)
    after = final_score(graded("a", 8, at(23) + timedelta(minutes=1)), students=extension, late=late)
    assert (on_time.days_late, after.days_late) == (0, 1)


def test_no_penalty() -> None:
    """Who is excused is late at no cost."""
    score = final_score(graded("a", 8, at(30)), students={"ann": {"no_penalty": True}})
    assert (score.days_late, score.penalty, score.earned) == (2, 0, 8)


def test_a_persons_word() -> None:
    """A score set by hand counts as it is, without penalty; taking it back restores the rules."""
    line = graded("a", 8, at(1))
    by_hand = ScoreOverridden(at=at(2), student="ann", earned=9.5, comment="See me.", who="ta", why="oral")
    back = ScoreOverridden(at=at(3), student="ann", earned=None, who="ta", why="wrong student")
    score = final_score(line, by_hand, graded("a", 3, at(1)))
    assert (score.earned, score.raw, score.changed, score.comment) == (9.5, 3, True, "See me.")
    again = final_score(line, by_hand, back)
    assert (again.earned, again.changed, again.comment) == (7.2, False, "")


@pytest.mark.parametrize("when", [at(-1), None])
def test_attempts_of_the_same_second(when: datetime | None) -> None:
    """Where times are the same, or not known, the attempt found last counts, not the one graded last."""
    lines = [graded("second", 7, when, attempt=2), graded("first", 9, when)]
    assert final_score(*lines).raw == 7
    assert final_score(*lines[::-1]).raw == 7
