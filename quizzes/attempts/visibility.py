"""Which parts of a result are visible at one instant, to the student and to learning platforms."""

from __future__ import annotations

from dataclasses import dataclass

from quizzes.content.quiz import Release, When

__all__ = ["Visibility"]


@dataclass(frozen=True)
class Visibility:
    """The visible parts of a result."""

    score: bool
    feedback: bool
    key: bool
    explanation: bool

    @classmethod
    def of(cls, release: Release, *, over: bool, due: bool, closed: bool) -> Visibility:
        """By the quiz's release rules; nothing is visible before the attempt is over."""
        reached: dict[When, bool] = {
            "never": False,
            "after_submit": over,
            "after_due": over and due,
            "after_close": over and closed,
        }
        return cls(**{name: reached[getattr(release, name)] for name in cls.__dataclass_fields__})
