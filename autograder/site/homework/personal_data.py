"""A person's data in homework: submitted files, gradings and reports, for their ZIP and for erasing them.

A group's file stays while a member is left, and no file goes that is there for something else as well: the
same bytes are kept once, also where a student submitted the handout as it was.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from pathlib import PurePosixPath

from pydantic import ValidationError
from sqlalchemy import Connection, delete, func, select, update

from autograder.errors import NotFound
from autograder.report import Report
from autograder.site.app_context import AppContext
from autograder.site.homework.assignments import homework_in
from autograder.site.homework.class_upload import archives_in
from autograder.site.homework.context import context_of
from autograder.site.homework.due_dates import course_with_rules
from autograder.site.homework.grade_records import whole_work
from autograder.site.homework.pages import titles_alone
from autograder.site.homework.scores import attempts_of
from autograder.site.homework.tables import (
    bundle,
    due_rule,
    grading,
    group_member,
    homework,
    homework_group,
    submission,
    submission_owner,
)
from autograder.site.homework.visibility import latest_due, visible_to
from autograder.site.integrity.cases import needed_evidence
from autograder.site.ledger import HOMEWORK
from autograder.site.marking.tables import marking_note
from autograder.site.people import not_erased
from autograder.site.tables import mark

__all__ = ["erase_person", "erasure_counts", "needed_files", "personal_files"]


def erasure_counts(connection: Connection, course: str, person: str) -> Mapping[str, int]:
    """How many files and reports there are that nobody else needs."""
    files, reports = (
        found - needed_files(connection, found, person) - needed_evidence(connection, found, person)
        for found in _files_of(connection, person)
    )
    rules = select(func.count()).where(due_rule.c.scope == "person", due_rule.c.who == person)
    counts = {
        "submitted files": len(files),
        "reports": len(reports),
        "extensions": int(connection.execute(rules).scalar_one()),
    }
    return {words: many for words, many in counts.items() if many}


def erase_person(connection: Connection, course: str, person: str, new: str) -> Collection[str]:
    """Erase a person from submissions, rules and marks; the digests of the files that they had.

    The archives of the class that staff uploaded are among them: somebody's work may be in any.
    """
    files, reports = _files_of(connection, person)
    owned = select(submission_owner.c.submission).where(submission_owner.c.person == person)
    notes = marking_note.c.kind == HOMEWORK, marking_note.c.answer.in_(owned)
    connection.execute(delete(marking_note).where(*notes))
    named = select(submission.c.id, submission.c.file).where(submission.c.id.in_(owned))
    for row in connection.execute(named).all():  # the file's name may be the person's, and a platform's, too
        kind = PurePosixPath(row.file).suffix[:10]
        renamed = update(submission).where(submission.c.id == row.id)
        connection.execute(renamed.values(file=f"submission{kind}", origin=""))
    joined = select(group_member.c.group_id).where(group_member.c.person == person)
    others = select(group_member.c.group_id).where(group_member.c.person != person)
    alone = connection.execute(joined.where(group_member.c.group_id.not_in(others))).scalars().all()
    connection.execute(delete(group_member).where(group_member.c.person == person))
    connection.execute(delete(homework_group).where(homework_group.c.id.in_(alone)))  # a name that they chose
    connection.execute(delete(due_rule).where(due_rule.c.scope == "person", due_rule.c.who == person))
    for name in connection.execute(select(homework.c.id).where(homework.c.course == course)).scalars().all():
        before, after = (whole_work(course, name, owner) for owner in (person, new))
        connection.execute(update(mark).where(mark.c.work == before).values(work=after))
    return files | reports | archives_in(connection)


def personal_files(
    context: AppContext, connection: Connection, person: str, *, full: bool, at: int
) -> Iterator[tuple[str, bytes]]:
    """Submitted files and, as far as they may be seen, results and reports."""
    of, homework_context = context.course, context_of(context)
    course = course_with_rules(connection, homework_context.course(connection), of)
    for row in homework_in(connection, of):
        role = "instructor" if full else "student"
        visible = visible_to(connection, of, row, person, role, at, latest_due(course, row))
        facts = []
        for attempt in attempts_of(connection, course, of, row, person):
            stored, folder = attempt.submission, f"homework/{_in_zip(row.id)}/{attempt.submission.number}"
            facts.append(
                {
                    "number": stored.number,
                    "file": stored.file,
                    "sha256": stored.digest,
                    "received_at": stored.received_at,
                    "by": stored.by_whom,
                    "days_late": attempt.days_late,
                    "score": _text(attempt.final) if visible.score else None,
                    "mark": attempt.mark.reason if attempt.mark and visible.score else None,
                }
            )
            try:
                yield f"{folder} {_in_zip(stored.file)}", homework_context.files.get(stored.digest)
                if attempt.grading.report is not None and visible.titles:
                    stored_report = homework_context.files.get(attempt.grading.report)
                    yield f"{folder} report.json", _report_as_seen(stored_report, full=visible.full)
            except NotFound:
                yield f"{folder} is missing.txt", b"The file store does not have this file any more.\n"
        if facts:
            text = json.dumps(facts, ensure_ascii=False, indent=1)
            yield f"homework/{_in_zip(row.id)}/submissions.json", text.encode()


def _report_as_seen(stored: bytes, *, full: bool) -> bytes:
    """A report as far as it may be seen; of one that this version cannot read, whole or nothing of it."""
    if full:
        return stored
    try:
        return titles_alone(Report.from_json(stored)).to_json().encode()
    except ValidationError:
        return b"This version of the site cannot read the report, so it cannot show a part of it.\n"


def needed_files(connection: Connection, files: Collection[str], without: str) -> set[str]:
    """Those of some files that an assignment is made of, or that anybody else who is not erased has."""
    is_left = submission_owner.c.person != without, not_erased(submission_owner.c.person)
    left = select(submission_owner.c.submission).where(*is_left)
    queries = (
        select(submission.c.digest).where(submission.c.id.in_(left)),
        select(grading.c.report).where(grading.c.submission.in_(left)),
        select(bundle.c.digest),
        select(homework.c.handout),
    )
    found = (
        connection.execute(query.where(query.selected_columns[0].in_(list(files)))).scalars()
        for query in queries
    )
    return {digest for of_query in found for digest in of_query}


def _files_of(connection: Connection, person: str) -> tuple[set[str], set[str]]:
    """The digests of what a person has submitted, alone or with others, and of the reports on it."""
    owned = select(submission_owner.c.submission).where(submission_owner.c.person == person)
    files = select(submission.c.digest).where(submission.c.id.in_(owned))
    reports = select(grading.c.report).where(grading.c.submission.in_(owned), grading.c.report.is_not(None))
    return set(connection.execute(files).scalars()), set(connection.execute(reports).scalars())


def _in_zip(name: str) -> str:
    """A name as a part of a path in a ZIP."""
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)[-100:]


def _text(points: Decimal | None) -> str | None:
    return None if points is None else str(points)
