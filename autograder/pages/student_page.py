"""The page for a student: the score, the first failure to repair, and the evidence of each check."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from markupsafe import Markup

from autograder.pages.bar_charts import Bar, Part, Row, bar_chart, score_bar
from autograder.pages.evidence import EvidenceView, view_evidence
from autograder.pages.rendering import LOOKS, Look, reading_order, render
from autograder.pages.text import count, cut, fraction, of_points, percent, points
from autograder.report import CheckResult, Evidence, FunctionSource, Note, Report, Status, TaskReport

__all__ = ["TaskView", "student_page", "task_part", "view_task"]


MOST_LINES = 40  # of a function that are shown, around the line that a hint is about


@dataclass(frozen=True)
class SourceLine:
    """A line of a student's function; `is_meant` where the hint is about it."""

    number: int
    text: str
    is_meant: bool


@dataclass(frozen=True)
class SourceView:
    """A student's function as the template shows it."""

    function: str
    cell: int
    lines: list[SourceLine]
    shortened: bool


@dataclass(frozen=True)
class CheckView:
    """A check as the template shows it; `key` is its anchor."""

    result: CheckResult
    key: str
    look: Look
    points: str
    mistake: str
    evidence: EvidenceView
    source: SourceView | None = None  # the function that is wrong, beside the first check that it fails
    same_reason: list[CheckView] = field(default_factory=list)  # more checks that fail for this reason

    @property
    def needs_work(self) -> bool:
        """Whether there is something to repair."""
        return self.result.status.needs_work

    @property
    def has_more(self) -> bool:
        """Whether there is anything beyond the line with its title."""
        return bool(self.result.message or self.result.hint or not self.evidence.empty)


@dataclass(frozen=True)
class TaskView:
    """A task and its checks: those to repair first, then those that are done."""

    task: TaskReport
    title: str
    key: str
    points: str
    to_read: list[CheckView]  # one for each reason; the other checks that fail for it are its `same_reason`
    passed: list[CheckView]

    @property
    def is_done(self) -> bool:
        """Whether every check passed."""
        return not self.to_read


def student_page(report: Report, *, title: str = "", course: str = "") -> str:
    """The feedback on one submission as one self-contained HTML page.

    Without a title the assignment's id stands in for it. Of a submission that could not be read, the page
    says why, once, and lists no check.
    """
    listed = [] if report.submission.problem else report.tasks
    tasks = [view_task(task, f"task{number}") for number, task in enumerate(listed, 1)]
    answered = [result for result in report.results() if result.status is not Status.ERROR]
    passed = sum(result.status is Status.PASSED for result in answered)
    share = fraction(report.score.earned, report.score.possible)
    return render(
        "student.html",
        report=report,
        title=title or report.assignment,
        course=course,
        share=share,
        score_bar=score_bar(
            share,
            key="score",
            title="Score",
            description=f"{of_points(report.score.earned, report.score.possible)}, {percent(share)}.",
        ),
        summary=f"{passed} of {count(len(answered), 'check')} passed",
        chart=_chart(tasks),
        tasks=tasks,
        to_repair=[view for view in tasks if not view.is_done],
        done=[view for view in tasks if view.is_done],
        start=_start(tasks),
        broken=len(report.results()) - len(answered),
    )


def view_task(task: TaskReport, key: str) -> TaskView:
    """Prepare a task for a page; `key` is unique on the page and starts the ids of its parts."""
    views = [_check(result, f"{key}-check{number}") for number, result in enumerate(task.checks, 1)]
    views.sort(key=lambda view: reading_order(view.result))
    to_read = _by_reason([view for view in views if view.result.status is not Status.PASSED])
    return TaskView(
        task=task,
        title=task.title or task.task,
        key=key,
        points=_task_points(task),
        to_read=_with_sources(to_read, task),
        passed=[view for view in views if view.result.status is Status.PASSED],
    )


def _check(result: CheckResult, key: str) -> CheckView:
    broken = result.status is Status.ERROR
    return CheckView(
        result=result,
        key=key,
        look=LOOKS[result.status],
        points="costs nothing" if broken else _check_points(result),
        mistake=_mistake_in_words(result.mistake),
        # The trace of a broken check shows the check's own lines, which are not the student's to see.
        evidence=view_evidence(Evidence() if broken else result.evidence, key),
    )


def _by_reason(views: list[CheckView]) -> list[CheckView]:
    """The views with those that fail for the same reason under the first of them."""
    first: dict[tuple[str, str, str], CheckView] = {}
    leading = []
    for view in views:
        result = view.result
        reason = result.function, result.mistake or result.hint, result.place
        if not view.needs_work or not result.cause:
            leading.append(view)
        elif reason in first:
            first[reason].same_reason.append(view)
        else:
            first[reason] = view
            leading.append(view)
    return leading


def _with_sources(views: list[CheckView], task: TaskReport) -> list[CheckView]:
    """The views, each function's source beside the first check that it fails."""
    sources = {source.function: source for source in task.sources}
    shown: set[str] = set()
    result = []
    for view in views:
        name = view.result.function or view.result.evidence.call.split("(")[0]
        if view.needs_work and name in sources and name not in shown:
            shown.add(name)
            view = replace(view, source=_source_view(sources[name], view.result.place))
        result.append(view)
    return result


def _source_view(source: FunctionSource, place: str) -> SourceView:
    match = re.match(r"cell (\d+), line (\d+)", place)
    meant = int(match[2]) if match and int(match[1]) == source.cell else 0
    lines = source.text.split("\n")
    at = meant - source.line if 0 <= meant - source.line < len(lines) else 0
    start = max(0, min(at - MOST_LINES // 2, len(lines) - MOST_LINES))
    kept = range(start, min(len(lines), start + MOST_LINES))
    return SourceView(
        source.function,
        source.cell,
        [SourceLine(source.line + i, cut(lines[i], 160), source.line + i == meant) for i in kept],
        len(kept) < len(lines),
    )


def _check_points(result: CheckResult) -> str:
    if result.earned == result.possible > 0:
        return f"{points(result.earned)} {'point' if result.earned == 1 else 'points'}"
    return of_points(result.earned, result.possible)


def _mistake_in_words(name: str) -> str:
    """A known mistake's name as words: `relu_backward: no_mask` is "no mask"."""
    return cut((name.rpartition(": ")[2] or name).replace("_", " "), 80)


def _task_points(task: TaskReport) -> str:
    if task.checks and all(result.status is Status.ERROR for result in task.checks):
        return "not counted"
    return of_points(task.earned, task.possible) + (", extra" if task.extra else "")


def _chart(tasks: list[TaskView]) -> Markup:
    rows = [Row(cut(view.title, 60), view.points, [Bar(_parts(view.task))]) for view in tasks]
    results = "; ".join(f"{row.label}: {row.value}" for row in rows)
    return bar_chart(
        rows,
        key="tasks-chart",
        title="Score by task",
        description=f"One bar per task, one stretch per check. {results}.",
    )


def _parts(task: TaskReport) -> list[Part]:
    counted = [result for result in task.checks if result.possible > 0]
    whole = sum(result.possible for result in counted)
    return [
        Part(
            result.possible / whole,
            fraction(result.earned, result.possible),
            f"{LOOKS[result.status].word}: {cut(result.title, 100)}",
        )
        for result in counted
    ] or [Part(1, 0)]


def _start(tasks: list[TaskView]) -> CheckView | None:
    """Where to start: the first check to repair that comes with advice, or else the first."""
    todo = [view for task in tasks for view in task.to_read if view.needs_work]
    return next((view for view in todo if view.result.hint), todo[0] if todo else None)


def task_part(
    task: TaskReport, *, title: str, key: str, problem: str = "", notes: Sequence[Note] = ()
) -> str:
    """A piece of HTML with a style of its own; `key` is unique on the page.

    `problem` says why the submission could not be read; `notes` are remarks on the notebook.
    """
    return render(
        "task.html", view=view_task(task, key), title=title or task.task, problem=problem, notes=notes
    )
