"""Checks after a test: is everything that the server acknowledged in an intact database?"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlalchemy import func, select

from autograder.site.backup import faults_in_file
from autograder.site.database import Database
from autograder.site.tables import waiting_mark
from quizzes.attempts.events import fold
from quizzes.loadtest.student import Acknowledged
from quizzes.store.attempts import attempt_from_rows
from quizzes.store.events import events_of
from quizzes.store.marks import QUIZ, marks_in
from quizzes.store.receipts import last_receipt
from quizzes.store.tables import answer, answer_event, attempt, attempt_item

__all__ = ["damage", "missing_receipts", "missing_saves", "open_attempts"]


def missing_saves(database: Database, acknowledged: Iterable[Acknowledged]) -> list[Acknowledged]:
    """The acknowledged saves that are not in the log, or whose answer has a lower revision."""
    by_attempt: dict[str, list[Acknowledged]] = defaultdict(list)
    for save in acknowledged:
        by_attempt[save.attempt].append(save)
    lost = []
    with database.reading() as connection:
        for name, saves in by_attempt.items():
            counted = answer_event.c.attempt == name, answer_event.c.problem == "", ~answer_event.c.late
            events = connection.execute(select(answer_event).where(*counted))
            logged = {(row.pos, row.rev): json.loads(row.response) for row in events}
            revisions = {
                row.pos: row.rev for row in connection.execute(select(answer).where(answer.c.attempt == name))
            }
            lost += [
                save
                for save in saves
                if logged.get((save.pos, save.rev)) != save.answer or revisions.get(save.pos, 0) < save.rev
            ]
    return lost


def missing_receipts(database: Database, shown: Mapping[str, str]) -> list[str]:
    """The attempts whose student saw a receipt, but that are open or have a receipt with another digest."""
    with database.reading() as connection:
        closed = set(connection.execute(select(attempt.c.id).where(attempt.c.state != "open")).scalars())
        stored = {attempt_id: last_receipt(connection, attempt_id) for attempt_id in shown}
    return [
        attempt_id
        for attempt_id, digest in shown.items()
        if attempt_id not in closed or (kept := stored[attempt_id]) is None or kept.digest != digest
    ]


def open_attempts(database: Database) -> int:
    """How many attempts are open."""
    with database.reading() as connection:
        open_ = select(func.count()).select_from(attempt).where(attempt.c.state == "open")
        return int(connection.execute(open_).scalar_one())


def damage(database: Database) -> list[str]:
    """Faults in the file itself, in rows that differ from their log, in answers without a mark."""
    return [*faults_in_file(database), *_unlike_log(database), *_badly_marked(database)]


def _unlike_log(database: Database) -> list[str]:
    faults = []
    with database.reading() as connection:
        for attempt_id in connection.execute(select(attempt.c.id)).scalars().all():
            events = events_of(connection, attempt_id)
            stored = attempt_from_rows(connection, attempt_id)
            try:
                folded = fold(events)
            except ValueError as problem:
                faults.append(f"The log of attempt {attempt_id} is impossible: {problem}.")
                continue
            if replace(folded, refused={}) != stored:  # late saves are only in the log
                faults.append(f"Attempt {attempt_id} differs from its log.")
    return faults


def _badly_marked(database: Database) -> list[str]:
    faults = []
    with database.reading() as connection:
        graded = select(attempt.c.id).where(attempt.c.state == "graded")
        for attempt_id in connection.execute(graded).scalars().all():
            marks = marks_in(connection, attempt_id)
            shown = select(attempt_item.c.pos).where(attempt_item.c.attempt == attempt_id)
            faults += [
                f"Question {pos} of attempt {attempt_id} and its marks do not agree."
                for pos in sorted(set(connection.execute(shown).scalars()) ^ marks.keys())
            ]
            listed = select(waiting_mark.c.part).where(
                waiting_mark.c.kind == QUIZ, waiting_mark.c.work == attempt_id
            )
            waits = {str(pos) for pos, current in marks.items() if current.pending or current.changed}
            if set(connection.execute(listed).scalars()) != waits:
                faults.append(f"The list of what waits for a mark is wrong about attempt {attempt_id}.")
    return faults
