"""Verifying homework: rows and files that are not what the ledger of their assignment says.

`autograder verify` shows what is found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from autograder.errors import NotFound
from autograder.results.ledger import (
    Graded,
    Line,
    RegradeSkipped,
    ScoreOverridden,
    TaskMarked,
    WrittenAnswerMarked,
)
from autograder.site.file_store import FileStore
from autograder.site.homework.grade_records import IMPORTED, UNGRADED, mark_line, whole_work
from autograder.site.homework.submissions import counts, latest_gradings
from autograder.site.homework.tables import grading, homework, submission, submission_owner
from autograder.site.ledger import HOMEWORK, LedgerName, instant
from autograder.site.marks import mark_of
from autograder.site.tables import erased_file, mark

__all__ = ["ledger_faults", "stored_files"]

MILLISECOND = timedelta(milliseconds=1)


def ledger_faults(
    connection: Connection,
    name: LedgerName,
    lines: Sequence[Line],
    people: Mapping[str, str],
    files: FileStore,
) -> list[str]:
    """What rows and files say otherwise than the lines of an assignment's ledger, one sentence each."""
    owners = _owners(connection, name)
    faults: list[str] = []
    stated: set[int] = set()  # the numbers of lines that rows are about
    for row in _gradings(connection, name):
        stated |= _about(lines, row.line)
        if fault := _grading_fault(row, _line_at(lines, row.line), owners[row.submission], people):
            faults.append(f"Grading {row.id} of submission {row.submission} {fault}")
    for row in _marks(connection, name):
        stated |= _about(lines, row.line)
        of = owners.get(row.work) or {row.work.split(":", 2)[-1]: 0}
        if fault := _mark_fault(row, _line_at(lines, row.line), of, people):
            faults.append(f"A mark of {row.work} {fault}")
    faults += [
        f"Line {number} of the ledger of {name} is about a row that was removed."
        for number, line in enumerate(lines, start=1)
        if isinstance(line, (Graded, ScoreOverridden, TaskMarked, WrittenAnswerMarked))
        and number not in stated
    ]
    return [*faults, *_file_faults(connection, name, files)]


def stored_files(connection: Connection, course: str) -> list[tuple[str, str]]:
    """What is published of each assignment, and what was submitted, with their digests in the file store."""
    needed: list[tuple[str, str]] = []
    for row in connection.execute(select(homework).where(homework.c.course == course)):
        needed += [(f"assignment {row.id}", row.bundle), (f"the handout of {row.id}", row.handout)]
    given = submission.c.course == course, submission.c.size > 0
    rows = connection.execute(select(submission.c.id, submission.c.digest).where(*given))
    return [*needed, *((f"submission {row.id}", row.digest) for row in rows)]


def _grading_fault(
    row: Row[Any], line: Line | None, owners: Mapping[str, int], people: Mapping[str, str]
) -> str:
    """How a grading differs from its line; empty where it does not."""
    if not isinstance(line, (Graded, RegradeSkipped)):
        return "is not in the ledger."
    facts: dict[str, tuple[object, object]] = {
        "student": (people.get(line.student) in owners, line.student in people),
        "file": (row.digest, line.submission),
        "points": (row.earned, Decimal(str(line.earned))),
        "version of the assignment": (row.bundle, line.basis.bundle),
    }
    if isinstance(line, Graded):
        facts["report"] = row.report, line.report_digest
        facts["possible points"] = row.possible, Decimal(str(line.possible))
        facts["seed"] = (row.seed if line.seed is not None else None), line.seed
        if row.grader != IMPORTED:
            facts["attempt"] = row.number, line.attempt
        if line.submitted is not None:
            facts["time"] = row.received_at, (line.submitted - instant(0)) // MILLISECOND
    return _told_apart(facts)


def _mark_fault(
    row: Row[Any], line: Line | None, owners: Mapping[str, int], people: Mapping[str, str]
) -> str:
    """How a person's mark differs from its line; empty where it does not."""
    if not isinstance(line, (ScoreOverridden, TaskMarked, WrittenAnswerMarked)):
        return "is not in the ledger."
    owner = people.get(line.student, "")
    attempt = 0 if isinstance(line, WrittenAnswerMarked) else line.attempt
    expected = mark_line(mark_of(row), line.student, line.who, attempt)
    facts: dict[str, tuple[object, object]] = {
        "student": (owner in owners, line.student in people),
        "author": (row.who, people.get(line.who, row.who)),
        "attempt": (_attempt_of(row, owners.get(owner, attempt)) if attempt else 0, attempt),
        "time": (row.at, (line.at - instant(0)) // MILLISECOND),
        "content": (expected.model_dump(exclude={"at"}), line.model_dump(exclude={"at"})),
    }
    return _told_apart(facts)


def _attempt_of(row: Row[Any], number: int) -> int:
    """The attempt that a mark is for: its submission's, or the one it waits for."""
    return int(row.part.removeprefix(UNGRADED)) if row.part.startswith(UNGRADED) else number


def _told_apart(facts: Mapping[str, tuple[object, object]]) -> str:
    different = [name for name, (here, there) in facts.items() if here != there]
    return f"is not what the ledger says: another {different[0]}." if different else ""


def _line_at(lines: Sequence[Line], number: int | None) -> Line | None:
    return lines[number - 1] if number and 0 < number <= len(lines) else None


def _about(lines: Sequence[Line], number: int | None) -> set[int]:
    """The numbers of the lines of a row: the one it names, and those of the other owners, which follow."""
    first = _line_at(lines, number)
    if first is None or number is None:
        return set()
    about = {number}
    students = {getattr(first, "student", "")}
    while (line := _line_at(lines, number + len(about))) is not None:
        student = getattr(line, "student", "")
        if student in students or _but_for_the_student(line) != _but_for_the_student(first):
            break
        students.add(student)
        about.add(number + len(about))
    return about


def _but_for_the_student(line: Line) -> dict[str, object]:
    return line.model_dump(exclude={"student", "report", "attempt"})


def _file_faults(connection: Connection, name: LedgerName, files: FileStore) -> Iterator[str]:
    """Submissions and reports that are missing from the file store, or damaged."""
    counted = latest_gradings(connection, None, course=name.course, assignment=name.work)
    erased = set(connection.execute(select(erased_file.c.digest)).scalars())
    rows = connection.execute(
        select(submission).where(
            submission.c.course == name.course, submission.c.assignment == name.work, submission.c.size > 0
        )
    )
    for row in rows.all():
        if row.digest not in erased and not _is_kept(files, row.digest):
            yield f"The file of submission {row.id} is missing from the file store, or it was damaged."
    for row in _gradings(connection, name):
        needed = row.grader != IMPORTED or counted[row.submission].id == row.id
        if needed and row.report not in erased and not _is_kept(files, row.report):
            yield f"The report of grading {row.id} is missing from the file store, or it was damaged."


def _is_kept(files: FileStore, digest: str) -> bool:
    try:
        files.get(digest)
    except NotFound:
        return False
    return True


def _owners(connection: Connection, name: LedgerName) -> dict[str, dict[str, int]]:
    """The owners of each submission, with its number."""
    owners: dict[str, dict[str, int]] = defaultdict(dict)
    rows = connection.execute(
        select(submission.c.id, submission.c.number, submission_owner.c.person)
        .join(submission_owner)
        .where(submission.c.course == name.course, submission.c.assignment == name.work)
    )
    for row in rows:
        owners[row.id][row.person] = row.number
    return owners


def _gradings(connection: Connection, name: LedgerName) -> Sequence[Row[Any]]:
    return connection.execute(
        select(grading, submission.c.digest, submission.c.number, submission.c.received_at)
        .join(submission, submission.c.id == grading.c.submission)
        .where(
            submission.c.course == name.course,
            submission.c.assignment == name.work,
            grading.c.state == "graded",
            counts(),
        )
        .order_by(grading.c.id)
    ).all()


def _marks(connection: Connection, name: LedgerName) -> Sequence[Row[Any]]:
    works = select(submission.c.id).where(
        submission.c.course == name.course, submission.c.assignment == name.work
    )
    of_whole = mark.c.work.startswith(whole_work(name.course, name.work, ""), autoescape=True)
    return connection.execute(
        select(mark).where(mark.c.kind == HOMEWORK, or_(mark.c.work.in_(works), of_whole)).order_by(mark.c.id)
    ).all()
