"""Where a student stands in one assignment: which attempt counts, what lateness and people changed.

A standing is worked out whenever it is asked for, from the ledger, the course's rules and the
assignment's; it is never stored, so a later extension or a corrected deadline needs no regrading.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

__all__ = ["Standing"]


@dataclass(frozen=True)
class Standing:
    """One student's standing in one assignment."""

    student: str
    earned: float  # what counts, after a person's change and the late penalty
    possible: float
    raw: float  # what the counted attempt earned by itself
    attempts: int
    report: Path | None  # the counted attempt's report
    submitted: datetime | None = None  # with its zone; None when nobody knows
    days_late: int = 0  # started days after the due date, the extension and the grace
    penalty: float = 0.0  # points taken off for lateness
    changed: bool = False  # a person set the score
    comment: str = ""  # what a person wrote to the student
    problem: str = ""  # why the submission could not be read, if so
