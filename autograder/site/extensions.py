"""Extensions of the site: the interface by which a part of the course adds pages, tables and background work.

Homework is always there; any other extension is installed by an entry point of the group `autograder.site`.
All are loaded by name, so the site imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from markupsafe import Markup
    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from autograder.course.course import Course
    from autograder.course.roster import Person, RosterTable
    from autograder.results.ledger import Line
    from autograder.site.app_context import AppContext
    from autograder.site.clock_correction import WrongSpan
    from autograder.site.file_store import FileStore
    from autograder.site.ledger import LedgerName
    from autograder.site.marks import Mark
    from autograder.site.people import Change

__all__ = ["AccommodationPlan", "Extension", "LinkTarget", "NoAccommodations", "Running", "extensions"]

GROUP = "autograder.site"
HOMEWORK = EntryPoint("homework", "autograder.site.homework.extension:EXTENSION", GROUP)


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """A quiz or an assignment that a link in a learning platform may open."""

    kind: str  # `quiz` or `assignment`
    name: str
    path: str  # of its page
    title: str
    points: float
    opens_at: int | None = None
    due_at: int | None = None
    closes_at: int | None = None


class Running(Protocol):
    """The background work of an extension."""

    def stop(self) -> None:
        """Stop after the work in progress."""


class AccommodationPlan(Protocol):
    """What the accommodations in a table would change."""

    @property
    def changes(self) -> Sequence[Change]:
        """The changes, for people."""

    @property
    def columns(self) -> Collection[str]:
        """The columns that were read, in small letters and with `_` for spaces."""

    def is_current(self, connection: Connection) -> bool:
        """Whether what the table was compared with is still stored."""

    def apply(self, connection: Connection, at: int, who: str) -> None:
        """Store the changes; open attempts get their time at once."""


@dataclass(frozen=True)
class NoAccommodations:
    """The plan of an extension that takes nothing from a table of accommodations."""

    changes: Sequence[Change] = ()
    columns: Collection[str] = field(default_factory=frozenset)

    def is_current(self, connection: Connection) -> bool:
        """Nothing was compared."""
        return True

    def apply(self, connection: Connection, at: int, who: str) -> None:
        """Nothing is stored."""


class Extension(Protocol):
    """A part of the course with its pages, tables and background work.

    An extension inherits from it and defines everything but what it does not need: locks, links,
    accommodations and a demonstration.
    """

    #: The package whose `templates` and `static` directories the site serves.
    package: str
    #: The directory of its numbered SQL files.
    migrations: Path

    #: The heading of its part of the home page.
    title: str
    #: The kind of its work in marks and ledgers.
    work_kind: str

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of its pages."""

    def home_section(self, request: Request) -> Markup:
        """Its part of the home page for the person who is signed in; empty for nothing."""

    def latest_instant(self, connection: Connection, wrong: Sequence[WrongSpan]) -> int:
        """The latest stored instant outside `wrong` spans, in milliseconds since 1970 UTC; 0 without any."""

    def instants_after(self, connection: Connection, instant: int) -> Collection[int]:
        """Stored instants after another one; at least the first and the last of them."""

    def lock_rows(self, connection: Connection, ids: Collection[str]) -> None:
        """Lock the rows that a batch of writes changes, in one order for all servers (PostgreSQL)."""
        return

    def link_targets(self, connection: Connection, course: str) -> Sequence[LinkTarget]:
        """What a link in a learning platform may open, in the order in which it is offered."""
        return ()

    def plan_accommodations(
        self,
        connection: Connection,
        table: RosterTable,
        find: Callable[[Person, str], str | None],
        zone: ZoneInfo,
        *,
        take_away: bool,
    ) -> AccommodationPlan:
        """What the accommodations in a table would change; nothing is written.

        Without `take_away` the plan leaves out what takes time, a date or a role away. `find` gives the
        stored ID of the person in a line. Raises UsageError and ContentError with file, line and column.
        """
        return NoAccommodations()

    def record_marks(self, connection: Connection, work: str, marks: Sequence[Mark]) -> Sequence[int]:
        """Append people's marks of a piece of work to the ledger; for each mark the number of its line."""
        raise NotImplementedError(f"{type(self).__name__} takes no marks.")

    def ledger_faults(
        self,
        connection: Connection,
        name: LedgerName,
        lines: Sequence[Line],
        people: Mapping[str, str],
        files: FileStore,
    ) -> Sequence[str]:
        """What its tables and files say otherwise than the lines of a ledger, one sentence each.

        `people` are the people by their pseudonyms.
        """
        return ()

    def fill_demo(self, connection: Connection, course: Course, at: int) -> None:
        """Fill a demonstration of a course, with its people, with what this part has to show."""
        return

    def start(self, context: AppContext, *, course_file: bool) -> Running:
        """Start its background work; `course_file` means the course's own database file."""


@cache
def extensions() -> tuple[Extension, ...]:
    """Homework, then the installed extensions in the order of their names."""
    # One name once: an installation under an earlier distribution name may still be there.
    entries = {entry.name: entry for entry in entry_points(group=GROUP)}
    return tuple(entry.load() for entry in (HOMEWORK, *(entries[name] for name in sorted(entries))))
