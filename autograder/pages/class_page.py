"""The class page: from report summaries and final scores to the instructor's HTML page.

It shows how the class did, the commonest mistakes, and a table of all students. `publish` writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from markupsafe import Markup

from autograder.pages.bar_charts import Bar, Part, Row, bar_chart, histogram
from autograder.pages.class_summary import ClassSummary, Mistake, TaskSummary, summarize
from autograder.pages.rendering import href, render, script
from autograder.pages.text import count, cut, fraction, percent, points
from autograder.pages.what_counts import why_it_counts
from autograder.report import ReportSummary, TaskPoints
from autograder.results.final_scores import FinalScore
from autograder.results.ledger import UnmatchedFile

__all__ = ["class_page"]


MOST_LISTED = 20  # mistakes, checks and problems; the table of students holds the rest
MOST_NAMES = 30


@dataclass(frozen=True)
class StudentRow:
    """A student in the table; `cells` are (CSS class, points) in the order of the columns."""

    name: str
    link: str
    earned: str
    share: float
    cells: list[tuple[str, str]]
    failing: int
    problem: bool
    why: str  # why the final score is not the report's own score


@dataclass(frozen=True)
class MistakeView:
    """A known mistake with the students who made it, the first MOST_NAMES of them."""

    function: str
    name: str
    hint: str
    amount: int
    share: float
    students: list[tuple[str, str]]

    @property
    def left_out(self) -> int:
        """How many students are not named."""
        return self.amount - len(self.students)


def class_page(
    reports: Sequence[ReportSummary],
    *,
    title: str = "",
    course: str = "",
    link: Callable[[ReportSummary], str],
    final_scores: Mapping[str, FinalScore] = MappingProxyType({}),
    unmatched: Sequence[UnmatchedFile] = (),
) -> str:
    """A class's results as one self-contained HTML page.

    `link` gives the URL of a student's own page relative to this one; an empty link leaves the name as plain
    text. `final_scores` give by student what counts where that is not the report's score. `unmatched` is what
    was collected and not graded.
    """
    summary = summarize(reports)
    sort, policy = script("sort.js", "filter.js")
    students = {id(report): _student(report, link) for report in reports}
    return render(
        "class.html",
        title=title or "Class",
        course=course,
        policy=policy,
        sort=sort,
        amount=len(reports),
        possible=_common_possible(reports),
        summary=summary,
        histogram=_histogram(summary),
        chart=_chart(summary.tasks),
        mistakes=[_mistake(mistake, students, len(reports)) for mistake in summary.mistakes[:MOST_LISTED]],
        problems=[(students[id(report)], report) for report in summary.problems[:MOST_LISTED]],
        flags=[(students[id(report)], title, text) for report, title, text in summary.flags[:MOST_LISTED]],
        dataset=", ".join(sorted({report.dataset for report in reports if report.dataset})),
        rows=[
            _row(report, students[id(report)], summary.tasks, final_scores.get(report.student))
            for report in reports
        ],
        most_listed=MOST_LISTED,
        unmatched=unmatched,
        time_problems=_time_problems(reports, students, final_scores),
    )


def _student(report: ReportSummary, link: Callable[[ReportSummary], str]) -> tuple[str, str]:
    url = link(report)
    return cut(report.student, 60) or "(no name)", href(url) if url else ""


def _time_problems(
    reports: Sequence[ReportSummary],
    students: Mapping[int, tuple[str, str]],
    final_scores: Mapping[str, FinalScore],
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Why times of submission are not known, each with the students whose they are."""
    by_reason: dict[str, list[tuple[str, str]]] = {}
    for report in reports:
        score = final_scores.get(report.student)
        if score is not None and score.time_problem:
            by_reason.setdefault(score.time_problem, []).append(students[id(report)])
    return list(by_reason.items())


def _common_possible(reports: Sequence[ReportSummary]) -> float:
    """The points possible when they are the same for everybody, otherwise 0."""
    values = {report.possible for report in reports}
    return values.pop() if len(values) == 1 else 0.0


def _histogram(summary: ClassSummary) -> Markup:
    return histogram(
        summary.shares,
        key="scores",
        title="Distribution of the scores",
        description=(
            f"{count(len(summary.shares), 'submission')}, mean {percent(summary.mean)}, "
            f"median {percent(summary.median)}, {summary.full} with full marks."
        ),
        median=summary.median if summary.shares else None,
    )


def _chart(tasks: Sequence[TaskSummary]) -> Markup:
    rows = [
        Row(
            task.title,
            f"{percent(task.earned_share)} · {percent(task.full_share)} full",
            [
                Bar([Part(1, task.earned_share, "Share of the points earned")]),
                Bar([Part(1, task.full_share, "Share of students with full marks")], "second"),
            ],
        )
        for task in tasks
    ]
    description = "; ".join(
        f"{cut(task.title, 60)}: {percent(task.earned_share)} of the points, "
        f"{percent(task.full_share)} with full marks"
        for task in tasks
    )
    return bar_chart(rows, key="tasks", title="Results by task", description=f"{description}.")


def _mistake(mistake: Mistake, students: dict[int, tuple[str, str]], class_size: int) -> MistakeView:
    function, _, name = mistake.name.rpartition(": ")
    return MistakeView(
        function=cut(function, 60),
        name=cut(name.replace("_", " "), 80),
        hint=mistake.hint,
        amount=len(mistake.reports),
        share=len(mistake.reports) / class_size,
        students=[students[id(report)] for report in mistake.reports[:MOST_NAMES]],
    )


def _row(
    report: ReportSummary,
    student: tuple[str, str],
    columns: Sequence[TaskSummary],
    final_score: FinalScore | None,
) -> StudentRow:
    tasks = {task.task: task for task in report.tasks}
    earned = final_score.earned if final_score else report.earned
    return StudentRow(
        name=student[0],
        link=student[1],
        earned=points(earned),
        share=fraction(earned, final_score.possible if final_score else report.possible),
        cells=[_cell(tasks.get(column.task)) for column in columns],
        failing=sum(check.status.needs_work for check in report.checks),
        problem=bool(report.problem),
        why=why_it_counts(final_score) if final_score else "",
    )


def _cell(task: TaskPoints | None) -> tuple[str, str]:
    if task is None or task.possible <= 0:
        return "", "\u2013"
    share = fraction(task.earned, task.possible)
    return "f" if share >= 1 - 1e-9 else "z" if share <= 0 else "", points(task.earned)
