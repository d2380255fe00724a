"""Groups on the site: who else owns what a student submits, by the site's groups and by groups.csv.

A fault in groups.csv stops no submission: its lines that can be read count, and staff are told of the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from autograder.course.course import Course
from autograder.course.groups import FILE, find_groups
from autograder.course.roster import Person, Roster
from autograder.errors import UsageError
from autograder.site.homework.site_groups import site_groups
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
    """The groups of an assignment of the course with the id `of`.

    Those on the site go first, one for the assignment before one for all; then those of groups.csv.
    """
    stored = site_groups(connection, of)
    if not stored and not (course.root / FILE).exists():
        return Partners()  # the usual course; every upload asks
    enrolled = (
        select(person.c.id, person.c.name, person.c.email)
        .join_from(enrolment, person)
        .where(enrolment.c.course == of, takes_part())
    )
    people = {row.id: row for row in connection.execute(enrolled)}
    on_site: dict[str, tuple[str, ...]] = {}
    for group in sorted(stored, key=lambda group: not group.assignment):
        members = tuple(name for name in group.members if name in people and name not in on_site)
        if group.assignment in ("", assignment):
            on_site |= dict.fromkeys(members, members)
    written, problems = _written(course, assignment, people)
    groups = dict(on_site)
    for members in dict.fromkeys(written.values()):
        others = tuple(name for name in members if name not in on_site)
        groups |= dict.fromkeys(others, others)
    return Partners(groups, tuple(problems))


def _written(
    course: Course, assignment: str, people: Mapping[str, Any]
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """The groups of groups.csv by member, and what is wrong with the file."""
    if not (course.root / FILE).exists():
        return {}, []
    try:
        named = find_groups(course.root, assignment).members
    except UsageError as problem:
        return {}, [f"{problem.message} {problem.next_step} Nobody submits for a group."]
    roster = Roster(
        tuple(Person(row.id, full_name=row.name, email=row.email or "") for row in people.values())
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
    return groups, problems
