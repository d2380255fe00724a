"""What intake finds: whose notebook it is, when it was handed in, and what could not be placed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import overload

__all__ = ["Claim", "Entry", "Found", "Layout", "Unplaced"]


@dataclass(frozen=True)
class Entry:
    """A student and the notebook they handed in, or their folder when there is none in it."""

    student: str
    path: Path
    submitted: datetime | None = None  # with its zone, where the source says so
    attempt: int = 0  # the platform's number, larger for a later one; 0 where it has none
    late: bool = False  # the platform's own mark, where it gives no time: shown, and left to people
    origin: str = ""  # what the platform calls the submission; feedback goes back under this name

    def when(self) -> tuple[float, int]:
        """A sort key: oldest first."""
        return self.submitted.timestamp() if self.submitted else 0.0, self.attempt


@dataclass(frozen=True)
class Claim:
    """An entry as its platform names it, before the roster says who that is."""

    entry: Entry  # its student is what the platform's names come to without a roster
    keys: tuple[str, ...] = ()  # ids and addresses, the surest first
    columns: tuple[tuple[str, str], ...] = ()  # an id by the roster's column, such as canvas_id


@dataclass(frozen=True)
class Unplaced:
    """Something that was handed in and is nobody's, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Layout:
    """How one learning platform lays out its download, recognised by a mark that no other layout has."""

    name: str
    #: From a directory and an assignment's id to what it holds; None where the mark is missing.
    read: Callable[[Path, str], tuple[list[Claim], list[Unplaced]] | None]


@dataclass(frozen=True)
class Found(Sequence[Entry]):
    """Every attempt of every student, a student's oldest first, and what could not be placed."""

    entries: tuple[Entry, ...]
    unplaced: tuple[Unplaced, ...] = ()
    layout: str = "folder"  # or canvas, moodle, gradescope, nbgrader

    @overload
    def __getitem__(self, at: int) -> Entry: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Entry, ...]: ...
    def __getitem__(self, at: int | slice) -> Entry | tuple[Entry, ...]:
        return self.entries[at]

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)
