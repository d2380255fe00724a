"""Archives that students submit and learning platforms export: read within limits, never trusted.

ZIP and tar (plain, gzip, bzip2, xz). The number of members, their sizes and the compression ratio are
bounded before anything is read. `submission` reads a student's archive in memory, archives inside it
included; `class_archive` unpacks a class's to a directory.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from autograder.errors import SubmissionError
from autograder.submissions.guarded_files import MOST_FILES, SUBMIT_FILE, is_ignored
from autograder.submissions.notebook import LARGEST_FILE
from autograder.submissions.selection import (
    Contents,
    SubmittedNotebook,
    has_notebook_name,
    holds_notebook,
    may_hold_notebook,
    named_after,
    notebook_stem,
    select_notebook,
)

__all__ = [
    "ArchivedNotebook",
    "Member",
    "add_contents",
    "holds_archive",
    "is_archive",
    "members",
    "notebook_in",
    "stem",
]

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
MOST_MEMBERS = MOST_FILES  # of a student's archive
MOST_LEVELS = 3  # of archives in one another
MOST_INNER = 20  # archives inside a student's archive
MOST_INNER_BYTES = 2 * LARGEST_FILE  # of each of them, unpacked
MOST_BYTES = 5 * LARGEST_FILE  # of a student's archive, unpacked
MOST_RATIO = 200  # unpacked to packed; notebooks full of pictures reach 10, a text of zeros 1000
BROKEN: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
)
BROKEN += (NotImplementedError, struct.error, IndexError, KeyError, RuntimeError)
DAMAGED = "damaged, or packed in a way that cannot be read"  # ends a sentence about a member
DOS_DIRECTORY = 0x10  # an attribute; some archivers write a directory's name without a slash
EXTENDED_TIME, UNICODE_PATH = 0x5455, 0x7075  # fields of ZIP archives
UTF_8 = 0x800  # a flag of a ZIP's member: its name is UTF-8
LARGEST_DIRECTORY = 16 * 1024**2  # bytes of a ZIP's central directory, which is read at once


class DamagedMember(SubmissionError):
    """A member of an archive that cannot be read, though others can."""


@dataclass(frozen=True)
class Member:
    """One member of an archive."""

    name: str
    kind: str  # "file", "folder", or another kind in words
    size: int
    read: Callable[[], bytes]  # at most LARGEST_FILE and a byte more; called once, before the next member
    modified: float = 0.0  # seconds since 1970; 0 where the archive does not say
    is_instant: bool = False  # whether that is in UTC, and not by the clock of whoever packed it


def is_archive(path: Path) -> bool:
    """Whether a path has the name of an archive that can be read."""
    return path.name.lower().endswith(SUFFIXES)


def stem(path: Path) -> str:
    """A file's name without its ending: .ipynb, .ipynb.txt and .tar.gz are one."""
    if may_hold_notebook(path.name):
        return notebook_stem(path.name)
    suffixes = path.suffixes[-2:] if path.suffixes[-2:-1] == [".tar"] else path.suffixes[-1:]
    return path.name.removesuffix("".join(suffixes))


def holds_archive(data: bytes) -> bool:
    """Whether a file's first bytes are an archive's."""
    return data.startswith(STARTS) or data[257:262] == b"ustar"


@dataclass(frozen=True)
class ArchivedNotebook:
    """The notebook to grade of a student's archive, and the other files in it."""

    name: str
    data: bytes
    others: tuple[str, ...]


def notebook_in(data: bytes, assignment: str, functions: Sequence[str] = ()) -> ArchivedNotebook:
    """The notebook to grade in a student's archive; raises SubmissionError without one.

    `select_notebook` says which of several it is; archives inside the archive are looked into.
    """
    contents = Contents()
    add_contents(contents, data)
    if not contents.notebooks:
        raise SubmissionError("There is no notebook in the archive.", next_step=SUBMIT_FILE)
    chosen = select_notebook(contents.notebooks, assignment, functions)
    meant = named_after(contents.notebooks, assignment)
    if chosen not in meant:  # another notebook is not graded in place of the one that was meant
        chosen = next((notebook for notebook in meant if notebook.problem == DAMAGED), chosen)
    if chosen.problem == DAMAGED:
        raise SubmissionError(f"{contents.label(chosen)} in the archive is {DAMAGED}.", next_step=SUBMIT_FILE)
    if chosen.problem:
        raise SubmissionError(
            f"The notebook in the archive is not a file; it is {chosen.problem}.", next_step=SUBMIT_FILE
        )
    return ArchivedNotebook(contents.label(chosen), chosen.data, tuple(contents.besides(chosen)))


def add_contents(contents: Contents, data: bytes, archive: str = "") -> None:
    """Add what is in an archive; `archive` is its own path in the submission.

    Raises SubmissionError for one that is damaged or exceeds a limit.
    """
    _add_archive(contents, data, f"{archive}: " if archive else "", archive, _Budget(), level=1)


@dataclass
class _Budget:
    """What an archive and all archives inside it may still have."""

    members: int = MOST_MEMBERS
    size: int = MOST_BYTES
    inner: int = MOST_INNER


def _add_archive(
    contents: Contents, data: bytes, prefix: str, file: str, budget: _Budget, *, level: int
) -> None:
    most_bytes = budget.size if level == 1 else min(budget.size, MOST_INNER_BYTES)
    with members(io.BytesIO(data), budget.members, most_bytes) as archive:
        for member in archive:
            budget.members -= 1
            budget.size -= member.size
            parts = [part for part in member.name.split("/") if part not in ("", ".", "..")]
            if member.kind == "folder" or not parts or any(is_ignored(part) for part in parts):
                continue
            name = prefix + "/".join(parts)
            problem = "" if member.kind == "file" else member.kind
            if has_notebook_name(parts[-1]):
                content = b""
                if not problem:
                    try:
                        content = member.read()
                    except DamagedMember:
                        problem = DAMAGED
                contents.add(SubmittedNotebook(name, content, file or name, problem))
            elif not problem and may_hold_notebook(parts[-1]) and (content := _notebook(member)):
                contents.add(SubmittedNotebook(name, content, file or name))
            elif not problem and is_archive(Path(parts[-1])) and level < MOST_LEVELS and budget.inner:
                budget.inner -= 1
                try:
                    _add_archive(contents, member.read(), f"{name}: ", file or name, budget, level=level + 1)
                except SubmissionError:  # damaged, or beyond the limits: the other files count
                    contents.others.append(name)
            else:
                contents.others.append(name)


def _notebook(member: Member) -> bytes:
    """The content of a member that is a notebook; empty for any other, and for one that is damaged."""
    try:
        content = member.read()
    except DamagedMember:
        return b""
    return content if holds_notebook(content) else b""


@contextmanager
def members(
    file: IO[bytes], most: int, most_bytes: int, *, large_ones: bool = True
) -> Iterator[Iterator[Member]]:
    """The members of an open archive: at most `most`, of at most `most_bytes` bytes when unpacked.

    Without `large_ones` those that are larger than a submission may be do not count: they are not to be read.

    Raises SubmissionError for a file that is not an archive, is damaged, or exceeds a limit.
    """
    packed = file.seek(0, io.SEEK_END)
    file.seek(0)
    start = file.read(6)
    file.seek(0)
    try:
        if start.startswith(b"PK"):
            _require_short_directory(file)
            with zipfile.ZipFile(file) as archive:
                yield _bounded(_zip_members(archive), most, most_bytes, packed, large_ones)
        else:
            unpacked = _Counted(_decompressed(file, start), 2 * most_bytes)
            # As a stream: it is read once from front to back, whatever its headers point at.
            with tarfile.open(fileobj=unpacked, mode="r|") as tar:  # type: ignore[call-overload]  # only reads
                yield _bounded(_tar_members(tar), most, most_bytes, packed, large_ones)
    except BROKEN as problem:
        if isinstance(problem, OSError) and problem.filename is not None:
            raise  # about the directory that is written to, not the archive
        raise SubmissionError(
            "The archive is damaged, or of a format that cannot be read.", next_step=SUBMIT_FILE
        ) from problem


def _bounded(
    archive: Iterator[Member], most: int, most_bytes: int, packed: int, large_ones: bool
) -> Iterator[Member]:
    """The members, while their number and size are within the limits."""
    size = 0
    for count, member in enumerate(archive, start=1):
        if count > most:
            raise SubmissionError(f"The archive holds more than {most:,} files.", next_step=SUBMIT_FILE)
        size += member.size if large_ones or member.size <= LARGEST_FILE else 0
        if size > most_bytes or size > max(LARGEST_FILE, MOST_RATIO * packed):
            raise SubmissionError("The archive unpacks to far too much.", next_step=SUBMIT_FILE)
        yield member


def _zip_members(archive: zipfile.ZipFile) -> Iterator[Member]:
    for info in archive.infolist():
        mode = info.external_attr >> 16
        name = _zip_name(info).replace("\\", "/")
        if name.endswith("/") or (info.external_attr & DOS_DIRECTORY and not info.file_size):
            kind = "folder"
        elif info.flag_bits & 1:
            kind = "protected by a password"
        elif stat.S_IFMT(mode) in (0, stat.S_IFREG):
            kind = "file"
        else:
            kind = "a link" if stat.S_ISLNK(mode) else "a device"

        def read(info: zipfile.ZipInfo = info) -> bytes:
            try:
                with archive.open(info) as file:
                    return file.read(LARGEST_FILE + 1)
            except BROKEN as problem:  # the list of members is elsewhere, so the others can be read
                raise DamagedMember(f"It is {DAMAGED}.", next_step=SUBMIT_FILE) from problem

        yield Member(name, kind, info.file_size if kind == "file" else 0, read, *_modified(info))


def _zip_name(info: zipfile.ZipInfo) -> str:
    """A member's name: in UTF-8 also where the archiver does not say so, as macOS does not.

    `zipfile` takes the bytes of such a name for code page 437, of which letters are hardly ever valid UTF-8.
    """
    if info.flag_bits & UTF_8:
        return info.filename
    try:
        written = info.filename.encode("cp437")
        checksum = struct.pack("<BI", 1, zlib.crc32(written))  # of the name that the field stands beside
        for kind, content in _extra_fields(info):
            if kind == UNICODE_PATH and content.startswith(checksum):
                return content[len(checksum) :].decode().partition("\0")[0]
        return written.decode()
    except UnicodeError:
        return info.filename


def _extra_fields(info: zipfile.ZipInfo) -> Iterator[tuple[int, bytes]]:
    """What archivers add to a member: the kind and the content of each field."""
    at = 0
    while at + 4 <= len(info.extra):
        kind, length = struct.unpack_from("<HH", info.extra, at)
        yield kind, info.extra[at + 4 : at + 4 + length]
        at += 4 + length


def _modified(info: zipfile.ZipInfo) -> tuple[float, bool]:
    """When a member was written: in UTC where the archiver says so, else by the clock on the wall."""
    for kind, content in _extra_fields(info):
        if kind == EXTENDED_TIME and len(content) >= 5 and content[0] & 1:
            return float(struct.unpack_from("<i", content, 1)[0]), True
    try:
        return datetime(*info.date_time).timestamp(), False
    except (ValueError, OverflowError, OSError):
        return 0.0, False


def _tar_members(archive: tarfile.TarFile) -> Iterator[Member]:
    for info in archive:
        if info.isdir():
            kind = "folder"
        elif info.isfile():
            kind = "file"
        else:
            kind = "a link" if info.issym() or info.islnk() else "a device"

        def read(info: tarfile.TarInfo = info) -> bytes:
            file = archive.extractfile(info)
            return file.read(LARGEST_FILE + 1) if file is not None else b""

        yield Member(info.name, kind, info.size if kind == "file" else 0, read, float(info.mtime), True)
        archive.members.clear()  # type: ignore[attr-defined]  # or it keeps every header it has read


def _require_short_directory(file: IO[bytes]) -> None:
    """Bound a ZIP's central directory, which is read into memory whole: its length is in the end record."""
    file.seek(0, io.SEEK_END)
    file.seek(max(0, file.tell() - 65_557))
    end = file.read()
    record = end.rfind(b"PK\x05\x06")
    if record >= 0 and len(end) >= record + 16:
        (length,) = struct.unpack_from("<I", end, record + 12)
        if length > LARGEST_DIRECTORY:
            raise SubmissionError("The archive lists far too many files.", next_step=SUBMIT_FILE)
    file.seek(0)


def _decompressed(file: IO[bytes], start: bytes) -> IO[bytes]:
    if start.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]  # reads as a file does
    if start.startswith(b"BZh"):
        return bz2.BZ2File(file)
    if start.startswith(b"\xfd7zXZ"):
        return lzma.LZMAFile(file)
    return file


class _Counted:
    """A file that raises after so many bytes: a few kilobytes can unpack to terabytes."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._left = file, most

    def read(self, size: int) -> bytes:
        """The next bytes."""
        data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise SubmissionError("The archive unpacks to far too much.", next_step=SUBMIT_FILE)
        return data
