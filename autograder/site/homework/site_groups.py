"""Groups that are stored on the site: imported by staff with the difference first, or formed by students.

A group is for one assignment or for all. Whoever joins another group of the same assignment leaves the first
one. Students form and leave groups where staff allow it, until the group has submitted.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Row, delete, func, insert, select

from autograder.course.csv_table import Table
from autograder.course.groups import group_rows
from autograder.course.roster import Person, Roster, letters
from autograder.errors import Conflict, NotFound, UsageError
from autograder.site.audit import Act, record_act
from autograder.site.homework.tables import (
    group_member,
    group_sign_up,
    homework_group,
    submission,
    submission_owner,
)
from autograder.site.roles import takes_part
from autograder.site.tables import enrolment, person
from autograder.site.upsert import upsert

__all__ = [
    "GroupPlan",
    "SignUp",
    "SiteGroup",
    "found_group",
    "has_submitted",
    "join_group",
    "leave_group",
    "plan_groups",
    "set_sign_up",
    "sign_up_for",
    "sign_ups_in",
    "site_groups",
]

LONGEST_NAME = 80
MOST_MEMBERS = 50


@dataclass(frozen=True)
class SiteGroup:
    """A group of one assignment, or with an empty one of all."""

    id: int
    assignment: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class SignUp:
    """Where students form groups: of at most so many, until an instant."""

    assignment: str
    largest: int
    until: int | None


@dataclass(frozen=True)
class GroupPlan:
    """What a table of groups changes."""

    lines: tuple[str, ...]
    _wanted: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = field(repr=False)  # name, members
    _stored: str = field(repr=False)

    @property
    def digest(self) -> str:
        """The same for the same changes of the same groups."""
        return hashlib.sha256(json.dumps([self.lines, self._stored]).encode()).hexdigest()

    def is_current(self, connection: Connection, of: str) -> bool:
        """Whether what the table was compared with is still stored."""
        return self._stored == _digest(site_groups(connection, of))

    def apply(self, connection: Connection, of: str, at: int, who: str, once: str | None = None) -> None:
        """Store the groups and record it; `once` is the id of the form that asked for it."""
        for (assignment, key), (name, members) in self._wanted.items():
            number = _group_id(connection, of, assignment, key)
            if number is None:
                number = _add(connection, of, assignment, name, at, who)
            connection.execute(delete(group_member).where(group_member.c.group_id == number))
            for member in members:
                _leave_all(connection, of, assignment, member)
            rows = [{"group_id": number, "person": member, "at": at} for member in members]
            if rows:
                connection.execute(insert(group_member), rows)
        record_act(connection, Act(at, who, "import groups", of, {"changes": list(self.lines)}), once)


def site_groups(connection: Connection, of: str) -> list[SiteGroup]:
    """All groups of a course, in the order of assignments and names."""
    members: dict[int, list[str]] = defaultdict(list)
    joined = select(group_member).join(homework_group).where(homework_group.c.course == of)
    for row in connection.execute(joined.order_by(group_member.c.person)):
        members[row.group_id].append(row.person)
    rows = connection.execute(
        select(homework_group)
        .where(homework_group.c.course == of)
        .order_by(homework_group.c.assignment, homework_group.c.name)
    )
    return [SiteGroup(row.id, row.assignment, row.name, tuple(members[row.id])) for row in rows]


def plan_groups(connection: Connection, of: str, table: Table, assignments: Sequence[str]) -> GroupPlan:
    """What a table would change; raises UsageError with file and line.

    Groups it does not name stay, without those of their members whom it has in another group.
    """
    enrolled = select(person.c.id, person.c.name, person.c.email).join_from(enrolment, person)
    people = [
        Person(row.id, full_name=row.name, email=row.email or "")
        for row in connection.execute(enrolled.where(enrolment.c.course == of, takes_part()))
    ]
    roster, names = Roster(tuple(people)), {known.student_id: known.name for known in people}
    wanted: dict[tuple[str, str], tuple[str, list[str]]] = {}
    placed: dict[tuple[str, str], tuple[str, int]] = {}
    for row in group_rows(table):
        location = f"{table.path}, line {row.line}"
        if row.assignment and row.assignment not in assignments:
            raise UsageError(
                f"{location}: {row.assignment!r} is not published.",
                next_step="Correct the cell, or empty it.",
            )
        member, reason = roster.resolve(row.member)
        if member is None:
            raise UsageError(f"{location}: {reason}", next_step="Correct the line, or the roster.")
        group, line = placed.setdefault((row.assignment, member.student_id), (letters(row.group), row.line))
        if group != letters(row.group):
            raise UsageError(
                f"{location}: {member.student_id} is in another group in line {line}.",
                next_step="Remove one of the two lines.",
            )
        _, members = wanted.setdefault((row.assignment, letters(row.group)), (row.group, []))
        if member.student_id not in members:
            members.append(member.student_id)
    stored = site_groups(connection, of)
    before = {(group.assignment, letters(group.name)): group for group in stored}
    lines = []
    for key, (name, members) in wanted.items():
        old = before[key].members if key in before else ()
        joined = [names.get(member, member) for member in members if member not in old]
        gone = [names.get(member, member) for member in old if member not in members]
        if key not in before:
            lines.append(f"new: {_what(name, key[0])}: {', '.join(joined)}")
        elif joined or gone:
            lines.append(
                f"changed: {_what(name, key[0])}:"
                + (f" joins: {', '.join(joined)}" if joined else "")
                + (f" leaves: {', '.join(gone)}" if gone else "")
            )
    kept = []
    for key, other in before.items():
        if key in wanted:
            continue
        gone = [member for member in other.members if (other.assignment, member) in placed]
        if gone:
            act = "changed" if len(gone) < len(other.members) else "removed"
            leaves = ", ".join(names.get(member, member) for member in gone)
            lines.append(f"{act}: {_what(other.name, other.assignment)}: leaves: {leaves}")
        else:
            kept.append(other.name)
    if not lines:
        lines.append("Nothing changes.")
    if kept:
        lines.append(f"not in the table, kept: {', '.join(kept)}")
    chosen = {key: (name, tuple(sorted(members))) for key, (name, members) in wanted.items()}
    return GroupPlan(tuple(lines), chosen, _digest(stored))


def set_sign_up(
    connection: Connection,
    of: str,
    assignment: str,
    largest: int,
    until: int | None,
    *,
    at: int,
    who: str,
) -> None:
    """Let students form groups of at most so many; with 0 they cannot any more."""
    if largest and not 2 <= largest <= MOST_MEMBERS:
        raise Conflict(f"A group has 2 to {MOST_MEMBERS} members.", next_step="Correct the number.")
    if largest:
        upsert(
            connection,
            group_sign_up,
            {"course": of, "assignment": assignment, "largest": largest, "until": until},
        )
    else:
        connection.execute(
            delete(group_sign_up).where(
                group_sign_up.c.course == of, group_sign_up.c.assignment == assignment
            )
        )
    detail: dict[str, object] = {"assignment": assignment, "largest": largest, "until": until}
    record_act(connection, Act(at, who, "set group sign-up", of, detail))


def sign_ups_in(connection: Connection, of: str) -> list[SignUp]:
    """Where students form groups."""
    rows = connection.execute(
        select(group_sign_up).where(group_sign_up.c.course == of).order_by(group_sign_up.c.assignment)
    )
    return [SignUp(row.assignment, row.largest, row.until) for row in rows]


def sign_up_for(connection: Connection, of: str, assignment: str, *, lock: bool = False) -> SignUp | None:
    """The sign-up for an assignment: its own, else the one for all; None without one."""
    wanted = select(group_sign_up).where(
        group_sign_up.c.course == of, group_sign_up.c.assignment.in_(["", assignment])
    )
    rows = connection.execute(wanted.with_for_update() if lock else wanted).all()
    chosen = max(rows, key=lambda row: bool(row.assignment), default=None)
    return None if chosen is None else SignUp(chosen.assignment, chosen.largest, chosen.until)


def found_group(connection: Connection, of: str, assignment: str, who: str, name: str, *, at: int) -> int:
    """Form a group with one member; its number. Raises Conflict where that is not allowed now."""
    sign_up = _open_sign_up(connection, of, assignment, at)
    name = " ".join(name.split())[:LONGEST_NAME]
    if not letters(name):
        raise Conflict("The group has no name.", next_step="Write a name with letters or digits.")
    _require_free(connection, of, assignment, who)
    if _group_id(connection, of, sign_up.assignment, letters(name)) is not None:
        raise Conflict(f"There is a group {name} already.", next_step="Join it, or choose another name.")
    number = _add(connection, of, sign_up.assignment, name, at, who)
    _leave_all(connection, of, sign_up.assignment, who)
    connection.execute(insert(group_member), [{"group_id": number, "person": who, "at": at}])
    detail: dict[str, object] = {"group": name, "assignment": sign_up.assignment}
    record_act(connection, Act(at, who, "form group", who, detail))
    return number


def join_group(connection: Connection, of: str, assignment: str, who: str, number: int, *, at: int) -> None:
    """Join a group; raises Conflict where it is full, and NotFound where there is none."""
    sign_up = _open_sign_up(connection, of, assignment, at)
    row = connection.execute(
        select(homework_group).where(
            homework_group.c.id == number,
            homework_group.c.course == of,
            homework_group.c.assignment == sign_up.assignment,
        )
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such group.", next_step="Reload the page.")
    counted = select(func.count()).where(group_member.c.group_id == number, group_member.c.person != who)
    if connection.execute(counted).scalar_one() >= sign_up.largest:
        raise Conflict(f"{row.name} is full.", next_step="Join another group, or form one.")
    _require_free(connection, of, assignment, who)
    _leave_all(connection, of, sign_up.assignment, who)
    connection.execute(insert(group_member), [{"group_id": number, "person": who, "at": at}])
    detail: dict[str, object] = {"group": row.name, "assignment": sign_up.assignment}
    record_act(connection, Act(at, who, "join group", who, detail))


def leave_group(connection: Connection, of: str, assignment: str, who: str, *, at: int) -> None:
    """Leave the group of an assignment; raises Conflict once it has submitted."""
    sign_up = _open_sign_up(connection, of, assignment, at)
    _require_free(connection, of, assignment, who)
    if not _leave_all(connection, of, sign_up.assignment, who):
        raise Conflict("You are in no group.", next_step="Reload the page.")
    record_act(connection, Act(at, who, "leave group", who, {"assignment": sign_up.assignment}))


def has_submitted(connection: Connection, of: str, assignment: str, members: Sequence[str]) -> bool:
    """Whether several of these people own a submission together, of an assignment or with none of any."""
    together = (
        select(submission_owner.c.submission)
        .join(submission, submission.c.id == submission_owner.c.submission)
        .where(submission.c.course == of, submission_owner.c.person.in_(list(members)))
        .group_by(submission_owner.c.submission)
        .having(func.count() > 1)
    )
    if assignment:
        together = together.where(submission.c.assignment == assignment)
    return connection.execute(together.limit(1)).first() is not None


def _open_sign_up(connection: Connection, of: str, assignment: str, at: int) -> SignUp:
    sign_up = sign_up_for(connection, of, assignment, lock=True)
    if sign_up is None or (sign_up.until is not None and at > sign_up.until):
        raise Conflict(
            "Groups of this assignment cannot be changed by students now.",
            next_step="Ask the course's staff.",
        )
    return sign_up


def _require_free(connection: Connection, of: str, assignment: str, who: str) -> None:
    """Raise Conflict where the group that somebody is in has submitted."""
    for group in site_groups(connection, of):
        is_own = who in group.members and group.assignment in ("", assignment)
        if is_own and has_submitted(connection, of, group.assignment, group.members):
            raise Conflict(
                f"{group.name} has submitted, so its members stay.",
                next_step="Ask the course's staff if the group has to change.",
            )


def _leave_all(connection: Connection, of: str, assignment: str, who: str) -> bool:
    """Leave every group of the same assignment; a group that is empty then is removed."""
    same = select(homework_group.c.id).where(
        homework_group.c.course == of, homework_group.c.assignment == assignment
    )
    left = (
        connection.execute(
            delete(group_member)
            .where(group_member.c.person == who, group_member.c.group_id.in_(same))
            .returning(group_member.c.group_id)
        )
        .scalars()
        .all()
    )
    for number in left:
        others = select(group_member.c.person).where(group_member.c.group_id == number)
        if connection.execute(others.limit(1)).first() is None:
            connection.execute(delete(homework_group).where(homework_group.c.id == number))
    return bool(left)


def _add(connection: Connection, of: str, assignment: str, name: str, at: int, who: str) -> int:
    values = {"course": of, "assignment": assignment, "name": name[:LONGEST_NAME], "letters": letters(name)}
    added = insert(homework_group).returning(homework_group.c.id)
    return int(connection.execute(added, {**values, "at": at, "by_whom": who}).scalar_one())


def _group_id(connection: Connection, of: str, assignment: str, key: str) -> int | None:
    named = select(homework_group.c.id).where(
        homework_group.c.course == of,
        homework_group.c.assignment == assignment,
        homework_group.c.letters == key,
    )
    row: Row[tuple[int]] | None = connection.execute(named).one_or_none()
    return None if row is None else int(row.id)


def _what(name: str, assignment: str) -> str:
    """A group as a line of the difference names it."""
    return f"{name} ({assignment})" if assignment else name


def _digest(groups: Sequence[SiteGroup]) -> str:
    facts = [[group.id, group.assignment, group.name, list(group.members)] for group in groups]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
