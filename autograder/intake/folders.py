"""Notebooks in a folder, or in a folder for each student, named by the students themselves.

    PATH is                                   student
    one notebook, PATH.ipynb                  the file's name
    a folder of notebooks                     each file's name
    a folder of folders with notebooks        each folder's name
    submitted/<student>/<assignment>/…        as nbgrader collects it, with timestamp.txt

Elsewhere than in `submitted` a timestamp.txt is not read: the student may have written it.

In place of a notebook there may be an archive with one in it. A notebook that is named after the
assignment and alone in its folder belongs to whom the folder is named after. Links are listed but
never followed; reading such an entry says so to its student.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.archive import is_archive, stem
from autograder.errors import UsageError
from autograder.intake.entry import Entry
from autograder.intake.names import SUFFIX, is_folder, is_notebook, natural, visible
from autograder.notebook import storable

__all__ = ["choose", "in_folder", "single", "stamped"]

STAMP = "timestamp.txt"


def single(path: Path, assignment: str) -> Entry:
    """The entry of one notebook; raises UsageError for any other file."""
    if not is_notebook(path):
        raise UsageError(f"{path} is not a notebook.", next_step=f"Name a file that ends in {SUFFIX}.")
    return Entry(_student(path, assignment), path)


def in_folder(folder: Path, assignment: str) -> list[Entry]:
    """The entries of a folder: its notebooks, and its folders."""
    try:
        children = visible(folder)
    except OSError as problem:
        raise UsageError(f"{folder} cannot be read: {problem.strerror}.") from problem
    if any(child.name == assignment and is_folder(child) for child in children):
        raise UsageError(
            f"{folder} holds a folder {assignment}: is it one student's, or the whole class's?",
            next_step=f"Name that folder: {folder / assignment}",
        )
    notebooks, chosen = [], []
    for child in children:
        if is_notebook(child):
            notebooks.append(child)
        elif child.is_dir() or child.is_symlink():
            chosen.append(Entry(storable(child.name), choose(child, assignment) or child))
    if not notebooks and all(is_folder(entry.path) for entry in chosen):
        raise UsageError(
            f"{folder} holds no notebook, neither in itself nor in a folder for each student.",
            next_step=f"Name the folder that holds the {SUFFIX} files.",
        )
    whose = _student if len(notebooks) == 1 and not chosen else _stem
    entries = [Entry(whose(one, assignment), one) for one in notebooks] + chosen
    return sorted(entries, key=lambda entry: natural(entry.student))


def choose(folder: Path, assignment: str) -> Path | None:
    """A student's notebook for the assignment: the one named so, else the only or the newest one."""
    for place in (folder / assignment, folder):
        if not is_folder(place):
            continue
        try:
            notebooks = [child for child in visible(place) if is_notebook(child)]
        except OSError:  # reading the entry will tell why
            continue
        named = [one for one in notebooks if stem(one) == assignment]
        named = [one for one in named if not is_archive(one)] or named
        if named or notebooks:
            return max(named or notebooks, key=lambda one: (one.lstat().st_mtime_ns, natural(one.name)))
    return None


def _stem(path: Path, assignment: str) -> str:
    return storable(stem(path))


def _student(path: Path, assignment: str) -> str:
    """Whose a notebook is: its name, or the name of its folder when it is named after the assignment."""
    place = Path(os.path.abspath(path))
    names = [stem(place), *(parent.name for parent in place.parents)]
    return storable(next((name for name in names if name and name != assignment), assignment))


def stamped(folder: Path, assignment: str) -> datetime | None:
    """When a student's folder was handed in, as nbgrader notes it: 2015-02-02 15:58:23.948203 UTC."""
    path = folder / assignment / STAMP
    if path.is_symlink() or not path.is_file():
        return None
    try:
        with open(path, "rb") as file:
            text = file.read(100).decode().strip()
        try:
            known = datetime.fromisoformat(text)
        except ValueError:
            when, _, zone = text.rpartition(" ")
            known = datetime.fromisoformat(when).replace(tzinfo=ZoneInfo(zone))
    except (OSError, ValueError, KeyError):
        return None  # nobody can tell what it says
    return known if known.tzinfo else known.replace(tzinfo=UTC)
