"""What grading again changed, student by student."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from autograder.report import Report
from autograder.results.ledger import Graded
from autograder.runs.worker import GradedSubmission

__all__ = ["Change", "change_between"]


@dataclass(frozen=True)
class Change:
    """One submission before and after."""

    student: str
    before: float
    after: float
    checks: tuple[str, ...]  # those that ended differently, in words
    kept: bool  # the score would have fallen, and the earlier one stays


def change_between(line: Graded, before: bytes, done: GradedSubmission, *, kept: bool) -> Change | None:
    """How a submission fared; None when its score and all its checks ended as before."""
    old = _ends(before)
    new = {check.id: check.status.value for check in done.summary.checks}
    moved = tuple(
        f"{name}: {old.get(name, 'new')} → {new.get(name, 'gone')}"
        for name in dict.fromkeys([*old, *new])
        if old and old.get(name) != new.get(name)
    )
    after = done.summary.earned
    if not moved and abs(after - line.earned) < 1e-9:
        return None
    return Change(line.student, line.earned, after, moved, kept and after < line.earned)


def _ends(report: bytes) -> dict[str, str]:
    if not report:
        return {}
    try:
        return {result.id: result.status.value for result in Report.from_json(report).results()}
    except ValidationError:  # of another version of the format
        return {}
