"""Publishing a class: from ledger and reports to the class page, the students' pages and the table.

`runs.run` publishes after every run; nothing is graded here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from autograder.gradebook.tables import grades_csv
from autograder.pages.class_page import class_page
from autograder.pages.student_page import student_page
from autograder.pages.what_counts import with_final_score
from autograder.report import ReportSummary
from autograder.results.attempts import Attempt
from autograder.results.final_scores import GradedAssignment
from autograder.results.results_folder import read_report

__all__ = ["publish"]


def publish(
    graded: GradedAssignment, known: Mapping[str, ReportSummary] = MappingProxyType({})
) -> list[ReportSummary]:
    """Write the class page and the table, and onto each student's pages what counts and why.

    `known` are report summaries by file name that need not be read again. Returns the summaries of all
    counted reports.
    """
    results, scores = graded.results, graded.final_scores
    titles = {task.id: task.title for task in graded.file.written_tasks}
    for student, attempts in graded.attempts.items():
        numbers = {attempt.report: number for number, attempt in enumerate(attempts, start=1)}
        # The same bytes submitted twice have one page: it is that of the attempt which counts.
        numbers[attempts[scores[student].attempt - 1].report] = scores[student].attempt
        for attempt in {attempt.report: attempt for attempt in attempts}.values():
            number = numbers[attempt.report]
            path = results.page_of(results.reports / attempt.report)
            page = path.read_text(encoding="utf-8") if path.is_file() else _page_again(graded, attempt)
            text = with_final_score(page, scores[student], number, graded.course.zone, titles)
            results.write(path, text.encode())
    reports = graded.summaries(known)
    page = class_page(
        reports,
        title=graded.file.title,
        course=graded.course.title,
        link=lambda report: results.link(scores[report.student].report or Path()),
        final_scores=scores,
        unmatched=graded.unmatched,
    )
    results.write(results.index, page.encode())
    results.write(results.grades, grades_csv(reports, scores).encode())
    return reports


def _page_again(graded: GradedAssignment, attempt: Attempt) -> str:
    """A page that is missing, rendered again from its report."""
    report = read_report(graded.results.reports / attempt.report)
    return student_page(report, title=graded.file.title, course=graded.course.title)
