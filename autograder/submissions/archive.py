"""Archives that students submit and learning platforms export: read within limits, never trusted.

ZIP and tar (plain, gzip, bzip2, xz). The number of members, their sizes and the compression ratio are
bounded before anything is read. `submission` reads a student's archive in memory, for the one notebook in
it; `class_archive` unpacks a class's to a directory.
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
LARGEST_DIRECTORY = 16 * 1024**2  # bytes of a ZIP's central directory, which is read at once
SUBMIT_FILE = "Submit the notebook file (.ipynb) itself."


@dataclass(frozen=True)
class Member:
    """One member of an archive."""

    name: str
    kind: str  # "file", "folder", or another kind in words
    size: int
    read: Callable[[], bytes]  # at most LARGEST_FILE and one more byte


def is_archive(path: Path) -> bool:
    """Whether a path has the name of an archive that can be read."""
    return path.name.lower().endswith(SUFFIXES)


def stem(path: Path) -> str:
    """A file's name without its suffix, .tar.gz included."""
    suffixes = path.suffixes[-2:] if path.suffixes[-2:-1] == [".tar"] else path.suffixes[-1:]
    return path.name.removesuffix("".join(suffixes))


def holds_archive(data: bytes) -> bool:
    """Whether a file's first bytes are an archive's."""
    return data.startswith(STARTS) or data[257:262] == b"ustar"


def notebook_in(data: bytes, assignment: str) -> tuple[str, bytes]:
    """The name and bytes of the notebook in a student's archive; raises SubmissionError without one.

    Of several it takes the one named after the assignment, else the one nearest to the top.
    """
    notebooks: list[tuple[Member, bytes]] = []
    with members(io.BytesIO(data), MOST_MEMBERS, MOST_BYTES) as archive:
        for member in archive:
            path = Path(member.name)
            hidden = path.name.startswith(".") or "__MACOSX" in path.parts
            if path.suffix.lower() == NOTEBOOK and member.kind != "folder" and not hidden:
                notebooks.append((member, member.read() if member.kind == "file" else b""))
    if not notebooks:
        raise SubmissionError("There is no notebook in the archive.", next_step=SUBMIT_FILE)
    named = [(member, data) for member, data in notebooks if Path(member.name).stem == assignment]
    chosen, content = min(
        named or notebooks, key=lambda notebook: (notebook[0].name.count("/"), notebook[0].name)
    )
    if chosen.kind != "file":
        raise SubmissionError(
            f"The notebook in the archive is not a file; it is {chosen.kind}.", next_step=SUBMIT_FILE
        )
    return storable(Path(chosen.name).name), content


@contextmanager
def members(file: IO[bytes], most: int, most_bytes: int) -> Iterator[Iterator[Member]]:
    """The members of an open archive: at most `most`, of at most `most_bytes` bytes when unpacked.

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
                yield _bounded(_zip_members(archive), most, most_bytes, packed)
        else:
            unpacked = _Counted(_decompressed(file, start), 2 * most_bytes)
            # As a stream: it is read once from front to back, whatever its headers point at.
            with tarfile.open(fileobj=unpacked, mode="r|") as tar:  # type: ignore[call-overload]  # only reads
                yield _bounded(_tar_members(tar), most, most_bytes, packed)
    except BROKEN as problem:
        if isinstance(problem, OSError) and problem.filename is not None:
            raise  # about the directory that is written to, not the archive
        raise SubmissionError(
            "The archive is damaged, or of a format that cannot be read.", next_step=SUBMIT_FILE
        ) from problem


def _bounded(archive: Iterator[Member], most: int, most_bytes: int, packed: int) -> Iterator[Member]:
    """The members, while their number and size are within the limits."""
    size = 0
    for count, member in enumerate(archive, start=1):
        if count > most:
            raise SubmissionError(f"The archive holds more than {most:,} files.", next_step=SUBMIT_FILE)
        size += member.size
        if size > most_bytes or size > max(LARGEST_FILE, MOST_RATIO * packed):
            raise SubmissionError("The archive unpacks to far too much.", next_step=SUBMIT_FILE)
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
