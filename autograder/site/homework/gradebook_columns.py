"""The columns of the gradebook for assignments on the site: of each student the attempt that counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Connection

from autograder.course.course import Course
from autograder.gradebook.columns import Column
from autograder.results.final_scores import FinalScore
from autograder.site.extensions import GradedWork
from autograder.site.homework.assignments import Homework, due_for_student, homework_in
from autograder.site.homework.scores import Attempt, attempts_of, attempts_of_class, counted, is_final
from autograder.site.homework.visibility import HELD, latest_due, visible_now
from autograder.site.integrity.cases import held_people
from autograder.site.people import students_in

__all__ = ["graded_work"]

KIND = "assignment"
BROKEN = "Every check of this submission is broken: it counts for nobody until they are corrected."


def graded_work(
    connection: Connection, course: Course, of: str, at: int, student: str | None
) -> list[GradedWork]:
    """The published assignments; see `autograder.site.extensions.Extension.graded_work`."""
    students = students_in(connection, of) if student is None else [student]
    return [
        _work(connection, course, of, at, row, students, student)
        for row in sorted(homework_in(connection, of), key=lambda row: row.id)
    ]


def _work(
    connection: Connection,
    course: Course,
    of: str,
    at: int,
    row: Homework,
    students: Sequence[str],
    student: str | None,
) -> GradedWork:
    if student is None:
        attempts: Mapping[str, Sequence[Attempt]] = attempts_of_class(connection, course, of, row)
    else:
        attempts = {student: attempts_of(connection, course, of, row, student)}
    visible, held = (
        visible_now(row, "student", at, latest_due(course, row)),
        held_people(connection, of, row.id),
    )
    final_scores, waiting, links, hidden = {}, {}, {}, {}
    for person, tried in attempts.items():
        if not tried:
            continue
        chosen = counted(course, row, person, tried)
        name = (chosen or tried[-1]).submission.id
        links[person] = f"/staff/submissions/{name}" if student is None else f"/submissions/{name}"
        if person in held or not visible.score:
            hidden[person] = HELD if person in held else visible.why
        if chosen is None or chosen.final is None:
            waiting[person] = f"{tried[-1].state}."
        elif _possible(row, chosen) <= 0:
            waiting[person] = BROKEN
        else:
            final = is_final(course, row, person, tried)
            final_scores[person] = _final_score(row, person, tried, chosen, final=final)
            if not final:
                waiting[person] = _unmarked(chosen)
    column = Column(
        row.id,
        row.facts.title,
        row.facts.points,
        final_scores,
        {person: _moment(due_for_student(course, row, person)) for person in {*students, *attempts}},
        waiting,
        _moment(row.due_at),
    )
    page, staff_page = f"/homework/{row.id}", f"/staff/homework/{row.id}"
    search = f"{staff_page}?find={{}}#students"
    return GradedWork(KIND, column, page, staff_page, links, search, hidden)


def _final_score(
    row: Homework, person: str, tried: Sequence[Attempt], chosen: Attempt, *, final: bool
) -> FinalScore:
    points, raw = chosen.final or Decimal(0), chosen.earned or Decimal(0)
    by_hand = chosen.mark is not None
    return FinalScore(
        student=person,
        earned=float(round(points, 4)),
        possible=_possible(row, chosen),
        raw=float(round(raw, 4)),
        attempts=len(tried),
        report=None,
        attempt=chosen.submission.number,
        submitted=_moment(chosen.submission.received_at),
        days_late=chosen.days_late,
        penalty=0.0 if by_hand else float(round(raw - points, 4)),
        changed=by_hand,
        comment=chosen.mark.reason if chosen.mark is not None else "",
        unmarked=float(chosen.unmarked),
        may_change=not final and not chosen.unmarked,
    )


def _possible(row: Homework, chosen: Attempt) -> float:
    """What a platform is told as well: all points for a person's mark, else those of unbroken checks."""
    possible = chosen.possible
    return row.facts.points if chosen.mark is not None or possible is None else float(possible)


def _unmarked(chosen: Attempt) -> str:
    waiting = sum(answer.mark is None for answer in chosen.answers)
    if not chosen.unmarked:
        return "A written answer of another attempt, which may be the best one, is not marked yet."
    return f"{waiting} written {'answer is' if waiting == 1 else 'answers are'} not marked yet."


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else datetime.fromtimestamp(instant / 1000, UTC)
