"""What the ledger says of quizzes: people's marks, one ledger a quiz.

The lines are appended with the marks (`autograder.site.marks.add_marks`); `autograder verify` compares them.
Automatic marks follow from the answers and the quiz's versions, so they have no lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select, update

from autograder.results.ledger import Line, MarkGiven
from autograder.site.ledger import LedgerName, append_lines, instant, open_ledger, pseudonym_of
from autograder.site.marks import Mark, mark_of
from autograder.site.tables import mark, points_text
from quizzes.store.tables import attempt, quiz

__all__ = ["ledger_faults", "record_marks"]

QUIZ = "quiz"


def record_marks(connection: Connection, work: str, marks: Sequence[Mark]) -> list[int]:
    """Append the lines of people's marks of an attempt; the number of each."""
    row = connection.execute(
        select(attempt.c.person, quiz.c.id, quiz.c.course)
        .join(quiz, quiz.c.id == attempt.c.quiz)
        .where(attempt.c.id == work)
    ).one()
    name = LedgerName(row.course, QUIZ, row.id)
    if open_ledger(connection, name, marks[0].at):
        _record_earlier(connection, name)
    lines = [_line(connection, name, row.person, work, given) for given in marks]
    first = append_lines(connection, name, lines)
    return list(range(first, first + len(lines)))


def ledger_faults(
    connection: Connection, name: LedgerName, lines: Sequence[Line], people: Mapping[str, str]
) -> list[str]:
    """People's marks that are not as the ledger says, one sentence each."""
    faults: list[str] = []
    seen: set[int | None] = set()
    for row in connection.execute(_personal_marks(name)).all():
        line = lines[row.line - 1] if row.line and row.line <= len(lines) else None
        seen.add(row.line)
        people_agree = isinstance(line, MarkGiven) and (
            people.get(line.student, row.person) == row.person and people.get(line.who, row.who) == row.who
        )
        if (
            not isinstance(line, MarkGiven)
            or not people_agree
            or line != _content(mark_of(row), line.student, line.who, row.work)
        ):
            faults.append(
                f"The mark of question {int(row.part) + 1} in attempt {row.work} at {name.work} is not what "
                f"the ledger says."
            )
    missing = [
        line for number, line in enumerate(lines, 1) if isinstance(line, MarkGiven) and number not in seen
    ]
    faults += [
        f"A mark of question {int(line.part) + 1} in attempt {line.attempt} at {name.work} was removed."
        for line in missing
    ]
    return faults


def _record_earlier(connection: Connection, name: LedgerName) -> None:
    """Begin with the marks that are older than the ledger."""
    for row in connection.execute(_personal_marks(name).where(mark.c.line.is_(None))).all():
        line = append_lines(connection, name, [_line(connection, name, row.person, row.work, mark_of(row))])
        connection.execute(update(mark).where(mark.c.id == row.id).values(line=line))


def _personal_marks(name: LedgerName) -> Select[Any]:
    return (
        select(mark, attempt.c.person)
        .join(attempt, attempt.c.id == mark.c.work)
        .where(mark.c.kind == QUIZ, mark.c.source.in_(["manual", "import"]), attempt.c.quiz == name.work)
        .order_by(mark.c.id)
    )


def _line(connection: Connection, name: LedgerName, student: str, work: str, given: Mark) -> MarkGiven:
    return _content(
        given,
        pseudonym_of(connection, name.course, student),
        pseudonym_of(connection, name.course, given.who),
        work,
    )


def _content(given: Mark, student: str, who: str, work: str) -> MarkGiven:
    return MarkGiven(
        at=instant(given.at),
        student=student,
        attempt=work,
        part=given.part,
        points=None if given.points is None else points_text(given.points),
        source="import" if given.source == "import" else "manual",
        who=who,
        why=given.reason,
        answer=given.answer_rev,
        detail=hashlib.sha256(given.detail.encode("utf-8", "surrogatepass")).hexdigest(),
    )
