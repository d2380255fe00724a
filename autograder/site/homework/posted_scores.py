"""Scores of homework on the site for learning platforms: what counts, as far as its student may see it."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence

from sqlalchemy import Connection, func, select

from autograder.course.course import Course
from autograder.gradebook.tables import MOST_MISTAKES, mistake_sentence, points
from autograder.site.homework.assignments import Homework
from autograder.site.homework.due_dates import due_rules_in
from autograder.site.homework.scores import (
    KIND,
    Attempt,
    attempts_of,
    attempts_of_class,
    counted,
    is_final,
)
from autograder.site.homework.tables import grading, homework, submission
from autograder.site.homework.visibility import Visible, latest_due, visible_now, visible_to
from autograder.site.integrity.cases import held_people
from autograder.site.lti.score_sender import CurrentScore
from autograder.site.tables import mark

__all__ = ["class_scores", "person_score", "score_state", "scores_are_shown"]


NOTHING = Visible(False, False, False)


def person_score(
    connection: Connection, course: Course, of: str, row: Homework, person: str, now: int
) -> CurrentScore | None:
    """A person's score in an assignment of the course with the id `of`; None without one."""
    attempts = attempts_of(connection, course, of, row, person)
    visible = visible_to(connection, of, row, person, "student", now, latest_due(course, row))
    return _score(course, row, person, attempts, visible)


def class_scores(
    connection: Connection, course: Course, of: str, row: Homework, now: int
) -> dict[str, CurrentScore]:
    """Everybody's score, by person."""
    visible, held = _visible(course, row, now), held_people(connection, of, row.id)
    scores = {
        person: _score(course, row, person, attempts, NOTHING if person in held else visible)
        for person, attempts in attempts_of_class(connection, course, of, row).items()
    }
    return {person: score for person, score in scores.items() if score is not None}


def scores_are_shown(course: Course, row: Homework, now: int) -> bool:
    """Whether students may see their scores."""
    return _visible(course, row, now).score


def score_state(connection: Connection, of: str, name: str) -> Hashable:
    """What changes with every score of an assignment, beside course.yaml; cheap to read."""
    gradings = (
        select(func.count(), func.max(grading.c.graded_at), func.max(grading.c.applied_at))
        .select_from(grading)
        .join(submission, submission.c.id == grading.c.submission)
        .where(submission.c.course == of, submission.c.assignment == name, grading.c.state == "graded")
    )
    newest_mark = select(func.max(mark.c.id)).where(mark.c.kind == KIND)
    release = select(homework.c.facts, homework.c.due_at, homework.c.released_at, homework.c.held_at).where(
        homework.c.course == of, homework.c.id == name
    )
    return (
        tuple(connection.execute(gradings).one()),
        connection.execute(newest_mark).scalar_one(),
        tuple(connection.execute(release).one()),
        due_rules_in(connection, of).digest,
        tuple(sorted(held_people(connection, of, name))),
    )


def _visible(course: Course, row: Homework, now: int) -> Visible:
    return visible_now(row, "student", now, latest_due(course, row))


def _score(
    course: Course, row: Homework, person: str, attempts: Sequence[Attempt], visible: Visible
) -> CurrentScore | None:
    attempt = counted(course, row, person, attempts)
    if attempt is None or attempt.final is None or course.extension(person, row.id).excused:
        return None
    if attempt.mark is None and not is_final(course, row, person, attempts):
        return None  # it waits for a person, and is no lower score meanwhile
    possible = attempt.possible
    out_of = float(row.facts.points if attempt.mark is not None or possible is None else possible)
    if out_of <= 0:
        return None  # every check is broken: it counts for nobody
    comment = _comment(attempt, out_of, visible)
    digest = hashlib.sha256(comment.encode()).hexdigest()
    return CurrentScore(
        row.facts.title,
        float(attempt.final),
        out_of,
        hidden=not visible.score,
        finished_at=attempt.submission.received_at,
        comment=comment,
        fingerprint=f"{points(float(attempt.final))}/{points(out_of)} {digest[:8]}",
    )


def _comment(attempt: Attempt, out_of: float, visible: Visible) -> str:
    """Points, lateness, and the mistakes that were named, where the student sees these."""
    sentences = [f"{points(float(attempt.final or 0))} of {points(out_of)} points."]
    if attempt.days_late:
        sentences.append(f"Submitted {attempt.days_late} day{'s' * (attempt.days_late > 1)} late.")
    if visible.full:
        sentences += [
            mistake_sentence(*named) for named in attempt.summary.mistakes[:MOST_MISTAKES] if named[1]
        ]
    return " ".join(sentences)
