"""Collecting a class: from a path to what each student submitted.

    PATH is                                        student
    one notebook, PATH.ipynb                       the file's name
    a directory of notebooks                       each file's name
    a directory of directories                     each directory's name
    submitted/<student>/<assignment>/…             as nbgrader collects it, with timestamp.txt
    <student>+<assignment>+<time>/…                as nbgrader's exchange has it, inbound
    a learning platform's download                 as the platform's `Layout` reads it

`submission` chooses the notebook in a student's directory, at any depth, and reads it; an archive may stand
in place of a notebook or of a directory. Every file at PATH is collected, ignored by a rule (`is_ignored`,
`TABLES`), or returned as `Unmatched` with what to do. Links are listed but never followed.

A platform's mark (its metadata, its way to name files) counts at the top of PATH, or below directories that
hold nothing else. Inside a student's directory it is the student's: a timestamp.txt outside `submitted` is
ignored, and so is a metadata file in a directory that may be one student's. `lms.layouts` adds the platforms;
`grade` and `similarity` collect.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import overload
from zoneinfo import ZoneInfo

from autograder.course.groups import Groups
from autograder.course.roster import Person, Roster, letters
from autograder.course.stamps import read_stamp
from autograder.errors import SubmissionError, UsageError
from autograder.submissions.archive import is_archive, stem
from autograder.submissions.guarded_files import (
    FolderFile,
    folder_files,
    is_ignored,
    is_regular_file,
    read_regular_file,
)
from autograder.submissions.notebook import LARGEST_FILE, storable
from autograder.submissions.selection import (
    has_notebook_name,
    holds_notebook,
    may_hold_notebook,
    shortened,
)
from autograder.submissions.submission import Submission, read_submission

__all__ = [
    "NBGRADER",
    "NOBODY",
    "NO_GROUPS",
    "SUFFIX",
    "UNIVERSAL",
    "CollectedSubmission",
    "CollectedSubmissions",
    "Layout",
    "Unmatched",
    "advice",
    "find_submissions",
    "is_folder",
    "is_notebook",
    "natural",
    "otherwise_named",
    "safe_name",
    "single_submission",
    "stamp_in",
    "submissions_in_folder",
    "submitted_at",
    "unmatched_files",
    "visible",
]


@dataclass(frozen=True)
class CollectedSubmission:
    """A student and what they submitted: a notebook, an archive, or a directory."""

    student: str  # what the platform's names come to, until the roster says who that is
    path: Path
    submitted: datetime | None = None  # with its zone, where the source says so
    attempt: int = 0  # the platform's number, larger for a later one; 0 where it has none
    marked_late: bool = False  # the platform's own mark, where it gives no time: shown, and left to people
    origin: str = ""  # what the platform calls the submission; feedback goes back under this name
    keys: tuple[str, ...] = ()  # ids and addresses to find on the roster, the surest first
    roster_columns: tuple[tuple[str, str], ...] = ()  # an id by the roster's column, such as canvas_id
    #: An id that the platform gave out for one assignment alone: it counts only together with the name.
    hints: tuple[tuple[str, str], ...] = ()
    name: str = ""  # the person's, as the platform writes it: who is found on the roster has to be so named
    anonymous: bool = False  # the platform hides whose it is: graded and sent back under its number
    group: str = ""  # what may be the name of a group that submitted it together
    #: All files of a submission that shares its directory with others, by the names that their student gave
    #: them; None where the submission is simply what is at `path`.
    files: tuple[tuple[str, Path], ...] | None = None
    #: When it was submitted, as the source writes it: read in the course's zone, once that is known.
    stamp: str = ""
    #: Other times of the same kind for it, as of an older table beside a newer one: the latest counts.
    other_stamps: tuple[str, ...] = ()
    #: When its files were written, by a clock whose zone may be another: counts where it is days later.
    file_stamp: str = ""
    #: Why the time is not known, where the source should say it.
    time_problem: str = ""

    def order(self) -> tuple[float, int]:
        """A sort key: oldest first."""
        return self.submitted.timestamp() if self.submitted else 0.0, self.attempt

    def read(self, assignment: str, functions: Sequence[str] = ()) -> Submission:
        """The submission, with the file read; `functions` are the assignment's."""
        return read_submission(
            self.student,
            self.path,
            assignment,
            submitted=self.submitted,
            marked_late=self.marked_late,
            number=self.attempt,
            origin=self.origin,
            functions=functions,
            files=self.files,
            time_problem=self.time_problem,
        )


@dataclass(frozen=True)
class Unmatched:
    """Something that was submitted and is not graded, and why: such as a file of a student nobody knows."""

    name: str
    reason: str


@dataclass(frozen=True)
class Layout:
    """How one learning platform lays out its download, recognised by a mark that no other layout has."""

    name: str
    #: From a directory and an assignment's id to what it holds; None where the mark is missing.
    read: Callable[[Path, str], tuple[list[CollectedSubmission], list[Unmatched]] | None]
    #: Whether the mark says who submitted and when, so that a student might want to write it.
    says_who: bool = False
    #: The file that is the mark, if it is one.
    file: str = ""
    #: The names that the platform gives to the directory that the mark is in.
    folder: re.Pattern[str] | None = None
    #: Why a submission can be without a time, and a sentence on what to do; empty where none is expected.
    untimed: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class CollectedSubmissions(Sequence[CollectedSubmission]):
    """Every attempt of every student, a student's oldest first, and what could not be matched."""

    entries: tuple[CollectedSubmission, ...]
    unmatched: tuple[Unmatched, ...] = ()
    layout: str = "folder"  # or canvas, moodle, gradescope, nbgrader
    source: str = ""  # where it was collected, as an absolute path
    remarks: tuple[str, ...] = ()  # what the instructor should know, a sentence each

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
TABLES = (".csv", ".tsv")  # beside submissions they are the instructor's: a roster, groups, a worksheet
MOST_LISTED = 20  # files that an error names
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
    return [child for child in folder.iterdir() if not is_ignored(child.name)]


def is_folder(path: Path) -> bool:
    """Whether it is a real directory, not a link to one."""
    return path.is_dir() and not path.is_symlink()


def is_notebook(path: Path) -> bool:
    """Whether it is named like a notebook or like an archive that may hold one, or is JSON that holds one."""
    if is_folder(path):
        return False
    if has_notebook_name(path.name) or is_archive(path):
        return True
    return may_hold_notebook(path.name) and is_regular_file(path) and holds_notebook(_content(path))


def _content(path: Path) -> bytes:
    try:
        return read_regular_file(path, LARGEST_FILE)[:LARGEST_FILE]
    except (OSError, SubmissionError):
        return b""


def natural(name: str) -> tuple[list[str | int], str]:
    """A sort key that puts student-10 after student-9."""
    parts = re.split("([0-9]+)", name.casefold())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name


RENAMED = re.compile(
    r"(?P<name>.+\.ipynb)(?:[ _.-]?\(?\d+\)?|[ _-]copy|~|\.bak|\.(?:cr)?download|\.part)", re.IGNORECASE
)
ADVICE = {
    (".py",): "It is a Python script: ask the student for the notebook",
    (".html", ".htm"): "It is a web page: ask the student for the notebook",
    (".pdf",): "It is a PDF document: ask the student for the notebook",
    (".rar", ".7z"): "It is an archive that cannot be read: unpack it into a directory of the same name,"
    " or ask for a ZIP archive",
}


def advice(name: str) -> str:
    """Why a file is not graded that is not named like a notebook, and what to do about it."""
    if match := RENAMED.fullmatch(name):
        return f"It is not named as a notebook ({SUFFIX}): rename it to {Path(match['name']).name}."
    for endings, sentence in ADVICE.items():
        if name.lower().endswith(endings):
            return f"It is not a notebook ({SUFFIX}). {sentence}."
    if may_hold_notebook(name):
        return f"It is not a notebook ({SUFFIX}): it is JSON without a list of cells."
    return f"It is not a notebook ({SUFFIX})."


def unmatched_files(paths: Iterable[Path]) -> list[Unmatched]:
    """The files that nobody's submission is in, with what to do; the instructor's tables are left out."""
    return [
        Unmatched(storable(path.name), advice(path.name))
        for path in paths
        if not path.name.lower().endswith(TABLES)
    ]


def otherwise_named(path: Path, platform: str) -> Unmatched:
    """What lies in a platform's download under a name that the platform does not give."""
    return Unmatched(
        storable(path.name),
        f"It is not named as {platform} names submissions. If it is one, name it after its student, "
        "and grade or upload it apart from the download.",
    )


STAMP = "timestamp.txt"
LONGEST_STAMP = 100
ANY_ZONE = timedelta(hours=26)  # how far two clocks on walls may differ


def single_submission(path: Path, assignment: str) -> CollectedSubmission:
    """The submission of one notebook; raises UsageError for any other file."""
    if not is_notebook(path):
        raise UsageError(f"{path} is not a notebook.", next_step=f"Name a file that ends in {SUFFIX}.")
    return CollectedSubmission(_student_by_folder(path, assignment), path)


def submissions_in_folder(folder: Path, assignment: str) -> tuple[list[CollectedSubmission], list[Unmatched]]:
    """The submissions of a directory: its notebooks and its subdirectories; and its other files.

    Raises UsageError where it cannot be read, holds no notebook, or may be one student's.
    """
    try:
        children = visible(folder)
    except OSError as problem:
        raise UsageError(
            f"{folder} cannot be read: {problem.strerror}.", next_step="Name a directory that you can read."
        ) from problem
    if any(child.name == assignment and is_folder(child) for child in children):
        raise UsageError(
            f"{folder} holds a directory {assignment}: is it one student's, or the whole class's?",
            next_step=f"Name that directory: {folder / assignment}",
        )
    notebooks, directories, others = [], [], []
    for child in children:
        if is_notebook(child):
            notebooks.append(child)
        elif child.is_dir() or child.is_symlink():
            directories.append(child)
        else:
            others.append(child)
    if len(notebooks) == 1 and not directories and stem(notebooks[0]) == assignment:
        # One student's directory; what else is in it was submitted with the notebook.
        return [CollectedSubmission(_student_by_folder(notebooks[0], assignment), folder)], []
    unmatched = unmatched_files(sorted(others, key=lambda path: natural(path.name)))
    if not notebooks and all(is_folder(path) and not _holds_candidate(path) for path in directories):
        raise UsageError(
            f"{folder} holds no notebook, neither directly nor in one directory per student."
            + "".join(f" {file.name}: {file.reason}" for file in unmatched[:MOST_LISTED]),
            next_step=f"Name the directory that holds the {SUFFIX} files.",
        )
    student_of = _student_by_folder if len(notebooks) == 1 and not directories else _student_by_file
    entries = [CollectedSubmission(student_of(path, assignment), path) for path in notebooks]
    entries += [CollectedSubmission(storable(path.name), path) for path in directories]
    return sorted(entries, key=lambda entry: natural(entry.student)), unmatched


def _candidates(folder: Path) -> list[FolderFile]:
    """The files below a directory that may be a student's notebook, by their names."""
    try:
        return [
            file for file in folder_files(folder) if may_hold_notebook(file.name) or is_archive(file.path)
        ]
    except (SubmissionError, OSError):
        return [FolderFile("", folder, "a directory that cannot be read")]  # reading it will say why


def _holds_candidate(folder: Path) -> bool:
    return bool(_candidates(folder))


def _student_by_file(path: Path, assignment: str) -> str:
    return storable(stem(path))


def _student_by_folder(path: Path, assignment: str) -> str:
    """The notebook's name, or its directory's name when the notebook is named after the assignment."""
    absolute = Path(os.path.abspath(path))
    names = [stem(absolute), *(parent.name for parent in absolute.parents)]
    return storable(next((name for name in names if name and name != assignment), assignment))


def submitted_at(folder: Path, assignment: str, zone: ZoneInfo) -> datetime | None:
    """When a student's directory was submitted, by its timestamp.txt; None where that is not known."""
    return read_stamp(stamp_of(folder, assignment), zone, UTC)


def stamp_of(folder: Path, assignment: str) -> str:
    """What nbgrader noted: 2015-02-02 15:58:23.948203 UTC, or with the abbreviation of the machine's zone."""
    return stamp_in(folder / assignment)


def stamp_in(folder: Path) -> str:
    """What a platform wrote into the timestamp.txt of a directory; empty where there is none."""
    try:
        return read_regular_file(folder / STAMP, LONGEST_STAMP)[:LONGEST_STAMP].decode().strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, SubmissionError, UnicodeDecodeError):
        return f"what cannot be read in {STAMP}"


COLLECTED = "submitted"  # the directory of an nbgrader course that holds students' submissions
# A submission in nbgrader's exchange; a random text may be at its end.
EXCHANGED = re.compile(
    r"(?P<student>[^+]+)\+(?P<assignment>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d .+?)(?:\+[\w-]{12})?", re.DOTALL
)
NOBODY = Roster()
UNIVERSAL = ZoneInfo("UTC")
NO_GROUPS = Groups()


def find_submissions(
    path: Path,
    assignment: str,
    roster: Roster = NOBODY,
    layouts: Sequence[Layout] = (),
    zone: ZoneInfo = UNIVERSAL,
    groups: Groups = NO_GROUPS,
) -> CollectedSubmissions:
    """The submissions at a path, in natural order; the first layout whose mark is there reads it.

    Times that a platform writes without a zone, or with its abbreviation, are read in `zone`.

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
    if (path / "ledger.jsonl").is_file() and (path / "reports").is_dir():
        raise UsageError(
            f"{path} holds the results of a grading run, not submissions.",
            next_step="Name the directory of the submissions; `autograder regrade` grades the results again.",
        )
    if not path.is_dir():  # a single notebook is graded whoever submitted it
        entry = single_submission(path, assignment)
        person, _ = roster.resolve(entry.student)
        return CollectedSubmissions((replace(entry, student=person.student_id) if person else entry,))
    layout, entries, unmatched = _read(_unwrapped(path), assignment, roster, layouts)
    entries, remarks = _dated(entries, layout, zone, layouts)
    matched, strangers = _match(entries, roster, groups)
    matched.sort(key=lambda entry: (natural(entry.student), entry.order()))
    matched, undecided = _without_ties(matched, path)
    unmatched = [*strangers, *undecided, *unmatched]
    if not matched:
        listed = "".join(f" {file.name}: {file.reason}" for file in unmatched[:MOST_LISTED])
        raise UsageError(
            f"{path} holds no submission of a student.{listed}",
            next_step="Complete roster.csv, or name another directory.",
        )
    source = storable(os.path.abspath(path))
    return CollectedSubmissions(tuple(matched), tuple(unmatched), layout, source, tuple(remarks))


def _dated(
    entries: list[CollectedSubmission], layout: str, zone: ZoneInfo, layouts: Sequence[Layout]
) -> tuple[list[CollectedSubmission], list[str]]:
    """The submissions with the times that their stamps stand for, and a sentence on each unknown time."""
    dated, remarks = [], []
    reason, what_to_do = next((known.untimed for known in layouts if known.name == layout), ("", ""))
    missing = []
    for entry in entries:
        if not entry.stamp:
            is_missing = bool(reason) and entry.submitted is None
            missing += [storable(entry.origin or entry.path.name)] * is_missing
            dated.append(replace(entry, time_problem=reason) if is_missing else entry)
            continue
        usual = UTC if layout == NBGRADER.name else None
        read = (read_stamp(stamp, zone, usual) for stamp in (entry.stamp, *entry.other_stamps))
        time = max(filter(None, read), default=None)
        written = read_stamp(entry.file_stamp, zone, usual) if entry.file_stamp else None
        if time is not None and written is not None and written > time + ANY_ZONE:
            remarks.append(
                f"{entry.origin or entry.path.name}: the files are of {written:%Y-%m-%d %H:%M}, and the "
                f"worksheet says {time:%Y-%m-%d %H:%M}: it is older than the download, so the files count."
            )
            time = written
        problem = "" if time else f"{storable(entry.stamp)!r} cannot be read as a time"
        dated.append(replace(entry, submitted=time, time_problem=problem))
        if problem:
            remarks.append(
                f"{entry.origin or entry.path.name}: the time of submission is not known, "
                f"so lateness costs nothing: {problem}."
            )
    if missing:
        whose = "any submission" if len(missing) == len(entries) else ", ".join(shortened(missing, 10))
        remarks.append(
            f"The time of submission of {whose} is not known, so lateness costs nothing: {reason}. "
            f"{what_to_do}"
        )
    return dated, remarks


def _read(
    path: Path, assignment: str, roster: Roster, layouts: Sequence[Layout]
) -> tuple[str, list[CollectedSubmission], list[Unmatched]]:
    if _is_one_students(path, assignment, roster):
        return (
            "folder",
            _with_keys([CollectedSubmission(_student_by_folder(path, assignment), path)], assignment),
            [],
        )
    distrusted: list[Unmatched] = []
    for folder in _levels(path, assignment, roster):
        for layout in layouts:
            try:
                read = layout.read(folder, assignment)
            except UsageError:
                if folder == path:
                    raise
                read = None  # a student's file is not a reason to refuse the class
            if read is not None and _may_count(layout, folder, path, assignment, roster, read):
                return layout.name, *read
            if read is not None or (layout.file and (folder / layout.file).exists()):
                distrusted.append(_distrusted(layout, folder, path))
    entries, unmatched = submissions_in_folder(_class_folder(path, assignment, roster), assignment)
    distrusted_names = {file.name for file in distrusted}
    return (
        "folder",
        _with_keys(entries, assignment),
        distrusted + [file for file in unmatched if file.name not in distrusted_names],
    )


# The directories of single students, as the platforms name them.
STUDENTS_FOLDER = re.compile(r"submission_\d+|.+_assignsubmission_[a-z]+_?", re.DOTALL)
COPY = re.compile(r"(?:[ _-]?\(\d+\)|-\d+| copy)\Z")  # what a second download's name has at its end
SECOND_COPY = re.compile(r" \(\d\)\Z")  # what a browser puts behind a name that it has saved before
MOST_LEVELS = 10  # of directories that hold nothing else


def _is_one_students(path: Path, assignment: str, roster: Roster) -> bool:
    """Whether a directory's name or its place says that it is a single student's."""
    absolute = Path(os.path.abspath(path))
    if STUDENTS_FOLDER.fullmatch(absolute.name):
        return True
    if absolute.parent.name == COLLECTED and is_folder(absolute / assignment):
        return True
    if absolute.name == assignment and absolute.parents[1].name == COLLECTED:
        return True
    return roster.resolve(storable(absolute.name))[0] is not None


def _unwrapped(path: Path) -> Path:
    """The directory in one of the same name that holds nothing else: class/class, as class.zip unpacks."""
    for _ in range(MOST_LEVELS):
        inner = _only_folder(path)
        name = COPY.sub("", Path(os.path.abspath(path)).name)
        if not inner or COPY.sub("", inner[0].name) != name:
            break
        path = inner[0]
    return path


def _levels(path: Path, assignment: str, roster: Roster) -> list[Path]:
    """A directory, and the one in it as long as it holds nothing else: archivers add such levels.

    A directory that is a student's ends them.
    """
    levels = [path]
    while len(levels) <= MOST_LEVELS:
        inner = _only_folder(levels[-1])
        if not inner or _is_one_students(inner[0], assignment, roster):
            break
        levels += inner
    return levels


def _may_count(
    layout: Layout,
    folder: Path,
    path: Path,
    assignment: str,
    roster: Roster,
    read: tuple[list[CollectedSubmission], list[Unmatched]],
) -> bool:
    """Whether a platform's mark in a directory is the platform's, as far as can be told.

    Where the instructor named the directory, or the platform did, it is. Of another directory nobody knows
    whether an archiver added it or a student submitted it: a class's has at least two submissions.
    """
    if layout.folder is not None and layout.folder.fullmatch(folder.name):
        return True
    if folder == path:
        return layout.folder is None or not _has_classmates(path, assignment)
    if roster and not layout.says_who:
        return True  # the directory is nobody's on the roster
    entries, unmatched = read
    return len({entry.origin or entry.path for entry in entries}) + len(unmatched) > 1


def _has_classmates(path: Path, assignment: str) -> bool:
    """Whether the directories beside one hold notebooks of the assignment, as other students' would."""
    absolute = Path(os.path.abspath(path))
    try:
        return any(
            is_regular_file(folder / f"{assignment}{SUFFIX}") and not (folder / "assignment.yaml").exists()
            for folder in visible(absolute.parent)
            if folder != absolute and is_folder(folder)
        )
    except OSError:
        return False


def _distrusted(layout: Layout, folder: Path, path: Path) -> Unmatched:
    name = (folder / layout.file).relative_to(path).as_posix() if layout.file else folder.name
    return Unmatched(
        storable(name),
        f"It is not taken for {layout.name.capitalize()}'s, since a student may have written it. "
        "If it is the platform's, name its directory itself, and keep nothing else in that.",
    )


def _class_folder(path: Path, assignment: str, roster: Roster) -> Path:
    """The directory of a class in one that holds nothing else, or the directory itself.

    A directory inside it is the class's, and not its only student's, when the roster knows what is in
    it, or when it holds directories of which two or more hold notebooks.
    """
    folder = path
    for inner in _levels(path, assignment, roster)[1:]:
        try:
            children = [child for child in visible(inner) if not child.name.lower().endswith(TABLES)]
        except OSError:
            break
        if any(child.name == assignment for child in children):
            break
        names = [storable(stem(child) if is_notebook(child) else child.name) for child in children]
        on_roster = any(roster.resolve(name)[0] for name in names)
        directories = [child for child in children if is_folder(child)]
        branches = len(directories) == len(children) and sum(map(_holds_candidate, directories)) > 1
        if on_roster or branches:
            folder = inner
    return folder


def _read_nbgrader(path: Path, assignment: str) -> tuple[list[CollectedSubmission], list[Unmatched]] | None:
    if not is_folder(path / COLLECTED) and path.name != COLLECTED:
        return _read_exchange(path, assignment)
    root = path / COLLECTED if is_folder(path / COLLECTED) else path
    collected, unmatched = submissions_in_folder(root, assignment)
    entries = []
    for entry in _with_keys(collected, assignment):
        folder, files = entry.path, entry.files
        if is_folder(folder) and is_folder(folder / assignment):
            folder = folder / assignment
        elif is_folder(folder):
            files = _own_files(folder)  # what is in other directories is of other assignments
        stamp = stamp_of(entry.path, assignment)
        origin = entry.path.relative_to(root).parts[0]
        entries.append(replace(entry, path=folder, files=files, stamp=stamp, origin=origin))
    return entries, unmatched


def _read_exchange(path: Path, assignment: str) -> tuple[list[CollectedSubmission], list[Unmatched]] | None:
    """The inbound directory of nbgrader's exchange, from which `nbgrader collect` copies; each attempt's."""
    try:
        children = sorted(visible(path), key=lambda child: natural(child.name))
    except OSError:
        return None
    found = {child: match for child in children if (match := EXCHANGED.fullmatch(child.name))}
    if 2 * len(found) <= len(children):
        return None
    entries = [
        CollectedSubmission(
            storable(match["student"]),
            child,
            origin=storable(child.name),
            keys=(storable(match["student"]),),
            stamp=match["time"],
        )
        for child, match in found.items()
        if match["assignment"] == assignment
    ]
    return entries, unmatched_files(child for child in children if child not in found)


def _own_files(folder: Path) -> tuple[tuple[str, Path], ...]:
    try:
        return tuple((child.name, child) for child in visible(folder) if not is_folder(child))
    except OSError:
        return ()


NBGRADER = Layout(
    "nbgrader",
    _read_nbgrader,
    says_who=True,
    untimed=(f"there is no {STAMP}, or it is empty", "Copy the directories as nbgrader collected them."),
)


def _only_folder(path: Path) -> list[Path]:
    """The directory in a directory that holds nothing else but the instructor's tables."""
    try:
        children = [child for child in visible(path) if not child.name.lower().endswith(TABLES)]
    except OSError:
        return []  # what is wrong with it shows when it is read
    return children if len(children) == 1 and is_folder(children[0]) else []


COPY_OF = re.compile(r"\b(?:copy of|kopie v[oa]n|copie de|c[oó]pia d[ei])\s*\Z", re.IGNORECASE)
BRANCH = re.compile(r"-(?:main|master)\Z")
LOGIN = re.compile(r"(?P<name>.+?)\s*\((?P<login>[^()]+)\)", re.DOTALL)  # Lee, Ann(alee)


def _with_keys(entries: list[CollectedSubmission], assignment: str) -> list[CollectedSubmission]:
    return [
        replace(entry, keys=_keys_in(entry.student, assignment), name=match["name"] if match else "")
        for entry in entries
        for match in [LOGIN.fullmatch(SECOND_COPY.sub("", entry.student))]
    ]


def _keys_in(name: str, assignment: str) -> tuple[str, ...]:
    """A name and what it may hold of a student, the surest first.

    Cloned repositories and renamed files have the assignment's name before or behind the student's:
    week1-alee, alee_week1, Ann Lee - week1. Some platforms add the login in brackets; alee (1) is what a
    browser makes of a second alee, week1-alee-main an archive of a repository, and Copy of week1 what Google
    makes of a shared one.
    """
    name = SECOND_COPY.sub("", name) or name
    keys = [name]
    before, found, behind = name.partition(assignment) if assignment else (name, "", "")
    before, behind = COPY_OF.sub("", before).rstrip(" _-"), behind.lstrip(" _-")
    is_apart = len(before) + len(behind) + len(assignment) < len(name)  # a sign stands between them
    if found and is_apart and bool(before) != bool(behind):
        keys.append(before or behind)
    keys += [BRANCH.sub("", key) for key in keys if BRANCH.search(key)]
    for key in tuple(keys):
        if match := LOGIN.fullmatch(key):
            keys += [match["login"], match["name"]]
    return tuple(keys)


def _match(
    entries: list[CollectedSubmission], roster: Roster, groups: Groups
) -> tuple[list[CollectedSubmission], list[Unmatched]]:
    """Submissions of students on the roster; without a roster, of everybody. A group's is each member's."""
    matched: list[CollectedSubmission] = []
    strangers = []
    for entry in entries:
        person, reason = _person(entry, roster)
        if person is not None and not _is_groups(entry, person, groups):
            matched.append(replace(entry, student=person.student_id))
        elif members := _members(entry, roster, groups):
            # The number in its name is the group's, and no way back to a member.
            origin = entry.origin
            for _, number in entry.hints:
                origin = origin.replace(f"_{number}_", "_", 1)
            matched += [replace(entry, student=member.student_id, origin=origin) for member in members]
        elif entry.anonymous or not roster:
            matched.append(entry)
        else:
            strangers.append(Unmatched(entry.origin or entry.path.name, reason))
    # What two members of a group were named with is one submission of each.
    distinct = {(entry.student, entry.path, entry.files, entry.order()): entry for entry in matched}
    return list(distinct.values()), strangers


def _is_groups(entry: CollectedSubmission, person: Person, groups: Groups) -> bool:
    """Whether groups.csv knows the group that a submission of a person is named after."""
    group = letters(entry.group)
    return group in groups.members and group not in person.names()


def _person(entry: CollectedSubmission, roster: Roster) -> tuple[Person | None, str]:
    """Whose a submission is, by the platform's id, ID numbers, addresses, then names; or None, and why."""
    hinted = next(filter(None, (roster.column(column, value) for column, value in entry.hints)), None)
    if entry.anonymous:
        return (hinted if hinted and not hinted.names() else None), ""
    ids = (roster.column(column, value) for column, value in entry.roster_columns)
    person, reason = next(filter(None, ids), None), ""
    if person is None:
        person, reason = roster.resolve(*filter(None, entry.keys))
    if person is None and hinted is not None:
        if hinted.names() & {letters(key) for key in entry.keys}:
            return hinted, ""  # of several with one name
        column, value = entry.hints[0]
        reason += (
            f" The roster's {column} {value} is {hinted.name}'s, whose name is another: "
            "a number belongs to the assignment that it was given out for."
        )
    if person is None and entry.hints and " matches " in reason:
        reason += " Name the assignment's grading worksheet with --worksheet: it tells them apart."
    if person is not None and not _may_be_named(person, entry.name):
        return None, f"{person.student_id} on the roster is {person.name}, not {entry.name}."
    return person, reason


def _may_be_named(person: Person, name: str) -> bool:
    """Whether a name could be a person's: they share a word, or one of them is not known."""
    words = {letters(word) for word in re.split(r"[\s,_-]+", name)} - {""}
    known = " ".join((person.full_name, person.first_name, person.last_name))
    known_words = {letters(word) for word in re.split(r"[\s,_-]+", known)} - {""}
    if not words or not known_words or words & known_words or letters(name) in person.names():
        return True
    # Canvas writes last and first name as one word.
    return len(words) == 1 and any(len(known) > 1 and known in next(iter(words)) for known in known_words)


def _members(entry: CollectedSubmission, roster: Roster, groups: Groups) -> list[Person]:
    """The students who submitted together, where the name of a submission is a group's."""
    if entry.anonymous:
        return []
    if letters(entry.group) == "defaultgroup":
        return groups.without(roster)
    if entry.group and (members := groups.of(entry.group, roster)):
        return members
    key = next(iter(entry.keys), "")
    return groups.of(key, roster) if letters(key) in groups.members else []


def _without_ties(
    entries: list[CollectedSubmission], path: Path
) -> tuple[list[CollectedSubmission], list[Unmatched]]:
    """The entries of students whose attempts have an order, and those of students whose have none.

    Two entries of one student are two attempts only if something says which was first. `entries` are sorted.
    They are named by their places in `path`: where an archive was unpacked is nobody's business, and another
    place each time.
    """
    tied = {
        entry.student: (earlier, entry)
        for earlier, entry in pairwise(entries)
        if entry.student == earlier.student and entry.order() == earlier.order()
    }
    undecided = [
        Unmatched(
            entry.origin or entry.path.name,
            f"There are two submissions of {entry.student}, and nothing says which is the later: "
            f"{' and '.join(_place(each, path) for each in tied[entry.student])}. "
            "Move one of them away, or rename it to the student it belongs to.",
        )
        for entry in entries
        if entry.student in tied
    ]
    return [entry for entry in entries if entry.student not in tied], undecided


def _place(entry: CollectedSubmission, path: Path) -> str:
    """Where a submission is in the directory that is collected."""
    return storable(Path(os.path.relpath(entry.path, path)).as_posix())
