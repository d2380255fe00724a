"""A run over a class in this very process, as the command makes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograder.cli.run import show_run
from autograder.course.course import find_course
from autograder.lms.layouts import collect_submissions
from autograder.report import Report
from autograder.results.results_folder import Results
from autograder.runs.run import RunOptions
from autograder.runs.run import grade_class as grade


def grade_class(course: Path, assignment: str, path: Path, out: Path, **options: Any) -> dict[str, Report]:
    """Grade what is at a path; returns the folder's reports by student."""
    chosen = RunOptions(**{"seed": 1, "workers": 1, **options})
    found = find_course(course)
    collected = collect_submissions(path, assignment, zone=found.zone)
    show_run(grade(found, assignment, collected, Results(out), chosen))
    return reports_in(out)


def reports_in(out: Path) -> dict[str, Report]:
    """The reports of a folder, by student."""
    reports = [Report.from_json(path.read_bytes()) for path in sorted((out / "reports").glob("*.json"))]
    return {report.student: report for report in reports}
