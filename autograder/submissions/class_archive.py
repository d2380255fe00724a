"""A class's archive, as a learning platform gives it out: unpacked for intake to look through.

Only notebooks, students' own archives and the platforms' notes on who handed in what are written, each
under a name that stays inside the folder; of everything else the folders are made. Links, devices, names
that lead elsewhere and names that are taken are left out and told by name.
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

__all__ = ["Left", "unpacked"]

MOST_MEMBERS = 100_000
MOST_BYTES = 8 * 1024**3
DEEPEST = 20  # folders in folders
NOTEBOOK = ".ipynb"
NOTES = {"submission_metadata.yml", "timestamp.txt"}  # of Gradescope and nbgrader
FLAT = re.compile(r".*_\d+_(\d+|assignsubmission_file)_.+", re.DOTALL)  # a file of Canvas or Moodle


@dataclass(frozen=True)
class Left:
    """A member that was left out, and why."""

    name: str
    why: str


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[Path, list[Left]]]:
    """The folder that an archive unpacks to, for as long as it is needed; any other path as it is."""
    if not is_archive(path) or not path.is_file() or path.is_symlink():
        yield path, []
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, stem(path) or "class")
        folder.mkdir()
        try:
            left = _unpack(path, folder)
        except (SubmissionError, OSError) as problem:
            what = (
                problem.message
                if isinstance(problem, SubmissionError)
                else f"It cannot be read: {problem.strerror}."
            )
            raise UsageError(
                f"{path}: {what}", next_step="Unpack it yourself and name the folder."
            ) from problem
        yield _top(folder), left


def _top(folder: Path) -> Path:
    """Down through folders that hold nothing but one folder, as archivers like to add."""
    while True:
        children = [child for child in folder.iterdir() if child.name not in ("__MACOSX", ".DS_Store")]
        if len(children) != 1 or not children[0].is_dir():
            return folder
        if children[0].name == "submitted" or "_assignsubmission_" in children[0].name:
            return folder  # the name says what is in it
        if any(child.is_file() for child in children[0].iterdir()):
            return folder  # one student's folder
        folder = children[0]


def _unpack(path: Path, folder: Path) -> list[Left]:
    left: list[Left] = []
    taken: set[str] = set()
    with open(path, "rb") as file, members(file, MOST_MEMBERS, MOST_BYTES) as archive:
        for member in archive:
            try:
                _put(member, folder, taken)
            except SubmissionError as problem:
                left.append(Left(storable(member.name)[:300], problem.message))
            except OSError as problem:
                left.append(Left(storable(member.name)[:300], f"It cannot be written: {problem.strerror}."))
    return left


def _put(member: Member, folder: Path, taken: set[str]) -> None:
    parts = _inside(member.name)
    place = folder.joinpath(*parts)
    (place if member.kind == "folder" else place.parent).mkdir(parents=True, exist_ok=True)
    if member.kind == "folder":
        return
    wanted = place.suffix.lower() == NOTEBOOK or is_archive(place) or parts[-1] in NOTES
    if member.kind != "file":
        raise SubmissionError(f"It is {member.kind}.")
    if not wanted and FLAT.fullmatch(parts[-1]) and len(parts) <= 2 and "submission_" not in parts[0]:
        raise SubmissionError(f"It is no notebook ({NOTEBOOK}).")
    if not wanted or parts[-1].startswith("."):
        return  # a table, a picture, data: not what is graded
    key = unicodedata.normalize("NFC", "/".join(parts))
    if key in taken or place.exists():
        raise SubmissionError("There is another of the same name before it.")
    taken.add(key)
    data = member.read()
    if len(data) > LARGEST_FILE:
        raise SubmissionError(f"It is larger than {LARGEST_FILE // 1_000_000} MB.")
    with open(place, "xb") as file:
        file.write(data)


def _inside(name: str) -> list[str]:
    """The parts of a member's name, all of them inside the archive's own folder."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or not parts:
        raise SubmissionError("Its name leads out of the archive.")
    if "\0" in name or storable(name) != name:
        raise SubmissionError("Its name holds characters that no file name can.")
    if len(parts) > DEEPEST:
        raise SubmissionError(f"It lies more than {DEEPEST} folders deep.")
    return parts
