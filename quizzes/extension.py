"""The extension of the course's site for timed quizzes: pages, tables and background tasks.

The entry point `autograder.site` names it. Every opened database needs the migrations, so the pages are
imported only when they are served.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from autograder.site.extensions import Extension

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
    from autograder.site.extensions import GradedWork, LinkTarget
    from autograder.site.file_store import FileStore
    from autograder.site.ledger import LedgerName
    from autograder.site.marks import Mark
    from quizzes.loadtest.saves_beside import SavesBeside
    from quizzes.services.enrolment import QuizAccommodations
    from quizzes.web.background import QuizBackground
    from quizzes.web.staff.marking import QuizMarking

__all__ = ["EXTENSION", "QuizExtension"]


class QuizExtension(Extension):
    """The site's extension for timed quizzes; see `autograder.site.extensions.Extension`."""

    package = "quizzes.web"
    title = "Quizzes"
    work_kind = "quiz"
    migrations = Path(__file__).parent / "store" / "migrations"

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of the pages for students and staff."""
        from quizzes.analysis.analysis_route import ANALYSIS_ROUTES
        from quizzes.web.routes import ROUTES

        return (*ROUTES, *ANALYSIS_ROUTES)

    def home_section(self, request: Request) -> Markup:
        """The quizzes of the course, each with its availability for the student."""
        from quizzes.web.start import home_section

        return home_section(request)

    def works(self, connection: Connection, course: str) -> Sequence[tuple[str, str]]:
        """The published quizzes."""
        from quizzes.store.quizzes import published_in

        return [(published.id, published.title) for published in published_in(connection, course)]

    def submitted(self, connection: Connection, course: str, work: str) -> Collection[str]:
        """Who has finished an attempt at a quiz."""
        from quizzes.store.attempts import attempts_at

        return {
            row.person for row in attempts_at(connection, work) if row.state != "open" and not row.preview
        }

    def person_section(self, request: Request, connection: Connection, person: str) -> Markup:
        """A student's times and attempts, by quiz."""
        from quizzes.web.staff.person import person_section

        return person_section(request, connection, person)

    def content_section(self, request: Request) -> Markup:
        """The banks and quizzes, each with its editor."""
        from quizzes.web.staff.editor import content_section

        return content_section(request)

    def latest_instant(self, connection: Connection, wrong: Sequence[WrongSpan]) -> int:
        """The latest right instant in the log of any attempt."""
        from quizzes.store.events import latest_instant

        return latest_instant(connection, wrong)

    def instants_after(self, connection: Connection, instant: int) -> Collection[int]:
        """The first and the last instant in the logs of attempts after another one."""
        from quizzes.store.events import instants_after

        return instants_after(connection, instant)

    def lock_rows(self, connection: Connection, ids: Collection[str]) -> None:
        """Lock attempts, in the order of their ids."""
        from quizzes.store.attempts import lock_attempts

        lock_attempts(connection, ids)

    def link_targets(self, connection: Connection, course: str) -> Sequence[LinkTarget]:
        """The published quizzes, with their points and dates."""
        from quizzes.store.quizzes import link_targets

        return link_targets(connection, course)

    def plan_accommodations(
        self,
        connection: Connection,
        table: RosterTable,
        find: Callable[[Person, str], str | None],
        zone: ZoneInfo,
        *,
        take_away: bool,
    ) -> QuizAccommodations:
        """What the roles, extra time and dates of a table would change."""
        from quizzes.schedule.accommodations import accommodation_rows
        from quizzes.services.enrolment import plan_accommodations

        rows = accommodation_rows(table, zone)
        return plan_accommodations(connection, rows, find, zone, take_away=take_away)

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
    ) -> QuizAccommodations | None:
        """What a later due date and close of a quiz would change for some students."""
        from quizzes.services.enrolment import plan_extension

        return plan_extension(connection, work, people, zone, days=days, minutes=minutes, until=until)

    def graded_work(
        self, connection: Connection, course: Course, of: str, at: int, *, student: str | None = None
    ) -> Sequence[GradedWork]:
        """The published quizzes: of each student the attempt that counts."""
        from quizzes.services.gradebook_columns import graded_work

        return graded_work(connection, course, of, at, student)

    def erasure_counts(self, connection: Connection, course: str, person: str) -> Mapping[str, int]:
        """The answers and saves of a person."""
        from quizzes.store.personal_data import erasure_counts

        return erasure_counts(connection, person)

    def erase_person(self, connection: Connection, course: str, person: str, new: str) -> Collection[str]:
        """Delete a person's answers; attempts and marks stay under another name."""
        from quizzes.store.personal_data import erase_person

        erase_person(connection, person)
        return ()

    def personal_files(
        self, context: AppContext, connection: Connection, person: str, *, full: bool, at: int
    ) -> Iterator[tuple[str, bytes]]:
        """Attempts with answers and saves; marks with `full`."""
        from quizzes.store.personal_data import personal_files

        return personal_files(connection, person, full=full)

    def record_marks(self, connection: Connection, work: str, marks: Sequence[Mark]) -> Sequence[int]:
        """Append people's marks of an attempt to the ledger of its quiz."""
        from quizzes.store.mark_records import record_marks

        return record_marks(connection, work, marks)

    def marking_source(self, context: AppContext) -> QuizMarking | None:
        """Essays, and any other question whose points a person overrides."""
        from quizzes.web.staff.marking import quiz_marking

        return quiz_marking(context)

    def ledger_faults(
        self,
        connection: Connection,
        name: LedgerName,
        lines: Sequence[Line],
        people: Mapping[str, str],
        files: FileStore,
    ) -> Sequence[str]:
        """People's marks that are not as the ledger of their quiz says."""
        from quizzes.store.mark_records import ledger_faults

        return ledger_faults(connection, name, lines, people)

    def fill_demo(self, connection: Connection, course: Course, at: int) -> None:
        """Publish all quizzes of the course, open since a minute ago."""
        from quizzes.content.quiz_file import load_quiz, quiz_paths
        from quizzes.services.enrolment import opened_now, publish_plan

        for path in quiz_paths(course):
            publish_plan(
                connection, opened_now(load_quiz(course, path.stem), at), at=at, who="demo", force=True
            )

    def load_beside(self, course: Course, folder: Path, address: str) -> SavesBeside | None:
        """Students who save answers at the course's first quiz."""
        from quizzes.content.quiz_file import quiz_paths
        from quizzes.loadtest.fixture import fixture_for
        from quizzes.loadtest.saves_beside import SavesBeside

        return SavesBeside(fixture_for(course, "", folder, address)) if quiz_paths(course) else None

    def start(self, context: AppContext, *, course_file: bool) -> QuizBackground:
        """Start the background tasks: close and mark attempts, grade functions, regrade."""
        from quizzes.web.background import QuizBackground

        return QuizBackground(context, course_file=course_file)


EXTENSION = QuizExtension()
