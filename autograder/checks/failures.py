"""Failures: what a check finds wrong with a submission, as data.

    Failure                 any finding; `fail` and `require` raise it with a sentence
    ├── WrongValue          numbers differ: which entry, how far
    ├── WrongShape          right kind of value, wrong shape
    ├── WrongType           not the kind of value that was asked for
    ├── NotFinite           NaN or infinity
    ├── InputChanged        an argument was modified in place
    ├── Raised              the function raised an exception
    ├── NotWritten          the function is missing, or still the stub
    ├── TimedOut            over its time
    ├── OutOfMemory         over its memory
    └── Crashed             the process ended, or sent something unreadable

The text for people and the JSON for machines are both made from the same object. A failure is about a
student's function. An exception of another kind inside a check is one too, unless the check also breaks with
the reference: see `grading.evaluation`.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from autograder.checks.values import Array
from autograder.report import Evidence, Status

__all__ = [
    "Crashed",
    "Failure",
    "InputChanged",
    "NotFinite",
    "NotWritten",
    "OutOfMemory",
    "Raised",
    "TimedOut",
    "WrongShape",
    "WrongType",
    "WrongValue",
    "fail",
    "require",
]


class Failure(Exception):
    """A check did not pass; says why, in words and as evidence."""

    status = Status.FAILED

    def __init__(
        self, message: str, *, hint: str = "", evidence: Evidence | None = None, share: float = 0.0
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.share = share  # of the check's points that are earned all the same
        self.evidence = evidence or Evidence()

    def __str__(self) -> str:
        return self.message  # which whoever passes the failure on may have completed


class WrongValue(Failure):
    """Numbers differ; keeps the arrays so that the difference can be explained."""

    def __init__(
        self,
        message: str,
        *,
        got: Array,
        expected: Array,
        wrong: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
        evidence: Evidence,
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint, evidence=evidence)
        self.got, self.expected, self.wrong = got, expected, wrong


class WrongShape(Failure):
    """The right kind of value in the wrong shape; keeps the arrays for the explanation."""

    def __init__(
        self, message: str, *, got: Array, expected: Array, evidence: Evidence, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint, evidence=evidence)
        self.got, self.expected = got, expected


class WrongType(Failure):
    """Not the kind of value that was asked for."""


class NotFinite(Failure):
    """A NaN or an infinity where a number belongs."""


class InputChanged(Failure):
    """An argument was modified in place."""


class Raised(Failure):
    """The function raised an exception."""


class NotWritten(Failure):
    """The function is missing, or it is still the stub."""

    status = Status.MISSING


class TimedOut(Failure):
    """The function used more than its time."""

    status = Status.TIMEOUT


class OutOfMemory(Failure):
    """The function asked for more memory than a submission gets."""

    status = Status.MEMORY


class Crashed(Failure):
    """The process ended inside the function, or its answer cannot be read."""

    status = Status.CRASHED


def fail(message: str, *, hint: str = "") -> NoReturn:
    """Fail the check with a sentence for the student."""
    raise Failure(message, hint=hint)


def require(condition: object, message: str, *, hint: str = "") -> None:
    """Fail the check with a sentence for the student unless `condition` holds."""
    if not condition:
        raise Failure(message, hint=hint)
