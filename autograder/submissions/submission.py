"""A submission: one student's file for one assignment, read once; its cells are parsed on demand.

`read_submission` reads a path. Whatever is wrong with the file becomes a sentence for its student
(`Submission.problem`), never an exception. The command line, the batch and nbgrader's converter grade
what this module reads.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from autograder.errors import SubmissionError
from autograder.submissions.archive import holds_archive, notebook_in
from autograder.submissions.notebook import (
    LARGEST_FILE,
    Cell,
    read_notebook_and_version,
    require_size,
    storable,
)

__all__ = ["Submission", "digest", "notebook_bytes", "read_submission"]

# No link is followed, and opening a pipe that nobody writes to does not wait.
OPEN_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
SUBMIT_FILE = "Submit the notebook file (.ipynb) itself."
# An unreadable submission is known by the digest of its reason: ledgers hold those of the first wording.
FIRST_WORDING = {
    SUBMIT_FILE: "Hand in the notebook file (.ipynb) itself.",
    "There is no notebook in the directory.": "There is no notebook in the folder.",
    "save it and submit it again.": "save it and hand it in again.",
}
KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True)
class _Content:
    """What a submission's bytes hold."""

    file: str
    cells: tuple[Cell, ...] = ()
    problem: str = ""
    python: str = ""


@dataclass(frozen=True)
class Submission:
    """What one student submitted for one assignment: the file's bytes, or why they could not be read."""

    student: str
    file_name: str  # as submitted
    data: bytes = field(default=b"", repr=False)
    unreadable: str = ""  # why there are no bytes, for the student; empty when they were read
    assignment: str = ""  # of an archive's notebooks, the one named after the assignment counts
    submitted: datetime | None = None  # with its zone, where the source says so
    marked_late: bool = False  # by a platform that does not give the time
    number: int = 0  # the platform's, larger for a later one; 0 where it has none
    origin: str = ""  # what the platform calls it; feedback goes back under this name

    @cached_property
    def sha256(self) -> str:
        """Digest of the bytes; empty when they were not all read."""
        return "" if self.unreadable else hashlib.sha256(self.data).hexdigest()

    @property
    def digest(self) -> str:
        """What tells it from other submissions: the bytes' digest, or that of the reason there are none."""
        return self.sha256 or digest(self.file_name, _first_wording(self.unreadable))

    @property
    def file(self) -> str:
        """The file's name as reports show it: of an archive, with the notebook in it."""
        return self._content.file

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The notebook's code cells; none when it cannot be graded."""
        return self._content.cells

    @property
    def problem(self) -> str:
        """Why it cannot be graded, for the student; empty when it can."""
        return self._content.problem

    @property
    def python(self) -> str:
        """The Python version that the notebook was run with; empty when it does not say."""
        return self._content.python

    @cached_property
    def _content(self) -> _Content:
        if self.unreadable:
            return _Content(self.file_name, problem=self.unreadable)
        name, data = self.file_name, self.data
        try:
            if holds_archive(data):
                inside, data = notebook_in(data, self.assignment)
                name = f"{name}: {inside}"
            cells, python = read_notebook_and_version(data)
            return _Content(name, tuple(cells), python=python)
        except SubmissionError as refusal:
            return _Content(name, problem=f"{refusal.message} {refusal.next_step}".strip())


def read_submission(
    student: str,
    path: Path,
    assignment: str = "",
    *,
    submitted: datetime | None = None,
    marked_late: bool = False,
    number: int = 0,
    origin: str = "",
) -> Submission:
    """Read a student's notebook, or the archive it is in, if it is not too large; follows no link."""
    data, unreadable = b"", ""
    try:
        data = notebook_bytes(path)
        require_size(data)
    except SubmissionError as refusal:
        data, unreadable = b"", f"{refusal.message} {refusal.next_step}".strip()
    except OSError as failure:
        reason = failure.strerror or type(failure).__name__
        unreadable = f"The file cannot be read: {reason}. {SUBMIT_FILE}"
    return Submission(
        storable(student),
        storable(path.name),
        data,
        unreadable,
        assignment,
        submitted,
        marked_late,
        number,
        storable(origin),
    )


def _first_wording(reason: str) -> str:
    for sentence, first in FIRST_WORDING.items():
        reason = reason.replace(sentence, first)
    return reason


def notebook_bytes(path: Path) -> bytes:
    """The bytes of a regular file, at most one more than are allowed.

    Raises SubmissionError for anything but a file, OSError when it cannot be read.
    """
    try:
        descriptor = os.open(path, OPEN_FLAGS)
    except OSError:
        _require_file(path.lstat().st_mode)  # a link or a socket says why better than the error does
        raise
    try:
        _require_file(os.fstat(descriptor).st_mode)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(LARGEST_FILE + 1)
    finally:
        os.close(descriptor)


def _require_file(mode: int) -> None:
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFDIR:
        raise SubmissionError("There is no notebook in the directory.", next_step=SUBMIT_FILE)
    if kind != stat.S_IFREG:
        kind_name = KINDS.get(kind, "something else")
        raise SubmissionError(f"There is {kind_name} in place of a notebook.", next_step=SUBMIT_FILE)


def digest(*parts: str | bytes) -> str:
    """SHA-256 of the parts, told apart by their lengths."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        whole.update(f"{len(data)}:".encode() + data)
    return whole.hexdigest()
