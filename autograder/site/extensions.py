"""Extensions of the site: the interface by which a part of the course adds pages, tables and background work.

Homework is always there; any other extension is installed by an entry point of the group `autograder.site`.
All are loaded by name, so the site imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from markupsafe import Markup
    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from autograder.course.course import Course
    from autograder.course.roster import Person, RosterTable
    from autograder.gradebook.columns import Column
    from autograder.results.ledger import Line
    from autograder.site.app_context import AppContext
    from autograder.site.clock_correction import WrongSpan
    from autograder.site.file_store import FileStore
    from autograder.site.ledger import LedgerName
    from autograder.site.loadtest.measuring import Limit
    from autograder.site.marking.source import MarkingSource
    from autograder.site.marks import Mark
    from autograder.site.people import Change
    from autograder.site.roles import Access

__all__ = [
    "AccommodationPlan",
    "Extension",
    "GradedWork",
    "LinkTarget",
    "LoadBeside",
    "NoAccommodations",
    "Running",
    "extensions",
]

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


@dataclass(frozen=True)
class GradedWork:
    """The column of an assignment or a quiz in the gradebook, and where its scores come from."""

    kind: str  # `quiz` or `assignment`
    column: Column
    page: str  # the path of its page for students
    staff_page: str  # and of the page of its class, for staff
    links: Mapping[str, str] = field(default_factory=dict)  # a student's counted work, as its viewer sees it
    #: Where staff find a student without any work; `{}` stands for the student.
    search: str = ""
    #: Why students with work may not see their scores now; what is hidden leaves the site nowhere.
    hidden: Mapping[str, str] = field(default_factory=dict)

    def as_shown(self) -> GradedWork:
        """The same with what students may see: a hidden score is none, and its student waits for it."""
        if not self.hidden:
            return self
        scores = self.column.final_scores
        left = {student: score for student, score in scores.items() if student not in self.hidden}
        waiting = {**self.column.waiting, **self.hidden}
        return replace(self, column=replace(self.column, final_scores=left, waiting=waiting))

    def link(self, student: str) -> str:
        """The path of the page that explains a student's score to staff."""
        return self.links.get(student) or self.search.replace("{}", quote(student, safe=""))


class Running(Protocol):
    """The background work of an extension."""

    def stop(self) -> None:
        """Stop after the work in progress."""


class LoadBeside(Protocol):
    """Students of another part of the course beside a load test of homework."""

    def prepare(self, students: int) -> None:
        """Enrol so many students; no server runs yet."""

    async def start(self, ports: Sequence[int]) -> None:
        """Let them begin, at the servers with these ports on this machine."""

    async def save(self, seconds: float) -> None:
        """Let them work for so many seconds."""

    async def close(self) -> None:
        """Close the connections."""

    def lines(self) -> Sequence[str]:
        """The times of the requests, a line for each kind."""

    def limits(self) -> Sequence[Limit]:
        """What was measured against the limits, after the servers have ended."""


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
    accommodations, a demonstration and a load beside homework's.
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

    def waits_for_staff(
        self, connection: Connection, course: str, access: Access, at: int
    ) -> Sequence[tuple[str, str]]:
        """What waits for a member of staff now, for the home page: sentences and the pages to go to.

        Marks by hand are left out: see `marking_source`.
        """
        return ()

    def content_section(self, request: Request) -> Markup:
        """Its part of the page of content, for staff who edit it; empty for nothing."""
        from markupsafe import Markup

        return Markup("")

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

    def graded_work(
        self, connection: Connection, course: Course, of: str, at: int, *, student: str | None = None
    ) -> Sequence[GradedWork]:
        """The columns of the gradebook of the course with the id `of`, with all scores, for staff.

        With a student only theirs, as far as the student may see them at this instant.
        """
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

    def plan_extension(
        self,
        connection: Connection,
        work: str,
        people: Sequence[str],
        zone: ZoneInfo,
        *,
        days: int,
        minutes: int,
        until: int | None,
    ) -> AccommodationPlan | None:
        """What later dates of a piece of its work would change for some students; None for unknown work.

        Nothing is written. Dates move by days on the clock and minutes, and at least to `until`.
        """
        return None

    def works(self, connection: Connection, course: str) -> Sequence[tuple[str, str]]:
        """The names and titles of what students submit in this part of a course."""
        return ()

    def submitted(self, connection: Connection, course: str, work: str) -> Collection[str]:
        """Who has submitted a piece of its work; nobody for unknown work."""
        return ()

    def person_section(self, request: Request, connection: Connection, person: str) -> Markup:
        """What staff see of a person's work on the page of that person; empty for nothing."""
        from markupsafe import Markup

        return Markup("")

    def erasure_counts(self, connection: Connection, course: str, person: str) -> Mapping[str, int]:
        """How many texts and files of a person erasing would delete, by what they are called."""
        return {}

    def erase_person(self, connection: Connection, course: str, person: str, new: str) -> Collection[str]:
        """Delete a person's texts, and their name where no foreign key leads to it.

        `new` is the name that replaces theirs. Returns the digests of the files that the person had, whoever
        else needs them: see `needed_files`. Raises Conflict where that is not possible now.
        """
        return ()

    def needed_files(self, connection: Connection, files: Collection[str], without: str) -> Collection[str]:
        """Those of some files, by their digests, that this part needs, or anybody in it but one person.

        Nobody who was erased needs a file. The same bytes are kept once, whoever brought them and for what.
        """
        return ()

    def personal_files(
        self, context: AppContext, connection: Connection, person: str, *, full: bool, at: int
    ) -> Iterator[tuple[str, bytes]]:
        """Files about a person for their ZIP, by name: as the person may see them now, or all of it."""
        return iter(())

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

    def stored_files(self, connection: Connection, course: str) -> Sequence[tuple[str, str]]:
        """The files that its tables need in the file store: whose each is, and its digest."""
        return ()

    def marking_source(self, context: AppContext) -> MarkingSource | None:
        """What people mark by hand of its work; None for nothing."""
        return None

    def fill_demo(self, connection: Connection, course: Course, at: int) -> None:
        """Fill a demonstration of a course, with its people, with what this part has to show."""
        return

    def load_beside(self, course: Course, folder: Path, address: str) -> LoadBeside | None:
        """Its load beside a load test of homework: a copy of the course in a directory, and a database.

        None where the course has nothing of it.
        """
        return None

    def start(self, context: AppContext, *, course_file: bool) -> Running:
        """Start its background work; `course_file` means the course's own database file."""


@cache
def extensions() -> tuple[Extension, ...]:
    """Homework, then the installed extensions in the order of their names."""
    # One name once: an installation under an earlier distribution name may still be there.
    entries = {entry.name: entry for entry in entry_points(group=GROUP)}
    return tuple(entry.load() for entry in (HOMEWORK, *(entries[name] for name in sorted(entries))))
