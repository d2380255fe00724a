"""The measurements and limits of the load test, and the machine that it ran on."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from autograder.site.loadtest.measuring import (
    Limit,
    file_system_of,
    machine,
    on_real_disk,
    percentile,
)
from quizzes.loadtest.student import HttpReply

__all__ = ["Limit", "Measurements", "Result", "file_system_of", "machine", "on_real_disk", "percentile"]


@dataclass
class Measurements:
    """The times of all requests, by phase and kind."""

    phase: str = ""
    seconds: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    problems: Counter[str] = field(default_factory=Counter)

    def note(self, kind: str, reply: HttpReply | None) -> None:
        """Record a request; None for one without an answer."""
        if reply is None:
            self.problems["no answer"] += 1
            return
        if reply.status >= 500:
            self.problems[str(reply.status)] += 1
            return
        self.seconds[self.phase, kind].append(reply.seconds)

    def of(self, phase: str, *kinds: str) -> list[float]:
        """The times of a phase in seconds, of these kinds or of all."""
        return sorted(
            second
            for (phase_seen, kind), many in self.seconds.items()
            if phase_seen == phase and (not kinds or kind in kinds)
            for second in many
        )

    def lines(self) -> list[str]:
        """A table with phase, kind, count, median, 99th percentile and maximum, in milliseconds."""
        rows = [f"{'phase':<9}{'request':<12}{'count':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}"]
        for (phase, kind), many in self.seconds.items():
            shown = (percentile(many, 50), percentile(many, 99), max(many))
            times = "".join(f"{1000 * second:>9.1f}" for second in shown)
            rows.append(f"{phase:<9}{kind:<12}{len(many):>8}{times}")
        return rows


SIZES = ((100, "S"), (500, "M"), (2000, "L"))  # students at most; more are XL
STEADY, STEADY_OF_FEW = 0.25, 0.15  # seconds, the 99th percentile of a save
HERD = 1.0  # seconds, the 99th percentile of anything in a herd
CLOSED_WITHIN = 10.0  # seconds after deadline and grace
MOST_MEMORY = 300.0  # MB


@dataclass
class Result:
    """The result of the load test."""

    students: int
    measured: Measurements = field(default_factory=Measurements)
    failed: list[str] = field(default_factory=list)  # students who gave up, and why
    saves: int = 0
    refused: int = 0
    lost: int = 0
    receipts: int = 0
    receipts_lost: int = 0
    left_open: int = 0
    closed_after: float = 0.0  # seconds from deadline and grace until the last attempt was closed
    damage: list[str] = field(default_factory=list)
    memory: float = 0.0
    busy: tuple[float, float] = (0.0, 0.0)  # seconds of a core: the server, the students
    busy_in: dict[str, float] = field(default_factory=dict)  # the server's, by phase
    staff: dict[str, list[float]] = field(default_factory=dict)  # seconds of each kind of task of staff
    staff_failed: list[str] = field(default_factory=list)  # tasks of staff that failed, and why
    regraded: int = 0  # attempts in each regrade
    not_regraded: int = 0

    @property
    def size(self) -> str:
        """S, M, L or XL."""
        return next((name for most, name in SIZES if self.students <= most), "XL")

    def limits(self) -> list[Limit]:
        """The limits for a class of this size."""
        steady = 1000 * (STEADY_OF_FEW if self.size == "S" else STEADY)
        slow = {
            phase: 1000 * percentile(self.measured.of(phase, "save"), 99) for phase in ("steady", "burst")
        }
        herd = {phase: 1000 * percentile(self.measured.of(phase), 99) for phase in ("opening", "deadline")}
        return [
            *(Limit(f"{phase}: 99 % of saves", seconds, steady, "ms") for phase, seconds in slow.items()),
            *(
                Limit(f"{phase}: 99 % of requests", seconds, 1000 * HERD, "ms")
                for phase, seconds in herd.items()
            ),
            Limit("acknowledged saves that are missing", self.lost, 0),
            Limit("receipts shown that are missing", self.receipts_lost, 0),
            Limit("server errors and lost connections", sum(self.measured.problems.values()), 0),
            Limit("saves refused", self.refused, 0),
            Limit("students who gave up", len(self.failed), 0),
            Limit("attempts open when all must be closed", self.left_open, 0),
            Limit("last attempt closed after deadline and grace", self.closed_after, CLOSED_WITHIN, "s"),
            Limit("faults in the database", len(self.damage), 0),
            Limit("tasks of staff that failed", len(self.staff_failed), 0),
            Limit("attempts that are not regraded", self.not_regraded, 0),
            Limit("the server's memory at its peak", self.memory, MOST_MEMORY, "MB"),
        ]

    def _processor_line(self) -> str:
        """What a request cost the server: unlike response times, much the same on a busy machine."""
        costs = [
            f"{phase} {1000 * seconds / len(requests):.1f} ms"
            for phase, seconds in self.busy_in.items()
            if (requests := self.measured.of(phase))
        ]
        work = ", with the work of staff" if self.staff else ""
        return f"Its processor time for each request{work}: {', '.join(costs)}."

    def _staff_lines(self) -> list[str]:
        """What staff did beside the load."""
        if not self.staff:
            return []
        tasks = ", ".join(
            f"{len(many)} × {kind} (at most {max(many):.1f} s)" for kind, many in self.staff.items()
        )
        summary = f"Staff beside it: {tasks}; a regrade is of {self.regraded} attempts."
        return [summary, *(f"Failed: {reason}" for reason in self.staff_failed[:3])]

    def lines(self) -> list[str]:
        """The report: the times, the problems, the limits."""
        problems = ", ".join(f"{kind}: {number}" for kind, number in self.measured.problems.items())
        return [
            *self.measured.lines(),
            "",
            "The server used {:.0f} s of a core, the students {:.0f} s.".format(*self.busy),
            *([self._processor_line()] if self.busy_in else []),
            f"{self.saves} saves were acknowledged, {self.receipts} receipts shown.",
            *([f"Errors:  {problems}."] if problems else []),
            *(f"Gave up: {reason}" for reason in dict.fromkeys(self.failed[:3])),
            *self._staff_lines(),
            *self.damage[:3],
            "",
            f"Limits of a class of size {self.size} ({self.students} students):",
            *map(str, self.limits()),
        ]
