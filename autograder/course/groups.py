"""Groups that submit together: from groups.csv in the course's directory to the members of each.

    group,student_id
    Team A/1,s1
    Team A/1,s2

A member is named as on the roster, by any ID, e-mail address or name. Group names are compared by letters and
digits, since platforms leave signs out of the names of files. With a column `assignment`, a line counts for
that assignment alone. `submissions.collecting` gives each member the group's submission.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course.csv_table import Table, read_table
from autograder.course.roster import Person, Roster, letters
from autograder.errors import UsageError

__all__ = ["GroupRow", "Groups", "find_groups", "group_rows"]

FILE = "groups.csv"
GROUP = ("group", "groups", "groupname", "team", "teamname")
MEMBER = (
    *("studentid", "student", "sid", "id", "idnumber", "username", "login", "loginid"),
    *("email", "emailaddress", "mail", "fullname", "name", "studentname", "member"),
)
NAMES = ("firstname", "lastname")


@dataclass(frozen=True)
class Groups:
    """The members of each group, as the table names them."""

    members: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by the group's letters

    def of(self, group: str, roster: Roster) -> list[Person]:
        """A group's members; by groups.csv, else by the roster's column of groups.

        Raises UsageError for a member who is not on the roster.
        """
        wanted = letters(group)
        if named := self.members.get(wanted):
            return list(self._people(named, roster))
        return [person for person in roster.students if wanted in _groups_of(person)]

    def without(self, roster: Roster) -> list[Person]:
        """The students on the roster who are in no group."""
        grouped = {
            person.student_id for named in self.members.values() for person in self._people(named, roster)
        }
        if not self.members:
            return [person for person in roster.students if not _groups_of(person)]
        return [person for person in roster.students if person.student_id not in grouped]

    def _people(self, named: tuple[str, ...], roster: Roster) -> Iterator[Person]:
        for name in named:
            if not roster:
                yield Person(name)
                continue
            person, reason = roster.resolve(name)
            if person is None:
                raise UsageError(f"{FILE}: {reason}", next_step=f"Correct the line in {FILE}, or the roster.")
            yield person


def _groups_of(person: Person) -> set[str]:
    """The groups in a cell of the roster: Moodle lists several, separated by commas."""
    return {letters(name) for name in person.section.replace(";", ",").split(",")} - {""}


def find_groups(course: Path, assignment: str = "") -> Groups:
    """The course's groups for an assignment; none where there is no groups.csv."""
    path = course / FILE
    if not path.exists():
        return Groups()
    members: dict[str, list[str]] = {}
    for row in group_rows(read_table(path)):
        if not assignment or row.assignment in ("", assignment):
            members.setdefault(letters(row.group), []).append(row.member)
    return Groups({name: tuple(dict.fromkeys(people)) for name, people in members.items()})


@dataclass(frozen=True)
class GroupRow:
    """A line of a table of groups; without an assignment it counts for all."""

    line: int
    group: str
    member: str
    assignment: str


def group_rows(table: Table) -> list[GroupRow]:
    """The lines of a table of groups; raises UsageError with file and line."""
    path = table.path
    lines = table.filled()
    line, row = next(lines)
    heads = [letters(head) for head in row]
    group = next((heads.index(name) for name in GROUP if name in heads), -1)
    member = [heads.index(name) for name in MEMBER if name in heads][:1]
    member = member or [heads.index(name) for name in NAMES if name in heads]
    if group < 0 or not member:
        raise UsageError(
            f"{path}, line {line}: expected the columns group and student_id, found {', '.join(row)}.",
            next_step="Add a line of headers: group,student_id",
        )
    only = heads.index("assignment") if "assignment" in heads else -1
    rows = []
    spelled: dict[tuple[str, str], tuple[str, int]] = {}  # by assignment and letters
    for line, row in lines:
        cells = [cell.strip() for cell in row] + [""] * (len(heads) - len(row))
        name, who = cells[group], " ".join(filter(None, (cells[at] for at in member)))
        if not letters(name) or not who:
            raise UsageError(
                f"{path}, line {line}: the cell {'group' if who else heads[member[0]]} is empty.",
                next_step="Complete the line, or remove it.",
            )
        assignment = cells[only] if only >= 0 else ""
        earlier, first = spelled.setdefault((assignment, letters(name)), (name, line))
        if _without_spaces(earlier) != _without_spaces(name):
            raise UsageError(
                f"{path}, line {line}: {name} and {earlier} in line {first} differ by signs or accents "
                "alone, which platforms leave out of names.",
                next_step="Write the name alike if it is one group; if they are two, rename one of them.",
            )
        rows.append(GroupRow(line, name, who, assignment))
    return rows


def _without_spaces(name: str) -> str:
    """A name without case and spaces, in one of Unicode's ways to write it."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
