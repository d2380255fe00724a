"""A drop folder: handing in to a folder that everybody can write to and only its owner can look into.

DROP/<assignment>/about.json                       title, due date and functions, for whoever hands in
DROP/<assignment>/<student>+<time>+<digest>.ipynb  one attempt; the time is UTC, the digest the file's

The folder's mode is 1733: a student adds files, and can neither list nor take away what others added. An
attempt's name holds part of its digest and a random part, so nobody guesses another's. Who owns the file
and when it was written is the file system's word; what a name claims against it is not graded.
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

from autograder.errors import UsageError
from autograder.submissions.collecting import (
    CollectedSubmission,
    Layout,
    MatchCandidate,
    Unmatched,
    safe_name,
)

__all__ = [
    "ABOUT",
    "DROPBOX",
    "About",
    "Attempt",
    "Receipt",
    "attempts",
    "hand_in",
    "open_drop",
    "read_about",
]

ABOUT = "about.json"
WRITE_ONLY = 0o1733
NAME = re.compile(r"(?P<student>[^+]+)\+(?P<time>\d{8}T\d{6}Z)\+(?P<digest>[0-9a-f]{16})-[0-9a-f]{8}\.ipynb")
TIME = "%Y%m%dT%H%M%SZ"
APART = timedelta(minutes=2)  # that clocks of two machines may be


class About(BaseModel):
    """What whoever hands in may know of an assignment."""

    model_config = ConfigDict(extra="forbid")

    assignment: str
    title: str
    due: datetime | None
    functions: list[str]


class Receipt(BaseModel):
    """What a student keeps: proof of what was handed in, if not of when."""

    model_config = ConfigDict(extra="forbid")

    assignment: str
    student: str
    file: str
    at: datetime
    sha256: str
    late: bool


@dataclass(frozen=True)
class Attempt:
    """A file in a drop folder."""

    path: Path
    student: str
    at: datetime
    written: datetime  # as the file system says
    owner: str
    doubts: tuple[str, ...]  # what does not fit, one sentence each


def open_drop(drop: Path, about: About) -> Path:
    """Make the folder of one assignment, or say anew what it is about; returns it."""
    folder = drop / about.assignment
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(WRITE_ONLY)
        (folder / ABOUT).write_text(about.model_dump_json(indent=1) + "\n", encoding="utf-8")
        (folder / ABOUT).chmod(0o644)
    except OSError as problem:
        raise UsageError(
            f"{folder} cannot be made: {problem.strerror}.", next_step="Name a folder that is yours."
        ) from problem
    return folder


def read_about(folder: Path) -> About:
    """What a drop folder is about; raises UsageError where it is none."""
    try:
        return About.model_validate_json((folder / ABOUT).read_bytes())
    except (OSError, ValidationError) as problem:
        raise UsageError(
            f"{folder} is no place to hand in to.",
            next_step="Ask your instructor for the folder; `autograder drop` makes one.",
        ) from problem


def hand_in(folder: Path, student: str, data: bytes, now: datetime) -> Receipt:
    """Add an attempt; it is on the disk when the receipt is made. Raises UsageError when it cannot be."""
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
            f"Nothing was handed in: {folder} cannot be written to ({problem.strerror}).",
            next_step="Try again; if it stays so, send the notebook to your instructor another way.",
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
    """All that was handed in to a folder, oldest first; raises UsageError for one that cannot be listed."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as problem:
        raise UsageError(
            f"{folder} cannot be listed: {problem.strerror}.",
            next_step="Only the account that made it, or root, can look into it.",
        ) from problem
    return sorted(_read(folder, names), key=lambda one: (one.at, one.written, one.path.name))


def _read(folder: Path, names: list[str]) -> Iterator[Attempt]:
    for name in names:
        if (found := NAME.fullmatch(name)) is None:
            continue
        path = folder / name
        try:
            facts = path.lstat()
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if not path.is_symlink() else ""
        except OSError:
            digest, facts = "", folder.lstat()
        at = datetime.strptime(found["time"], TIME).replace(tzinfo=UTC)
        written = datetime.fromtimestamp(facts.st_mtime, UTC)
        owner = _account(facts.st_uid)
        doubts = []
        if not digest.startswith(found["digest"]):
            doubts.append("The file is not the one that the receipt is for.")
        if abs(written - at) > APART:
            doubts.append(f"It was written at {written:%Y-%m-%d %H:%M:%S} UTC.")
        mine = facts.st_uid == folder.stat().st_uid  # whoever keeps the folder hands in for others, too
        if owner and not mine and safe_name(owner) != found["student"]:
            doubts.append(f"It belongs to the account {owner}.")
        yield Attempt(path, found["student"], at, written, owner, tuple(doubts))


def _dropped(path: Path, assignment: str) -> tuple[list[MatchCandidate], list[Unmatched]] | None:
    if not (path / ABOUT).is_file():
        return None
    found = attempts(path)
    claims = [
        MatchCandidate(
            CollectedSubmission(one.student, one.path, one.at, number, origin=one.path.name), (one.student,)
        )
        for number, one in enumerate(found, start=1)
        if not one.doubts
    ]
    return claims, [Unmatched(one.path.name, " ".join(one.doubts)) for one in found if one.doubts]


DROPBOX = Layout("dropbox", _dropped)


def _account(number: int) -> str:
    try:
        import pwd  # not on every system

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return ""
