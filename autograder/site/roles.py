"""Roles on two axes: what a person may do with the course's content, and whose work they may see.

A role brings both; an enrolment may say otherwise for either. Staff pages ask here, and their queries are
limited by `visible_people`. Managing people, releases and settings belong to the role of an instructor.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, select, true

from autograder.errors import Forbidden, NotFound
from autograder.site.tables import assigned_student, enrolment, section_member

__all__ = [
    "ROLES",
    "Access",
    "Permission",
    "Role",
    "StudentData",
    "access_of",
    "dropped",
    "may_look_as",
    "may_see",
    "require_visible",
    "role_name",
    "student_access",
    "takes_part",
    "takes_part_in",
    "visible_among",
    "visible_people",
]


class Role(StrEnum):
    """A person's role in the course; `staff` previews quizzes, and by itself sees no student's work."""

    STUDENT = "student"
    TA = "ta"
    INSTRUCTOR = "instructor"
    STAFF = "staff"


class StudentData(StrEnum):
    """Whose work a member of staff may see."""

    NONE = "none"
    ASSIGNED = "assigned"
    SECTIONS = "sections"
    ALL = "all"


NONE, EDIT = "none", "edit"
# What each role brings: the content, and whose work.
ROLES = {
    Role.STUDENT: (NONE, StudentData.NONE),
    Role.TA: (NONE, StudentData.ALL),
    Role.INSTRUCTOR: (EDIT, StudentData.ALL),
    Role.STAFF: (NONE, StudentData.NONE),
}


class Permission(Enum):
    """What a page or a form of staff asks of its reader; the value is the refusal's sentence."""

    STAFF = "This page is for the course's staff."
    STUDENTS = "Your role in this course shows no student's work."
    ALL_STUDENTS = "This page is about the whole class, and you see a part of it."
    CONTENT = "Your role in this course does not edit content."
    MANAGE = "Only an instructor may do this."


@dataclass(frozen=True, slots=True)
class Access:
    """What a person of the course may do."""

    person: str
    role: Role
    students: StudentData
    edits_content: bool
    dropped_at: int | None = None
    is_test: bool = False

    @property
    def is_staff(self) -> bool:
        """Whether the person is a member of staff."""
        return self.role is not Role.STUDENT

    @property
    def sees_students(self) -> bool:
        """Whether the person may see somebody's work."""
        return self.is_staff and self.students is not StudentData.NONE

    @property
    def manages(self) -> bool:
        """Whether the person manages people, releases and settings."""
        return self.role is Role.INSTRUCTOR

    def may(self, permission: Permission) -> bool:
        """Whether the person has a permission."""
        return (
            self.is_staff
            and {
                Permission.STAFF: True,
                Permission.STUDENTS: self.sees_students,
                Permission.ALL_STUDENTS: self.students is StudentData.ALL,
                Permission.CONTENT: self.edits_content,
                Permission.MANAGE: self.manages,
            }[permission]
        )


def role_name(role: str) -> str:
    """A role as pages and messages call it; tables of people have it as it is stored."""
    return "assistant" if role == Role.TA else role


def access_of(connection: Connection, course: str, person: str) -> Access | None:
    """What a person may do in a course; None for somebody who is not in it."""
    enrolled = enrolment.c.course == course, enrolment.c.person == person
    row = connection.execute(select(enrolment).where(*enrolled)).one_or_none()
    if row is None:
        return None
    role = Role(row.role)
    content, students = ROLES[role]
    return Access(
        person,
        role,
        StudentData(row.students or students) if role is not Role.STUDENT else StudentData.NONE,
        role is not Role.STUDENT and (row.content or content) == EDIT,
        row.dropped_at,
        row.is_test,
    )


def student_access(connection: Connection, course: str, person: str) -> Access:
    """The same for a page of students' work; raises NotFound for students, Forbidden for who sees nobody."""
    access = access_of(connection, course, person)
    if access is None or not access.is_staff:
        raise NotFound("There is no such page.", next_step="Go back to the start page.")
    if not access.sees_students:
        raise Forbidden(
            "Your role in this course shows no student's work.",
            next_step="Ask one of the course's instructors.",
        )
    return access


def visible_people(course: str, access: Access) -> Select[Any] | None:
    """The people whose work a person may see, as a query; None for everybody, former students too."""
    if access.students is StudentData.ALL:
        return None
    if access.students is StudentData.SECTIONS:
        theirs = select(section_member.c.section).where(
            section_member.c.course == course, section_member.c.person == access.person
        )
        return select(section_member.c.person).where(
            section_member.c.course == course,
            section_member.c.section.in_(theirs),
            section_member.c.person != access.person,
        )
    if access.students is StudentData.ASSIGNED:
        return select(assigned_student.c.person).where(
            assigned_student.c.course == course, assigned_student.c.staff == access.person
        )
    return select(enrolment.c.person).where(false())


def may_see(column: ColumnElement[str], course: str, access: Access) -> ColumnElement[bool]:
    """The condition that a column names somebody whose work a person may see."""
    visible = visible_people(course, access)
    return true() if visible is None else column.in_(visible)


def visible_among(
    connection: Connection, course: str, access: Access, people: Collection[str]
) -> frozenset[str]:
    """Those of these people whose work a person may see."""
    visible = visible_people(course, access)
    if visible is None:
        return frozenset(people)
    return frozenset(connection.execute(visible).scalars()) & frozenset(people)


def require_visible(
    connection: Connection, course: str, access: Access, people: Collection[str]
) -> frozenset[str]:
    """The same; raises NotFound where it is nobody: other people's work looks like none."""
    visible = visible_among(connection, course, access, people)
    if not visible:
        raise NotFound("There is no such page.", next_step="Go back to the start page.")
    return visible


def may_look_as(connection: Connection, course: str, staff: str, name: str) -> bool:
    """Whether a member of staff may see the site as a person: a student whose work they see now."""
    access, looked_at = (access_of(connection, course, person) for person in (staff, name))
    return (
        access is not None
        and access.sees_students
        and looked_at is not None
        and not looked_at.is_staff
        and name in visible_among(connection, course, access, [name])
    )


def takes_part_in(connection: Connection, course: str, person: str) -> bool:
    """Whether a person is a student of a course who has not dropped it, and no test student."""
    enrolled = enrolment.c.course == course, enrolment.c.person == person
    return connection.execute(select(enrolment.c.person).where(*enrolled, takes_part())).first() is not None


def dropped() -> Forbidden:
    """Why a dropped student cannot submit or start anything."""
    return Forbidden(
        "You have dropped this course: what you did stays, and nothing new is taken.",
        next_step="Ask the course's staff if this is wrong.",
    )


def takes_part() -> ColumnElement[bool]:
    """The condition that an enrolment counts in statistics and of whom scores are expected."""
    return and_(
        enrolment.c.role == Role.STUDENT.value,
        enrolment.c.dropped_at.is_(None),
        enrolment.c.is_test.is_(False),
    )
