"""A class's archive, as a learning platform exports it: unpacked to a temporary directory for collecting.

Notebooks, students' own archives and the platforms' metadata are written, each under a name that stays inside
the directory; every other file becomes an empty one of its name, so that collecting can name it. Links,
devices, names that lead elsewhere and duplicate names are skipped and reported. `grade` and `similarity`
unpack with it.
"""

from __future__ import annotations

import os
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import AutograderError, SubmissionError, UsageError
from autograder.submissions.archive import Member, is_archive, members, stem
from autograder.submissions.guarded_files import is_ignored
from autograder.submissions.notebook import LARGEST_FILE, storable
from autograder.submissions.selection import may_hold_notebook

__all__ = ["SkippedMember", "has_instants", "unpacked"]

MOST_MEMBERS = 100_000
MOST_BYTES = 8 * 1024**3
DEEPEST = 20  # nested directories
MOST_NAMED = 20  # members left out, in an error
METADATA = {"submission_metadata.yml", "timestamp.txt"}  # of Gradescope and nbgrader


@dataclass(frozen=True)
class SkippedMember:
    """A member that was not unpacked, and why."""

    name: str
    reason: str


@contextmanager
def unpacked(path: Path, most_bytes: int = MOST_BYTES) -> Iterator[tuple[Path, list[SkippedMember]]]:
    """The temporary directory that an archive unpacks to, and what was left out; other paths pass through.

    Raises UsageError where the archive cannot be unpacked, or is larger than `most_bytes`.
    """
    if not is_archive(path) or not path.is_file() or path.is_symlink():
        yield path, []
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, stem(path) or "class")
        folder.mkdir()
        try:
            skipped = _extract(path, folder, most_bytes)
        except (SubmissionError, OSError) as problem:
            reason = (
                problem.message
                if isinstance(problem, SubmissionError)
                else f"It cannot be read: {problem.strerror}."
            )
            raise UsageError(
                f"{path}: {reason}", next_step="Unpack it yourself, and use the directory or a ZIP of it."
            ) from problem
        try:
            yield folder, skipped
        except AutograderError as problem:
            _speak_of_the_archive(problem, path, folder, skipped)
            raise


def has_instants(path: Path) -> bool:
    """Whether the times of all files in an archive are in UTC: then no time zone of a machine changes them.

    ZIP archives have the time on the clock of whoever packed them; many archivers add that in UTC.
    """
    if not is_archive(path) or not path.is_file() or path.is_symlink():
        return False
    try:
        with open(path, "rb") as file, members(file, MOST_MEMBERS, MOST_BYTES, large_ones=False) as archive:
            return all(member.is_instant for member in archive if member.kind == "file")
    except (SubmissionError, OSError):
        return False  # `unpacked` says what is wrong with it


def _speak_of_the_archive(
    problem: AutograderError, path: Path, folder: Path, skipped: list[SkippedMember]
) -> None:
    """Where an error names the temporary directory, name the archive and what was left out of it instead."""
    if str(folder) in problem.message:
        problem.message = problem.message.replace(str(folder), str(path))
        for member in skipped[:MOST_NAMED]:
            problem.message += f" Left out: {member.name}: {member.reason}"
        if len(skipped) > MOST_NAMED:
            problem.message += f" {len(skipped) - MOST_NAMED} more were left out."
        problem.args = (problem.message,)
    problem.next_step = problem.next_step.replace(str(folder), str(path))


def _extract(path: Path, folder: Path, most_bytes: int) -> list[SkippedMember]:
    skipped: list[SkippedMember] = []
    taken: set[str] = set()
    with open(path, "rb") as file, members(file, MOST_MEMBERS, most_bytes, large_ones=False) as archive:
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
    ignored = next((at for at, part in enumerate(parts) if is_ignored(part)), len(parts))
    # Whatever is in it, the directory of a student is there.
    is_directory = member.kind == "folder" or ignored < len(parts)
    path = folder.joinpath(*parts[:ignored])
    (path if is_directory else path.parent).mkdir(parents=True, exist_ok=True)
    if is_directory:
        return
    if member.kind != "file":
        raise SubmissionError(f"It is {member.kind}.")
    key = unicodedata.normalize("NFC", "/".join(parts))
    if key in taken or path.exists():
        raise SubmissionError("An earlier member has the same name.")
    taken.add(key)
    wanted = may_hold_notebook(path.name) or is_archive(path) or path.name in METADATA
    if wanted and member.size > LARGEST_FILE:
        raise SubmissionError(f"It is larger than {LARGEST_FILE // 1_000_000} MB.")
    data = member.read() if wanted else b""
    with open(path, "xb") as file:
        file.write(data)
    if member.modified:
        os.utime(path, (member.modified, member.modified))  # a dropbox compares it with the name's


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
