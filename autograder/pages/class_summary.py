"""A class in numbers: from report summaries to what the class page shows."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from autograder.pages.rendering import LOOKS
from autograder.pages.text import fraction
from autograder.report import CheckSummary, ReportSummary, Status, TaskPoints

__all__ = ["BrokenCheck", "ClassSummary", "FailingCheck", "Mistake", "TaskSummary", "summarize"]


FULL = 1 - 1e-9  # sums of points are floats


@dataclass(frozen=True)
class TaskSummary:
    """How the class did on one task; reports in which the task has no points are left out."""

    task: str
    title: str
    possible: float
    extra: bool
    counted: int
    earned_share: float
    full_share: float


@dataclass
class Mistake:
    """A known mistake and the reports of all students who made it."""

    name: str
    reports: list[ReportSummary] = field(default_factory=list)
    hints: Counter[str] = field(default_factory=Counter)

    @property
    def hint(self) -> str:
        """The hint that most of these students got."""
        return self.hints.most_common(1)[0][0] if self.hints else ""


@dataclass
class FailingCheck:
    """A check that did not pass for some students."""

    task: str
    title: str
    statuses: Counter[Status] = field(default_factory=Counter)
    answered: int = 0

    @property
    def failed(self) -> int:
        """How many submissions it did not pass for."""
        return self.statuses.total()

    @property
    def how(self) -> str:
        """How it ended for these submissions, in words."""
        return ", ".join(f"{n:,} {LOOKS[status].word.lower()}" for status, n in self.statuses.most_common())


@dataclass
class BrokenCheck:
    """A check whose own code raised an exception."""

    task: str
    id: str
    title: str
    trace: str
    affected: int = 0


@dataclass(frozen=True)
class ClassSummary:
    """Everything above the table of students; the most frequent come first."""

    shares: list[float]
    mean: float
    median: float
    full: int
    tasks: list[TaskSummary]
    mistakes: list[Mistake]
    failing: list[FailingCheck]
    broken: list[BrokenCheck]
    problems: list[ReportSummary]
    flags: list[tuple[ReportSummary, str, str]]  # the report, the check's title, what a person should look at


def summarize(reports: Sequence[ReportSummary]) -> ClassSummary:
    """Compute a class's numbers; a submission that could not be read counts with its score."""
    shares = [fraction(report.earned, report.possible) for report in reports]
    return ClassSummary(
        shares=shares,
        mean=statistics.fmean(shares) if shares else 0.0,
        median=statistics.median(shares) if shares else 0.0,
        full=sum(share >= FULL for share in shares),
        tasks=_tasks(reports),
        mistakes=_mistakes(reports),
        failing=_failing(reports),
        broken=_broken(reports),
        problems=[report for report in reports if report.problem],
        flags=[
            (report, check.title, check.flag) for report in reports for check in report.checks if check.flag
        ],
    )


def _tasks(reports: Sequence[ReportSummary]) -> list[TaskSummary]:
    by_name: dict[str, list[TaskPoints]] = defaultdict(list)
    for report in reports:
        for task in report.tasks:
            by_name[task.task].append(task)
    summaries = []
    for name, tasks in by_name.items():
        shares = [fraction(task.earned, task.possible) for task in tasks if task.possible > 0]
        summaries.append(
            TaskSummary(
                task=name,
                title=tasks[0].title,
                possible=max((task.possible for task in tasks), default=0.0),
                extra=any(task.extra for task in tasks),
                counted=len(shares),
                earned_share=statistics.fmean(shares) if shares else 0.0,
                full_share=sum(share >= FULL for share in shares) / len(shares) if shares else 0.0,
            )
        )
    return summaries


def _mistakes(reports: Sequence[ReportSummary]) -> list[Mistake]:
    mistakes: dict[str, Mistake] = {}
    for report in reports:
        seen: set[str] = set()  # two checks may find the same mistake; the student made it once
        for result in report.checks:
            if not result.mistake:
                continue
            mistake = mistakes.setdefault(result.mistake, Mistake(result.mistake))
            if result.hint:
                mistake.hints[result.hint] += 1
            if result.mistake not in seen:
                mistake.reports.append(report)
            seen.add(result.mistake)
    return sorted(mistakes.values(), key=lambda mistake: -len(mistake.reports))


def _all_checks(reports: Sequence[ReportSummary]) -> list[CheckSummary]:
    return [check for report in reports for check in report.checks]


def _failing(reports: Sequence[ReportSummary]) -> list[FailingCheck]:
    checks: dict[tuple[str, str], FailingCheck] = {}
    for result in _all_checks(reports):
        key = result.task, result.id
        check = checks.setdefault(key, FailingCheck(result.task, result.title))
        check.answered += result.status not in (Status.SKIPPED, Status.ERROR)
        if result.status.needs_work:
            check.statuses[result.status] += 1
    return sorted((check for check in checks.values() if check.failed), key=lambda check: -check.failed)


def _broken(reports: Sequence[ReportSummary]) -> list[BrokenCheck]:
    broken: dict[tuple[str, str], BrokenCheck] = {}
    for result in _all_checks(reports):
        if result.status is Status.ERROR:
            first = BrokenCheck(result.task, result.id, result.title, result.trace)
            broken.setdefault((result.task, result.id), first).affected += 1
    return sorted(broken.values(), key=lambda check: -check.affected)
