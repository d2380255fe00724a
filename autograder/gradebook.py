"""Scores of a class as a table other programs read."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from autograder.report import Report, Status

__all__ = ["grades_csv", "plain_cell"]


def grades_csv(reports: Sequence[Report]) -> str:
    """One row a student: score, points by task, and what a person should look at."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    tasks = [task.task for task in reports[0].tasks] if reports else []
    writer.writerow(["student", "earned", "possible", *tasks, "problem"])
    for report in reports:
        points = [f"{task.earned:g}" for task in report.tasks]
        broken = [result.id for result in report.results() if result.status is Status.ERROR]
        problem = report.submission.problem or (f"broken checks: {', '.join(broken)}" if broken else "")
        writer.writerow(
            [
                plain_cell(report.student),
                f"{report.score.earned:g}",
                f"{report.score.possible:g}",
                *points,
                plain_cell(problem),
            ]
        )
    return table.getvalue()


def plain_cell(text: str) -> str:
    """The text, with a quote in front where a spreadsheet would take it for a formula."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
