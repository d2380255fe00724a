"""Grading a class: every submission under a path, on several processes, into one folder.

DIR/index.html               the class page
DIR/grades.csv               one row a student
DIR/reports/<student>.json   everything as data
DIR/feedback/<student>.html  the student's page
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from autograder.assignment import load_assignment
from autograder.cores import one_core
from autograder.course import find_course
from autograder.errors import SandboxError, UsageError
from autograder.feedback import class_page, student_page
from autograder.gradebook import grades_csv
from autograder.grading import Grader
from autograder.intake import Entry, safe_name
from autograder.report import Report
from autograder.submission import read_submission

__all__ = ["Batch", "Output"]


PARTS = {"reports": ".json", "feedback": ".html"}  # folders of a run, and what is in them


@dataclass(frozen=True)
class Batch:
    """What is graded, and how; small enough to hand to a worker process."""

    course: Path
    assignment: str
    seed: int
    out: Path
    workers: int = 1
    dataset: str = ""  # overrides the assignment's choice
    allow_weak_sandbox: bool = False

    def grade(self, entries: Sequence[Entry]) -> Iterator[Report]:
        """Grade the submissions, writing each student's files; reports come as they are done."""
        Output(self.out).prepare()
        if self.workers == 1 or len(entries) == 1:
            with one_core(0), _Station(self) as station:
                for entry in entries:
                    yield station.handle(entry)
            return
        context = get_context("spawn")  # a fork would share the judge's locks and open files
        workers, counter = min(self.workers, len(entries)), context.Value("i", 0)
        pool = ProcessPoolExecutor(workers, context, _start_worker, (self, counter))
        with pool:
            try:
                for done in as_completed([pool.submit(_in_worker, entry) for entry in entries]):
                    yield done.result()
            except BrokenProcessPool as problem:
                raise SandboxError(
                    "A grading process ended unexpectedly.",
                    next_step="Free some memory, or grade with fewer --workers, and start again.",
                ) from problem
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def finish(self, reports: Sequence[Report]) -> None:
        """Write the class's page and table."""
        output = Output(self.out)
        course = find_course(self.course)
        title = load_assignment(course, self.assignment).file.title
        page = class_page(reports, title=title, course=course.title, link=output.link)
        output.index.write_text(page, encoding="utf-8")
        output.grades.write_text(grades_csv(reports), encoding="utf-8")


@dataclass(frozen=True)
class Output:
    """The folder that a run writes to."""

    root: Path

    @property
    def index(self) -> Path:
        """The class page."""
        return self.root / "index.html"

    @property
    def grades(self) -> Path:
        """The table of grades."""
        return self.root / "grades.csv"

    def link(self, report: Report) -> str:
        """The URL of a student's page, relative to the class page."""
        return f"feedback/{safe_name(report.student)}.html"

    def prepare(self) -> None:
        """Make the folders and remove an earlier run's files; refuses a folder that holds anything else."""
        if self.root.is_file():
            raise UsageError(f"{self.root} is a file.", next_step="Name a folder with --out.")
        foreign = [path for path in self._found() if not self._is_ours(path)]
        if foreign:
            raise UsageError(
                f"{foreign[0]} is not from a grading run; nothing was written.",
                next_step="Name a new folder with --out.",
            )
        try:
            for path in self._found():
                if path.is_file():
                    path.unlink()
            for part in PARTS:
                (self.root / part).mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise UsageError(
                f"{self.root} cannot be written to: {problem.strerror}.",
                next_step="Name another folder with --out.",
            ) from problem

    def _found(self) -> list[Path]:
        try:
            return sorted(self.root.rglob("*")) if self.root.is_dir() else []
        except OSError:
            return []  # what is wrong with it shows when it is written to

    def _is_ours(self, path: Path) -> bool:
        if path.parent == self.root:
            return path in (self.index, self.grades) or (path.name in PARTS and path.is_dir())
        return path.parent.name in PARTS and path.suffix == PARTS[path.parent.name] and path.is_file()

    def write(self, report: Report, page: str) -> None:
        """Write a student's report and page."""
        name = safe_name(report.student)
        (self.root / "reports" / f"{name}.json").write_text(report.to_json(), encoding="utf-8")
        (self.root / "feedback" / f"{name}.html").write_text(page, encoding="utf-8")


class _Station:
    """What one process needs to handle submissions."""

    def __init__(self, batch: Batch) -> None:
        course = find_course(batch.course)
        self.assignment = load_assignment(course, batch.assignment)
        self.course_title, self.output = course.title, Output(batch.out)
        self.grader = Grader(
            self.assignment, batch.seed, batch.dataset, allow_weak_sandbox=batch.allow_weak_sandbox
        )

    def handle(self, entry: Entry) -> Report:
        report = self.grader.grade(read_submission(entry.student, entry.path, self.assignment.id))
        page = student_page(report, title=self.assignment.file.title, course=self.course_title)
        self.output.write(report, page)
        return report

    def __enter__(self) -> _Station:
        return self

    def __exit__(self, *details: object) -> None:
        self.grader.close()


_station: _Station | None = None  # one for each worker process, made by its initializer


def _start_worker(batch: Batch, counter: Synchronized[int]) -> None:
    global _station
    with counter.get_lock():
        number = counter.value
        counter.value += 1
    one_core(number).__enter__()  # for as long as the process lives
    _station = _Station(batch)


def _in_worker(entry: Entry) -> Report:
    assert _station is not None  # the initializer ran first
    return _station.handle(entry)
