"""What the command line shows: problems, progress, closing tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from autograder.errors import AutograderError
from autograder.feedback.text import clean
from autograder.report import Report, Status

__all__ = ["complain", "console", "printable", "progress_bar", "say", "show_class"]

console = Console(highlight=False)
MOST_ROWS = 40  # a larger class is shown by its page


def complain(problem: AutograderError) -> None:
    """Say what went wrong and what to do next, on standard error."""
    out = Console(stderr=True, highlight=False)
    out.print(f"[red]Error:[/red] {printable(problem.message)}")
    if problem.next_step:
        out.print(f"  {printable(problem.next_step)}")


def printable(text: str) -> str:
    """Text from a submission, safe for a terminal: no control characters, no markup."""
    return escape(clean(text))


def say(text: str) -> None:
    """Print a sentence as it is: no markup is read in it, no line is broken."""
    console.print(printable(text), soft_wrap=True)


def progress_bar() -> Progress:
    """A progress bar with count, rate of completion and time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


def show_class(reports: Sequence[Report]) -> None:
    """A class's scores as a table: by student for a small class, by task for any."""
    if len(reports) <= MOST_ROWS:
        console.print(_by_student(reports))
    console.print(_by_task(reports))
    for name in sorted({r.id for report in reports for r in report.results() if r.status is Status.ERROR}):
        console.print(f"[red]Broken check:[/red] {name} raised an exception; it was counted for nobody.")


def _by_student(reports: Sequence[Report]) -> Table:
    table = Table("student", "score", "what stands out", box=None, pad_edge=False)
    for report in reports:
        score = f"{report.score.earned:g} / {report.score.possible:g}"
        table.add_row(printable(report.student), score, printable(_stands_out(report)))
    return table


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


def _by_task(reports: Sequence[Report]) -> Table:
    table = Table("task", "full marks", "average", box=None, pad_edge=False)
    for position, task in enumerate(reports[0].tasks):
        own = [report.tasks[position] for report in reports]
        full = sum(one.earned >= one.possible for one in own)
        average = sum(one.earned for one in own) / len(own)
        table.add_row(task.task, f"{full} of {len(own)}", f"{average:.2f} of {task.possible:g}")
    return table
