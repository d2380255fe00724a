"""A fault of an assignment's files: where it is, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Fault"]


@dataclass(frozen=True, order=True)
class Fault:
    """Something an author has to mend."""

    place: str  # file, and where it helps a line or a cell
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"
