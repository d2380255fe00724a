"""What one submission may use in all, and what is left of it.

Processor time decides what is too slow, sleep (neither running nor waiting for a core) what hangs; no wall
clock decides anything. A session charges every child that it starts to one budget.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["MOST_PROCESSOR_SECONDS", "PROCESSOR_SECONDS", "RESTARTS", "SLEEP_SECONDS", "Budget"]

RESTARTS = 8  # children that a submission may spoil by a hang or an end
PROCESSOR_SECONDS = 60.0  # that it may use above the reference's, however few its calls are
MOST_PROCESSOR_SECONDS = 600.0
SLEEP_SECONDS = 60.0


class Budget:
    """Seconds of one submission: of processor time, and of sleep."""

    def __init__(
        self,
        *,
        processor: float = PROCESSOR_SECONDS,
        most_processor: float = MOST_PROCESSOR_SECONDS,
        sleep: float = SLEEP_SECONDS,
        reference: Callable[[], float] = lambda: 0.0,
        share: Callable[[str], float] | None = None,
    ) -> None:
        """`reference` says how much processor time the reference has taken for the same checks.

        `share` says what a call of a function adds to the total: its limit as a multiple of the reference's
        time, without the seconds that every call gets at least. By default a call adds all that it may take.
        """
        self._processor, self._most, self._reference = processor, most_processor, reference
        self._share = share
        self._shares = 0.0  # of the calls made
        self._sleep_left = sleep
        self.used = 0.0  # seconds of processor time

    def add(self, seconds: float) -> None:
        """Calls are made that add so many seconds to the total."""
        self._shares += seconds

    def added_by(self, seconds: float, function: str) -> float:
        """What a call of a function that may take so many seconds adds to the total."""
        return seconds if self._share is None or not function else min(seconds, self._share(function))

    def charge(self, used: float, slept: float) -> None:
        """Seconds of processor time and of sleep are gone."""
        self.used += used
        self._sleep_left = max(0.0, self._sleep_left - slept)

    def total(self, call: float = 0.0, function: str = "") -> float:
        """Seconds of processor time for all calls, with one more of `function` that may take `call`."""
        shares = self._shares + self.added_by(call, function)
        return min(self._most, max(self._reference() + self._processor, shares))

    def left(self, call: float = 0.0, function: str = "") -> float:
        """Seconds of processor time that are left, with one more call of `function` that may take `call`."""
        return self.total(call, function) - self.used

    @property
    def sleep_of_a_call(self) -> float:
        """Seconds that the next call may sleep: half of what is left, so that others keep some."""
        return self._sleep_left / 2
