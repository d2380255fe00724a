"""Files that a notebook writes, kept in the memory of a child that can write none. Runs in a child only.

What is written can be read again, as after "Restart and run all": `open`, `numpy.save`, `json.dump`,
`Path.write_text`, `os.makedirs`. Nothing here is protection: the sandbox refuses the real calls as before.
Imports the standard library alone; the zygote loads it by path.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable, Iterable
from typing import Any

REGULAR, DIRECTORY = 0o100644, 0o040755


class FilesInMemory:
    """The files and directories that were made, by absolute path; and the functions that know of them."""

    def __init__(self, written: dict[str, str]) -> None:
        """`written` are texts by name that a cell magic has written: they are files, too."""
        self._written = written
        self._contents: dict[str, bytes] = {}
        self._directories: set[str] = set()
        self._open: Callable[..., Any] = builtins.open
        self._stat: Callable[..., Any] = os.stat
        self._remove: Callable[..., Any] = os.remove
        self._mkdir: Callable[..., Any] = os.mkdir
        self._listdir: Callable[..., Any] = os.listdir

    def install(self, openers: Iterable[dict[Any, Any]] = ()) -> None:
        """Put the functions in the place of those that reach the file system.

        `openers` are tables in which libraries keep `io.open`, by a file's ending.
        """
        builtins.open = io.open = self.open
        for table in openers:
            table[None] = self.open
        os.stat = self.stat  # of which exists, isfile and isdir are made
        os.remove = os.unlink = self.remove
        os.mkdir = self.mkdir
        os.listdir = self.listdir  # type: ignore[assignment]

    def content(self, key: str) -> bytes | None:
        """What is in a file that was made; None where there is none."""
        if key in self._contents:
            return self._contents[key]
        text = self._written.get(key.lstrip("/"))
        return None if text is None else text.encode()

    def keep(self, key: str, data: bytes) -> None:
        """Store a file's content."""
        self._contents[key] = data

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
        key = _key(file)
        before = None if key is None else self.content(key)
        writes = bool(set(mode) & set("wax"))
        if key is None or opener is not None or (before is None and not writes):
            return self._open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        if "x" in mode and before is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), file)
        if before is None and self._is_there(file):
            return self._open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        starts_empty = before is None or "w" in mode
        raw = _File(self if writes or "+" in mode else None, key, b"" if starts_empty else before or b"")
        raw.name = file
        if "a" in mode:
            raw.seek(0, io.SEEK_END)
        if writes:
            self.keep(key, raw.getvalue())
        return raw if "b" in mode else io.TextIOWrapper(raw, encoding or "utf-8", errors, newline)

    def stat(self, path: Any, *arguments: Any, **named: Any) -> Any:
        """As `os.stat`; of a file in memory, its kind and its size."""
        key = _key(path)
        if key is not None and (content := self.content(key)) is not None:
            return os.stat_result((REGULAR, 0, 0, 1, 0, 0, len(content), 0, 0, 0))
        if key in self._directories:
            return os.stat_result((DIRECTORY, 0, 0, 2, 0, 0, 0, 0, 0, 0))
        return self._stat(path, *arguments, **named)

    def remove(self, path: Any, *arguments: Any, **named: Any) -> None:
        """As `os.remove`."""
        if self._contents.pop(_key(path) or "", None) is None:
            self._remove(path, *arguments, **named)

    def mkdir(self, path: Any, *arguments: Any, **named: Any) -> None:
        """As `os.mkdir`, of which `os.makedirs` is made."""
        key = _key(path)
        if key in self._directories or self._is_there(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        if key is None:
            self._mkdir(path, *arguments, **named)
        else:
            self._directories.add(key)

    def listdir(self, path: Any = ".") -> list[str]:
        """As `os.listdir`: of a directory, the files in memory and those that can be seen."""
        key = _key(path)
        start = "" if key is None else key.rstrip("/") + "/"
        there = [*self._contents, *self._directories]
        names = {name[len(start) :].partition("/")[0] for name in there if key and name.startswith(start)}
        if key in self._directories or names:
            return sorted(names - {""})
        return list(self._listdir(path))

    def _is_there(self, path: Any) -> bool:
        try:
            self._stat(path)
        except OSError:
            return False
        return True


class _File(io.BytesIO):
    """An open file; what was written is kept when it is flushed or closed."""

    name: Any = ""

    def __init__(self, files: FilesInMemory | None, key: str, data: bytes) -> None:
        super().__init__(data)
        self._files, self._key = files, key

    def flush(self) -> None:
        """Keep what was written so far."""
        if self._files is not None and not self.closed:
            self._files.keep(self._key, self.getvalue())

    def close(self) -> None:
        """Keep what was written."""
        self.flush()
        super().close()


def _key(path: Any) -> str | None:
    """A path's place in memory; None for anything else, such as a descriptor."""
    try:
        return os.path.abspath(os.fsdecode(path))
    except (TypeError, ValueError):
        return None
