"""Files of the course that staff edit in the browser: every text that was saved, and who saved it.

A form carries the digest of the text it began with. Where the file is another one by now nothing is written
over: both texts are kept, and `Clash` holds what a three-way merge makes of them. A file may change outside,
too: by git, or in an editor on the server's machine; what was found there becomes a version of its own.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from merge3 import Merge3
from sqlalchemy import Connection, Row, insert, select

from autograder.errors import Conflict, NotFound
from autograder.site.audit import Act, record_act
from autograder.site.tables import file_version

__all__ = [
    "LARGEST_TEXT",
    "Clash",
    "Saved",
    "Version",
    "digest_of",
    "keep_found",
    "merged",
    "read_text",
    "save_text",
    "version_of",
    "versions_of",
]

LARGEST_TEXT = 512 * 1024  # bytes of one file
MOST_SHOWN = 200  # versions in a list
FOUND = "found on the server"  # the note of a text that was not saved here
NOT_SAVED = "not saved: somebody else had saved before"
LONGEST_NOTE = 200


@dataclass(frozen=True)
class Version:
    """A text of a file, as it was saved."""

    id: int
    digest: str
    at: int
    who: str
    note: str
    content: str = ""


@dataclass(frozen=True)
class Saved:
    """A text that is the file's now."""

    digest: str
    changed: bool  # whether it was another one before


@dataclass(frozen=True)
class Clash:
    """Two people's texts of one file: nothing was written, and both are kept."""

    base: str  # what the form began with; empty where that is not known
    theirs: str  # the file's text now
    mine: str
    theirs_digest: str  # empty where there is no file now
    theirs_by: str
    merged: str  # of both, with marks where they contradict each other
    clashes: int  # so many marks


def digest_of(text: str) -> str:
    """The digest of a text, by which a form says what it began with."""
    return sha256(text.encode()).hexdigest()


def read_text(path: Path) -> str:
    """A file's text; raises NotFound without it, Conflict for one that is not text or is too large."""
    try:
        if path.stat().st_size > LARGEST_TEXT:
            raise Conflict(
                f"{path.name} is larger than {LARGEST_TEXT // 1024} KB.",
                next_step="Divide it, or edit it on the server's machine.",
            )
        return path.read_bytes().decode()
    except OSError:
        raise NotFound("There is no such file.", next_step="Go back to the list of content.") from None
    except UnicodeDecodeError as problem:
        raise Conflict(f"{path.name} is not UTF-8 text.", next_step="Save it as UTF-8.") from problem


def save_text(
    connection: Connection,
    folder: Path,
    name: str,
    text: str,
    *,
    seen: str,
    at: int,
    who: str,
    note: str = "",
    act: str = "edit content",
) -> Saved | Clash:
    """Save a file of the course, unless it is another one by now than the one with the digest `seen`.

    `name` is its path in the folder; `seen` is empty for a new file. Runs in the writer, so that two forms of
    one server come one after the other. Raises Conflict for a text that is too large or cannot be written.
    """
    path = folder / name
    if len(text.encode()) > LARGEST_TEXT:
        raise Conflict(f"{name} would have more than {LARGEST_TEXT // 1024} KB.", next_step="Divide it.")
    there = read_text(path) if path.is_file() else None
    if there is not None:
        text = _with_line_ends(text, there)
        _keep(connection, name, there, at, "", FOUND)
    if (digest_of(there) if there is not None else "") != seen:
        if there == text:
            return Saved(digest_of(text), changed=False)
        _keep(connection, name, text, at, who, NOT_SAVED)
        return _clash(connection, name, text, there, seen)
    if there == text:
        return Saved(digest_of(text), changed=False)
    _write(path, text)
    _keep(connection, name, text, at, who, note[:LONGEST_NOTE])
    detail: dict[str, object] = {"digest": digest_of(text), "note": note[:LONGEST_NOTE]}
    record_act(connection, Act(at, who, act, name, detail))
    return Saved(digest_of(text), changed=True)


def keep_found(connection: Connection, name: str, text: str, at: int) -> None:
    """Keep the text with which somebody begins: a merge needs it if the file is changed outside meanwhile."""
    _keep(connection, name, text, at, "", FOUND)


def versions_of(connection: Connection, name: str) -> list[Version]:
    """The versions of a file without their texts, the newest first."""
    columns = [column for column in file_version.c if column.name not in ("content", "path")]
    rows = select(*columns).where(file_version.c.path == name).order_by(file_version.c.id.desc())
    return [_version(row) for row in connection.execute(rows.limit(MOST_SHOWN))]


def version_of(connection: Connection, name: str, number: int) -> Version:
    """One version of a file with its text; raises NotFound."""
    row = connection.execute(
        select(file_version).where(file_version.c.path == name, file_version.c.id == number)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such version.", next_step="Choose one from the list of versions.")
    return _version(row, row.content)


def merged(base: str, theirs: str, mine: str) -> tuple[str, int]:
    """Both changes of a text in one, and how often they contradict each other, with both ways marked."""
    first, second, third = (text.splitlines(keepends=True) for text in (base, theirs, mine))
    merge = Merge3(first, second, third)
    clashes = sum(region[0] == "conflict" for region in merge.merge_regions())
    lines: Sequence[str] = list(
        merge.merge_lines(
            name_a="saved meanwhile",
            name_b="yours",
            start_marker="# <<<<<<<",
            mid_marker="# =======",
            end_marker="# >>>>>>>",
        )
    )
    return "".join(lines), clashes


def _clash(connection: Connection, name: str, mine: str, there: str | None, seen: str) -> Clash:
    theirs = there or ""
    known = file_version.c.path == name, file_version.c.digest == seen
    base = connection.execute(
        select(file_version.c.content).where(*known).order_by(file_version.c.id).limit(1)
    ).scalar_one_or_none()
    newest = connection.execute(
        select(file_version)
        .where(file_version.c.path == name, file_version.c.digest == digest_of(theirs))
        .order_by(file_version.c.id.desc())
        .limit(1)
    ).one_or_none()
    # Without what both began with, everything that differs is a contradiction.
    both, clashes = merged(base if base is not None else "", theirs, mine)
    return Clash(
        base or "",
        theirs,
        mine,
        digest_of(there) if there is not None else "",
        newest.who if newest is not None else "",
        both,
        clashes,
    )


def _keep(connection: Connection, name: str, text: str, at: int, who: str, note: str) -> None:
    """Keep a version, unless the newest one is the same text."""
    newest = connection.execute(
        select(file_version.c.digest)
        .where(file_version.c.path == name)
        .order_by(file_version.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    known = note == FOUND and newest is not None and _is_known(connection, name, text)
    if known or (newest == digest_of(text) and note != NOT_SAVED):
        return
    values = {"path": name, "digest": digest_of(text), "content": text, "at": at, "who": who, "note": note}
    connection.execute(insert(file_version).values(**values))


def _is_known(connection: Connection, name: str, text: str) -> bool:
    """Whether a text that is there was saved here; a text that was kept aside is not there by that."""
    rows = select(file_version.c.id).where(
        file_version.c.path == name,
        file_version.c.digest == digest_of(text),
        file_version.c.note != NOT_SAVED,
    )
    return connection.execute(rows.limit(1)).first() is not None


def _with_line_ends(text: str, before: str) -> str:
    """A text with the line ends that the file had: browsers send their own."""
    return text.replace("\n", "\r\n") if "\r\n" in before and "\r\n" not in text else text


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            part.chmod(path.stat().st_mode & 0o777)
        part.replace(path)
    except OSError as problem:
        part.unlink(missing_ok=True)
        raise Conflict(
            f"The server cannot write {path.name}: {problem.strerror}.",
            next_step="Let the server's account write into the course's directory.",
        ) from problem


def _version(row: Row[tuple[object, ...]], content: str = "") -> Version:
    return Version(row.id, row.digest, row.at, row.who, row.note, content)
