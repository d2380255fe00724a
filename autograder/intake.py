"""From a path to the notebooks to grade, and whose they are.

    PATH is                                   student
    one notebook, PATH.ipynb                  the file's name
    a folder of notebooks                     each file's name
    an archive of any of these                as if it were unpacked
    a folder of folders with notebooks        each folder's name
    submitted/<student>/<assignment>/…        as nbgrader collects it

In place of a notebook there may be an archive with one in it. A notebook that is named after the
assignment and alone in its folder belongs to whom the folder is named after. Links are listed but
never followed; reading such an entry says so to its student.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autograder.archive import is_archive, stem
from autograder.errors import UsageError
from autograder.notebook import storable

__all__ = ["Entry", "find_submissions", "natural", "safe_name"]

SUFFIX = ".ipynb"
COLLECTED = "submitted"  # the folder of an nbgrader course that holds what students handed in
NOT_STUDENTS = {"__MACOSX", "__pycache__"}
LONGEST_NAME = 100
LONGEST_NAME_BYTES = 200  # file systems allow 255, and a suffix follows
HASHED = re.compile(r"-[0-9a-f]{8}\Z")


@dataclass(frozen=True)
class Entry:
    """A student and the notebook they handed in, or their folder when there is none in it."""

    student: str
    path: Path
    submitted: datetime | None = None  # with its zone, where the source says so


def find_submissions(path: Path, assignment: str) -> list[Entry]:
    """The submissions at a path, in natural order; raises UsageError when there are none."""
    if path.is_symlink():
        raise UsageError(
            f"{path} is a symbolic link, and links are not followed.",
            next_step=f"Name what it leads to: {os.path.realpath(path)}",
        )
    if not path.exists():
        raise UsageError(
            f"{path} does not exist.",
            next_step="Name a notebook, a folder of notebooks, or a folder with a folder for each student.",
        )
    if not path.is_dir():
        return [_single(path, assignment)]
    if (path / COLLECTED).is_dir() and not (path / COLLECTED).is_symlink():
        path /= COLLECTED
    entries = _in_folder(path, assignment)
    _require_one_each(entries)
    return entries


def safe_name(student: str) -> str:
    """A file name for a student, different for different students on every file system.

    Letters, digits and `-_.@` stay, all else becomes `_`. What such a name does not tell apart, a
    hash of the student's own name does: it follows whenever a character was replaced or cut off, and
    after a name with capitals, since some file systems take Ab and ab for the same file.
    """
    composed = unicodedata.normalize("NFC", student)
    name = "".join(c if c.isalnum() or c in "-_.@" else "_" for c in composed) or "_"
    if name[0] in "-.":
        name = "_" + name[1:]
    name = _cut(name, LONGEST_NAME)
    # A name that looks as if it had a hash gets one, so that nobody can be named like another's file.
    if name == student and name == name.casefold() and not HASHED.search(name):
        return name
    digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{_cut(name, LONGEST_NAME - 9)}-{digest}"


def _cut(name: str, length: int) -> str:
    return name[:length].encode()[:LONGEST_NAME_BYTES].decode("utf-8", "ignore")


def _single(path: Path, assignment: str) -> Entry:
    if not _is_notebook(path):
        raise UsageError(f"{path} is not a notebook.", next_step=f"Name a file that ends in {SUFFIX}.")
    return Entry(_student(path, assignment), path)


def _in_folder(folder: Path, assignment: str) -> list[Entry]:
    """The entries of a folder: its notebooks, and its folders."""
    try:
        children = _visible(folder)
    except OSError as problem:
        raise UsageError(f"{folder} cannot be read: {problem.strerror}.") from problem
    if any(child.name == assignment and _is_folder(child) for child in children):
        raise UsageError(
            f"{folder} holds a folder {assignment}: is it one student's, or the whole class's?",
            next_step=f"Name that folder: {folder / assignment}",
        )
    notebooks, chosen = [], []
    for child in children:
        if _is_notebook(child):
            notebooks.append(child)
        elif child.is_dir() or child.is_symlink():
            chosen.append(Entry(storable(child.name), _choose(child, assignment) or child))
    if not notebooks and all(_is_folder(entry.path) for entry in chosen):
        raise UsageError(
            f"{folder} holds no notebook, neither in itself nor in a folder for each student.",
            next_step=f"Name the folder that holds the {SUFFIX} files.",
        )
    whose = _student if len(notebooks) == 1 and not chosen else _stem
    entries = [Entry(whose(one, assignment), one) for one in notebooks] + chosen
    return sorted(entries, key=lambda entry: natural(entry.student))


def _choose(folder: Path, assignment: str) -> Path | None:
    """A student's notebook for the assignment: the one named so, else the only or the newest one."""
    for place in (folder / assignment, folder):
        if not _is_folder(place):
            continue
        try:
            notebooks = [child for child in _visible(place) if _is_notebook(child)]
        except OSError:  # reading the entry will tell why
            continue
        named = [one for one in notebooks if stem(one) == assignment]
        named = [one for one in named if not is_archive(one)] or named
        if named or notebooks:
            return max(named or notebooks, key=lambda one: (one.lstat().st_mtime_ns, natural(one.name)))
    return None


def _visible(folder: Path) -> list[Path]:
    """What is in a folder, hidden and machine-made things left out."""
    return [child for child in folder.iterdir() if child.name[0] != "." and child.name not in NOT_STUDENTS]


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_notebook(path: Path) -> bool:
    """Whether it is named like a notebook, or like an archive that may hold one."""
    return (path.suffix.lower() == SUFFIX or is_archive(path)) and not _is_folder(path)


def _stem(path: Path, assignment: str) -> str:
    return storable(stem(path))


def _student(path: Path, assignment: str) -> str:
    """Whose a notebook is: its name, or the name of its folder when it is named after the assignment."""
    place = Path(os.path.abspath(path))
    names = [stem(place), *(parent.name for parent in place.parents)]
    return storable(next((name for name in names if name and name != assignment), assignment))


def natural(name: str) -> tuple[list[str | int], str]:
    """A sort key that puts student-10 after student-9."""
    parts = re.split("([0-9]+)", name.casefold())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name


def _require_one_each(entries: list[Entry]) -> None:
    seen: dict[str, Entry] = {}
    for entry in entries:
        other = seen.setdefault(entry.student, entry)
        if other is not entry:
            raise UsageError(
                f"There are two submissions of {entry.student}: {other.path} and {entry.path}.",
                next_step="Move one of them away, or rename it to the student whose it is.",
            )
