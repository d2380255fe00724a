"""What can go wrong, split by whose fault it is.

    AutograderError
    ├── UsageError        the person at the keyboard: shown, nothing was changed, exit 2
    ├── ContentError      the author of an assignment: names the file and the place, exit 3
    ├── SubmissionError   the student: becomes feedback, the batch goes on
    └── SandboxError      ours: nothing is recorded for the submission, exit 4

A wrong answer is none of these: it is a `Failure` (see `failure.py`).
"""

from __future__ import annotations

__all__ = ["AutograderError", "ContentError", "SandboxError", "SubmissionError", "UsageError"]


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
