"""Collecting a class: from a path to the notebooks to grade, and the student each belongs to.

    PATH is                                   student
    one notebook, PATH.ipynb                  the file's name
    a folder of notebooks                     each file's name
    a folder of folders with notebooks        each folder's name
    submitted/<student>/<assignment>/…        as nbgrader collects it, with timestamp.txt
    a learning platform's download            as the platform's `Layout` reads it

A timestamp.txt outside `submitted` is ignored: the student may have written it. An archive that holds a
notebook may stand in place of the notebook. A notebook named after the assignment and alone in its folder
belongs to the student the folder is named after. Links are listed but never followed; reading such an
entry tells its student so.
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
from autograder.submissions.submission import File, read_file, submission_digest

__all__ = [
    "NBGRADER",
    "NOBODY",
    "SUFFIX",
    "CollectedSubmission",
    "CollectedSubmissions",
    "Layout",
    "MatchCandidate",
    "SubmittedFile",
    "Unmatched",
    "choose_notebook",
    "find_submissions",
    "is_folder",
    "is_notebook",
    "natural",
    "read_submitted_file",
    "safe_name",
    "single_submission",
    "submissions_in_folder",
    "submitted_at",
    "visible",
]


@dataclass(frozen=True)
class CollectedSubmission:
    """A student and the notebook they handed in, or their folder when there is none in it."""

    student: str
    path: Path
    submitted: datetime | None = None  # with its zone, where the source says so
    attempt: int = 0  # the platform's number, larger for a later one; 0 where it has none
    late: bool = False  # the platform's own mark, where it gives no time: shown, and left to people
    origin: str = ""  # what the platform calls the submission; feedback goes back under this name

    def when(self) -> tuple[float, int]:
        """A sort key: oldest first."""
        return self.submitted.timestamp() if self.submitted else 0.0, self.attempt


@dataclass(frozen=True)
class MatchCandidate:
    """An entry as its platform names it, before the roster says who that is."""

    entry: CollectedSubmission  # its student is what the platform's names come to without a roster
    keys: tuple[str, ...] = ()  # ids and addresses, the surest first
    columns: tuple[tuple[str, str], ...] = ()  # an id by the roster's column, such as canvas_id


@dataclass(frozen=True)
class Unmatched:
    """Something that was handed in and is nobody's, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Layout:
    """How one learning platform lays out its download, recognised by a mark that no other layout has."""

    name: str
    #: From a directory and an assignment's id to what it holds; None where the mark is missing.
    read: Callable[[Path, str], tuple[list[MatchCandidate], list[Unmatched]] | None]


@dataclass(frozen=True)
class CollectedSubmissions(Sequence[CollectedSubmission]):
    """Every attempt of every student, a student's oldest first, and what could not be placed."""

    entries: tuple[CollectedSubmission, ...]
    unplaced: tuple[Unmatched, ...] = ()
    layout: str = "folder"  # or canvas, moodle, gradescope, nbgrader

    @overload
    def __getitem__(self, at: int) -> CollectedSubmission: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[CollectedSubmission, ...]: ...
    def __getitem__(self, at: int | slice) -> CollectedSubmission | tuple[CollectedSubmission, ...]:
        return self.entries[at]

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


STAMP = "timestamp.txt"


def single_submission(path: Path, assignment: str) -> CollectedSubmission:
    """The entry of one notebook; raises UsageError for any other file."""
    if not is_notebook(path):
        raise UsageError(f"{path} is not a notebook.", next_step=f"Name a file that ends in {SUFFIX}.")
    return CollectedSubmission(_student_by_folder(path, assignment), path)


def submissions_in_folder(folder: Path, assignment: str) -> list[CollectedSubmission]:
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
            chosen.append(
                CollectedSubmission(storable(child.name), choose_notebook(child, assignment) or child)
            )
    if not notebooks and all(is_folder(entry.path) for entry in chosen):
        raise UsageError(
            f"{folder} holds no notebook, neither in itself nor in a folder for each student.",
            next_step=f"Name the folder that holds the {SUFFIX} files.",
        )
    whose = _student_by_folder if len(notebooks) == 1 and not chosen else _student_by_file
    entries = [CollectedSubmission(whose(one, assignment), one) for one in notebooks] + chosen
    return sorted(entries, key=lambda entry: natural(entry.student))


def choose_notebook(folder: Path, assignment: str) -> Path | None:
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


def _student_by_file(path: Path, assignment: str) -> str:
    return storable(stem(path))


def _student_by_folder(path: Path, assignment: str) -> str:
    """Whose a notebook is: its name, or the name of its folder when it is named after the assignment."""
    place = Path(os.path.abspath(path))
    names = [stem(place), *(parent.name for parent in place.parents)]
    return storable(next((name for name in names if name and name != assignment), assignment))


def submitted_at(folder: Path, assignment: str) -> datetime | None:
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


COLLECTED = "submitted"  # the folder of an nbgrader course that holds what students handed in
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
            next_step=f"Name what it leads to: {os.path.realpath(path)}",
        )
    if not path.exists():
        raise UsageError(
            f"{path} does not exist.",
            next_step="Name a notebook, a folder of notebooks, or a folder with a folder for each student.",
        )
    if not path.is_dir():  # a single notebook is graded whoever handed it in
        entry = single_submission(path, assignment)
        person, _ = roster.resolve(entry.student)
        return CollectedSubmissions((replace(entry, student=person.student_id) if person else entry,))
    layout, claims, unplaced = _read(path, assignment, layouts)
    entries, strangers = _match(claims, roster)
    if not entries:
        why = "".join(f" {one.name}: {one.why}" for one in (*strangers, *unplaced)[:1])
        raise UsageError(
            f"{path} holds no submission of a student.{why}",
            next_step="Complete roster.csv, or name another folder.",
        )
    entries.sort(key=lambda entry: (natural(entry.student), entry.when()))
    _refuse_doubles(entries)
    return CollectedSubmissions(tuple(entries), (*strangers, *unplaced), layout)


def _read(
    path: Path, assignment: str, layouts: Sequence[Layout]
) -> tuple[str, list[MatchCandidate], list[Unmatched]]:
    for layout in layouts:
        for folder in (path, *_only_folder(path)):
            if (read := layout.read(folder, assignment)) is not None:
                return layout.name, *read
    return "folder", _candidates(submissions_in_folder(path, assignment)), []


def _collected_by_nbgrader(
    path: Path, assignment: str
) -> tuple[list[MatchCandidate], list[Unmatched]] | None:
    if not is_folder(path / COLLECTED) and path.name != COLLECTED:
        return None
    path = path / COLLECTED if is_folder(path / COLLECTED) else path
    return _candidates(submissions_in_folder(path, assignment), path, assignment), []


NBGRADER = Layout("nbgrader", _collected_by_nbgrader)


def _only_folder(path: Path) -> list[Path]:
    """The folder in a folder that holds nothing else: archivers like to add one."""
    try:
        children = visible(path)
    except OSError:
        return []  # what is wrong with it shows when it is read
    return children if len(children) == 1 and is_folder(children[0]) else []


def _candidates(
    entries: list[CollectedSubmission], collected: Path | None = None, assignment: str = ""
) -> list[MatchCandidate]:
    claims = []
    for entry in entries:
        if collected:
            parts = entry.path.relative_to(collected).parts
            when = submitted_at(collected / parts[0], assignment)
            entry = replace(entry, submitted=when, origin=parts[0])
        claims.append(MatchCandidate(entry, (entry.student,)))
    return claims


def _match(claims: list[MatchCandidate], roster: Roster) -> tuple[list[CollectedSubmission], list[Unmatched]]:
    """Entries of students on the roster; without a roster, of everybody."""
    entries, strangers = [], []
    for claim in claims:
        entry = claim.entry
        if roster:
            person = next(filter(None, (roster.column(*one) for one in claim.columns)), None)
            why = ""
            if person is None:
                person, why = roster.resolve(*claim.keys)
            if person is None:
                strangers.append(Unmatched(entry.origin or entry.path.name, why))
                continue
            entry = replace(entry, student=person.student_id)
        entries.append(entry)
    return entries, strangers


def _refuse_doubles(entries: list[CollectedSubmission]) -> None:
    """Two entries of one student are two attempts only if something says which was first."""
    for other, entry in pairwise(entries):
        if entry.student == other.student and entry.when() == other.when():
            raise UsageError(
                f"There are two submissions of {entry.student}: {other.path} and {entry.path}.",
                next_step="Move one of them away, or rename it to the student whose it is.",
            )


@dataclass(frozen=True)
class SubmittedFile:
    """A file that a student handed in."""

    student: str
    file: File
    submitted: datetime | None = None
    marked_late: bool = False  # by a platform that does not say when it came

    @property
    def digest(self) -> str:
        """What tells it from other submissions."""
        return submission_digest(self.file)


def read_submitted_file(entry: CollectedSubmission) -> SubmittedFile:
    """What intake found, with the file read."""
    return SubmittedFile(entry.student, read_file(entry.path), entry.submitted, entry.late)
