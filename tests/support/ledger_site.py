"""A site without a server for tests of its ledger: a database and a file store, filled step by step."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from exam_fixture import SIGNER
from report_factory import make_check, make_report, make_task
from tiny_course import ASSIGNMENT

from autograder.course.assignment import load_assignment
from autograder.course.course import Course
from autograder.report import Status, SubmissionFacts, summarize_report
from autograder.results.ledger import Line
from autograder.results.results_folder import Results
from autograder.runs.verify import faults_of
from autograder.site.database import Database
from autograder.site.file_store import FileStore
from autograder.site.homework.assignments import Facts, bundle_of, publish, published
from autograder.site.homework.grade_records import TOTAL, GradingResult
from autograder.site.homework.ledger_transfer import Imported, export_ledger, import_ledger
from autograder.site.homework.queue import enqueue, finish, lease_next
from autograder.site.homework.scores import KIND, GradingSummary, attempts_of_class, counted
from autograder.site.homework.submissions import (
    find_submission,
    latest_gradings,
    owners_of,
    store_submission,
)
from autograder.site.ledger import LedgerName, read_site_ledger
from autograder.site.ledger_check import check_ledgers
from autograder.site.marks import Mark, Source, add_marks
from autograder.site.people import COURSE, add_course, add_person, enrol

START = 1_780_000_000_000  # milliseconds
NAME = LedgerName(COURSE, KIND, ASSIGNMENT)
POSSIBLE = 6


class LedgerSite:
    """One site of a course; each step is a second later than the one before."""

    def __init__(self, course: Course, address: str | Path, files: FileStore) -> None:
        self.course, self.files, self.now = course, files, START
        self.database = Database(address)
        facts = Facts.of(load_assignment(course, ASSIGNMENT).file)
        with self.database.transaction() as connection:
            add_course(connection, COURSE, course.title, str(course.zone))
            for person in ("ann", "bob", "ina"):
                add_person(connection, person, person.title())
                enrol(connection, COURSE, person, role="instructor" if person == "ina" else "student")
            publish(
                connection,
                COURSE,
                ASSIGNMENT,
                digest=files.put(bundle_of(course, ASSIGNMENT)),
                handout=files.put(b"handout"),
                facts=facts,
                due_at=None,
                at=START,
                who="ina",
            )

    def later(self) -> int:
        """The next second."""
        self.now += 1000
        return self.now

    def submit(self, person: str, content: bytes, *partners: str) -> str:
        """Store a submission; its id."""
        at = self.later()
        with self.database.transaction() as connection:
            return store_submission(
                connection,
                published(connection, COURSE, ASSIGNMENT),
                course=COURSE,
                person=person,
                digest=self.files.put(content),
                size=len(content),
                file=f"{person}.ipynb",
                began_at=at,
                received_at=at,
                signer=SIGNER,
                owners=partners,
            ).id

    def grade(self, earned: float = POSSIBLE) -> str:
        """Grade what is next in the queue; the submission's id, empty where nothing waits."""
        at = self.later()
        with self.database.transaction() as connection:
            lease = lease_next(connection, COURSE, f"grader {at}", at)
        if lease is None:
            return ""
        checks = make_check(points=earned), make_check(Status.FAILED, POSSIBLE - earned)
        report = make_report(
            make_task("double", *checks),
            student=lease.student,
            assignment=ASSIGNMENT,
            submission=SubmissionFacts(sha256=lease.digest, file=lease.file, problem=""),
            seed=lease.seed,
        )
        result = GradingResult(
            report=self.files.put(report.to_json().encode()),
            earned=Decimal(str(earned)),
            possible=Decimal(POSSIBLE),
            summary=GradingSummary.of(report).to_json(),
            problem=summarize_report(report).problem,
            sandbox=report.sandbox,
            engine="engine",
            environment="environment",
        )
        with self.database.transaction() as connection:
            finish(connection, lease.id, lease.secret, result, at)
        return lease.submission

    def regrade(self, name: str) -> None:
        """Queue a submission once more."""
        with self.database.transaction() as connection:
            row = published(connection, COURSE, ASSIGNMENT)
            enqueue(connection, COURSE, name, row.bundle, reason="regrade", seed=7, at=self.later())

    def mark(self, name: str, points: float | None, reason: str = "looked again") -> None:
        """Set or withdraw the points of a submission."""
        value = None if points is None else Decimal(str(points))
        with self.database.transaction() as connection:
            given = Mark(TOTAL, value, Source.MANUAL, self.later(), who="ina", reason=reason)
            add_marks(connection, KIND, name, [given])

    def faults(self, head: str = "") -> list[str]:
        """What verification finds."""
        with self.database.reading() as connection:
            return check_ledgers(connection, COURSE, self.files, head).faults

    def lines(self) -> list[Line]:
        """The ledger."""
        with self.database.reading() as connection:
            return read_site_ledger(connection, NAME)[0]

    def scores(self) -> dict[str, float | None]:
        """Everybody's score as the pages show it."""
        with self.database.reading() as connection:
            row = published(connection, COURSE, ASSIGNMENT)
            attempts = attempts_of_class(connection, self.course, COURSE, row)
        chosen = {person: counted(self.course, row, person, items) for person, items in attempts.items()}
        return {
            person: round(float(attempt.final), 4)
            for person, attempt in chosen.items()
            if attempt is not None and attempt.final is not None
        }

    def is_graded(self, name: str) -> bool:
        """Whether a submission has a result."""
        with self.database.reading() as connection:
            return latest_gradings(connection, [name])[name].state == "graded"

    def owners(self, name: str) -> list[str]:
        """Whose a submission is."""
        with self.database.reading() as connection:
            assert find_submission(connection, COURSE, name) is not None
            return owners_of(connection, name)

    def export(self, results: Results) -> str:
        """Export the ledger; its digest."""
        return export_ledger(self.database, self.files, self.course, COURSE, ASSIGNMENT, results)

    def import_(self, results: Results) -> Imported:
        """Import a results directory."""
        return import_ledger(self.database, self.files, self.course, COURSE, results)

    def folder_faults(self, results: Results) -> list[str]:
        """What `autograder verify` says of a results directory."""
        from autograder.results.ledger import read_ledger

        return faults_of(results, read_ledger(results.ledger)[0], self.course)
