"""A clock that tests turn by hand."""

from __future__ import annotations

MINUTE = 60_000


class FakeClock:
    """A machine's wall and monotonic clocks; a ServerClock on top of them is what the engine asks."""

    def __init__(self, at: int = 1_779_000_000_000) -> None:
        self.wall, self.steady = at * 1_000_000, 5_000_000_000

    def pass_(self, milliseconds: int) -> None:
        """Time passes."""
        self.wall += milliseconds * 1_000_000
        self.steady += milliseconds * 1_000_000

    def sleep(self, milliseconds: int) -> None:
        """The machine is suspended: the monotonic clock stands still."""
        self.wall += milliseconds * 1_000_000

    def set_back(self, milliseconds: int) -> None:
        """Somebody sets the wall clock back."""
        self.wall -= milliseconds * 1_000_000
