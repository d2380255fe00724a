"""Names: of students as files, and in the order people expect."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path

from autograder.archive import is_archive

__all__ = ["SUFFIX", "is_folder", "is_notebook", "natural", "safe_name", "visible"]

SUFFIX = ".ipynb"
NOT_STUDENTS = {"__MACOSX", "__pycache__"}
LONGEST_NAME = 100
LONGEST_NAME_BYTES = 200  # file systems allow 255, and a suffix follows
HASHED = re.compile(r"-[0-9a-f]{8}\Z")


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


def visible(folder: Path) -> list[Path]:
    """What is in a folder, hidden and machine-made things left out."""
    return [child for child in folder.iterdir() if child.name[0] != "." and child.name not in NOT_STUDENTS]


def is_folder(path: Path) -> bool:
    """Whether it is a real folder, no link to one."""
    return path.is_dir() and not path.is_symlink()


def is_notebook(path: Path) -> bool:
    """Whether it is named like a notebook, or like an archive that may hold one."""
    return (path.suffix.lower() == SUFFIX or is_archive(path)) and not is_folder(path)


def natural(name: str) -> tuple[list[str | int], str]:
    """A sort key that puts student-10 after student-9."""
    parts = re.split("([0-9]+)", name.casefold())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name
