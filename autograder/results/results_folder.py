"""The folder that a run writes to. The ledger is what counts; all else is made from it and the reports.

DIR/ledger.jsonl                what was graded and changed, line by line
DIR/submissions/<digest>        what was handed in, byte for byte
DIR/reports/<student>.json      everything as data; a second attempt is <student>~2.json
DIR/feedback/<student>.html     the student's page
DIR/index.html, DIR/grades.csv  the class
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from autograder.errors import UsageError
from autograder.results.ledger import Graded
from autograder.submissions.collecting import safe_name
from autograder.submissions.submission import File, submission_digest

__all__ = ["Results"]

FOLDERS = {"reports": ".json", "feedback": ".html", "submissions": ""}  # and what is in them


class Results:
    """A folder of results."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ledger = root / "ledger.jsonl"
        self.index = root / "index.html"
        self.grades = root / "grades.csv"
        self.reports = root / "reports"
        self.feedback = root / "feedback"
        self.submissions = root / "submissions"

    def prepare(self) -> None:
        """Make the folders; refuses a folder that holds anything else."""
        if self.root.is_file():
            raise UsageError(f"{self.root} is a file.", next_step="Name a folder with --out.")
        foreign = next((path for path in self._found() if not self._is_ours(path)), None)
        if foreign is not None:
            raise UsageError(
                f"{foreign} is not from a grading run; nothing was written.",
                next_step="Name a new folder with --out.",
            )
        try:
            for folder in FOLDERS:
                (self.root / folder).mkdir(parents=True, exist_ok=True)
            self.ledger.touch()
        except OSError as problem:
            raise UsageError(
                f"{self.root} cannot be written to: {problem.strerror}.",
                next_step="Name another folder with --out.",
            ) from problem

    def name_for(self, student: str, attempt: int) -> str:
        """The name of an attempt's files, without what follows the dot."""
        return safe_name(student) + (f"~{attempt}" if attempt > 1 else "")

    def page_of(self, report: Path) -> Path:
        """The page that belongs to a report."""
        return self.feedback / f"{report.stem}.html"

    def link(self, report: Path) -> str:
        """The URL of a report's page, relative to the class page."""
        return f"{self.feedback.name}/{report.stem}.html"

    def submitted_file(self, line: Graded) -> File | None:
        """What was handed in, from the folder's own copy; None when that is gone or was altered."""
        try:
            file = File(line.file, (self.submissions / line.submission).read_bytes())
        except OSError:
            file = File(line.file, b"", line.problem)  # of a file that was not read there is no copy
        return file if submission_digest(file) == line.submission else None

    def keep(self, path: Path, data: bytes) -> None:
        """Write a file whole or not at all; the same bytes are left as they are."""
        with contextlib.suppress(OSError):
            if path.stat().st_size == len(data) and path.read_bytes() == data:
                return
        beside = path.with_name(f".{path.name}.part")
        beside.write_bytes(data)
        os.replace(beside, path)

    def _found(self) -> Iterator[Path]:
        with contextlib.suppress(OSError):  # what is wrong with it shows when it is written to
            yield from sorted(self.root.rglob("*")) if self.root.is_dir() else []

    def _is_ours(self, path: Path) -> bool:
        if path.parent == self.root:
            return path in (self.index, self.grades, self.ledger) or (path.name in FOLDERS and path.is_dir())
        return path.parent.name in FOLDERS and path.is_file() and self._fits(path)

    def _fits(self, path: Path) -> bool:
        name = path.name.removesuffix(".part")
        return name.endswith(FOLDERS[path.parent.name])
