"""The extension of the course's site for homework: pages, tables, and the graders beside the server.

Every opened database needs the migrations, so the pages are imported only when they are served.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.site.extensions import Extension

if TYPE_CHECKING:
    from markupsafe import Markup
    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from autograder.course.course import Course
    from autograder.results.ledger import Line
    from autograder.site.app_context import AppContext
    from autograder.site.clock_correction import WrongSpan
    from autograder.site.extensions import GradedWork
    from autograder.site.file_store import FileStore
    from autograder.site.homework.graders import Graders
    from autograder.site.homework.marking import HomeworkMarking
    from autograder.site.ledger import LedgerName
    from autograder.site.marks import Mark
    from autograder.site.roles import Access

__all__ = ["EXTENSION", "HomeworkExtension"]


class HomeworkExtension(Extension):
    """The site's extension for homework; see `autograder.site.extensions.Extension`.

    The site itself offers links to assignments (`site.assignments`), course.yaml has their extensions, the
    command `serve --demo` makes a class (`cli.demo_site`), and a grading is taken by an update that only
    one server can win: so homework defines none of the optional methods.
    """

    package = "autograder.site.homework"
    migrations = Path(__file__).parent / "migrations"
    title = "Homework"
    work_kind = "homework"

    def routes(self) -> Sequence[BaseRoute]:
        """The routes of the pages, and those of the graders."""
        from autograder.site.homework.class_upload_pages import CLASS_UPLOAD_ROUTES
        from autograder.site.homework.due_date_pages import DUE_DATE_ROUTES
        from autograder.site.homework.grader_api import GRADER_ROUTES
        from autograder.site.homework.group_pages import GROUP_ROUTES
        from autograder.site.homework.notebook_api import NOTEBOOK_ROUTES
        from autograder.site.homework.pages import HOMEWORK_ROUTES
        from autograder.site.homework.regrade_pages import REGRADE_ROUTES
        from autograder.site.homework.staff_pages import HOMEWORK_STAFF_ROUTES

        return (
            *HOMEWORK_ROUTES,
            *NOTEBOOK_ROUTES,
            *HOMEWORK_STAFF_ROUTES,
            *REGRADE_ROUTES,
            *CLASS_UPLOAD_ROUTES,
            *DUE_DATE_ROUTES,
            *GROUP_ROUTES,
            *GRADER_ROUTES,
        )

    def home_section(self, request: Request) -> Markup:
        """The assignments of the course, each with the student's dates and score."""
        from autograder.site.homework.pages import home_section

        return home_section(request)

    def waits_for_staff(
        self, connection: Connection, course: str, access: Access, at: int
    ) -> Sequence[tuple[str, str]]:
        """Requests for extensions, and submissions that could not be graded, or wait for it for long."""
        from autograder.site.homework.staff_pages import waits_for_staff

        return waits_for_staff(connection, course, access, at)

    def works(self, connection: Connection, course: str) -> Sequence[tuple[str, str]]:
        """The published assignments."""
        from autograder.site.homework.assignments import homework_in

        return [(row.id, row.facts.title) for row in homework_in(connection, course)]

    def submitted(self, connection: Connection, course: str, work: str) -> Collection[str]:
        """The owners of submissions of an assignment."""
        from autograder.site.homework.submissions import submissions_of_all

        return {person for person, _ in submissions_of_all(connection, course, work)}

    def person_section(self, request: Request, connection: Connection, person: str) -> Markup:
        """A student's dates, submissions and scores, by assignment."""
        from autograder.site.homework.staff_pages import person_section

        return person_section(request, connection, person)

    def latest_instant(self, connection: Connection, wrong: Sequence[WrongSpan]) -> int:
        """The arrival of the latest submission outside wrong spans."""
        from autograder.site.homework.submissions import latest_instant

        return latest_instant(connection, wrong)

    def instants_after(self, connection: Connection, instant: int) -> Collection[int]:
        """The first and the last arrival of submissions after an instant."""
        from autograder.site.homework.submissions import instants_after

        return instants_after(connection, instant)

    def graded_work(
        self, connection: Connection, course: Course, of: str, at: int, *, student: str | None = None
    ) -> Sequence[GradedWork]:
        """The published assignments: of each student the attempt that counts."""
        from autograder.site.homework.gradebook_columns import graded_work

        return graded_work(connection, course, of, at, student)

    def erasure_counts(self, connection: Connection, course: str, person: str) -> Mapping[str, int]:
        """The files that a person alone has submitted, and the reports on them."""
        from autograder.site.homework.personal_data import erasure_counts

        return erasure_counts(connection, course, person)

    def erase_person(self, connection: Connection, course: str, person: str, new: str) -> Collection[str]:
        """Erase a person from submissions, rules and marks; the files that the person had."""
        from autograder.site.homework.personal_data import erase_person

        return erase_person(connection, course, person, new)

    def needed_files(self, connection: Connection, files: Collection[str], without: str) -> Collection[str]:
        """What assignments are made of, and what others have submitted or were told."""
        from autograder.site.homework.personal_data import needed_files

        return needed_files(connection, files, without)

    def personal_files(
        self, context: AppContext, connection: Connection, person: str, *, full: bool, at: int
    ) -> Iterator[tuple[str, bytes]]:
        """Submitted files, gradings and reports."""
        from autograder.site.homework.personal_data import personal_files

        return personal_files(context, connection, person, full=full, at=at)

    def record_marks(self, connection: Connection, work: str, marks: Sequence[Mark]) -> Sequence[int]:
        """Append people's marks of a submission to the ledger of its assignment."""
        from autograder.site.homework.grade_records import record_marks

        return record_marks(connection, work, marks)

    def marking_source(self, context: AppContext) -> HomeworkMarking:
        """Written answers, and tasks whose checks a person overrides."""
        from autograder.site.homework.marking import homework_marking

        return homework_marking(context)

    def ledger_faults(
        self,
        connection: Connection,
        name: LedgerName,
        lines: Sequence[Line],
        people: Mapping[str, str],
        files: FileStore,
    ) -> Sequence[str]:
        """Gradings, marks and files that are not as the ledger of their assignment says."""
        from autograder.site.homework.verification import ledger_faults

        return ledger_faults(connection, name, lines, people, files)

    def stored_files(self, connection: Connection, course: str) -> Sequence[tuple[str, str]]:
        """What is published of each assignment, and what was submitted."""
        from autograder.site.homework.verification import stored_files

        return stored_files(connection, course)

    def start(self, context: AppContext, *, course_file: bool) -> Graders:
        """Start the graders beside the server."""
        from autograder.site.homework.graders import start_graders

        return start_graders(context)


EXTENSION = HomeworkExtension()
