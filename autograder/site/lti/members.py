"""Lists of members: each connected course of a platform is asked for its own, and followed.

The page of learning platforms and `autograder lti members` use it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, select

from autograder.course.local_time import counted
from autograder.site.audit import Act, record_act
from autograder.site.lti.client import PlatformError
from autograder.site.lti.contexts import MemberList, contexts, keep_members
from autograder.site.lti.users import Context, Link
from autograder.site.tables import lti_link

__all__ = ["MembersRead", "follow_members", "member_links"]

Write = Callable[[Callable[[Connection], Any]], Any]


class MemberService(Protocol):
    """A platform's service of names and roles."""

    def members(self, link: Link) -> MemberList:
        """The members of a link's course; raises PlatformError."""


@dataclass(frozen=True, slots=True)
class MembersRead:
    """What became of one course's list; `problem` is the platform's answer where it could not be read."""

    context: Context
    sentences: tuple[str, ...]  # what changed, then what somebody has to do
    to_do: int  # how many of them are something to do
    problem: str = ""


def member_links(connection: Connection, work: str = "") -> dict[Context, Link]:
    """A link that lists the members of each connected course; with `work`, of those that link to it."""
    listing = select(lti_link).where(lti_link.c.members != "")
    rows = connection.execute(listing.where(lti_link.c.work == work) if work else listing)
    links = {(row.issuer, row.client, row.deployment, row.context): Link(**row._mapping) for row in rows}
    found = {}
    for row in contexts(connection):
        context = Context(row.issuer, row.client, row.deployment, row.context, row.title)
        link = links.get((row.issuer, row.client, row.deployment, row.context))
        if row.connected_at is not None and link is not None:
            found[context] = link
    return found


def follow_members(
    lti: MemberService, write: Write, course: str, context: Context, link: Link, *, at: int, who: str
) -> MembersRead:
    """Ask a platform for the members of a connected course, and follow the list.

    `write` runs a transaction.
    """
    try:
        listed = lti.members(link)
    except PlatformError as problem:
        return MembersRead(context, (), 0, str(problem))

    def keep(connection: Connection) -> tuple[list[str], list[str]]:
        tally = keep_members(connection, course, context, listed, at)
        detail: dict[str, object] = {"people": tally.enrolled, "left": tally.left}
        record_act(connection, Act(at, who, "members import", context.context, detail))
        to_do = []
        if tally.proposed:
            to_do.append(
                f"{counted(tally.proposed, 'member')} may be people on the roster, by e-mail address: "
                "an instructor says so on the page /platforms."
            )
        if tally.refused:
            to_do.append(
                f"{counted(tally.refused, 'member')} {'has' if tally.refused == 1 else 'have'} the ID of a "
                "member of staff here and no such role there: left out."
            )
        if listed.unread:
            to_do.append(
                f"{counted(listed.unread, 'row')} of the platform cannot be read, so nobody was taken to "
                f"have "
                "left."
            )
        return [f"{counted(tally.enrolled, 'member')}, {tally.left} left."], to_do

    done, to_do = write(keep)
    return MembersRead(context, (*done, *to_do), len(to_do))
