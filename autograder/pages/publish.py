"""Publishing a class: from ledger and reports to the class page, the students' pages and the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from autograder.course.assignment import AssignmentFile, assignment_file
from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.gradebook.tables import grades_csv
from autograder.pages.class_page import class_page
from autograder.pages.student_page import student_page
from autograder.pages.what_counts import with_standing
from autograder.report import Report, ReportSummary, summarize_report
from autograder.results.final_scores import FinalScore, attempts_of, final_scores
from autograder.results.ledger import Graded, Line, read_ledger, run_started
from autograder.results.results_folder import Results
from autograder.submissions.collecting import natural

__all__ = ["ClassResults", "class_results", "counted_reports", "write_class"]


@dataclass(frozen=True)
class ClassResults:
    """A class: everybody's standing, and the counted report in outline, in natural order of names."""

    final_scores: dict[str, FinalScore]
    outlines: list[ReportSummary]


def class_results(
    results: Results,
    lines: Sequence[Line],
    course: Course,
    assignment: str,
    file: AssignmentFile,
    known: Mapping[str, ReportSummary],
) -> ClassResults:
    """Work out what counts; `known` are outlines by file name that need not be read again."""
    found = final_scores(lines, course, assignment, file, results.reports)
    ordered = {student: found[student] for student in sorted(found, key=natural)}
    reports = [one.report for one in ordered.values() if one.report is not None]
    return ClassResults(ordered, [known.get(path.name) or _read(path) for path in reports])


def counted_reports(results: Results, course: Course) -> Iterator[tuple[FinalScore, Report]]:
    """Everybody's standing with the report of the attempt that counts; raises UsageError without a ledger."""
    lines, _ = read_ledger(results.ledger)
    name = run_started(lines, results.ledger).assignment
    file = assignment_file(course, name)
    found = final_scores(lines, course, name, file, results.reports)
    for student in sorted(found, key=natural):
        path = found[student].report
        try:
            assert path is not None  # every standing is of some attempt
            yield found[student], Report.from_json(path.read_bytes())
        except (OSError, ValidationError) as problem:
            raise UsageError(
                f"{path} is not a report any more.", next_step="`autograder regrade` makes it anew."
            ) from problem


def _drawn(results: Results, line: Graded, title: str, course: Course) -> str:
    """A page that is gone, made anew."""
    report = Report.from_json((results.reports / line.report).read_bytes())
    return student_page(report, title=title, course=course.title)


def _read(path: Path) -> ReportSummary:
    return summarize_report(Report.from_json(path.read_bytes())).shared()


def write_class(
    results: Results,
    lines: Sequence[Line],
    found: ClassResults,
    title: str,
    course: Course,
) -> None:
    """Write the class page and the table, and onto each student's pages what counts and why."""
    for student, attempts in attempts_of(lines).items():
        standing = found.final_scores[student]
        for place, line in enumerate(attempts, start=1):
            path = results.page_of(results.reports / line.report)
            page = (
                path.read_text(encoding="utf-8") if path.is_file() else _drawn(results, line, title, course)
            )
            text = with_standing(page, standing, place, course.zone)
            results.keep(path, text.encode())
    page = class_page(
        found.outlines,
        title=title,
        course=course.title,
        link=lambda one: results.link(found.final_scores[one.student].report or Path()),
        final_scores=found.final_scores,
    )
    results.keep(results.index, page.encode())
    results.keep(results.grades, grades_csv(found.outlines, found.final_scores).encode())
