"""What the command line shows: problems, progress, closing tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from autograder.errors import AutograderError
from autograder.pages.text import clean
from autograder.pages.what_counts import why_it_counts
from autograder.report import ReportSummary
from autograder.results.final_scores import FinalScore
from autograder.runs.batch import Change

__all__ = ["complain", "console", "printable", "progress_bar", "say", "show_changes", "show_class"]

console = Console(highlight=False)
MOST_ROWS = 40  # a larger class is shown by its page
MOST_CHANGES = 100


def complain(problem: AutograderError) -> None:
    """Say what went wrong and what to do next, on standard error."""
    out = Console(stderr=True, highlight=False)
    out.print(f"[red]Error:[/red] {printable(problem.message)}", soft_wrap=True)
    if problem.next_step:
        out.print(f"  {printable(problem.next_step)}", soft_wrap=True)


def printable(text: str) -> str:
    """Text from a submission, safe for a terminal: no control characters, no markup."""
    return escape(clean(text))


def say(text: str) -> None:
    """Print a sentence as it is: no markup is read in it, no line is broken."""
    console.print(printable(text), soft_wrap=True)


def progress_bar() -> Progress:
    """A progress bar with count, rate and time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


def show_class(reports: Sequence[ReportSummary], final_scores: Sequence[FinalScore]) -> None:
    """A class's scores as tables: by student for a small class, by task for any; both in the same order."""
    if not reports:
        return
    if len(reports) <= MOST_ROWS:
        console.print(_by_student(reports, final_scores))
    console.print(_by_task(reports))
    for name in sorted({name for report in reports for name in report.broken}):
        console.print(f"[red]Broken check:[/red] {name} raised an exception; it was counted for nobody.")


def show_changes(changes: Sequence[Change]) -> None:
    """What regrading changed: before and after, student by student."""
    table = Table("student", "before", "after", "checks", box=None, pad_edge=False)
    for change in changes[:MOST_CHANGES]:
        after = f"{change.after:g}" + (" (not taken over)" if change.skipped else "")
        table.add_row(
            printable(change.student), f"{change.before:g}", after, printable("; ".join(change.checks))
        )
    console.print(table)
    if len(changes) > MOST_CHANGES:
        console.print(f"… and {len(changes) - MOST_CHANGES} more")


def _by_student(reports: Sequence[ReportSummary], final_scores: Sequence[FinalScore]) -> Table:
    table = Table("student", "score", "headline", box=None, pad_edge=False)
    for report, final_score in zip(reports, final_scores, strict=True):
        score = f"{final_score.earned:g} / {final_score.possible:g}" + " so far" * (not final_score.is_final)
        why = why_it_counts(final_score)
        headline = f"{report.headline} ({why})" if why else report.headline
        table.add_row(printable(report.student), score, printable(headline))
    return table


def _by_task(reports: Sequence[ReportSummary]) -> Table:
    table = Table("task", "full marks", "average", box=None, pad_edge=False)
    for first in reports[0].tasks:
        tasks = [task for report in reports for task in report.tasks if task.task == first.task]
        full = sum(task.earned >= task.possible for task in tasks)
        average = sum(task.earned for task in tasks) / len(tasks)
        table.add_row(first.task, f"{full} of {len(tasks)}", f"{average:.2f} of {first.possible:g}")
    return table
