"""The exceptions of the engine and the course's site, by whose fault they are.

    AutograderError
    ├── UsageError        the person at the keyboard: shown, nothing was changed, exit 2
    ├── ContentError      the author of an assignment: names file, line and key, exit 3
    ├── SubmissionError   the student: becomes feedback, and the other submissions are graded
    ├── SandboxError      ours: nothing is recorded for the submission, exit 4
    │   └── MachineError  this machine gives the sandbox too little, whatever is graded
    ├── UnmatchedError    files that belong to no student, or no notebook: the rest was graded, exit 5
    └── Refused           a request to the site that cannot be fulfilled: an HTTP status and a sentence

A wrong answer is none of these: it is a `Failure` (see `checks.failures`).
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "AutograderError",
    "Busy",
    "Conflict",
    "ContentError",
    "Forbidden",
    "MachineError",
    "NotFound",
    "Refused",
    "SandboxError",
    "SubmissionError",
    "TooLarge",
    "UnmatchedError",
    "UsageError",
    "choose_one",
    "place_and_words",
]


class AutograderError(Exception):
    """An error that a person can act on: what was wrong, where, and what to do next."""

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


def choose_one(names: Iterable[str], otherwise: str = "") -> str:
    """The next step after an unknown name: choose a known one; `otherwise` where there is none."""
    known = ", ".join(names)
    return f"Choose one of: {known}." if known else otherwise


def place_and_words(problem: AutograderError) -> tuple[str, str]:
    """The place that an error begins with, as of a fault in a list, and its words with what to do."""
    place, colon, message = problem.message.partition(": ")
    if not colon:  # "checks.py is missing."
        place, _, message = problem.message.partition(" ")
    return place, f"{message} {problem.next_step}".strip()


class UsageError(AutograderError):
    """The command cannot do what it was called with."""

    exit_code = 2


class ContentError(AutograderError):
    """An assignment's own files are wrong; no submission is to blame."""

    exit_code = 3


class SubmissionError(AutograderError):
    """A submission cannot be read; its student gets the message, the others are graded."""


class SandboxError(AutograderError):
    """The sandbox itself failed; the submission has to be graded again."""

    exit_code = 4


class MachineError(SandboxError):
    """This machine gives the sandbox too little; no submission is to blame, however often it is tried."""


class UnmatchedError(AutograderError):
    """Something that was collected is not graded; all the rest was, and the class page lists it."""

    exit_code = 5


class Refused(AutograderError):
    """A request at the wrong time, by the wrong person or in the wrong state; nothing was changed."""

    status = 400


class Forbidden(Refused):
    """The person may see it, but may not do this now."""

    status = 403


class NotFound(Refused):
    """It does not exist, or belongs to somebody else: the two look the same from outside."""

    status = 404


class Conflict(Refused):
    """The stored state does not allow it any more."""

    status = 409


class TooLarge(Refused):
    """An answer that is larger than the limit."""

    status = 413


class Busy(Refused):
    """The store is busy; the same request may be sent again."""

    status = 503
    retry_after = 2  # seconds
