"""A finding of the doctor: what was examined, its state, and a remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Finding", "State"]


class State(Enum):
    """The state of what was examined."""

    GOOD = "good"
    LACKING = "lacking"  # works, but less well than it could
    BAD = "bad"  # something will not work


@dataclass(frozen=True)
class Finding:
    """What was examined and found; `remedy` says what to do about it."""

    area: str
    name: str
    state: State
    text: str
    remedy: str = ""
