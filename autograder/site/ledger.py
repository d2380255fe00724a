"""The ledger in the site's database: one hash-chained sequence of lines for each assignment and each quiz.

The lines are those of a results directory's ledger (`autograder.results.ledger`), byte for byte, so a ledger
moves between the two stores and its digests stay. They name people by pseudonyms; the table of pseudonyms
says whose they are. Whoever appends locks the row of the ledger's end first, so two servers never write after
the same line. Homework and quizzes append here in the transaction that writes the row a line is about.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, insert, select, update

from autograder.errors import UsageError
from autograder.results.ledger import START, Line, RunStarted, decode_lines, encode_line
from autograder.site.tables import ledger_head, ledger_line, pseudonym
from autograder.site.tables import person as person_table
from autograder.site.upsert import insert_once

__all__ = [
    "HOMEWORK",
    "LedgerName",
    "append_lines",
    "instant",
    "ledger_bytes",
    "ledgers_in",
    "open_ledger",
    "people_in_ledgers",
    "pseudonym_of",
    "read_site_ledger",
    "restore_lines",
]

HOMEWORK = "homework"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, order=True)
class LedgerName:
    """Which ledger: a course, `homework` or `quiz`, and the assignment's or the quiz's name."""

    course: str
    kind: str
    work: str

    def __str__(self) -> str:
        return self.work if self.kind == HOMEWORK else f"{self.kind} {self.work}"


def instant(milliseconds: int) -> datetime:
    """An instant of the database as a line writes it."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def open_ledger(connection: Connection, name: LedgerName, at: int) -> bool:
    """Lock the end of a ledger, and begin it where there is none; whether it was begun now."""
    insert_once(connection, ledger_head, {**_values(name), "lines": 0, "digest": START})
    lines, digest = _locked(connection, name)
    if lines:
        return False
    # The seed of the results directory that it may become: nobody can know it beforehand.
    first = RunStarted(at=instant(at), assignment=name.work, seed=secrets.randbits(32))
    _write(connection, name, lines, digest, [first])
    return True


def append_lines(connection: Connection, name: LedgerName, lines: Sequence[Line]) -> int:
    """Append lines to a ledger that is open, in this transaction; the number of the first of them."""
    number, digest = _locked(connection, name)
    _write(connection, name, number, digest, lines)
    return number + 1


def restore_lines(connection: Connection, name: LedgerName, data: bytes, head: str) -> None:
    """Take over the bytes of a whole ledger that begins with the lines that are here; `head` is its digest.

    The caller has compared them, under the lock that `ledger_bytes` with `lock` takes.
    """
    insert_once(connection, ledger_head, {**_values(name), "lines": 0, "digest": START})
    number, _ = _locked(connection, name)
    raw = data.splitlines(keepends=True)
    rows = [{**_values(name), "number": at, "line": raw[at - 1]} for at in range(number + 1, len(raw) + 1)]
    if rows:
        connection.execute(insert(ledger_line), rows)
        connection.execute(update(ledger_head).where(*_is(name)).values(lines=len(raw), digest=head))


def ledger_bytes(connection: Connection, name: LedgerName, *, lock: bool = False) -> bytes:
    """The bytes of a ledger, as its file in a results directory would hold them; none for one not begun."""
    if lock:
        connection.execute(update(ledger_head).where(*_is(name)).values(lines=ledger_head.c.lines))
    rows = connection.execute(
        select(ledger_line.c.line)
        .where(*(ledger_line.c[key] == value for key, value in _values(name).items()))
        .order_by(ledger_line.c.number)
    )
    return b"".join(bytes(row.line) for row in rows)


def read_site_ledger(connection: Connection, name: LedgerName) -> tuple[list[Line], str]:
    """The lines of a ledger, with pseudonyms, and the digest of the last one.

    Raises UsageError where the chain is broken, a line is missing, or the end is not where it was left.
    """
    lines, head = decode_lines(ledger_bytes(connection, name), f"The ledger of {name} in the database")
    end = connection.execute(select(ledger_head).where(*_is(name))).one_or_none()
    if (len(lines), head) != ((end.lines, end.digest) if end is not None else (0, START)):
        raise UsageError(
            f"The ledger of {name} in the database does not end where it was left: "
            f"it has {len(lines)} lines, expected {end.lines if end is not None else 0}.",
            next_step="Restore the database from a backup: this one proves nothing any more.",
        )
    return lines, head


def ledgers_in(connection: Connection, course: str) -> list[LedgerName]:
    """The ledgers of a course, homework first."""
    rows = connection.execute(select(ledger_head).where(ledger_head.c.course == course))
    return sorted(LedgerName(row.course, row.kind, row.work) for row in rows)


def pseudonym_of(connection: Connection, course: str, person: str) -> str:
    """The name of a person in new lines, drawn at the first; whoever is not in the course keeps the name."""
    if connection.execute(select(person_table.c.id).where(person_table.c.id == person)).first() is None:
        return person
    current = select(pseudonym.c.name).where(
        pseudonym.c.course == course, pseudonym.c.person == person, pseudonym.c.current
    )
    while (name := connection.execute(current).scalar_one_or_none()) is None:
        drawn = {"course": course, "name": f"p-{secrets.token_hex(5)}", "person": person, "current": True}
        insert_once(connection, pseudonym, drawn)
    return str(name)


def people_in_ledgers(connection: Connection, course: str) -> dict[str, str]:
    """The people of a course by the names that ledgers give them."""
    rows = connection.execute(select(pseudonym).where(pseudonym.c.course == course))
    return {row.name: row.person for row in rows}


def _values(name: LedgerName) -> dict[str, str]:
    return {"course": name.course, "kind": name.kind, "work": name.work}


def _is(name: LedgerName) -> list[ColumnElement[bool]]:
    return [ledger_head.c[key] == value for key, value in _values(name).items()]


def _locked(connection: Connection, name: LedgerName) -> tuple[int, str]:
    """The number and the digest of the last line; nobody else appends until this transaction ends."""
    touched = update(ledger_head).where(*_is(name)).values(lines=ledger_head.c.lines)
    row = connection.execute(touched.returning(ledger_head.c.lines, ledger_head.c.digest)).one()
    return row.lines, row.digest


def _write(connection: Connection, name: LedgerName, number: int, digest: str, lines: Sequence[Line]) -> None:
    rows = []
    for line in lines:
        number += 1
        data, digest = encode_line(line, digest)
        rows.append({**_values(name), "number": number, "line": data})
    if rows:
        connection.execute(insert(ledger_line), rows)
        connection.execute(update(ledger_head).where(*_is(name)).values(lines=number, digest=digest))
