"""The scores of one assignment as a table other programs read."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from autograder.report import ReportSummary
from autograder.standing import Standing

__all__ = ["FORMULA", "grades_csv", "plain_cell"]

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a formula begins with, for some spreadsheet
WHY = ("raw", "penalty", "days_late", "attempt", "attempts", "submitted", "by_hand", "comment", "marked_late")


def grades_csv(reports: Sequence[ReportSummary], standings: Mapping[str, Standing]) -> str:
    """One row a student: what counts, points by task, why it counts so, and what a person should look at."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    tasks = [task.task for task in reports[0].tasks] if reports else []
    writer.writerow(["student", "earned", "possible", *tasks, "problem", *WHY])
    for report in reports:
        standing = standings[report.student]
        broken = f"broken checks: {', '.join(report.broken)}" if report.broken else ""
        writer.writerow(
            [
                plain_cell(report.student),
                f"{standing.earned:g}",
                f"{standing.possible:g}",
                *(f"{task.earned:g}" for task in report.tasks),
                plain_cell(report.problem or broken),
                f"{standing.raw:g}",
                f"{standing.penalty:g}",
                standing.days_late,
                standing.attempt,
                standing.attempts,
                standing.submitted.isoformat() if standing.submitted else "",
                "yes" if standing.changed else "",
                plain_cell(standing.comment),
                "yes" if standing.marked_late else "",
            ]
        )
    return table.getvalue()


def plain_cell(text: str) -> str:
    """The text, with a quote in front where a spreadsheet would take it for a formula."""
    return "'" + text if text.startswith(FORMULA) else text
