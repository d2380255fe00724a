"""When a quiz is over for everybody: the moment after which its keys hurt nobody."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select

from quizzes.store.people import override_in, schedule_of
from quizzes.store.schema import attempt, enrolment, override, quiz
from quizzes.timing import Accommodation, terms_for

__all__ = ["over_for_all"]


def over_for_all(connection: Connection, quiz_id: str, now: int) -> bool:
    """Whether every student's own close has passed and nobody is writing; never true without a close."""
    still = (
        select(func.count())
        .select_from(attempt)
        .where(attempt.c.quiz == quiz_id, attempt.c.state == "open", attempt.c.preview.is_(False))
    )
    if connection.execute(still).scalar_one():
        return False
    row = connection.execute(select(quiz).where(quiz.c.id == quiz_id)).one()
    schedule = schedule_of(row)
    # Whoever has no line of their own closes with everybody; the others are asked one by one.
    special = connection.execute(
        select(enrolment, override)
        .outerjoin(
            override,
            and_(
                override.c.quiz == quiz_id,
                or_(
                    and_(override.c.scope == "person", override.c.who == enrolment.c.person),
                    and_(override.c.scope == "label", override.c.who == enrolment.c.label),
                ),
            ),
        )
        .where(
            enrolment.c.course == row.course,
            enrolment.c.role == "student",
            or_(enrolment.c.multiplier != "1", enrolment.c.extra != 0, override.c.quiz.is_not(None)),
        )
    )
    own: dict[str, tuple[Accommodation, list[Row[Any]]]] = {}
    for one in special:
        given = Accommodation(Fraction(one.multiplier), one.extra)
        _, lines = own.setdefault(one.person, (given, []))
        if one.field is not None:
            lines.append(one)
    closes = [terms_for(schedule).closes_at]
    closes += [
        terms_for(schedule, given, [override_in(one) for one in lines]).closes_at
        for given, lines in own.values()
    ]
    return all(one is not None and one <= now for one in closes)
