"""The results directory that a run writes: the ledger counts, all else derives from it and the reports.

DIR/ledger.jsonl                what was graded and changed, line by line
DIR/pseudonyms.csv              whose the pseudonyms are, in a ledger of the course's site
DIR/submissions/<digest>        what was submitted, byte for byte
DIR/reports/<student>.json      everything as data; a second attempt is <student>~2.json
DIR/feedback/<student>.html     the student's page
DIR/index.html, DIR/grades.csv  the class

`runs` writes it; `GradedAssignment` (`final_scores`) reads it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from autograder.errors import UsageError
from autograder.report import Report
from autograder.results.ledger import PSEUDONYMS, Graded
from autograder.submissions.collecting import safe_name
from autograder.submissions.guarded_files import is_ignored_below
from autograder.submissions.submission import Submission

__all__ = ["Results", "read_report", "report_stem"]

FOLDERS = {"reports": ".json", "feedback": ".html", "submissions": ""}  # with their files' suffix


def report_stem(student: str, attempt: int) -> str:
    """The name of an attempt's files, without what follows the dot."""
    return safe_name(student) + (f"~{attempt}" if attempt > 1 else "")


def read_report(path: Path) -> Report:
    """A report of a results directory; raises UsageError for one that is missing or damaged."""
    try:
        return Report.from_json(path.read_bytes())
    except (OSError, ValidationError) as problem:
        missing = isinstance(problem, FileNotFoundError)
        raise UsageError(
            f"{path} {'is missing' if missing else 'is not a report'}.",
            next_step="Run `autograder regrade` to write it again.",
        ) from problem


class Results:
    """The paths of a results directory, and how its files are written and read back."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ledger = root / "ledger.jsonl"
        self.pseudonyms = root / PSEUDONYMS
        self.index = root / "index.html"
        self.grades = root / "grades.csv"
        self.reports = root / "reports"
        self.feedback = root / "feedback"
        self.submissions = root / "submissions"

    def prepare(self) -> None:
        """Create the subdirectories; raises UsageError for a directory that holds anything else."""
        if self.root.is_file():
            raise UsageError(f"{self.root} is a file.", next_step="Name a directory with --out.")
        foreign = next((path for path in self._existing() if not self._is_ours(path)), None)
        if foreign is not None:
            raise UsageError(
                f"{foreign} is not from a grading run; nothing was written.",
                next_step="Move it elsewhere, or name a new directory with --out.",
            )
        try:
            for folder in FOLDERS:
                (self.root / folder).mkdir(parents=True, exist_ok=True)
            if not self.ledger.exists():
                self.ledger.touch()
        except OSError as problem:
            raise UsageError(
                f"{self.root} cannot be written to: {problem.strerror}.",
                next_step="Name another directory with --out.",
            ) from problem

    def name_for(self, student: str, attempt: int) -> str:
        """The name of an attempt's files, without what follows the dot."""
        return report_stem(student, attempt)

    def page_of(self, report: Path) -> Path:
        """The page that belongs to a report."""
        return self.feedback / f"{report.stem}.html"

    def link(self, report: Path) -> str:
        """The URL of a report's page, relative to the class page."""
        return f"{self.feedback.name}/{report.stem}.html"

    def stored_submission(self, line: Graded, assignment: str = "") -> Submission | None:
        """What was submitted, from the directory's own copy; None when that is missing or was altered."""
        data, unreadable = b"", ""
        try:
            data = (self.submissions / line.submission).read_bytes()
        except OSError:
            unreadable = line.problem  # of a file that could not be read there is no copy
        submission = Submission(
            line.student,
            line.file,
            data,
            unreadable,
            assignment,
            line.submitted,
            line.marked_late,
            other_files=tuple(line.others),
        )
        return submission if submission.digest == line.submission else None

    def write(self, path: Path, data: bytes) -> None:
        """Write a file atomically; a file with the same bytes is left alone."""
        with contextlib.suppress(OSError):
            if path.stat().st_size == len(data) and path.read_bytes() == data:
                return
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(data)
        os.replace(part, path)

    def _existing(self) -> Iterator[Path]:
        with contextlib.suppress(OSError):  # what is wrong with it shows when it is written to
            yield from sorted(self.root.rglob("*")) if self.root.is_dir() else []

    def _is_ours(self, path: Path) -> bool:
        if is_ignored_below(self.root, path):  # a file manager's, or a rest of a run that was cut off
            return True
        if path.parent == self.root:
            files = self.index, self.grades, self.ledger, self.pseudonyms
            return path in files or (path.name in FOLDERS and path.is_dir())
        return path.parent.name in FOLDERS and path.is_file() and self._fits(path)

    def _fits(self, path: Path) -> bool:
        name = path.name.removesuffix(".part")
        return name.endswith(FOLDERS[path.parent.name])
