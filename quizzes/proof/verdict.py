"""The limits a class of some size needs, and whether what was seen keeps them."""

from __future__ import annotations

import os
import platform
import sqlite3
from dataclasses import dataclass, field

from quizzes.proof.measure import Measured, percentile

__all__ = ["Result", "Verdict", "machine"]

SIZES = ((100, "S"), (500, "M"), (2000, "L"))  # takers at most; more are XL
STEADY, STEADY_OF_FEW = 0.25, 0.15  # seconds, the 99th percentile of a save
HERD = 2.0  # seconds, the 99th percentile of anything in a herd
CLOSED_WITHIN = 10.0  # seconds after deadline and grace
MOST_MEMORY = 300.0  # MB


@dataclass(frozen=True, slots=True)
class Verdict:
    """One limit, and what was seen of it."""

    what: str
    seen: float
    most: float
    unit: str = ""

    @property
    def kept(self) -> bool:
        """Whether it holds."""
        return self.seen <= self.most

    def __str__(self) -> str:
        mark = "kept" if self.kept else "MISSED"
        seen, most = (f"{one:.0f}{f' {self.unit}' if self.unit else ''}" for one in (self.seen, self.most))
        return f"{mark:<8}{self.what:<52}{seen:>10}  of at most {most}"


@dataclass
class Result:
    """What was seen of a class under load."""

    takers: int
    measured: Measured = field(default_factory=Measured)
    failed: list[str] = field(default_factory=list)  # takers who gave up, and why
    saves: int = 0
    refused: int = 0
    lost: int = 0
    receipts: int = 0
    receipts_lost: int = 0
    left_open: int = 0
    closed_after: float = 0.0  # seconds from deadline and grace until the last attempt was closed
    damage: list[str] = field(default_factory=list)
    memory: float = 0.0

    @property
    def size(self) -> str:
        """S, M, L or XL."""
        return next((name for most, name in SIZES if self.takers <= most), "XL")

    def verdicts(self) -> list[Verdict]:
        """Every limit of a class of this size."""
        steady = 1000 * (STEADY_OF_FEW if self.size == "S" else STEADY)
        slow = {
            phase: 1000 * percentile(self.measured.of(phase, "save"), 99) for phase in ("steady", "burst")
        }
        herd = {phase: 1000 * percentile(self.measured.of(phase), 99) for phase in ("opening", "deadline")}
        return [
            *(Verdict(f"{phase}: 99 % of saves", one, steady, "ms") for phase, one in slow.items()),
            *(Verdict(f"{phase}: 99 % of requests", one, 1000 * HERD, "ms") for phase, one in herd.items()),
            Verdict("acknowledged saves that are missing", self.lost, 0),
            Verdict("receipts shown that are missing", self.receipts_lost, 0),
            Verdict("server errors and lost connections", sum(self.measured.problems.values()), 0),
            Verdict("saves refused", self.refused, 0),
            Verdict("takers who gave up", len(self.failed), 0),
            Verdict("attempts open when all must be closed", self.left_open, 0),
            Verdict("last attempt closed after deadline and grace", self.closed_after, CLOSED_WITHIN, "s"),
            Verdict("faults in the database", len(self.damage), 0),
            Verdict("the server's memory at its peak", self.memory, MOST_MEMORY, "MB"),
        ]

    def lines(self) -> list[str]:
        """All of it, to be read: the times, the problems, the limits."""
        problems = ", ".join(f"{kind}: {number}" for kind, number in self.measured.problems.items())
        return [
            *self.measured.lines(),
            "",
            f"{self.saves} saves were acknowledged, {self.receipts} receipts shown.",
            *([f"Answered badly: {problems}."] if problems else []),
            *(f"Gave up: {said}" for said in dict.fromkeys(self.failed[:3])),
            *self.damage[:3],
            "",
            f"Limits of a class of size {self.size} ({self.takers} takers):",
            *map(str, self.verdicts()),
        ]


def machine() -> str:
    """What it was measured on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return (
        f"{platform.system()} on {platform.machine()}, {cores} cores for server and takers together, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )
