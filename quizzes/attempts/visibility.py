"""What of a result may be shown by now: to its student, and to whatever tells them."""

from __future__ import annotations

from dataclasses import dataclass

from quizzes.content.quiz import Release, When

__all__ = ["Visibility"]


@dataclass(frozen=True)
class Visibility:
    """What may be shown at this moment."""

    score: bool
    feedback: bool
    key: bool
    explanation: bool

    @classmethod
    def of(cls, release: Release, *, over: bool, due: bool, closed: bool) -> Visibility:
        """By the quiz's own rules; nothing before the attempt is over, whatever they say."""
        reached: dict[When, bool] = {
            "never": False,
            "after_submit": over,
            "after_due": over and due,
            "after_close": over and closed,
        }
        return cls(**{name: reached[getattr(release, name)] for name in cls.__dataclass_fields__})
