"""Spans of time and counts as people say them."""

from __future__ import annotations

__all__ = ["counted", "span"]

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 question, 8 questions."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def span(milliseconds: int) -> str:
    """A span in words: 1 hour 5 minutes, 40 minutes, 30 seconds."""
    hours, rest = divmod(milliseconds, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds = rest // SECOND
    parts = [
        counted(number, noun)
        for number, noun in ((hours, "hour"), (minutes, "minute"), (seconds, "second"))
        if number
    ]
    return " ".join(parts) or "no time"
