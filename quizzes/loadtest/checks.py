"""After a proof: is everything the server acknowledged in its database, and is the database whole?"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlalchemy import func, select

from autograder.site.backup import faults_in_file
from autograder.site.database import Database
from quizzes.attempts.events import fold
from quizzes.loadtest.student import Acknowledged
from quizzes.store.attempts import state_of
from quizzes.store.events import events_of
from quizzes.store.receipts import last_receipt
from quizzes.store.tables import answer, answer_event, attempt, grade

__all__ = ["damage", "missing", "missing_receipts", "still_open"]


def missing(database: Database, acknowledged: Iterable[Acknowledged]) -> list[Acknowledged]:
    """Acknowledged saves that are not in the log, or that a lower revision stands for."""
    wanted: dict[str, list[Acknowledged]] = defaultdict(list)
    for one in acknowledged:
        wanted[one.attempt].append(one)
    lost = []
    with database.reading() as connection:
        for name, saves in wanted.items():
            counted = answer_event.c.attempt == name, answer_event.c.problem == "", ~answer_event.c.late
            events = connection.execute(select(answer_event).where(*counted))
            logged = {(row.pos, row.rev): json.loads(row.raw) for row in events}
            held = {
                row.pos: row.rev for row in connection.execute(select(answer).where(answer.c.attempt == name))
            }
            lost += [
                one
                for one in saves
                if logged.get((one.pos, one.rev)) != one.answer or held.get(one.pos, 0) < one.rev
            ]
    return lost


def missing_receipts(database: Database, shown: Mapping[str, str]) -> list[str]:
    """Attempts that are open, or have another receipt, although a student was shown one with this digest."""
    with database.reading() as connection:
        closed = set(connection.execute(select(attempt.c.id).where(attempt.c.state != "open")).scalars())
        stored = {one: last_receipt(connection, one) for one in shown}
    return [
        one
        for one, digest in shown.items()
        if one not in closed or (kept := stored[one]) is None or kept.digest != digest
    ]


def still_open(database: Database) -> int:
    """How many attempts are open."""
    with database.reading() as connection:
        open_ = select(func.count()).select_from(attempt).where(attempt.c.state == "open")
        return int(connection.execute(open_).scalar_one())


def damage(database: Database) -> list[str]:
    """What is not whole: the file itself, rows that are not what their log comes to, answers marked twice."""
    return [*faults_in_file(database), *_unlike_their_log(database), *_marked_twice(database)]


def _unlike_their_log(database: Database) -> list[str]:
    said = []
    with database.reading() as connection:
        for one in connection.execute(select(attempt.c.id)).scalars().all():
            events = events_of(connection, one)
            stored = state_of(connection, one)
            try:
                told = fold(events)
            except ValueError as problem:
                said.append(f"The log of attempt {one} is impossible: {problem}.")
                continue
            if replace(told, refused={}) != stored:  # late saves are in the log alone
                said.append(f"Attempt {one} is not what its log comes to.")
    return said


def _marked_twice(database: Database) -> list[str]:
    many = (
        select(grade.c.attempt, grade.c.pos)
        .where(grade.c.current)
        .group_by(grade.c.attempt, grade.c.pos)
        .having(func.count() > 1)
    )
    with database.reading() as connection:
        return [
            f"Question {row.pos} of attempt {row.attempt} counts twice." for row in connection.execute(many)
        ]
