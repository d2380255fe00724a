"""Cases of academic integrity, and the hold that an open one has on the scores of its people.

A held score is seen by staff alone and goes to no learning platform. Nothing here changes a score: what a
case leads to is a mark by hand, given where all marks are given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from autograder.errors import Conflict, NotFound
from autograder.site.audit import Act, record_act, record_acts
from autograder.site.people import names_of, not_erased
from autograder.site.tables import (
    enrolment,
    integrity_case,
    integrity_evidence,
    integrity_note,
    integrity_person,
)

__all__ = [
    "CASE_ACTS",
    "HELD",
    "Case",
    "Evidence",
    "Note",
    "add_evidence",
    "add_note",
    "case_of",
    "cases_in",
    "cases_of_person",
    "close_case",
    "erase_evidence",
    "held_people",
    "names_in_cases",
    "needed_evidence",
    "open_case",
    "set_hold",
]

HELD = "The course's staff look at this result before it counts. They will tell you."
OPEN, CLOSE, HOLD, LET_GO = "open integrity case", "close integrity case", "hold score", "let score go"
CASE_ACTS = (OPEN, CLOSE, HOLD, LET_GO)  # on people, who learn of a case from staff, not from their own data
LONGEST_TITLE, LONGEST_TEXT, MOST_PEOPLE = 200, 5000, 50


@dataclass(frozen=True)
class Note:
    """A note that only staff read."""

    at: int
    by_whom: str
    text: str


@dataclass(frozen=True)
class Evidence:
    """A file that belongs to a case."""

    id: int
    at: int
    by_whom: str
    file: str
    digest: str
    size: int


@dataclass(frozen=True)
class Case:
    """A case with its people, notes and evidence."""

    id: int
    work: str
    title: str
    held: bool
    at: int
    by_whom: str
    outcome: str
    ended_at: int | None
    people: tuple[str, ...]
    notes: tuple[Note, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it."""
        return self.ended_at is None


def held_people(connection: Connection, course: str, work: str) -> frozenset[str]:
    """Whose score in a piece of work an open case holds."""
    rows = connection.execute(
        select(integrity_person.c.person)
        .join(integrity_case, integrity_case.c.id == integrity_person.c.case_id)
        .where(
            integrity_case.c.course == course,
            integrity_case.c.work == work,
            integrity_case.c.held,
            integrity_case.c.ended_at.is_(None),
        )
    )
    return frozenset(rows.scalars())


def open_case(
    connection: Connection,
    course: str,
    work: str,
    people: Collection[str],
    title: str,
    *,
    held: bool,
    at: int,
    who: str,
) -> int:
    """Open a case; its number. Raises Conflict without a title, and for people who are not in the course."""
    title, names = " ".join(title.split())[:LONGEST_TITLE], list(dict.fromkeys(people))
    if not title:
        raise Conflict("The case has no title.", next_step="Say in a few words what it is about.")
    enrolled = set(
        connection.execute(select(enrolment.c.person).where(enrolment.c.course == course)).scalars()
    )
    unknown = [name for name in names if name not in enrolled]
    if not names or unknown or len(names) > MOST_PEOPLE:
        raise Conflict(
            f"{unknown[0]} is not in this course." if unknown else "No people, or too many, are named.",
            next_step=f"Write 1 to {MOST_PEOPLE} student IDs, separated by spaces.",
        )
    if who in names:
        raise Conflict("Nobody opens a case about themselves.", next_step="Correct the student IDs.")
    values = {"course": course, "work": work, "title": title, "held": held, "at": at, "by_whom": who}
    added = insert(integrity_case).returning(integrity_case.c.id)
    number = int(connection.execute(added, {**values, "outcome": ""}).scalar_one())
    connection.execute(insert(integrity_person), [{"case_id": number, "person": name} for name in names])
    detail: dict[str, object] = {"case": number, "work": work, "held": held}
    record_acts(connection, [Act(at, who, OPEN, name, detail) for name in names])
    return number


def set_hold(connection: Connection, course: str, number: int, held: bool, *, at: int, who: str) -> None:
    """Hold the scores of a case's people, or let them go; raises Conflict for a closed case."""
    case = _open(connection, course, number)
    if case.held != held:
        connection.execute(update(integrity_case).where(integrity_case.c.id == number).values(held=held))
        act = HOLD if held else LET_GO
        detail: dict[str, object] = {"case": number, "work": case.work}
        record_acts(connection, [Act(at, who, act, name, detail) for name in case.people])


def add_note(connection: Connection, course: str, number: int, text: str, *, at: int, who: str) -> None:
    """Add a note to a case, also to a closed one."""
    case_of(connection, course, number)
    text = text.strip()[:LONGEST_TEXT]
    if not text:
        raise Conflict("The note is empty.", next_step="Write a few words.")
    values = {"case_id": number, "at": at, "by_whom": who, "text": text}
    connection.execute(insert(integrity_note), [values])
    record_act(connection, Act(at, who, "add integrity note", f"case {number}", {}))


def add_evidence(
    connection: Connection, course: str, number: int, file: str, digest: str, size: int, *, at: int, who: str
) -> None:
    """Add a file, which is in the file store, to a case."""
    case_of(connection, course, number)
    values = {"case_id": number, "at": at, "by_whom": who, "file": file, "digest": digest, "size": size}
    connection.execute(insert(integrity_evidence), [values])
    detail: dict[str, object] = {"file": file, "digest": digest}
    record_act(connection, Act(at, who, "add integrity evidence", f"case {number}", detail))


def close_case(connection: Connection, course: str, number: int, outcome: str, *, at: int, who: str) -> None:
    """Close a case with its outcome; the scores that it held are let go."""
    case = _open(connection, course, number)
    outcome = outcome.strip()[:LONGEST_TEXT]
    if not outcome:
        raise Conflict("The outcome is missing.", next_step="Say in a few words how the case ended.")
    values = {"outcome": outcome, "ended_at": at, "ended_by": who}
    connection.execute(update(integrity_case).where(integrity_case.c.id == number).values(**values))
    detail: dict[str, object] = {"case": number, "work": case.work}
    record_acts(connection, [Act(at, who, CLOSE, name, detail) for name in case.people])


def case_of(connection: Connection, course: str, number: int) -> Case:
    """A case with everything in it; raises NotFound."""
    found = [case for case in _cases(connection, course, [number]) if case.id == number]
    if not found:
        raise NotFound("There is no such case.", next_step="Go back to the list of cases.")
    return found[0]


def cases_in(connection: Connection, course: str) -> list[Case]:
    """The cases of a course, the open ones and the newest first."""
    return sorted(_cases(connection, course, None), key=lambda case: (not case.is_open, -case.id))


def cases_of_person(connection: Connection, course: str, person: str) -> list[Case]:
    """The cases that a person is in."""
    return [case for case in cases_in(connection, course) if person in case.people]


def erase_evidence(connection: Connection, person: str) -> set[str]:
    """Delete notes and evidence of the cases that are about nobody else any more; the digests of the files.

    Whoever was erased before is nobody else.
    """
    about = select(integrity_person.c.case_id).where(integrity_person.c.person == person)
    number = integrity_case.c.id
    alone = select(number).where(number.in_(about), number.not_in(_about_others(person)))
    hashes = select(integrity_evidence.c.digest).where(integrity_evidence.c.case_id.in_(alone))
    gone = set(connection.execute(hashes).scalars())
    for table in (integrity_note, integrity_evidence):
        connection.execute(delete(table).where(table.c.case_id.in_(alone)))
    connection.execute(
        update(integrity_case).where(integrity_case.c.id.in_(alone)).values(title="erased", outcome="erased")
    )
    return gone


def needed_evidence(connection: Connection, files: Collection[str], without: str) -> set[str]:
    """Those of some files that are evidence in a case about anybody left but one person."""
    evidence = select(integrity_evidence.c.digest).where(
        integrity_evidence.c.digest.in_(list(files)),
        integrity_evidence.c.case_id.in_(_about_others(without)),
    )
    return set(connection.execute(evidence).scalars())


def _about_others(person: str) -> Select[tuple[int]]:
    """The cases about anybody who is not erased but one person."""
    others = integrity_person.c.person != person, not_erased(integrity_person.c.person)
    return select(integrity_person.c.case_id).where(*others)


def _open(connection: Connection, course: str, number: int) -> Case:
    case = case_of(connection, course, number)
    if not case.is_open:
        raise Conflict("This case is closed.", next_step="Add a note, or open another one.")
    return case


def _cases(connection: Connection, course: str, numbers: Sequence[int] | None) -> list[Case]:
    wanted = select(integrity_case).where(integrity_case.c.course == course)
    if numbers is not None:
        wanted = wanted.where(integrity_case.c.id.in_(numbers))
    rows = connection.execute(wanted).all()
    ids = [row.id for row in rows]
    people: dict[int, list[str]] = defaultdict(list)
    named = select(integrity_person).where(integrity_person.c.case_id.in_(ids))
    for row in connection.execute(named.order_by(integrity_person.c.person)):
        people[row.case_id].append(row.person)
    notes: dict[int, list[Note]] = defaultdict(list)
    written = select(integrity_note).where(integrity_note.c.case_id.in_(ids)).order_by(integrity_note.c.id)
    for row in connection.execute(written):
        notes[row.case_id].append(Note(row.at, row.by_whom, row.text))
    evidence: dict[int, list[Evidence]] = defaultdict(list)
    kept = select(integrity_evidence).where(integrity_evidence.c.case_id.in_(ids))
    for row in connection.execute(kept.order_by(integrity_evidence.c.id)):
        evidence[row.case_id].append(Evidence(row.id, row.at, row.by_whom, row.file, row.digest, row.size))
    return [_case(row, people[row.id], notes[row.id], evidence[row.id]) for row in rows]


def _case(
    row: Row[tuple[object, ...]], people: list[str], notes: list[Note], evidence: list[Evidence]
) -> Case:
    return Case(
        row.id,
        row.work,
        row.title,
        row.held,
        row.at,
        row.by_whom,
        row.outcome,
        row.ended_at,
        tuple(people),
        tuple(notes),
        tuple(evidence),
    )


def names_in_cases(connection: Connection, cases: Collection[Case]) -> dict[str, str]:
    """The names of everybody in some cases, and of who wrote in them."""
    people = {name for case in cases for name in (*case.people, case.by_whom)}
    people |= {note.by_whom for case in cases for note in case.notes}
    people |= {item.by_whom for case in cases for item in case.evidence}
    return names_of(connection, people)
