"""What can go wrong, split by whose fault it is.

    AutograderError
    ├── UsageError        the person at the keyboard: shown, nothing was changed, exit 2
    ├── ContentError      the author of an assignment: names the file and the place, exit 3
    ├── SubmissionError   the student: becomes feedback, the batch goes on
    └── SandboxError      ours: nothing is recorded for the submission, exit 4

A wrong answer is none of these: it is a `Failure` (see `failure.py`).
"""

from __future__ import annotations

__all__ = [
    "AutograderError",
    "Busy",
    "Conflict",
    "ContentError",
    "Forbidden",
    "NotFound",
    "Refused",
    "SandboxError",
    "SubmissionError",
    "TooLarge",
    "UsageError",
]


class AutograderError(Exception):
    """Something a person can act on: what was wrong, where, and what to do next."""

    exit_code = 1

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments get lost by the default pickling between worker processes.
        return _rebuild, (type(self), self.message, self.next_step)


def _rebuild(kind: type[AutograderError], message: str, next_step: str) -> AutograderError:
    return kind(message, next_step=next_step)


class UsageError(AutograderError):
    """The command was asked for something it cannot do."""

    exit_code = 2


class ContentError(AutograderError):
    """An assignment's own files are wrong; no submission is to blame."""

    exit_code = 3


class SubmissionError(AutograderError):
    """A submission cannot be read; its student is told, the others are graded."""


class SandboxError(AutograderError):
    """The sandbox itself failed; what was being graded has to be graded again."""

    exit_code = 4


class Refused(AutograderError):
    """Asked for at the wrong time, by the wrong person or in the wrong state; nothing was changed."""

    status = 400


class Forbidden(Refused):
    """It is theirs, but it may not be done now."""

    status = 403


class NotFound(Refused):
    """It does not exist, or it is somebody else's: the two look the same from outside."""

    status = 404


class Conflict(Refused):
    """What is stored does not allow it any more."""

    status = 409


class TooLarge(Refused):
    """An answer beyond the limit."""

    status = 413


class Busy(Refused):
    """The store cannot take it at this moment; the same request may be sent again."""

    status = 503
    retry_after = 2  # seconds
