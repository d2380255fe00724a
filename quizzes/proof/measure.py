"""What was measured: how long each kind of request took in each phase, and how it was answered."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from quizzes.proof.client import Reply

__all__ = ["Measured", "percentile"]


@dataclass
class Measured:
    """All requests of a proof, by phase and kind."""

    phase: str = ""
    seconds: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    problems: Counter[str] = field(default_factory=Counter)

    def note(self, kind: str, reply: Reply | None) -> None:
        """One request; None for one that had no answer."""
        if reply is None:
            self.problems["no answer"] += 1
            return
        if reply.status >= 500:
            self.problems[str(reply.status)] += 1
            return
        self.seconds[self.phase, kind].append(reply.seconds)

    def of(self, phase: str, *kinds: str) -> list[float]:
        """The times of a phase, in seconds, of these kinds or of all."""
        return sorted(
            second
            for (own, kind), many in self.seconds.items()
            if own == phase and (not kinds or kind in kinds)
            for second in many
        )

    def lines(self) -> list[str]:
        """A table: phase, kind, how many, median, 99th percentile, the longest; in milliseconds."""
        rows = [f"{'phase':<9}{'request':<12}{'count':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}"]
        for (phase, kind), many in self.seconds.items():
            shown = (percentile(many, 50), percentile(many, 99), max(many))
            times = "".join(f"{1000 * one:>9.1f}" for one in shown)
            rows.append(f"{phase:<9}{kind:<12}{len(many):>8}{times}")
        return rows


def percentile(seconds: list[float], percent: float) -> float:
    """The smallest time that so many percent did not exceed; 0 of none."""
    if not seconds:
        return 0.0
    ranked = sorted(seconds)
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))]
