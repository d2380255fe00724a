"""Files that a notebook writes, kept in the memory of a child that can write none. Runs in a child only.

What is written can be read, listed, renamed and removed again, as after "Restart and run all": `open`,
`numpy.save`, `json.dump`, `Path.write_text`, `os.walk`, `shutil.copy`, `tempfile`. Nothing here is
protection: the sandbox refuses the real calls as before. Imports the standard library alone; the zygote
loads it by path, before the modules that keep `open` or `os.unlink` under names of their own.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable, Iterator
from typing import Any

REGULAR, DIRECTORY = 0o100644, 0o040755
FIRST_DESCRIPTOR = 1_000_000  # far above those of the system
ANONYMOUS = getattr(os, "O_TMPFILE", 0)  # a file without a name, where the system has such
NO_DESCRIPTOR = "a file of yours is kept in memory when graded: it has no descriptor, and cannot be mapped"


class FilesInMemory:
    """The files and directories that were made, by absolute path; and the functions that know of them.

    Until `activate` every function is the real one.
    """

    def __init__(self) -> None:
        self._active = False
        self._written: dict[str, str] = {}
        self._contents: dict[str, bytearray] = {}
        self._directories: set[str] = set()
        self._descriptors: dict[int, _File] = {}
        self._here = "/"
        self._real: dict[str, Callable[..., Any]] = {}

    def install(self) -> None:
        """Put functions in the place of those that reach the file system."""
        self._real["open"] = builtins.open
        builtins.open = io.open = self.open
        functions: dict[str, Callable[..., Any]] = {
            "open": self.open_descriptor,
            "close": self.close,
            "read": self.read,
            "write": self.write,
            "lseek": self.seek,
            "fstat": self.stat,
            "stat": self.stat,  # of which exists, isfile and isdir are made
            "lstat": self.stat,
            "access": self.access,
            "chmod": self.leave_as_it_is,
            "utime": self.leave_as_it_is,
            "listxattr": self.list_attributes,
            "remove": self.remove,
            "unlink": self.remove,
            "rename": self.rename,
            "replace": self.rename,
            "mkdir": self.mkdir,
            "rmdir": self.rmdir,
            "listdir": self.listdir,
            "scandir": self.scandir,
            "getcwd": self.getcwd,
            "chdir": self.chdir,
        }
        for name, function in functions.items():
            if hasattr(os, name):
                self._real[f"os.{name}"] = getattr(os, name)
                setattr(os, name, _named(name, function, self._real[f"os.{name}"], self))

    def activate(self, written: dict[str, str]) -> None:
        """From here on files are kept; `written` are texts by name that a cell magic writes: files, too."""
        self._written = written
        self._here = os.getcwd()
        self._directories.add(self._here)
        self._active = True

    @property
    def is_active(self) -> bool:
        """Whether files are kept."""
        return self._active

    def content(self, key: str | None) -> bytearray | None:
        """What is in a file that was made; None where there is none."""
        if key is not None and key not in self._contents:
            text = self._written.get(os.path.relpath(key, self._here)) if self._written else None
            if text is None:
                return None
            self._contents[key] = bytearray(text.encode())
        return None if key is None else self._contents[key]

    def open(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        """As the built-in function, for what is written and for what was."""
        raw = None
        if self._active and opener is not None:
            raw = self._descriptors.get(opener(file, _flags(mode)))
        elif self._active and type(file) is int:
            raw = self._descriptors.get(file)
            raw = raw if raw is None or closefd else raw.reopened()
        elif self._active:
            raw = self._opened(file, mode)
        if raw is None:
            return self._real["open"](file, mode, buffering, encoding, errors, newline, closefd, opener)
        return _layered(raw, mode, buffering, encoding, errors, newline)

    def _opened(self, file: Any, mode: str) -> _File | None:
        """A file in memory, or None for one that is not there."""
        key = self.key(file)
        before, writes = self.content(key), bool(set(mode) & set("wax"))
        if key is None or (before is None and not writes):
            return None
        if before is None and key in self._directories:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), file)
        if "x" in mode and before is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), file)
        if before is None and self._is_really_there(file):
            return None  # it is refused, in the system's words
        if before is None:
            before = self._contents[key] = bytearray()
        elif "w" in mode:
            before.clear()
        raw = _File(before, file, reads="r" in mode or "+" in mode, writes=writes or "+" in mode)
        raw.appends = "a" in mode
        return raw

    # What has a descriptor: `tempfile` opens its files so.

    def open_descriptor(self, path: Any, flags: int, mode: int = 0o777, **named: Any) -> int:
        """As `os.open`."""
        key, made = self.key(path), flags & os.O_CREAT
        access = flags & (os.O_RDWR | os.O_WRONLY)
        if ANONYMOUS and flags & ANONYMOUS == ANONYMOUS:
            content = bytearray()
        elif (known := self.content(key)) is not None:
            if made and flags & os.O_EXCL:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
            content = known
            if flags & os.O_TRUNC:
                content.clear()
        elif not made or key is None or self._is_really_there(path):
            return int(self._real["os.open"](path, flags, mode, **named))
        else:
            content = self._contents[key] = bytearray()
        raw = _File(content, path, reads=access != os.O_WRONLY, writes=bool(access))
        raw.appends = bool(flags & os.O_APPEND)
        number = FIRST_DESCRIPTOR + len(self._descriptors)
        self._descriptors[number] = raw
        raw.name = number
        return number

    def close(self, descriptor: int) -> None:
        """As `os.close`."""
        if descriptor in self._descriptors:
            self._descriptors[descriptor].close()
        else:
            self._real["os.close"](descriptor)

    def read(self, descriptor: int, count: int) -> bytes:
        """As `os.read`."""
        raw = self._descriptors.get(descriptor)
        return bytes(self._real["os.read"](descriptor, count) if raw is None else raw.read(count) or b"")

    def write(self, descriptor: int, data: Any) -> int:
        """As `os.write`."""
        raw = self._descriptors.get(descriptor)
        return int(self._real["os.write"](descriptor, data) if raw is None else raw.write(data))

    def seek(self, descriptor: int, offset: int, whence: int) -> int:
        """As `os.lseek`."""
        raw = self._descriptors.get(descriptor)
        return int(
            self._real["os.lseek"](descriptor, offset, whence) if raw is None else raw.seek(offset, whence)
        )

    # What is known of a path.

    def stat(self, path: Any, real: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """As `os.stat`, `os.lstat` and `os.fstat`; of a file in memory, its kind and its size."""
        raw = self._descriptors.get(path) if type(path) is int else None
        key = self.key(path)
        content = self.content(key) if raw is None else raw.content
        if content is not None:
            return os.stat_result((REGULAR, id(content), 0, 1, 0, 0, len(content), 0, 0, 0))
        if key in self._directories:
            return os.stat_result((DIRECTORY, hash(key), 0, 2, 0, 0, 0, 0, 0, 0))
        return real(path, *arguments, **named)

    def access(self, path: Any, mode: int, **named: Any) -> bool:
        """As `os.access`."""
        key = self.key(path)
        is_here = self.content(key) is not None or key in self._directories
        return is_here or bool(self._real["os.access"](path, mode, **named))

    def leave_as_it_is(self, path: Any, real: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        """Modes and times of files in memory are not kept."""
        key = self.key(path)
        if self.content(key) is None and key not in self._directories:
            real(path, *arguments, **named)

    def list_attributes(self, path: Any = None, **named: Any) -> list[str]:
        """As `os.listxattr`: files in memory have none."""
        if self.content(self.key(path)) is not None:
            return []
        return list(self._real["os.listxattr"](path, **named))

    def remove(self, path: Any, real: Callable[..., Any], **named: Any) -> None:
        """As `os.remove`."""
        key = self.key(path)
        if self.content(key) is None or key is None:
            real(path, **named)
        else:
            del self._contents[key]
            self._written.pop(os.path.relpath(key, self._here), None)

    def rename(self, source: Any, real: Callable[..., Any], target: Any, **named: Any) -> None:
        """As `os.rename` and `os.replace`, of a file or of a directory with what is in it."""
        old, new = self.key(source), self.key(target)
        if old is None or new is None or (self.content(old) is None and old not in self._directories):
            real(source, target, **named)
            return
        if old in self._directories:
            self._directories = {_moved(name, old, new) for name in self._directories}
            self._contents = {_moved(name, old, new): data for name, data in self._contents.items()}
        elif old != new:
            self._contents[new] = self._contents[old]
            self.remove(source, real)

    def mkdir(self, path: Any, *arguments: Any, **named: Any) -> None:
        """As `os.mkdir`, of which `os.makedirs` is made."""
        key = self.key(path)
        if key is None:
            self._real["os.mkdir"](path, *arguments, **named)
        elif key in self._directories or self.content(key) is not None or self._is_really_there(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        else:
            self._directories.add(key)

    def rmdir(self, path: Any, **named: Any) -> None:
        """As `os.rmdir`."""
        key = self.key(path)
        if key not in self._directories or key is None:
            self._real["os.rmdir"](path, **named)
        elif self._names_in(key):
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), path)
        else:
            self._directories.remove(key)

    def listdir(self, path: Any = ".") -> list[str]:
        """As `os.listdir`: of a directory in memory, what is in it."""
        key = self.key(path)
        names = [] if key is None else self._names_in(key)
        if key in self._directories or names:
            return names
        return list(self._real["os.listdir"](path))

    def scandir(self, path: Any = ".") -> Any:
        """As `os.scandir`, of which `os.walk` and `glob` are made."""
        key = self.key(path)
        if key is None or (key not in self._directories and not self._names_in(key)):
            return self._real["os.scandir"](path)
        start = os.fsdecode(path)
        return _Entries([_Entry(name, os.path.join(start, name)) for name in self._names_in(key)])

    def _names_in(self, key: str) -> list[str]:
        start = key.rstrip("/") + "/"
        written = (os.path.join(self._here, name) for name in self._written)
        there = [*self._contents, *self._directories, *written]
        names = {name[len(start) :].partition("/")[0] for name in there if name.startswith(start)}
        return sorted(names - {""})

    def getcwd(self) -> str:
        """As `os.getcwd`."""
        return self._here

    def chdir(self, path: Any) -> None:
        """As `os.chdir`, for the notebook's own idea of where it is."""
        key = self.key(path)
        if key is None or not os.path.isdir(path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        self._here = key
        self._directories.add(key)

    def key(self, path: Any) -> str | None:
        """A path's place in memory; None for anything else, such as a descriptor."""
        try:
            return os.path.abspath(os.fsdecode(path))
        except (TypeError, ValueError):
            return None

    def _is_really_there(self, path: Any) -> bool:
        try:
            self._real["os.lstat"](path)
        except (OSError, ValueError):
            return False
        return True


def _named(
    name: str, function: Callable[..., Any], real: Callable[..., Any], files: FilesInMemory
) -> Callable[..., Any]:
    """A function in the place of `os.NAME`: the real one until files are kept.

    Some stand for several of the system's functions, and are told which as their second argument.
    """
    is_told = function.__name__ in ("stat", "leave_as_it_is", "remove", "rename")

    def wrapper(*arguments: Any, **named: Any) -> Any:
        if not files.is_active or named.get("dir_fd") is not None or named.get("src_dir_fd") is not None:
            return real(*arguments, **named)
        if is_told and arguments:
            arguments = (arguments[0], real, *arguments[1:])
        return function(*arguments, **named)

    wrapper.__name__ = wrapper.__qualname__ = name
    return wrapper


def _moved(name: str, old: str, new: str) -> str:
    """A path, where the directory `old` is called `new`."""
    return new + name[len(old) :] if name == old or name.startswith(old + "/") else name


def _flags(mode: str) -> int:
    """What the built-in `open` hands to an opener."""
    both = os.O_RDWR if "+" in mode else os.O_WRONLY
    for sign, more in (("x", os.O_EXCL | os.O_CREAT), ("w", os.O_TRUNC | os.O_CREAT), ("a", os.O_APPEND)):
        if sign in mode:
            return both | more | os.O_CREAT
    return os.O_RDWR if "+" in mode else os.O_RDONLY


def _layered(
    raw: _File, mode: str, buffering: int, encoding: str | None, errors: str | None, newline: str | None
) -> Any:
    """A file with the buffer and the text layer that its mode asks for."""
    raw.mode = mode
    if buffering == 0 and "b" in mode:
        return raw
    if raw.readable() and raw.writable():
        buffered: Any = io.BufferedRandom(raw)
    else:
        buffered = io.BufferedWriter(raw) if raw.writable() else io.BufferedReader(raw)
    if "b" in mode:
        return buffered
    text: Any = io.TextIOWrapper(buffered, encoding or "utf-8", errors, newline, buffering == 1)
    text.mode = mode
    return text


class _File(io.RawIOBase):
    """An open file: a place in a content that other open files may share."""

    mode = ""

    def __init__(self, content: bytearray, name: Any, *, reads: bool, writes: bool) -> None:
        super().__init__()
        self.content, self.name, self._reads, self._writes = content, name, reads, writes
        self.appends = False
        self._at = 0

    def reopened(self) -> _File:
        """Another one on the same content: closing it leaves this one open."""
        again = _File(self.content, self.name, reads=self._reads, writes=self._writes)
        again.appends = self.appends
        return again

    def readable(self) -> bool:
        """Whether it was opened to be read."""
        return self._reads

    def writable(self) -> bool:
        """Whether it was opened to be written."""
        return self._writes

    def seekable(self) -> bool:
        """Always."""
        return True

    def fileno(self) -> int:
        """There is none: what the system does with a descriptor cannot be done in memory."""
        raise io.UnsupportedOperation(NO_DESCRIPTOR)

    def readinto(self, buffer: Any) -> int:
        """Read as much as there is room for."""
        piece = self.content[self._at : self._at + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def write(self, data: Any) -> int:
        """Write at the present place, or at the end."""
        if not self._writes:
            raise io.UnsupportedOperation("not writable")
        piece = bytes(data)
        if self.appends:
            self._at = len(self.content)
        self.content.extend(bytes(max(0, self._at - len(self.content))))
        self.content[self._at : self._at + len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: len(self.content)}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._at = start + offset
        return self._at

    def truncate(self, size: int | None = None) -> int:
        """Cut it off, or fill it up with zeros."""
        size = self._at if size is None else size
        del self.content[size:]
        self.content.extend(bytes(size - len(self.content)))
        return size


class _Entry:
    """What `os.scandir` tells of a file or a directory."""

    def __init__(self, name: str, path: str) -> None:
        self.name, self.path = name, path

    def __fspath__(self) -> str:
        return self.path

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a directory."""
        return os.path.isdir(self.path)

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a file."""
        return os.path.isfile(self.path)

    def is_symlink(self) -> bool:
        """There are no links in memory."""
        return False

    is_junction = is_symlink

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Its kind and its size."""
        return os.stat(self.path)

    def inode(self) -> int:
        """A number of its own."""
        return self.stat().st_ino


class _Entries:
    """An iterator over entries that is closed like the system's."""

    def __init__(self, entries: list[_Entry]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[_Entry]:
        return self

    def __next__(self) -> _Entry:
        return next(self._entries)

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *_: Any) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Nothing is open."""
