"""A dropbox: a directory that everybody can submit to and only its owner can list.

DROPBOX/<assignment>/about.json                       title, due date and functions, for students
DROPBOX/<assignment>/<student>+<time>+<digest>.ipynb  one attempt; the time is UTC, the digest the file's

The directory's mode is 1733: a student adds files, and can neither list nor remove what others added. An
attempt's name holds part of its digest and a random part, so nobody guesses another's. The file system says
who owns the file and when it was written; an attempt whose name contradicts it is not graded. The commands
`submit`, `receipts` and the dropbox's own use this module; `DROPBOX` lets `grade` collect from it.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from autograder.errors import SubmissionError, UsageError
from autograder.submissions.collecting import (
    CollectedSubmission,
    Layout,
    Unmatched,
    safe_name,
    visible,
)
from autograder.submissions.guarded_files import read_regular_file
from autograder.submissions.notebook import LARGEST_FILE, require_size, storable

__all__ = [
    "ABOUT",
    "DROPBOX",
    "About",
    "Attempt",
    "Receipt",
    "add_attempt",
    "attempts",
    "create_dropbox",
    "read_about",
]

ABOUT = "about.json"
WRITE_ONLY = 0o1733
NAME = re.compile(r"(?P<student>[^+]+)\+(?P<time>\d{8}T\d{6}Z)\+(?P<digest>[0-9a-f]{16})-[0-9a-f]{8}\.ipynb")
LARGEST_ABOUT = 1_000_000
TIME = "%Y%m%dT%H%M%SZ"
SHOWN_TIME = "%Y-%m-%d %H:%M:%S UTC"
CLOCK_SKEW = timedelta(minutes=2)  # between two machines


class About(BaseModel):
    """What students may know of an assignment."""

    model_config = ConfigDict(extra="forbid")

    assignment: str
    title: str
    due: datetime | None
    functions: list[str]


class Receipt(BaseModel):
    """What a student keeps: proof of what was submitted, if not of when."""

    model_config = ConfigDict(extra="forbid")

    assignment: str
    student: str
    file: str
    at: datetime
    sha256: str
    late: bool


@dataclass(frozen=True)
class Attempt:
    """A file in a dropbox."""

    path: Path
    student: str
    at: datetime
    written: datetime  # by the file system
    owner: str
    issues: tuple[str, ...]  # what contradicts its name, one sentence each


def create_dropbox(root: Path, about: About) -> Path:
    """Create an assignment's dropbox, or update its about.json; returns the directory.

    Raises UsageError where the directory cannot be made.
    """
    folder = root / about.assignment
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(WRITE_ONLY)
        (folder / ABOUT).write_text(about.model_dump_json(indent=1) + "\n", encoding="utf-8")
        (folder / ABOUT).chmod(0o644)
    except OSError as problem:
        raise UsageError(
            f"{folder} cannot be created: {problem.strerror}.", next_step="Name a directory that is yours."
        ) from problem
    return folder


def read_about(folder: Path) -> About:
    """The about.json of a dropbox; raises UsageError for any other directory."""
    try:
        return About.model_validate_json(read_regular_file(folder / ABOUT, LARGEST_ABOUT))
    except (OSError, SubmissionError, ValidationError) as problem:
        raise UsageError(
            f"{folder} is not a dropbox.",
            next_step="Ask your instructor for the directory; `autograder dropbox` creates one.",
        ) from problem


def add_attempt(folder: Path, student: str, data: bytes, now: datetime) -> Receipt:
    """Add an attempt, on disk before the receipt is made; raises UsageError when it cannot be written."""
    about = read_about(folder)
    digest = hashlib.sha256(data).hexdigest()
    name = f"{safe_name(student)}+{now.astimezone(UTC):{TIME}}+{digest[:16]}-{secrets.token_hex(4)}.ipynb"
    try:
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o644)  # whatever the umask: the instructor has to read it
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except OSError as problem:
        raise UsageError(
            f"Nothing was submitted: {folder} cannot be written to ({problem.strerror}).",
            next_step="Try again; if it fails again, send the notebook to your instructor another way.",
        ) from problem
    late = about.due is not None and now > about.due
    return Receipt(
        assignment=about.assignment,
        student=student,
        file=name,
        at=now.astimezone(UTC).replace(microsecond=0),
        sha256=digest,
        late=late,
    )


def attempts(folder: Path) -> list[Attempt]:
    """All attempts in a dropbox, oldest first; raises UsageError for one that cannot be listed."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as problem:
        raise UsageError(
            f"{folder} cannot be listed: {problem.strerror}.",
            next_step="Only the account that made it, or root, can list it.",
        ) from problem
    return sorted(
        _read_attempts(folder, names),
        key=lambda attempt: (attempt.at, attempt.written, attempt.path.name),
    )


def _read_attempts(folder: Path, names: list[str]) -> Iterator[Attempt]:
    for name in names:
        match, at = NAME.fullmatch(name), _time_in(name)
        if match is None or at is None:
            continue
        path = folder / name
        digest, issues, stat = "", [], folder.lstat()
        try:
            stat = path.lstat()
            data = read_regular_file(path, LARGEST_FILE)
            require_size(data)
            digest = hashlib.sha256(data).hexdigest()
        except SubmissionError as refusal:
            issues.append(refusal.message)
        except OSError as failure:
            issues.append(f"It cannot be read: {failure.strerror}.")
        try:
            written = datetime.fromtimestamp(stat.st_mtime, UTC)
        except (ValueError, OverflowError, OSError):
            written = datetime.max.replace(tzinfo=UTC)  # years that no calendar has
        owner = _account(stat.st_uid)
        if digest and not digest.startswith(match["digest"]):
            issues.append("The file is not the one that the receipt is for.")
        if abs(written - at) > CLOCK_SKEW:
            issues.append(
                f"Its name says that it was submitted at {at:{SHOWN_TIME}}, but it was written at "
                f"{written:{SHOWN_TIME}}. Ask the student to submit it again."
            )
        elif at > datetime.now(UTC) + CLOCK_SKEW:
            issues.append(
                f"Its time, {at:{SHOWN_TIME}}, has not come yet. Ask the student to submit it again."
            )
        by_keeper = stat.st_uid == folder.stat().st_uid  # the dropbox's owner submits for others, too
        if owner and not by_keeper and safe_name(owner) != match["student"]:
            issues.append(f"It belongs to the account {owner}.")
        yield Attempt(path, match["student"], at, written, owner, tuple(issues))


def _read_dropbox(path: Path, assignment: str) -> tuple[list[CollectedSubmission], list[Unmatched]] | None:
    try:
        read_about(path)
    except UsageError:
        return None
    entries, unmatched = [], []
    latest: dict[tuple[str, datetime], int] = {}
    for attempt in attempts(path):
        name = attempt.path.name
        # A name holds whole seconds. The time of writing orders what was submitted in one of them, and
        # is the same number in a dropbox that holds only some of the files.
        second = attempt.student, attempt.at
        number = max(latest.get(second, 0) + 1, int(attempt.written.timestamp() * 1_000_000))
        latest[second] = number
        if attempt.issues:
            unmatched.append(Unmatched(name, " ".join(attempt.issues)))
        else:
            entries.append(
                CollectedSubmission(
                    attempt.student,
                    attempt.path,
                    attempt.at,
                    number,
                    origin=name,
                    keys=(attempt.student,),
                )
            )
    unmatched += [
        Unmatched(storable(child.name), "It was not submitted with `autograder submit`.")
        for child in sorted(visible(path))
        if child.name != ABOUT and _time_in(child.name) is None
    ]
    return entries, unmatched


def _time_in(name: str) -> datetime | None:
    """The time in an attempt's name; None where there is none."""
    match = NAME.fullmatch(name)
    try:
        return datetime.strptime(match["time"], TIME).replace(tzinfo=UTC) if match else None
    except ValueError:
        return None


DROPBOX = Layout("dropbox", _read_dropbox, says_who=True, file=ABOUT)


def _account(number: int) -> str:
    try:
        import pwd  # not on every system

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return ""
