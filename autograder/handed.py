"""A file that was handed in, with whose it is and what is known of the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from autograder.intake.entry import Entry
from autograder.results import submission_digest
from autograder.submission import File, read_file

__all__ = ["Handed", "handed_in"]


@dataclass(frozen=True)
class Handed:
    """A file that a student handed in."""

    student: str
    file: File
    submitted: datetime | None = None
    marked_late: bool = False  # by a platform that does not say when it came

    @property
    def digest(self) -> str:
        """What tells it from other submissions."""
        return submission_digest(self.file)


def handed_in(entry: Entry) -> Handed:
    """What intake found, with the file read."""
    return Handed(entry.student, read_file(entry.path), entry.submitted, entry.late)
