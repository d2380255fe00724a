"""Acts on single people: role, sections, dropped and returned, removed, test students.

Each changes the stored rows and records who did it. The pages of people, the commands and programs with a
token of staff call these functions; who may call them is asked there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from autograder.errors import Conflict, Forbidden, NotFound
from autograder.site.audit import Act, record_act
from autograder.site.lti.deliveries import resume_deliveries
from autograder.site.people import add_person, enrol
from autograder.site.roles import Role, StudentData, role_name
from autograder.site.tables import assigned_student, enrolment, person, section_member

__all__ = [
    "AccessForm",
    "Member",
    "add_test_student",
    "drop_students",
    "member_of",
    "require_another",
    "return_student",
    "sections_in",
    "set_access",
    "set_sections",
]

LONGEST_SECTION, MOST_SECTIONS, MOST_ASSIGNED = 80, 50, 5000
CONTENT = ("", "none", "edit")


@dataclass(frozen=True)
class AccessForm:
    """What a form says of a person's role and access; empty texts mean what the role brings."""

    role: str
    content: str
    students: str
    sections: tuple[str, ...]
    assigned: tuple[str, ...]


@dataclass(frozen=True)
class Member:
    """A person of the course with everything that decides what they may do."""

    person: str
    name: str
    email: str
    role: str
    content: str
    students: str
    label: str
    multiplier: str
    extra: int
    dropped_at: int | None
    is_test: bool
    sections: tuple[str, ...]
    assigned: tuple[str, ...]

    @property
    def version(self) -> str:
        """The same while nobody has changed anything of this."""
        facts = [self.role, self.content, self.students, self.label, self.multiplier, self.extra]
        written = json.dumps([*facts, self.dropped_at, self.is_test, self.sections, self.assigned])
        return hashlib.sha256(written.encode()).hexdigest()[:16]


def member_of(connection: Connection, course: str, name: str) -> Member:
    """A person of the course; raises NotFound."""
    row = connection.execute(
        select(person.c.name, person.c.email, enrolment)
        .join_from(enrolment, person)
        .where(enrolment.c.course == course, enrolment.c.person == name)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such person in this course.", next_step="Go back to the list of people.")
    sections = select(section_member.c.section).where(
        section_member.c.course == course, section_member.c.person == name
    )
    assigned = select(assigned_student.c.person).where(
        assigned_student.c.course == course, assigned_student.c.staff == name
    )
    return Member(
        row.person,
        row.name,
        row.email or "",
        row.role,
        row.content,
        row.students,
        row.label,
        row.multiplier,
        row.extra,
        row.dropped_at,
        row.is_test,
        tuple(sorted(connection.execute(sections).scalars())),
        tuple(sorted(connection.execute(assigned).scalars())),
    )


def require_another(who: str, name: str) -> None:
    """Raise Forbidden where somebody would change their own rights, dates or marks."""
    if who == name:
        raise Forbidden(
            "Nobody changes their own role, time or dates.", next_step="Ask another instructor of the course."
        )


def sections_in(connection: Connection, course: str) -> dict[str, int]:
    """The sections of a course, each with the number of its people, in order."""
    rows = connection.execute(select(section_member.c.section).where(section_member.c.course == course))
    sections: dict[str, int] = {}
    for section in sorted(rows.scalars()):
        sections[section] = sections.get(section, 0) + 1
    return sections


def set_access(
    connection: Connection, course: str, name: str, form: AccessForm, *, seen: str, at: int, who: str
) -> list[str]:
    """Set role, access, sections and assigned students of a person; the changes as sentences.

    Raises Conflict where somebody else has changed them since the form was shown, and for unknown values.
    """
    before = member_of(connection, course, name)
    require_another(who, name)
    if seen and seen != before.version:
        raise Conflict(
            f"Somebody else has changed {before.name} meanwhile: role {role_name(before.role)}, "
            f"sections {', '.join(before.sections) or 'none'}.",
            next_step="Go back, reload the page, and decide what stands.",
        )
    _check(form)
    unknown = set(form.assigned) - set(_known(connection, course, form.assigned))
    if unknown:
        raise Conflict(
            f"{min(unknown)} is not in this course.", next_step="Go back and correct the assigned students."
        )
    enrolled = enrolment.c.course == course, enrolment.c.person == name
    connection.execute(
        update(enrolment)
        .where(*enrolled)
        .values(role=form.role, content=form.content, students=form.students)
    )
    set_sections(connection, course, {name: form.sections})
    connection.execute(
        delete(assigned_student).where(assigned_student.c.course == course, assigned_student.c.staff == name)
    )
    rows = [{"course": course, "staff": name, "person": student} for student in dict.fromkeys(form.assigned)]
    if rows:
        connection.execute(insert(assigned_student), rows)
    after = member_of(connection, course, name)
    words = {
        "role": (role_name(before.role), role_name(after.role)),
        "content": (before.content or "by role", after.content or "by role"),
        "students' work": (before.students or "by role", after.students or "by role"),
        "sections": (", ".join(before.sections) or "none", ", ".join(after.sections) or "none"),
        "assigned students": (len(before.assigned), len(after.assigned)),
    }
    changes = [f"{what}: {old} → {new}" for what, (old, new) in words.items() if old != new]
    if changes:
        record_act(connection, Act(at, who, "set access", name, {"changes": changes}))
    return changes


def set_sections(connection: Connection, course: str, sections: Mapping[str, Sequence[str]]) -> None:
    """Set the sections of people."""
    before = section_member.c.course == course, section_member.c.person.in_(list(sections))
    connection.execute(delete(section_member).where(*before))
    rows = [
        {"course": course, "person": name, "section": section}
        for name, named in sections.items()
        for section in dict.fromkeys(named)
    ]
    if rows:
        connection.execute(insert(section_member), rows)


def drop_students(
    connection: Connection, course: str, names: Collection[str], *, at: int, who: str, reason: str = ""
) -> None:
    """Note that students take part no more: their work stays, nothing new is taken, no statistic counts them.

    Raises Conflict for members of staff, NotFound for anybody who is not in the course.
    """
    for name in dict.fromkeys(names):
        before = member_of(connection, course, name)
        if before.role != Role.STUDENT.value:
            raise Conflict(
                f"{before.name} is a member of the staff.", next_step="Remove the person, or change the role."
            )
        if before.dropped_at is None:
            _set_dropped(connection, course, name, at)
            record_act(connection, Act(at, who, "drop student", name, {"reason": reason}))


def return_student(connection: Connection, course: str, name: str, *, at: int, who: str) -> None:
    """Let a dropped student take part again."""
    if member_of(connection, course, name).dropped_at is not None:
        _set_dropped(connection, course, name, None)
        resume_deliveries(connection, name, at)  # platforms were sent nothing meanwhile
        record_act(connection, Act(at, who, "return student", name, {}))


def add_test_student(connection: Connection, course: str, *, at: int, who: str) -> str:
    """Add a student for trying the course out, who is in no statistic; the ID."""
    like = select(person.c.id).where(person.c.id.startswith("test-student"))
    taken = set(connection.execute(like).scalars())
    number = next(number for number in range(1, len(taken) + 2) if f"test-student-{number}" not in taken)
    name = f"test-student-{number}"
    add_person(connection, name, f"Test student {number}")
    enrol(connection, course, name)
    enrolled = enrolment.c.course == course, enrolment.c.person == name
    connection.execute(update(enrolment).where(*enrolled).values(is_test=True))
    record_act(connection, Act(at, who, "add test student", name, {}))
    return name


def _set_dropped(connection: Connection, course: str, name: str, at: int | None) -> None:
    enrolled = enrolment.c.course == course, enrolment.c.person == name
    connection.execute(update(enrolment).where(*enrolled).values(dropped_at=at))


def _check(form: AccessForm) -> None:
    if form.role not in [role.value for role in Role]:
        raise Conflict(f"Unknown role {form.role[:20]!r}.", next_step="Choose one of the list.")
    if form.content not in CONTENT or form.students not in ("", *(item.value for item in StudentData)):
        raise Conflict("Unknown access.", next_step="Choose one of each list.")
    long = any(len(section) > LONGEST_SECTION for section in form.sections)
    if long or len(form.sections) > MOST_SECTIONS or len(form.assigned) > MOST_ASSIGNED:
        raise Conflict(
            f"A person has at most {MOST_SECTIONS} sections, with names of {LONGEST_SECTION} characters.",
            next_step="Go back and shorten the list.",
        )


def _known(connection: Connection, course: str, names: Collection[str]) -> Sequence[str]:
    enrolled = select(enrolment.c.person).where(enrolment.c.course == course, enrolment.c.person.in_(names))
    return connection.execute(enrolled).scalars().all()
