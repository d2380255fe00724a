"""A submission: one student's notebook, read once, or the reason why it cannot be read."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.errors import SubmissionError
from autograder.submissions.archive import holds_archive, notebook_in
from autograder.submissions.notebook import LARGEST_FILE, Cell, read_notebook, require_size, storable

__all__ = [
    "File",
    "Submission",
    "digest",
    "notebook_bytes",
    "read_file",
    "read_submission",
    "submission_digest",
    "submission_of",
]

# No link is followed, and opening a pipe that nobody writes to does not wait.
OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
HAND_IN_FILE = "Hand in the notebook file (.ipynb) itself."
KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True)
class Submission:
    """What one student handed in for one assignment."""

    student: str
    file: str  # the file's name as handed in
    sha256: str  # of the file's bytes; empty when they were not all read
    cells: tuple[Cell, ...]
    problem: str = ""  # why it cannot be graded, for the student; empty when it can


@dataclass(frozen=True)
class File:
    """A file as it was handed in: its bytes, or why they cannot be read."""

    name: str
    data: bytes
    problem: str = ""

    @cached_property
    def sha256(self) -> str:
        """Digest of the bytes; empty when they were not all read."""
        return "" if self.problem else hashlib.sha256(self.data).hexdigest()


def read_file(path: Path) -> File:
    """Read what a student handed in, if it is not too large; follows no link."""
    name = storable(path.name)
    try:
        data = notebook_bytes(path)
        require_size(data)
        return File(name, data)
    except SubmissionError as refusal:
        return File(name, b"", f"{refusal.message} {refusal.next_step}".strip())
    except OSError as failure:
        reason = failure.strerror or type(failure).__name__
        return File(name, b"", f"The file cannot be read: {reason}. {HAND_IN_FILE}")


def submission_of(student: str, file: File, assignment: str = "") -> Submission:
    """What a student's file holds, a notebook or an archive with one; what is wrong becomes `problem`.

    In an archive with several notebooks, the one named after the assignment counts.
    """
    name, problem, data = file.name, file.problem, file.data
    cells: list[Cell] = []
    if not problem:
        try:
            if holds_archive(data):
                inside, data = notebook_in(data, assignment)
                name = f"{name}: {inside}"
            cells = read_notebook(data)
        except SubmissionError as refusal:
            problem = f"{refusal.message} {refusal.next_step}".strip()
    return Submission(storable(student), name, file.sha256, tuple(cells), problem)


def read_submission(student: str, path: Path, assignment: str = "") -> Submission:
    """Read a student's notebook, or the archive it is in; whatever is wrong with it becomes `problem`."""
    return submission_of(student, read_file(path), assignment)


def notebook_bytes(path: Path) -> bytes:
    """The bytes of a regular file, at most one more than are allowed.

    Raises SubmissionError for anything but a file, OSError when it cannot be read.
    """
    try:
        descriptor = os.open(path, OPEN)
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
        raise SubmissionError("There is no notebook in the folder.", next_step=HAND_IN_FILE)
    if kind != stat.S_IFREG:
        what = KINDS.get(kind, "something else")
        raise SubmissionError(f"There is {what} in place of a notebook.", next_step=HAND_IN_FILE)


def digest(*parts: str | bytes) -> str:
    """SHA-256 of the parts, told apart by their lengths."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        whole.update(f"{len(data)}:".encode() + data)
    return whole.hexdigest()


def submission_digest(file: File) -> str:
    """What tells submissions apart: the file's digest, or that of the reason why it was not read."""
    return file.sha256 or digest(file.name, file.problem)
