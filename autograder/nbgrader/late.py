"""What lateness costs in nbgrader: the `late` of assignment.yaml."""

from __future__ import annotations

from math import ceil

from nbgrader.plugins import LateSubmissionPlugin

from autograder.course.assignment import Late

__all__ = ["LatePolicy", "late_penalty"]

DAY = 24 * 60 * 60


def late_penalty(late: Late, score: float, seconds: float) -> float:
    """The points that a lateness takes off: a share for each started day after the grace."""
    days = max(0, ceil((seconds - late.grace_minutes * 60) / DAY))
    return min(late.at_most, days * late.per_day) * score


class LatePolicy(LateSubmissionPlugin):  # type: ignore[misc]  # nbgrader ships no types
    """The engine's policy for its assignments, nbgrader's for others."""

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """The penalty in points; None for none."""
        assignment = self.parent.parent.engine.assignment
        if assignment is None:
            penalty: float | None = super().late_submission_penalty(student_id, score, total_seconds_late)
            return penalty
        return late_penalty(assignment.file.late, score, total_seconds_late) or None
