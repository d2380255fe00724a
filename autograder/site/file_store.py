"""The file store: immutable bytes by their digest, in a folder beside the database or in an object store.

Submissions, reports and published content go in once and come out unchanged: the same bytes are kept once,
compressed, and a file that is no longer what its name says is refused. Only erasing a person deletes. `put`
returns when the bytes are on the disk (or in the object store), so that a receipt may be given.
"""

from __future__ import annotations

import io
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from fsspec.core import url_to_fs
from isal import igzip, isal_zlib

from autograder.errors import Busy, NotFound, Refused, UsageError

__all__ = ["LARGEST_FILE", "FileStore", "is_digest"]

LARGEST_FILE = 256 * 1024 * 1024  # bytes, decompressed: the largest thing that is ever stored
LEVEL = 2  # of ISA-L: a notebook with pictures in a fifteenth of zlib's time, and as small
PIECE = 1024 * 1024  # bytes of a large file that are in memory
# What the file system and the unpacker raise; the types of isal declare its class as an instance.
DAMAGE: tuple[type[Exception], ...] = (OSError, EOFError, isal_zlib.error)  # type: ignore[assignment]


class FileStore:
    """Files of one course, by their SHA-256 in hexadecimal digits.

    `address` is a folder, or a URL that fsspec knows, such as `s3://bucket/course`. An object store takes its
    keys and its address from its own environment variables, such as AWS_ENDPOINT_URL.
    """

    def __init__(self, address: str | Path) -> None:
        written = str(address)
        self.local = "://" not in written
        try:
            # Several servers write to an object store: what it held a minute ago says nothing.
            options = {"auto_mkdir": True} if self.local else {"use_listings_cache": False}
            self._files, root = url_to_fs(written, **options)
        except (ImportError, ValueError) as problem:
            raise UsageError(
                f"The file store {written} cannot be opened: {problem}.",
                next_step="Name a folder, or install what its scheme needs, for s3://… by "
                "pip install --constraint constraints.txt '.[s3]'.",
            ) from problem
        self._root = str(root).rstrip("/")

    def put(self, content: bytes) -> str:
        """Store bytes and return their digest; raises Busy where they cannot be written."""
        digest = sha256(content).hexdigest()
        path = self._path(digest)
        with _stored():
            if not self._files.exists(path):
                self._write(path, igzip.compress(content, LEVEL, mtime=0))
        return digest

    def put_file(self, file: IO[bytes]) -> str:
        """Store an open file, such as a class's archive, of which a piece at a time is in memory."""
        with _stored():
            digest = _digest_of(file)
            path = self._path(digest)
            if self._files.exists(path):
                return digest
            file.seek(0)
            if self.local:
                with _written_durably(Path(path)) as packed:
                    _pack(file, packed)
                return digest
            with TemporaryDirectory(prefix="autograder-file-") as folder:
                part = Path(folder, digest)
                with part.open("wb") as packed:
                    _pack(file, packed)
                self._files.put_file(str(part), path)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes with this digest; raises NotFound if missing or damaged, Busy without an answer."""
        path = self._path(digest)
        with _read(digest):
            content = _unpacked(self._files.cat_file(path))
        if sha256(content).hexdigest() != digest:
            raise _missing(digest)
        return content

    def chunks(self, digest: str) -> Iterator[bytes]:
        """The same bytes piece by piece; that they are damaged may be raised after the last one."""
        found, size, path = sha256(), 0, self._path(digest)
        with _read(digest):
            packed = self._files.open(path, "rb")
        with packed, igzip.IGzipFile(fileobj=packed) as file:  # type: ignore[no-untyped-call]
            while True:
                with _read(digest):
                    piece = file.read(PIECE)
                if not piece:
                    break
                found.update(piece)
                size += len(piece)
                if size > LARGEST_FILE:
                    raise _missing(digest)
                yield piece
        if found.hexdigest() != digest:
            raise _missing(digest)

    def delete(self, digest: str) -> None:
        """Delete the bytes with this digest, of a person who is erased; nothing else is ever deleted."""
        path = self._path(digest)
        with suppress(FileNotFoundError):
            self._files.rm_file(path)

    def copy_to(self, other: FileStore) -> int:
        """Copy what another store does not have yet, as it is here; how many files that was."""
        copied = 0
        for found in self._files.find(self._root) if self._files.exists(self._root) else ():
            folder, name = found.rsplit("/", 2)[-2:]
            digest = folder + name.removesuffix(".gz")
            if name.startswith(".") or not is_digest(digest) or digest in other:
                continue
            other._write(other._path(digest), self._files.cat_file(found))
            copied += 1
        return copied

    def __contains__(self, digest: str) -> bool:
        return bool(self._files.exists(self._path(digest)))

    def _write(self, path: str, packed: bytes) -> None:
        if self.local:
            with _written_durably(Path(path)) as file:
                file.write(packed)
        else:
            self._files.pipe_file(path, packed)

    def _path(self, digest: str) -> str:
        if not is_digest(digest):
            raise _missing(digest[:64])  # a name from outside is never a path
        return f"{self._root}/{digest[:2]}/{digest[2:]}.gz"


def is_digest(text: str) -> bool:
    """Whether a text may be a SHA-256 in hexadecimal digits."""
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


@contextmanager
def _stored() -> Iterator[None]:
    """What goes wrong while a file is stored, as one exception: each object store has some of its own."""
    try:
        yield
    except Refused:
        raise
    except Exception as problem:
        raise Busy(
            "The server cannot store files now.", next_step="Nothing was accepted; try again in a minute."
        ) from problem


@contextmanager
def _read(digest: str) -> Iterator[None]:
    """The same while the file with this digest is read."""
    try:
        yield
    except DAMAGE as problem:
        raise _missing(digest) from problem
    except Exception as problem:
        raise Busy("The server cannot read files now.", next_step="Try again in a minute.") from problem


def _digest_of(file: IO[bytes]) -> str:
    file.seek(0)
    found = sha256()
    while piece := file.read(PIECE):
        found.update(piece)
    return found.hexdigest()


def _pack(file: IO[bytes], packed: IO[bytes]) -> None:
    with igzip.IGzipFile("", "wb", LEVEL, packed, mtime=0) as out:  # type: ignore[no-untyped-call]  # it has no types
        shutil.copyfileobj(file, out, PIECE)


@contextmanager
def _written_durably(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, whole or not at all; it is on the disk afterwards, its name too."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unpacked(packed: Any) -> bytes:
    with igzip.IGzipFile(fileobj=io.BytesIO(packed)) as file:  # type: ignore[no-untyped-call]
        content: bytes = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise EOFError("larger than anything that is stored")
    return content


def _missing(digest: str) -> NotFound:
    return NotFound(
        f"The file {digest[:12]}… is missing from the file store, or it was damaged.",
        next_step="Restore the file store from a backup.",
    )
