"""A class's archive, as a learning platform exports it: unpacked to a temporary directory for collecting.

Only notebooks, students' own archives and the platforms' metadata are written, each under a name that stays
inside the directory; of all other members only the directories are created. Links, devices, names that lead
elsewhere and duplicate names are skipped and reported. `grade` and `similarity` unpack with it.
"""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import SubmissionError, UsageError
from autograder.submissions.archive import Member, is_archive, members, stem
from autograder.submissions.notebook import LARGEST_FILE, storable

__all__ = ["SkippedMember", "unpacked"]

MOST_MEMBERS = 100_000
MOST_BYTES = 8 * 1024**3
DEEPEST = 20  # nested directories
NOTEBOOK = ".ipynb"
METADATA = {"submission_metadata.yml", "timestamp.txt"}  # of Gradescope and nbgrader
PLATFORM_NAME = re.compile(r".*_\d+_(\d+|assignsubmission_file)_.+", re.DOTALL)  # a file of Canvas or Moodle


@dataclass(frozen=True)
class SkippedMember:
    """A member that was not unpacked, and why."""

    name: str
    reason: str


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[Path, list[SkippedMember]]]:
    """The temporary directory that an archive unpacks to; any other path is passed through."""
    if not is_archive(path) or not path.is_file() or path.is_symlink():
        yield path, []
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, stem(path) or "class")
        folder.mkdir()
        try:
            skipped = _unpack(path, folder)
        except (SubmissionError, OSError) as problem:
            reason = (
                problem.message
                if isinstance(problem, SubmissionError)
                else f"It cannot be read: {problem.strerror}."
            )
            raise UsageError(
                f"{path}: {reason}", next_step="Unpack it yourself and name the directory."
            ) from problem
        yield _top(folder), skipped


def _top(folder: Path) -> Path:
    """The first directory that holds more than one directory: archivers like to add such levels."""
    while True:
        children = [child for child in folder.iterdir() if child.name not in ("__MACOSX", ".DS_Store")]
        if len(children) != 1 or not children[0].is_dir():
            return folder
        if children[0].name == "submitted" or "_assignsubmission_" in children[0].name:
            return folder  # its name says which layout it has
        if any(child.is_file() for child in children[0].iterdir()):
            return folder  # one student's directory
        folder = children[0]


def _unpack(path: Path, folder: Path) -> list[SkippedMember]:
    skipped: list[SkippedMember] = []
    taken: set[str] = set()
    with open(path, "rb") as file, members(file, MOST_MEMBERS, MOST_BYTES) as archive:
        for member in archive:
            try:
                _write(member, folder, taken)
            except SubmissionError as problem:
                skipped.append(SkippedMember(storable(member.name)[:300], problem.message))
            except OSError as problem:
                skipped.append(
                    SkippedMember(storable(member.name)[:300], f"It cannot be written: {problem.strerror}.")
                )
    return skipped


def _write(member: Member, folder: Path, taken: set[str]) -> None:
    parts = _inside(member.name)
    path = folder.joinpath(*parts)
    (path if member.kind == "folder" else path.parent).mkdir(parents=True, exist_ok=True)
    if member.kind == "folder":
        return
    wanted = path.suffix.lower() == NOTEBOOK or is_archive(path) or parts[-1] in METADATA
    if member.kind != "file":
        raise SubmissionError(f"It is {member.kind}.")
    if (
        not wanted
        and PLATFORM_NAME.fullmatch(parts[-1])
        and len(parts) <= 2
        and "submission_" not in parts[0]
    ):
        raise SubmissionError(f"It is not a notebook ({NOTEBOOK}).")
    if not wanted or parts[-1].startswith("."):
        return  # a table, a picture, data: not graded
    key = unicodedata.normalize("NFC", "/".join(parts))
    if key in taken or path.exists():
        raise SubmissionError("An earlier member has the same name.")
    taken.add(key)
    data = member.read()
    if len(data) > LARGEST_FILE:
        raise SubmissionError(f"It is larger than {LARGEST_FILE // 1_000_000} MB.")
    with open(path, "xb") as file:
        file.write(data)


def _inside(name: str) -> list[str]:
    """The parts of a member's name; raises SubmissionError for a name that leads out of the archive."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or not parts:
        raise SubmissionError("Its name leads out of the archive.")
    if "\0" in name or storable(name) != name:
        raise SubmissionError("Its name holds characters that a file name cannot.")
    if len(parts) > DEEPEST:
        raise SubmissionError(f"It is more than {DEEPEST} directories deep.")
    return parts
