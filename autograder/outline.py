"""What the tables of a class need of one report, and no more: a class of thousands fits into memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from autograder.report import CheckResult, Report, Status

__all__ = ["CheckLine", "Outline", "TaskLine", "outline"]

LONGEST = 1000  # characters of a text


@dataclass(frozen=True, slots=True)
class CheckLine:
    """How one check ended; texts are kept for those that did not pass."""

    task: str
    id: str
    title: str
    status: Status
    mistake: str = ""
    hint: str = ""
    flag: str = ""
    trace: str = ""  # of a broken check, for the instructor


@dataclass(frozen=True, slots=True)
class TaskLine:
    """Points of one task."""

    task: str
    title: str
    earned: float
    possible: float
    extra: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """One report in outline."""

    student: str
    file: str
    problem: str
    dataset: str
    earned: float
    possible: float
    stands_out: str  # one sentence: what lost the most, or that nothing did
    tasks: tuple[TaskLine, ...]
    checks: tuple[CheckLine, ...]

    @property
    def broken(self) -> list[str]:
        """The ids of checks that are broken."""
        return [check.id for check in self.checks if check.status is Status.ERROR]

    def shared(self) -> Outline:
        """The same, with lines that others have too held once for all."""
        return replace(
            self,
            tasks=tuple(_task(line) for line in self.tasks),
            checks=tuple(_check(c) for c in self.checks),
        )


@lru_cache(maxsize=10_000)
def _task(line: TaskLine) -> TaskLine:
    return line


@lru_cache(maxsize=10_000)
def _check(line: CheckLine) -> CheckLine:
    return line


def outline(report: Report) -> Outline:
    """A report in outline."""
    return Outline(
        student=report.student,
        file=report.submission.file,
        problem=report.submission.problem[:LONGEST],
        dataset=report.dataset,
        earned=report.score.earned,
        possible=report.score.possible,
        stands_out=_stands_out(report)[:LONGEST],
        tasks=tuple(TaskLine(t.task, t.title or t.task, t.earned, t.possible, t.extra) for t in report.tasks),
        checks=tuple(_line(task.task, result) for task in report.tasks for result in task.checks),
    )


def _line(task: str, result: CheckResult) -> CheckLine:
    if result.status is Status.PASSED and not result.flag:
        return CheckLine(task, result.id, result.title, result.status)
    broken = result.status is Status.ERROR
    return CheckLine(
        task,
        result.id,
        result.title,
        result.status,
        result.mistake,
        result.hint[:LONGEST],
        result.flag[:LONGEST],
        (result.evidence.trace or result.message)[-2 * LONGEST :] if broken else "",
    )


def _stands_out(report: Report) -> str:
    if report.submission.problem:
        return report.submission.problem
    lost = [result for result in report.results() if result.status is not Status.PASSED]
    if not lost:
        return "everything passed"
    named = list(dict.fromkeys(result.mistake for result in lost if result.mistake))
    if named:
        return "; ".join(named[:2]) + (f" and {len(named) - 2} more" if len(named) > 2 else "")
    first = next((r for r in lost if r.status is not Status.SKIPPED), lost[0])
    return first.message
