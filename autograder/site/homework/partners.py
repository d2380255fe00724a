"""Groups on the site: who else owns what a student submits, by groups.csv in the course's directory.

A fault in groups.csv stops no submission: its lines that can be read count, and staff are told of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from autograder.course.course import Course
from autograder.course.groups import FILE, find_groups
from autograder.course.roster import Person, Roster
from autograder.errors import UsageError
from autograder.site.roles import takes_part
from autograder.site.tables import enrolment, person

__all__ = ["Partners", "partners_in"]


@dataclass(frozen=True)
class Partners:
    """The groups of one assignment: everybody's group, and what is wrong with groups.csv."""

    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by member: all members, in order
    problems: tuple[str, ...] = ()

    def owners(self, student: str) -> tuple[str, ...]:
        """Who owns what a student submits: the student, and the other members of the group."""
        return self.groups.get(student, (student,))


def partners_in(connection: Connection, course: Course, of: str, assignment: str) -> Partners:
    """The groups of an assignment of the course with the id `of`; none without a groups.csv."""
    if not (course.root / FILE).exists():
        return Partners()
    try:
        named = find_groups(course.root, assignment).members
    except UsageError as problem:
        return Partners(problems=(f"{problem.message} {problem.next_step} Nobody submits for a group.",))
    enrolled = (
        select(person.c.id, person.c.name, person.c.email)
        .join_from(enrolment, person)
        .where(enrolment.c.course == of, takes_part())
    )
    roster = Roster(
        tuple(
            Person(row.id, full_name=row.name, email=row.email or "") for row in connection.execute(enrolled)
        )
    )
    groups: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for group, names in named.items():
        members: list[str] = []
        for name in names:
            member, reason = roster.resolve(name)
            if member is None:
                problems.append(f"{FILE}, group {group}: {reason} The others of the group submit without.")
            elif member.student_id in groups:
                problems.append(f"{FILE}: {member.student_id} is in two groups; the first one counts.")
            else:
                members.append(member.student_id)
        chosen = tuple(dict.fromkeys(members))
        groups |= dict.fromkeys(chosen, chosen)
    return Partners(groups, tuple(problems))
