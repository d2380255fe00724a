"""Reading files that strangers wrote: regular files only, so many bytes of them, and no links.

Whatever a student may put anywhere (a submission, a dropbox, a directory that is collected) is read and
listed with these functions: a named pipe does not block, a sparse file of gigabytes does not fill the memory,
and a link leads nowhere.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import SubmissionError

__all__ = [
    "MOST_FILES",
    "SUBMIT_FILE",
    "FolderFile",
    "folder_files",
    "is_ignored",
    "is_regular_file",
    "kind_of",
    "read_regular_file",
]

# No link is followed, and opening a pipe that nobody writes to does not wait.
OPEN_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
SUBMIT_FILE = "Submit the notebook file (.ipynb) itself."
MOST_FILES = 10_000  # in a student's directory, and in an archive
DEEPEST = 20  # nested directories
KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
# What machines write into directories, beside everything whose name begins with a dot.
MACHINE_MADE = {"__MACOSX", "__pycache__", "node_modules", "site-packages"}
MACHINE_MADE_FILES = {"thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class FolderFile:
    """A file somewhere below a directory."""

    name: str  # relative to the directory, with slashes
    path: Path
    kind: str  # "file", or in words what stands in its place


def is_ignored(name: str) -> bool:
    """Whether a directory or a file is hidden or made by a machine: no student means to submit it."""
    return name.startswith(".") or name in MACHINE_MADE or name.lower() in MACHINE_MADE_FILES


def is_ignored_below(folder: Path, path: Path) -> bool:
    """Whether a path in a directory, or a directory on the way there, is hidden or made by a machine."""
    return any(is_ignored(part) for part in path.relative_to(folder).parts)


def kind_of(mode: int) -> str:
    """What a file's mode says it is: "file", "directory", or another kind in words."""
    kind = stat.S_IFMT(mode)
    return {stat.S_IFREG: "file", stat.S_IFDIR: "directory"}.get(kind) or KINDS.get(kind, "something else")


def is_regular_file(path: Path) -> bool:
    """Whether a path is a regular file, and not a link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def read_regular_file(path: Path, most: int) -> bytes:
    """The bytes of a regular file: at most `most` and one more, by which a caller can tell that it is larger.

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
            return file.read(most + 1)
    finally:
        os.close(descriptor)


def _require_file(mode: int) -> None:
    kind = kind_of(mode)
    if kind == "directory":
        raise SubmissionError("There is no notebook in the directory.", next_step=SUBMIT_FILE)
    if kind != "file":
        raise SubmissionError(f"There is {kind} in place of a notebook.", next_step=SUBMIT_FILE)


def folder_files(folder: Path) -> Iterator[FolderFile]:
    """Every file below a directory, in alphabetical order of directories; what `is_ignored` is left out.

    Links are listed and not followed; directories that cannot be read, or are deeper than `DEEPEST` levels,
    are listed as they are. Raises SubmissionError for more than `MOST_FILES` entries, OSError for a directory
    that cannot be read at all.
    """
    count = 0
    waiting = [(folder, "", 0)]
    while waiting:
        directory, prefix, depth = waiting.pop()
        try:
            with os.scandir(directory) as entries:
                names = [entry.name for _, entry in zip(range(MOST_FILES + 1 - count), entries, strict=False)]
        except OSError:
            if not prefix:
                raise
            yield FolderFile(prefix[:-1], directory, "a directory that cannot be read")
            continue
        if (count := count + len(names)) > MOST_FILES:
            raise SubmissionError(
                f"The directory holds more than {MOST_FILES:,} files.", next_step=SUBMIT_FILE
            )
        folders = []
        for name in sorted(names):
            if is_ignored(name):
                continue
            kind = _kind(directory / name)
            if kind == "directory" and depth < DEEPEST:
                folders.append((directory / name, f"{prefix}{name}/", depth + 1))
            else:
                yield FolderFile(f"{prefix}{name}", directory / name, kind)
        waiting += reversed(folders)


def _kind(path: Path) -> str:
    try:
        return kind_of(path.lstat().st_mode)
    except OSError:  # removed since it was listed
        return "gone"
