"""Archives that students and learning platforms hand in: read within limits, never trusted.

ZIP and tar (plain, gzip, bzip2, xz). Number, sizes and ratio are bounded before anything is read; a
student's archive is read in memory, for the one notebook in it. `unpack` does the same for a class.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from autograder.errors import SubmissionError
from autograder.submissions.notebook import LARGEST_FILE, storable

__all__ = ["Member", "holds_archive", "is_archive", "members", "notebook_in", "stem"]

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
NOTEBOOK = ".ipynb"
MOST_MEMBERS = 1000  # of a student's archive
MOST_BYTES = 5 * LARGEST_FILE  # of a student's archive, unpacked
MOST_RATIO = 200  # unpacked to packed; notebooks full of pictures reach 10, text of zeros 1000
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
LARGEST_DIRECTORY = 16 * 1024**2  # bytes of a ZIP's list of members, which is read at once
HAND_IN = "Hand in the notebook file (.ipynb) itself."


@dataclass(frozen=True)
class Member:
    """One thing in an archive."""

    name: str
    kind: str  # "file", "folder", or what it is instead
    size: int
    read: Callable[[], bytes]  # at most LARGEST_FILE and one more byte


def is_archive(path: Path) -> bool:
    """Whether a path is named like an archive that can be read."""
    return path.name.lower().endswith(SUFFIXES)


def stem(path: Path) -> str:
    """A file's name without its ending, .tar.gz included."""
    endings = path.suffixes[-2:] if path.suffixes[-2:-1] == [".tar"] else path.suffixes[-1:]
    return path.name.removesuffix("".join(endings))


def holds_archive(data: bytes) -> bool:
    """Whether a file's first bytes are an archive's."""
    return data.startswith(STARTS) or data[257:262] == b"ustar"


def notebook_in(data: bytes, assignment: str) -> tuple[str, bytes]:
    """The name and bytes of the notebook in a student's archive; raises SubmissionError without one.

    Of several it takes the one named after the assignment, else the one that stands highest.
    """
    notebooks: list[tuple[Member, bytes]] = []
    with members(io.BytesIO(data), MOST_MEMBERS, MOST_BYTES) as archive:
        for member in archive:
            path = Path(member.name)
            made_by_machine = path.name.startswith(".") or "__MACOSX" in path.parts
            if path.suffix.lower() == NOTEBOOK and member.kind != "folder" and not made_by_machine:
                notebooks.append((member, member.read() if member.kind == "file" else b""))
    if not notebooks:
        raise SubmissionError("There is no notebook in the archive.", next_step=HAND_IN)
    named = [one for one in notebooks if Path(one[0].name).stem == assignment]
    chosen, content = min(named or notebooks, key=lambda one: (one[0].name.count("/"), one[0].name))
    if chosen.kind != "file":
        raise SubmissionError(
            f"What the archive holds in place of a notebook is {chosen.kind}.", next_step=HAND_IN
        )
    return storable(Path(chosen.name).name), content


@contextmanager
def members(file: IO[bytes], most: int, most_bytes: int) -> Iterator[Iterator[Member]]:
    """The members of an open archive, at most so many and unpacked at most so many bytes.

    Raises SubmissionError for what is no archive, is damaged, or unpacks to more.
    """
    packed = file.seek(0, io.SEEK_END)
    file.seek(0)
    start = file.read(6)
    file.seek(0)
    try:
        if start.startswith(b"PK"):
            _require_short_directory(file)
            with zipfile.ZipFile(file) as archive:
                yield _bounded(_zip_members(archive), most, most_bytes, packed)
        else:
            unpacked = _Counted(_decompressed(file, start), 2 * most_bytes)
            # As a stream: it is read once from front to back, whatever its headers point at.
            with tarfile.open(fileobj=unpacked, mode="r|") as tar:  # type: ignore[call-overload]  # only reads
                yield _bounded(_tar_members(tar), most, most_bytes, packed)
    except BROKEN as problem:
        if isinstance(problem, OSError) and problem.filename is not None:
            raise  # the folder that is written to, not the archive
        raise SubmissionError(
            "The archive is damaged, or of a kind that cannot be read.", next_step=HAND_IN
        ) from problem


def _bounded(archive: Iterator[Member], most: int, most_bytes: int, packed: int) -> Iterator[Member]:
    """The members, as long as their number and size are what people hand in."""
    size = 0
    for count, member in enumerate(archive, start=1):
        if count > most:
            raise SubmissionError(f"The archive holds more than {most:,} files.", next_step=HAND_IN)
        size += member.size
        if size > most_bytes or size > max(LARGEST_FILE, MOST_RATIO * packed):
            raise SubmissionError("The archive unpacks to far too much.", next_step=HAND_IN)
        yield member


def _zip_members(archive: zipfile.ZipFile) -> Iterator[Member]:
    for info in archive.infolist():
        mode = info.external_attr >> 16
        name = info.filename.replace("\\", "/")
        if info.is_dir():
            kind = "folder"
        elif info.flag_bits & 1:
            kind = "protected by a password"
        elif stat.S_IFMT(mode) in (0, stat.S_IFREG):
            kind = "file"
        else:
            kind = "a link" if stat.S_ISLNK(mode) else "a device"

        def read(info: zipfile.ZipInfo = info) -> bytes:
            with archive.open(info) as file:
                return file.read(LARGEST_FILE + 1)

        yield Member(name, kind, info.file_size, read)


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

        yield Member(info.name, kind, info.size, read)
        archive.members.clear()  # type: ignore[attr-defined]  # or it keeps every header it has read


def _require_short_directory(file: IO[bytes]) -> None:
    """A ZIP's list of members is read into memory whole: its length stands at the end of the file."""
    file.seek(0, io.SEEK_END)
    file.seek(max(0, file.tell() - 65_557))
    end = file.read()
    place = end.rfind(b"PK\x05\x06")
    if place >= 0 and len(end) >= place + 16:
        (length,) = struct.unpack_from("<I", end, place + 12)
        if length > LARGEST_DIRECTORY:
            raise SubmissionError("The archive lists far too many files.", next_step=HAND_IN)
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
    """A file that stops giving after so many bytes: a few kilobytes can unpack to terabytes."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._left = file, most

    def read(self, size: int) -> bytes:
        """The next bytes."""
        piece = self._file.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise SubmissionError("The archive unpacks to far too much.", next_step=HAND_IN)
        return piece
