"""Moving an assignment's ledger between a results directory and the site, with all that belongs to it.

Both hold the same lines. What one store has more than the other is added to it; where the two say different
things after a common beginning, nothing is changed. An export is a results directory like any other; an
import makes submissions, gradings and marks of the lines. `autograder ledger` runs both.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256

from sqlalchemy import Connection, func, insert, select, update

from autograder.course.assignment import assignment_file
from autograder.course.course import Course
from autograder.course.csv_table import write_table
from autograder.errors import NotFound, UsageError
from autograder.pages.publish import publish
from autograder.pages.student_page import student_page
from autograder.report import Report
from autograder.results.attempts import Submitted, histories_of
from autograder.results.final_scores import GradedAssignment
from autograder.results.ledger import (
    Graded,
    Ledger,
    Line,
    RunStarted,
    ScoreOverridden,
    TaskMarked,
    WrittenAnswerMarked,
    decode_lines,
    read_ledger,
    run_started,
)
from autograder.results.results_folder import Results
from autograder.site.database import Database
from autograder.site.file_store import FileStore
from autograder.site.homework.assignments import due_for_student, published
from autograder.site.homework.grade_records import (
    IMPORTED,
    TOTAL,
    UNGRADED,
    task_part,
    whole_work,
    written_part,
)
from autograder.site.homework.scores import GradingSummary
from autograder.site.homework.submissions import FROM_STAFF
from autograder.site.homework.tables import bundle, grading, submission, submission_owner
from autograder.site.ledger import (
    HOMEWORK,
    LedgerName,
    instant,
    ledger_bytes,
    people_in_ledgers,
    read_site_ledger,
    restore_lines,
)
from autograder.site.marks import Mark, Source, add_marks
from autograder.site.people import add_person
from autograder.site.tables import enrolment, mark, person, pseudonym
from autograder.site.upsert import insert_once

__all__ = ["Imported", "export_ledger", "import_ledger"]


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    assignment: str
    lines: int  # that the site did not have
    submissions: int  # that are new on the site
    unknown: tuple[str, ...]  # students who are not in the course
    head: str


def export_ledger(
    database: Database, files: FileStore, course: Course, of: str, assignment: str, results: Results
) -> str:
    """Write an assignment's ledger, reports, submissions and pages as a results directory; its digest.

    `of` is the course's id. Raises UsageError where the directory holds lines that the site does not.
    """
    name = LedgerName(of, HOMEWORK, assignment)
    with database.reading() as connection:
        lines, head = read_site_ledger(connection, name)
        data, people = ledger_bytes(connection, name), people_in_ledgers(connection, of)
    if not lines:
        raise UsageError(
            f"Nothing of {assignment} is graded on the site yet, so there is nothing to export.",
            next_step="Export it when its first submission is graded.",
        )
    results.prepare()
    with Ledger(results.ledger) as ledger:
        _require_beginning(results.ledger.read_bytes(), data, f"{results.root}", "the site")
        latest = {line.report: line for line in lines if isinstance(line, Graded)}
        for line in latest.values():
            _export_submission(files, course, assignment, results, line)
        named = {line_name: people[line_name] for line_name in _names_in(lines) if line_name in people}
        results.write(results.pseudonyms, _table(named))
        ledger.extend(data)
    publish(GradedAssignment.read(results, course))
    return head


def import_ledger(
    database: Database, files: FileStore, course: Course, of: str, results: Results
) -> Imported:
    """Take over a results directory whose assignment is published on the site.

    Raises UsageError where the two ledgers contradict each other, or a file of the directory was changed.
    """
    lines, head = read_ledger(results.ledger)  # with the students' own IDs
    assignment, data = run_started(lines, results.ledger).assignment, results.ledger.read_bytes()
    raw, _ = decode_lines(data, str(results.ledger))
    name = LedgerName(of, HOMEWORK, assignment)
    reports = _stored_files(files, results, lines)
    with database.transaction() as connection:
        _require_published(connection, of, assignment)
        known = ledger_bytes(connection, name, lock=True)
        if data.startswith(known):
            new = lines[known.count(b"\n") :]
        else:
            _require_beginning(data, known, "the site", f"{results.root}")
            new = []
        if not new:
            return Imported(assignment, 0, 0, (), head)
        unknown = _add_people(connection, of, raw, lines)
        restore_lines(connection, name, data, head)
        rows = _Rows(connection, course, name, lines, reports, first=len(lines) - len(new) + 1)
        rows.add_submissions()
        rows.add_marks()
        return Imported(assignment, len(new), rows.submissions, tuple(unknown), head)


class _Rows:
    """The rows that lines become, beside those that the site has already."""

    def __init__(
        self,
        connection: Connection,
        course: Course,
        name: LedgerName,
        lines: Sequence[Line],
        reports: Mapping[str, bytes],
        first: int,
    ) -> None:
        self._connection, self._course, self._name = connection, course, name
        self._lines, self._reports, self._first = list(enumerate(lines, start=1)), reports, first
        self._seed = next(line.seed for line in lines if isinstance(line, RunStarted))
        self._row = published(connection, name.course, name.work)
        self.submissions = 0

    def add_submissions(self) -> None:
        """Add what was submitted, with every grading of it."""
        gradings: dict[tuple[str, str], list[tuple[int, Graded]]] = {}
        for number, line in self._lines:
            if isinstance(line, Graded):
                gradings.setdefault((line.student, line.submission), []).append((number, line))
        graded: list[tuple[int, str, Graded]] = []
        for student, history in histories_of(line for _, line in self._lines).items():
            items = history.in_order()
            for place, item in enumerate(items):
                of_bytes = gradings.get((student, item.submission), [])
                stored, is_new = self._submission(student, item, items, place, of_bytes)
                of_attempt = [pair for pair in of_bytes if pair[1].attempt == item.attempt] or of_bytes
                new = [pair for pair in of_attempt if is_new or pair[0] >= self._first]
                graded += [(number, stored, line) for number, line in new]
        for number, stored, line in sorted(graded, key=lambda entry: entry[:2]):
            self._add_grading(number, stored, line)

    def _submission(
        self,
        student: str,
        item: Submitted,
        items: Sequence[Submitted],
        place: int,
        graded: Sequence[tuple[int, Graded]],
    ) -> tuple[str, bool]:
        """The id of a submission, and whether it is new."""
        received = self._received(student, item, items, place, graded)
        connection, name = self._connection, self._name
        attempts = (
            select(submission.c.id, submission.c.number, submission.c.digest, submission.c.received_at)
            .join(submission_owner)
            .where(
                submission.c.course == name.course,
                submission.c.assignment == name.work,
                submission_owner.c.person == student,
            )
        )
        known = connection.execute(attempts).all()
        for row in known:
            if row.digest == item.submission and (
                row.number == item.attempt or (item.submitted is not None and row.received_at == received)
            ):
                return row.id, False
        taken = {row.number for row in known}
        number = item.attempt if item.attempt not in taken else 1 + max(taken)
        stored = secrets.token_urlsafe(12)
        connection.execute(
            insert(submission).values(
                id=stored,
                course=name.course,
                assignment=name.work,
                number=number,
                digest=item.submission,
                size=len(self._reports.get(item.submission, b"")),
                file=item.file,
                began_at=received,
                received_at=received,
                by_whom=student,
                source=FROM_STAFF,
                origin=IMPORTED,
            )
        )
        connection.execute(insert(submission_owner).values(submission=stored, person=student))
        kept = mark.c.work == self._whole(student), mark.c.part == f"{UNGRADED}{number}"
        connection.execute(update(mark).where(mark.c.kind == HOMEWORK, *kept).values(work=stored, part=TOTAL))
        self.submissions += 1
        return stored, True

    def _received(
        self,
        student: str,
        item: Submitted,
        items: Sequence[Submitted],
        place: int,
        graded: Sequence[tuple[int, Graded]],
    ) -> int:
        """When it counts as received: an unknown time is before every known one, and never late."""
        if item.submitted is not None:
            return _milliseconds(item.submitted)
        times = [_milliseconds(other.submitted) for other in items if other.submitted is not None]
        times += [_milliseconds(line.at) for _, line in graded[:1]]
        due = due_for_student(self._course, self._row, student)
        return min([*times, *([] if due is None else [due])]) - len(items) + place

    def _add_grading(self, number: int, stored: str, line: Graded) -> None:
        connection, name, at = self._connection, self._name, _milliseconds(line.at)
        content = self._reports.get(line.report_digest)
        summary = "{}" if content is None else GradingSummary.of(Report.from_json(content)).to_json()
        version = {
            "digest": line.basis.bundle,
            "course": name.course,
            "assignment": name.work,
            "at": at,
            "who": IMPORTED,
        }
        insert_once(connection, bundle, version)
        earlier = connection.execute(
            select(func.count()).select_from(grading).where(grading.c.submission == stored)
        ).scalar_one()
        connection.execute(
            insert(grading).values(
                course=name.course,
                submission=stored,
                bundle=line.basis.bundle,
                reason="regrade" if earlier else "submitted",
                state="graded",
                queued_at=at,
                seed=self._seed if line.seed is None else line.seed,
                tries=1,
                lease="",
                grader=IMPORTED,
                graded_at=at,
                report=line.report_digest,
                earned=Decimal(str(line.earned)),
                possible=Decimal(str(line.possible)),
                summary=summary,
                problem="",
                line=number,
            )
        )

    def add_marks(self) -> None:
        """Add what people decided."""
        for number, line in self._lines:
            if number < self._first:
                continue
            if isinstance(line, ScoreOverridden):
                work = self._attempt(line) if line.attempt else self._whole(line.student)
                is_there = not line.attempt or work != self._whole(line.student)
                part = TOTAL if is_there else f"{UNGRADED}{line.attempt}"
                detail = json.dumps({"comment": line.comment}) if line.comment else "{}"
                self._add_mark(number, work, part, line.earned, line.at, line.who, line.why, detail)
            elif isinstance(line, WrittenAnswerMarked):
                detail = json.dumps({"answer": line.answer, "origin": line.origin})
                part, work = written_part(line.task), self._attempt(line)
                self._add_mark(number, work, part, line.earned, line.at, line.who, line.comment, detail)
            elif isinstance(line, TaskMarked):
                work, part = self._attempt(line), task_part(line.task)
                self._add_mark(number, work, part, line.earned, line.at, line.who, line.why, "{}")

    def _add_mark(
        self,
        number: int,
        work: str,
        part: str,
        earned: float | None,
        at: datetime,
        who: str,
        reason: str,
        detail: str,
    ) -> None:
        points = None if earned is None else Decimal(str(earned))
        given = Mark(part, points, Source.MANUAL, _milliseconds(at), who, reason, detail=detail, line=number)
        add_marks(self._connection, HOMEWORK, work, [given])

    def _whole(self, student: str) -> str:
        return whole_work(self._name.course, self._name.work, student)

    def _attempt(self, line: ScoreOverridden | TaskMarked | WrittenAnswerMarked) -> str:
        """The submission that a mark was given for, by its number; the latest for one of written words.

        An attempt that was never graded is not in the ledger: its mark is kept until the attempt comes.
        """
        rows = self._connection.execute(
            select(submission.c.id, submission.c.number)
            .join(submission_owner)
            .where(
                submission.c.course == self._name.course,
                submission.c.assignment == self._name.work,
                submission_owner.c.person == line.student,
            )
            .order_by(submission.c.received_at, submission.c.number)
        ).all()
        wanted = 0 if isinstance(line, WrittenAnswerMarked) else line.attempt
        matching = [row.id for row in rows if row.number == wanted]
        if not wanted:
            matching = [row.id for row in rows[-1:]]
        return str(matching[0]) if matching else self._whole(line.student)


def _export_submission(
    files: FileStore, course: Course, assignment: str, results: Results, line: Graded
) -> None:
    """Write what was submitted, its report and its page."""
    report = files.get(line.report_digest)
    path = results.reports / line.report
    results.write(path, report)
    title = assignment_file(course, assignment).title
    page = student_page(Report.from_json(report), title=title, course=course.title)
    results.write(results.page_of(path), page.encode())
    if line.submission in files:
        results.write(results.submissions / line.submission, files.get(line.submission))


def _require_published(connection: Connection, of: str, assignment: str) -> None:
    try:
        published(connection, of, assignment)
    except NotFound as problem:
        raise UsageError(
            f"{assignment} is not published on the site.",
            next_step=f"Run `autograder publish {assignment}` first, for the title and the points.",
        ) from problem


def _stored_files(files: FileStore, results: Results, lines: Sequence[Line]) -> dict[str, bytes]:
    """The directory's reports and submissions by their digests, now in the file store, too."""
    contents: dict[str, bytes] = {}
    latest = {line.report: line for line in lines if isinstance(line, Graded)}
    for line in latest.values():
        path = results.reports / line.report
        content = path.read_bytes() if path.is_file() else b""
        if sha256(content).hexdigest() != line.report_digest:
            raise UsageError(
                f"{path} is not the report that was written for {line.student}.",
                next_step=f"Run `autograder verify {results.root}` and restore what it names.",
            )
        contents[files.put(content)] = content
    for digest in {line.submission for line in lines if isinstance(line, Graded)}:
        path = results.submissions / digest
        if path.is_file():  # of a file that could not be read there is no copy
            contents[digest] = path.read_bytes()
            if files.put(contents[digest]) != digest:
                raise UsageError(
                    f"{path} is not what was submitted.",
                    next_step=f"Run `autograder verify {results.root}` and restore what it names.",
                )
    return contents


def _require_beginning(beginning: bytes, whole: bytes, shorter: str, longer: str) -> None:
    """Require that one ledger goes on from the other."""
    if whole.startswith(beginning):
        return
    pairs = zip(beginning.splitlines(), whole.splitlines(), strict=False)
    number = next((at for at, (one_line, other) in enumerate(pairs, 1) if one_line != other), None)
    if number is None:
        raise UsageError(
            f"The ledger of {shorter} has lines that {longer} does not have.",
            next_step="Move them first: `autograder ledger export`, or `autograder ledger import`.",
        )
    raise UsageError(
        f"The ledgers of {shorter} and of {longer} differ from line {number} on; nothing was changed.",
        next_step="They are two records of the assignment: keep one, and export to a new directory.",
    )


def _add_people(connection: Connection, of: str, raw: Sequence[Line], lines: Sequence[Line]) -> list[str]:
    """Say whose the names in new lines are; the students who are not in the course."""
    names: dict[str, str] = {}
    for written, line in zip(raw, lines, strict=True):
        if student := getattr(line, "student", ""):
            names[written.student] = student  # type: ignore[union-attr]
    known = people_in_ledgers(connection, of)
    enrolled = set(connection.execute(select(enrolment.c.person).where(enrolment.c.course == of)).scalars())
    for name, student in names.items():
        if known.get(name, student) != student:
            raise UsageError(
                f"The ledger's name {name} is {student}'s here and {known[name]}'s on the site.",
                next_step="Restore the table of pseudonyms from a backup.",
            )
        if connection.execute(select(person.c.id).where(person.c.id == student)).first() is None:
            add_person(connection, student, student)
        row = {"course": of, "name": name, "person": student, "current": False}
        insert_once(connection, pseudonym, row)
    return sorted(set(names.values()) - enrolled)


def _names_in(lines: Sequence[Line]) -> list[str]:
    names = (str(getattr(line, key, "")) for line in lines for key in ("student", "who"))
    return list(dict.fromkeys(name for name in names if name))


def _table(people: Mapping[str, str]) -> bytes:
    return write_table(("pseudonym", "student"), sorted(people.items())).encode()


def _milliseconds(moment: datetime) -> int:
    return (moment - instant(0)) // (instant(1) - instant(0))
