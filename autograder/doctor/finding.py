"""One thing that was looked at: how it stands, and what would mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Finding", "State"]


class State(Enum):
    """How something stands."""

    GOOD = "good"
    LACKING = "lacking"  # works, but less well than it could
    BAD = "bad"  # something will not work


@dataclass(frozen=True)
class Finding:
    """What was found; `remedy` says what to do about it."""

    area: str
    name: str
    state: State
    text: str
    remedy: str = ""
