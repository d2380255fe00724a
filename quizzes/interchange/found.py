"""What an import finds: an item as it would stand in a bank, and its pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Found", "Picture", "Pictures"]


@dataclass(frozen=True)
class Picture:
    """A picture from a package."""

    file: str  # its name beside the bank
    alt: str
    data: bytes


Pictures = Callable[[str], tuple[str, list[Picture]]]  # takes pictures of the package out of HTML


@dataclass(frozen=True)
class Found:
    """One item; `data` is what the bank's file says of it, but for its id."""

    name: str
    data: dict[str, Any]
    pictures: list[Picture] = field(default_factory=list)
