"""A person's data in quizzes: attempts with answers and saves, for their ZIP and for erasing them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, delete, func, select, update

from autograder.errors import Conflict
from autograder.site.marking.tables import marking_note
from autograder.site.personal_data.rows import readable_columns
from autograder.site.tables import mark, waiting_mark
from quizzes.store.tables import (
    answer,
    answer_event,
    attempt,
    attempt_event,
    flag,
    override,
    receipt,
)

__all__ = ["erase_person", "erasure_counts", "personal_files"]

QUIZ = "quiz"
TEXTS = {answer: "answers", answer_event: "saved answers"}


def erasure_counts(connection: Connection, person: str) -> Mapping[str, int]:
    """How many answers and saves a person has."""
    counts = {}
    for table, words in TEXTS.items():
        counted = select(func.count()).where(table.c.attempt.in_(_attempts(person)))
        if many := connection.execute(counted).scalar_one():
            counts[words] = int(many)
    return counts


def erase_person(connection: Connection, person: str) -> None:
    """Delete what a person wrote; attempts and marks stay. Raises Conflict for an open attempt."""
    running = select(attempt.c.id).where(attempt.c.person == person, attempt.c.state == "open")
    if connection.execute(running.limit(1)).first() is not None:
        raise Conflict("This person has an attempt at a quiz open.", next_step="Close it on its page first.")
    for table in (answer, answer_event, attempt_event, flag, receipt):
        connection.execute(delete(table).where(table.c.attempt.in_(_attempts(person))))
    notes = marking_note.c.kind == QUIZ, marking_note.c.answer.in_(_attempts(person))
    connection.execute(delete(marking_note).where(*notes))
    waits = waiting_mark.c.kind == QUIZ, waiting_mark.c.work.in_(_attempts(person))
    connection.execute(delete(waiting_mark).where(*waits))  # the answers are gone: nobody can mark them
    automatic = mark.c.kind == QUIZ, mark.c.source.in_(["auto", "sandbox"])
    connection.execute(update(mark).where(*automatic, mark.c.work.in_(_attempts(person))).values(detail="{}"))
    connection.execute(update(attempt).where(attempt.c.person == person).values(lock=""))
    of_person = override.c.scope == "person", override.c.who == person
    connection.execute(delete(override).where(*of_person))


def personal_files(connection: Connection, person: str, *, full: bool) -> Iterator[tuple[str, bytes]]:
    """A file for each attempt: its times, answers and saves; with `full` its marks as well."""
    rows = connection.execute(select(attempt).where(attempt.c.person == person)).all()
    shown = [column.name for column in readable_columns(attempt, full=full)]
    for row in rows:
        content: dict[str, Any] = {"attempt": {name: row._mapping[name] for name in shown}}
        for table in (answer, answer_event, flag, receipt):
            found = connection.execute(select(table).where(table.c.attempt == row.id))
            content[table.name] = [dict(item._mapping) for item in found]
        if full:
            given = select(mark).where(mark.c.kind == QUIZ, mark.c.work == row.id).order_by(mark.c.id)
            content["marks"] = [dict(item._mapping) for item in connection.execute(given)]
        text = json.dumps(content, ensure_ascii=False, indent=1, default=_plain)
        yield f"quizzes/{row.quiz} attempt {row.number}.json", text.encode()
    of_person = override.c.scope == "person", override.c.who == person
    dates = [dict(item._mapping) for item in connection.execute(select(override).where(*of_person))]
    if dates:
        yield "quizzes/dates.json", json.dumps(dates, ensure_ascii=False, indent=1).encode()


def _attempts(person: str) -> Select[tuple[str]]:
    return select(attempt.c.id).where(attempt.c.person == person)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else repr(value)
