"""Roster imports: what a table changes among the people of the course, shown first and then stored.

`plan_import` compares the lines of a roster, and of a table of accommodations, with what is stored and
writes nothing; `ImportPlan.apply` stores the difference. A table changes only what it speaks of: whoever is
missing from it stays, and an empty cell says nothing. The command `autograder roster` and the page of imports
use this module; what accommodations mean is known to the extensions.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from autograder.course.roster import Person, Roster, RosterTable, roster_from
from autograder.errors import UsageError
from autograder.site.audit import Act, record_act
from autograder.site.enrolment.acts import return_student, set_sections
from autograder.site.extensions import AccommodationPlan, extensions
from autograder.site.homework.due_dates import sections_with_dates
from autograder.site.people import COURSE, Change, enrol_all, remove_person
from autograder.site.tables import course, enrolment, person, section_member
from autograder.site.upsert import upsert_all

__all__ = ["ImportPlan", "plan_import", "remove_people"]

# In the order in which they identify somebody; an address is an ID of the roster here, not of a sign-in.
KEYS = ("student_id", "sis_login", "sis_id", "email", "gradescope_sid", "canvas_id")
LONGEST = 200  # characters of an ID, a name or an address


@dataclass(frozen=True)
class ImportPlan:
    """The difference between the tables and what is stored."""

    students: tuple[str, ...]  # the stored IDs of the people in the roster
    added: tuple[Person, ...]
    changes: tuple[Change, ...]
    missing: tuple[str, ...]  # enrolled, but not in the roster: they stay
    returned: tuple[str, ...]  # dropped, and in the roster again
    same_person: tuple[tuple[str, str], ...]  # the table's ID and the stored one, found by e-mail address
    unknown_columns: tuple[str, ...]
    _stored: str = field(repr=False)  # the digest of the people whom the tables were compared with
    _people: tuple[dict[str, str | None], ...] = field(repr=False)
    _accommodations: tuple[AccommodationPlan, ...] = field(repr=False)
    _sections: Mapping[str, tuple[str, ...]] = field(repr=False)

    @property
    def losses(self) -> tuple[Change, ...]:
        """The changes that take something away."""
        return tuple(change for change in self.changes if change.loses)

    @property
    def digest(self) -> str:
        """The same for the same difference, so that what was shown is what is stored."""
        shown = [
            [person.student_id for person in self.added],
            [change.sentence for change in self.changes],
            self._people,
            self.returned,
        ]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()

    def is_current(self, connection: Connection) -> bool:
        """Whether what the tables were compared with is still stored; nobody else imports meanwhile.

        It is far cheaper than another plan, and the caller's transaction keeps the saves of students waiting.
        """
        connection.execute(select(course.c.id).where(course.c.id == COURSE).with_for_update())
        return self._stored == _digest_of(_stored_people(connection)) and all(
            plan.is_current(connection) for plan in self._accommodations
        )

    def apply(self, connection: Connection, at: int, who: str, once: str | None = None) -> None:
        """Store the difference and audit it; `once` is the id of the form that asked for it."""
        upsert_all(connection, person, [dict(values) for values in self._people])
        enrol_all(connection, COURSE, [new.student_id for new in self.added])
        set_sections(connection, COURSE, self._sections)
        for student in self.returned:
            return_student(connection, COURSE, student, at=at, who=who)
        for plan in self._accommodations:
            plan.apply(connection, at, who)
        detail: dict[str, object] = {
            "people": len(self.students),
            "added": [person.student_id for person in self.added],
            "changes": [change.sentence for change in self.changes],
        }
        record_act(connection, Act(at, who, "roster import", COURSE, detail), once)

    def lines(self) -> Iterator[str]:
        """The difference as lines of text."""
        for new in self.added:
            yield f"added: {new.student_id} ({new.name})"
        for change in self.changes:
            kind = "TAKEN AWAY" if change.loses else "changed" if change.before else "set"
            yield f"{kind}: {change.sentence}"
        for written, stored in self.same_person:
            yield f"same person: {written} in the table is {stored}, by e-mail address"
        for student in self.returned:
            yield f"returned: {student} had dropped the course"
        if not self.added and not self.changes and not self.returned:
            yield "Nothing changes."
        if self.missing:
            yield f"missing, kept: {', '.join(self.missing)}"
        if self.unknown_columns:
            yield f"columns not read: {', '.join(self.unknown_columns)}"


def plan_import(
    connection: Connection,
    zone: ZoneInfo,
    roster: RosterTable | None,
    accommodations: RosterTable | None = None,
    course_roster: Roster | None = None,
    *,
    take_away: bool = True,
) -> ImportPlan:
    """What importing the tables would change; raises UsageError and ContentError with file and line.

    Without `take_away` the plan leaves out what takes time, a date or a role away. `course_roster` is the
    course's own roster.csv, which knows the IDs of several platforms.
    """
    people = _People(connection, course_roster or Roster())
    imported, same_person = _imported(people, roster) if roster is not None else ({}, ())
    for student in imported:
        people.add(imported[student], student)
    source = accommodations or roster
    if source is None:
        raise UsageError(
            "There is nothing to import.", next_step="Name a roster or a table of accommodations."
        )
    plans = tuple(
        extension.plan_accommodations(connection, source, people.find, zone, take_away=take_away)
        for extension in extensions()
    )
    columns = {column for plan in plans for column in plan.columns}
    added = tuple(new for student, new in imported.items() if student not in people.enrolled)
    new_ids = {new.student_id for new in added}
    accommodated = [
        replace(change, before="") if change.student in new_ids else change
        for plan in plans
        for change in plan.changes
    ]
    changes, rows = _person_changes(people, imported)
    dated = sections_with_dates(connection, COURSE)
    sections, section_changes = _section_changes(people, imported, roster, dated, take_away=take_away)
    unknown = dict.fromkeys(
        header
        for table in (roster, accommodations)
        if table is not None
        for header in table.unknown
        if table is not source or header.casefold().replace(" ", "_") not in columns
    )
    return ImportPlan(
        students=tuple(imported),
        added=added,
        changes=(*changes, *section_changes, *accommodated),
        missing=tuple(sorted(people.expected - set(imported))) if roster is not None else (),
        returned=tuple(sorted(people.dropped & set(imported))),
        same_person=same_person,
        unknown_columns=tuple(unknown),
        _stored=people.digest,
        _people=tuple(rows),
        _accommodations=plans,
        _sections=sections,
    )


def remove_people(connection: Connection, names: Sequence[str], at: int, who: str) -> None:
    """Remove people from the course by name; their attempts and marks stay.

    Raises UsageError for somebody who is not in it.
    """
    enrolled = set(
        connection.execute(select(enrolment.c.person).where(enrolment.c.course == COURSE)).scalars()
    )
    for name in names:
        if name not in enrolled:
            raise UsageError(
                f"{name} is not in this course.", next_step="Nobody was removed; correct the ID."
            )
    for name in names:
        remove_person(connection, COURSE, name)
        record_act(connection, Act(at, who, "roster remove", name, {}))


@dataclass(frozen=True)
class _Stored:
    """A person in the course as they are stored."""

    id: str
    name: str
    email: str | None
    dropped: bool
    is_test: bool
    sections: tuple[str, ...]


def _stored_people(connection: Connection) -> list[_Stored]:
    """Everybody in the course."""
    columns = person.c.id, person.c.name, person.c.email, enrolment.c.dropped_at, enrolment.c.is_test
    enrolled = select(*columns).join_from(enrolment, person)
    rows = connection.execute(enrolled.where(enrolment.c.course == COURSE).order_by(person.c.id)).all()
    named = select(section_member).where(section_member.c.course == COURSE)
    sections: dict[str, list[str]] = {}
    for row in connection.execute(named.order_by(section_member.c.section)):
        sections.setdefault(row.person, []).append(row.section)
    return [
        _Stored(
            row.id,
            row.name,
            row.email,
            row.dropped_at is not None,
            row.is_test,
            tuple(sections.get(row.id, ())),
        )
        for row in rows
    ]


def _digest_of(rows: Sequence[_Stored]) -> str:
    return hashlib.sha256(json.dumps([astuple(row) for row in rows]).encode()).hexdigest()


class _People:
    """The enrolled people, and by which IDs and addresses a table may name them."""

    def __init__(self, connection: Connection, course_roster: Roster) -> None:
        rows = _stored_people(connection)
        self.digest = _digest_of(rows)
        self.stored = {row.id: (row.name, row.email) for row in rows}
        self.sections = {row.id: row.sections for row in rows}
        self.enrolled = frozenset(self.stored)
        self.dropped = frozenset(row.id for row in rows if row.dropped)
        self.expected = frozenset(row.id for row in rows if not row.dropped and not row.is_test)
        self._ids: dict[str, dict[str, None]] = {}
        for row in rows:
            self.add(Person(row.id, email=row.email or ""), row.id)
        for known in course_roster.people:
            stored = next((id for id in self._named(known) if id in self.enrolled), None)
            if stored is not None:
                self.add(known, stored)

    def add(self, known: Person, student: str) -> None:
        """Let a person be found by all of their IDs."""
        for key in (student, *(getattr(known, name) for name in KEYS)):
            if key:
                self._ids.setdefault(_plain(key), {})[student] = None

    def find(self, named: Person, location: str) -> str | None:
        """The one person whom a line of a table means; None if nobody; raises UsageError if several."""
        for name in KEYS:
            found = list(self._ids.get(_plain(getattr(named, name)), ())) if getattr(named, name) else []
            if len(found) > 1:
                raise UsageError(
                    f"{location}: {getattr(named, name)} is {' and '.join(found)}.",
                    next_step="Name the student by the column student_id.",
                )
            if found:
                return found[0]
        return None

    def _named(self, known: Person) -> list[str]:
        return [id for name in KEYS for id in self._ids.get(_plain(getattr(known, name)), ()) if id]


def _imported(people: _People, table: RosterTable) -> tuple[dict[str, Person], tuple[tuple[str, str], ...]]:
    """The people of a roster by their stored ID, or by their new one."""
    if not table.columns & set(KEYS):
        raise UsageError(
            f"{table.path}: Moodle's Identifier is another number in every assignment, so it enrols nobody.",
            next_step="Add a column student_id or email, or export the participants.",
        )
    by_line = {row.person: row.line for row in reversed(table.rows)}
    imported: dict[str, Person] = {}
    same_person = []
    for known in roster_from(table).people:
        location = f"{table.path}, line {by_line.get(known, table.rows[0].line)}"
        _check(known, location)
        student = people.find(known, location) or known.student_id
        earlier = imported.setdefault(student, known)
        if earlier is not known:
            raise UsageError(
                f"{location}: {known.student_id} ({known.name}) and {earlier.student_id} ({earlier.name}) "
                f"are both {student}.",
                next_step="Remove one of the two lines, or correct the e-mail address.",
            )
        if _plain(student) != _plain(known.student_id) and "student_id" in table.columns:
            same_person.append((known.student_id, student))
    return imported, tuple(same_person)


def _check(known: Person, location: str) -> None:
    for text in (known.student_id, known.name, known.email, known.section):
        if len(text) > LONGEST or any(not character.isprintable() for character in text):
            raise UsageError(
                f"{location}: {text[:40]!r}… is not an ID, a name or an address.",
                next_step=f"Write at most {LONGEST} characters, without line breaks.",
            )


def _person_changes(
    people: _People, imported: dict[str, Person]
) -> tuple[list[Change], list[dict[str, str | None]]]:
    """The names and addresses that change, and the rows to write."""
    changes, rows = [], []
    for student, known in imported.items():
        has_name = known.full_name or known.first_name or known.last_name
        if student not in people.stored:
            rows.append({"id": student, "name": known.name, "email": known.email or None})
            continue
        name, email = people.stored[student]
        new_name, new_email = known.name if has_name else name, known.email or email
        if (new_name, new_email) != (name, email):
            rows.append({"id": student, "name": new_name, "email": new_email})
        if new_name != name:
            changes.append(Change(student, "name", name, new_name))
        if new_email != email:
            changes.append(Change(student, "e-mail", email or "none", new_email or "none"))
    return changes, rows


def _section_changes(
    people: _People,
    imported: dict[str, Person],
    roster: RosterTable | None,
    dated: Collection[str],
    *,
    take_away: bool,
) -> tuple[dict[str, tuple[str, ...]], list[Change]]:
    """The sections that a roster names and that are others than before, with the changes for people.

    Whoever leaves a section with due dates of its own, one of `dated`, loses them; without `take_away` the
    section stays.
    """
    sections: dict[str, tuple[str, ...]] = {}
    changes = []
    for student, known in imported.items() if roster is not None else ():
        named = tuple(sorted({name.strip() for name in re.split("[,;]", known.section)} - {""}))
        before = people.sections.get(student, ())
        left = sorted(({*before} - {*named}) & {*dated})
        if not named or named == before or (left and not take_away):
            continue
        sections[student] = named
        if student in people.stored:
            after = ", ".join(named) + (f", without the due dates of {' and '.join(left)}" if left else "")
            changes.append(Change(student, "section", ", ".join(before) or "none", after, loses=bool(left)))
    return sections, changes


def _plain(key: str) -> str:
    return unicodedata.normalize("NFKC", key).strip().casefold()
