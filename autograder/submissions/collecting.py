"""Collecting a class: from a path to the notebooks to grade, and the student each belongs to.

    PATH is                                        student
    one notebook, PATH.ipynb                       the file's name
    a directory of notebooks                       each file's name
    a directory of directories with notebooks      each directory's name
    submitted/<student>/<assignment>/…             as nbgrader collects it, with timestamp.txt
    a learning platform's download                 as the platform's `Layout` reads it

A timestamp.txt outside `submitted` is ignored: the student may have written it. An archive that holds a
notebook may stand in place of the notebook. A notebook named after the assignment and alone in its
directory belongs to the student the directory is named after. Links are listed but never followed; reading
such a submission tells its student so. `lms.layouts` adds the platforms; `grade` and `similarity` collect.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import overload
from zoneinfo import ZoneInfo

from autograder.course.roster import Roster
from autograder.errors import UsageError
from autograder.submissions.archive import is_archive, stem
from autograder.submissions.notebook import storable
from autograder.submissions.submission import Submission, read_submission

__all__ = [
    "NBGRADER",
    "NOBODY",
    "SUFFIX",
    "CollectedSubmission",
    "CollectedSubmissions",
    "Layout",
    "Unmatched",
    "choose_notebook",
    "find_submissions",
    "is_folder",
    "is_notebook",
    "natural",
    "safe_name",
    "single_submission",
    "submissions_in_folder",
    "submitted_at",
    "visible",
]


@dataclass(frozen=True)
class CollectedSubmission:
    """A student and the notebook they submitted, or their directory when there is none in it."""

    student: str  # what the platform's names come to, until the roster says who that is
    path: Path
    submitted: datetime | None = None  # with its zone, where the source says so
    attempt: int = 0  # the platform's number, larger for a later one; 0 where it has none
    marked_late: bool = False  # the platform's own mark, where it gives no time: shown, and left to people
    origin: str = ""  # what the platform calls the submission; feedback goes back under this name
    keys: tuple[str, ...] = ()  # ids and addresses to find on the roster, the surest first
    roster_columns: tuple[tuple[str, str], ...] = ()  # an id by the roster's column, such as canvas_id

    def order(self) -> tuple[float, int]:
        """A sort key: oldest first."""
        return self.submitted.timestamp() if self.submitted else 0.0, self.attempt

    def read(self, assignment: str) -> Submission:
        """The submission, with the file read."""
        return read_submission(
            self.student,
            self.path,
            assignment,
            submitted=self.submitted,
            marked_late=self.marked_late,
            number=self.attempt,
            origin=self.origin,
        )


@dataclass(frozen=True)
class Unmatched:
    """Something that was submitted and belongs to no student, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Layout:
    """How one learning platform lays out its download, recognised by a mark that no other layout has."""

    name: str
    #: From a directory and an assignment's id to what it holds; None where the mark is missing.
    read: Callable[[Path, str], tuple[list[CollectedSubmission], list[Unmatched]] | None]


@dataclass(frozen=True)
class CollectedSubmissions(Sequence[CollectedSubmission]):
    """Every attempt of every student, a student's oldest first, and what could not be matched."""

    entries: tuple[CollectedSubmission, ...]
    unmatched: tuple[Unmatched, ...] = ()
    layout: str = "folder"  # or canvas, moodle, gradescope, nbgrader

    @overload
    def __getitem__(self, index: int) -> CollectedSubmission: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[CollectedSubmission, ...]: ...
    def __getitem__(self, index: int | slice) -> CollectedSubmission | tuple[CollectedSubmission, ...]:
        return self.entries[index]

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[CollectedSubmission]:
        return iter(self.entries)


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
    """What is in a directory, hidden and machine-made entries left out."""
    return [child for child in folder.iterdir() if child.name[0] != "." and child.name not in NOT_STUDENTS]


def is_folder(path: Path) -> bool:
    """Whether it is a real directory, not a link to one."""
    return path.is_dir() and not path.is_symlink()


def is_notebook(path: Path) -> bool:
    """Whether it is named like a notebook, or like an archive that may hold one."""
    return (path.suffix.lower() == SUFFIX or is_archive(path)) and not is_folder(path)


def natural(name: str) -> tuple[list[str | int], str]:
    """A sort key that puts student-10 after student-9."""
    parts = re.split("([0-9]+)", name.casefold())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name


STAMP = "timestamp.txt"


def single_submission(path: Path, assignment: str) -> CollectedSubmission:
    """The submission of one notebook; raises UsageError for any other file."""
    if not is_notebook(path):
        raise UsageError(f"{path} is not a notebook.", next_step=f"Name a file that ends in {SUFFIX}.")
    return CollectedSubmission(_student_by_folder(path, assignment), path)


def submissions_in_folder(folder: Path, assignment: str) -> list[CollectedSubmission]:
    """The submissions of a directory: its notebooks, and its subdirectories."""
    try:
        children = visible(folder)
    except OSError as problem:
        raise UsageError(f"{folder} cannot be read: {problem.strerror}.") from problem
    if any(child.name == assignment and is_folder(child) for child in children):
        raise UsageError(
            f"{folder} holds a directory {assignment}: is it one student's, or the whole class's?",
            next_step=f"Name that directory: {folder / assignment}",
        )
    notebooks, by_folder = [], []
    for child in children:
        if is_notebook(child):
            notebooks.append(child)
        elif child.is_dir() or child.is_symlink():
            by_folder.append(
                CollectedSubmission(storable(child.name), choose_notebook(child, assignment) or child)
            )
    if not notebooks and all(is_folder(entry.path) for entry in by_folder):
        raise UsageError(
            f"{folder} holds no notebook, neither directly nor in one directory per student.",
            next_step=f"Name the directory that holds the {SUFFIX} files.",
        )
    student_of = _student_by_folder if len(notebooks) == 1 and not by_folder else _student_by_file
    entries = [CollectedSubmission(student_of(path, assignment), path) for path in notebooks] + by_folder
    return sorted(entries, key=lambda entry: natural(entry.student))


def choose_notebook(folder: Path, assignment: str) -> Path | None:
    """A student's notebook for the assignment: the one named so, else the only or the newest one."""
    for directory in (folder / assignment, folder):
        if not is_folder(directory):
            continue
        try:
            notebooks = [child for child in visible(directory) if is_notebook(child)]
        except OSError:  # reading the submission will say why
            continue
        named = [path for path in notebooks if stem(path) == assignment]
        named = [path for path in named if not is_archive(path)] or named
        if named or notebooks:
            return max(named or notebooks, key=lambda path: (path.lstat().st_mtime_ns, natural(path.name)))
    return None


def _student_by_file(path: Path, assignment: str) -> str:
    return storable(stem(path))


def _student_by_folder(path: Path, assignment: str) -> str:
    """The notebook's name, or its directory's name when the notebook is named after the assignment."""
    absolute = Path(os.path.abspath(path))
    names = [stem(absolute), *(parent.name for parent in absolute.parents)]
    return storable(next((name for name in names if name and name != assignment), assignment))


def submitted_at(folder: Path, assignment: str) -> datetime | None:
    """When a student's directory was submitted, as nbgrader notes it: 2015-02-02 15:58:23.948203 UTC."""
    path = folder / assignment / STAMP
    if path.is_symlink() or not path.is_file():
        return None
    try:
        with open(path, "rb") as file:
            text = file.read(100).decode().strip()
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            local, _, zone = text.rpartition(" ")
            time = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    except (OSError, ValueError, KeyError):
        return None  # unreadable: the time stays unknown
    return time if time.tzinfo else time.replace(tzinfo=UTC)


COLLECTED = "submitted"  # the directory of an nbgrader course that holds students' submissions
NOBODY = Roster()


def find_submissions(
    path: Path, assignment: str, roster: Roster = NOBODY, layouts: Sequence[Layout] = ()
) -> CollectedSubmissions:
    """The submissions at a path, in natural order; the first layout whose mark is there reads it.

    Raises UsageError when there are none.
    """
    if path.is_symlink():
        raise UsageError(
            f"{path} is a symbolic link, and links are not followed.",
            next_step=f"Name its target: {os.path.realpath(path)}",
        )
    if not path.exists():
        raise UsageError(
            f"{path} does not exist.",
            next_step="Name a notebook, a directory of notebooks, or a directory with one per student.",
        )
    if not path.is_dir():  # a single notebook is graded whoever submitted it
        entry = single_submission(path, assignment)
        person, _ = roster.resolve(entry.student)
        return CollectedSubmissions((replace(entry, student=person.student_id) if person else entry,))
    layout, entries, unmatched = _read(path, assignment, layouts)
    matched, strangers = _match(entries, roster)
    unmatched = [*strangers, *unmatched]
    if not matched:
        example = "".join(f" {first.name}: {first.reason}" for first in unmatched[:1])
        raise UsageError(
            f"{path} holds no submission of a student.{example}",
            next_step="Complete roster.csv, or name another directory.",
        )
    matched.sort(key=lambda entry: (natural(entry.student), entry.order()))
    _refuse_duplicates(matched)
    return CollectedSubmissions(tuple(matched), tuple(unmatched), layout)


def _read(
    path: Path, assignment: str, layouts: Sequence[Layout]
) -> tuple[str, list[CollectedSubmission], list[Unmatched]]:
    for layout in layouts:
        for folder in (path, *_only_folder(path)):
            if (read := layout.read(folder, assignment)) is not None:
                return layout.name, *read
    return "folder", _with_keys(submissions_in_folder(path, assignment)), []


def _read_nbgrader(path: Path, assignment: str) -> tuple[list[CollectedSubmission], list[Unmatched]] | None:
    if not is_folder(path / COLLECTED) and path.name != COLLECTED:
        return None
    root = path / COLLECTED if is_folder(path / COLLECTED) else path
    entries = []
    for entry in _with_keys(submissions_in_folder(root, assignment)):
        folder_name = entry.path.relative_to(root).parts[0]
        time = submitted_at(root / folder_name, assignment)
        entries.append(replace(entry, submitted=time, origin=folder_name))
    return entries, []


NBGRADER = Layout("nbgrader", _read_nbgrader)


def _only_folder(path: Path) -> list[Path]:
    """The directory in a directory that holds nothing else: archivers like to add one."""
    try:
        children = visible(path)
    except OSError:
        return []  # what is wrong with it shows when it is read
    return children if len(children) == 1 and is_folder(children[0]) else []


def _with_keys(entries: list[CollectedSubmission]) -> list[CollectedSubmission]:
    return [replace(entry, keys=(entry.student,)) for entry in entries]


def _match(
    entries: list[CollectedSubmission], roster: Roster
) -> tuple[list[CollectedSubmission], list[Unmatched]]:
    """Submissions of students on the roster; without a roster, of everybody."""
    if not roster:
        return list(entries), []
    matched, strangers = [], []
    for entry in entries:
        ids = (roster.column(column, value) for column, value in entry.roster_columns)
        person, reason = next(filter(None, ids), None), ""
        if person is None:
            person, reason = roster.resolve(*entry.keys)
        if person is None:
            strangers.append(Unmatched(entry.origin or entry.path.name, reason))
        else:
            matched.append(replace(entry, student=person.student_id))
    return matched, strangers


def _refuse_duplicates(entries: list[CollectedSubmission]) -> None:
    """Two entries of one student are two attempts only if something says which was first."""
    for earlier, entry in pairwise(entries):
        if entry.student == earlier.student and entry.order() == earlier.order():
            raise UsageError(
                f"There are two submissions of {entry.student}: {earlier.path} and {entry.path}.",
                next_step="Move one of them away, or rename it to the student it belongs to.",
            )
