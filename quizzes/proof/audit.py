"""After a proof: is everything the server acknowledged in its database, and is the database whole?"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import func, select

from quizzes.proof.taker import Acknowledged
from quizzes.store.database import Database
from quizzes.store.schema import answer, answer_event, attempt

__all__ = ["faults_in_file", "missing", "still_open"]


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


def still_open(database: Database) -> int:
    """How many attempts are open."""
    with database.reading() as connection:
        open_ = select(func.count()).select_from(attempt).where(attempt.c.state == "open")
        return int(connection.execute(open_).scalar_one())


def faults_in_file(database: Database) -> list[str]:
    """What SQLite itself finds wrong with its file; nothing for PostgreSQL, which has no such question."""
    if database.dialect != "sqlite":
        return []
    with database.reading() as connection:
        said = [str(line) for (line,) in connection.exec_driver_sql("PRAGMA integrity_check")]
        said += [str(tuple(row)) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
    return [one for one in said if one != "ok"]
