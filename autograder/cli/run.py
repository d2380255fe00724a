"""What `grade`, `regrade` and other commands share: progress, interruption, and how a summary is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from autograder.cli.show import progress_bar, say, show_changes, show_class
from autograder.errors import ContentError, SandboxError, UnmatchedError
from autograder.pages.text import count
from autograder.results.results_folder import Results
from autograder.runs.run import RunSummary

__all__ = ["show_progress", "show_run"]


@contextmanager
def show_progress(label: str, results: Results) -> Iterator[Callable[[int, int], None]]:
    """An observer of a run that draws a progress bar; when the run is interrupted, say how to resume it."""
    bar = progress_bar()
    task = bar.add_task(label, total=None)

    def show(done: int, total: int) -> None:
        bar.start()  # now, not before: it starts a thread, and the run forks before its first submission
        bar.update(task, completed=done, total=total)

    try:
        yield show
    except KeyboardInterrupt as stopped:
        raise KeyboardInterrupt(
            f"Graded submissions are kept in {results.root}. Rerun the command to resume."
        ) from stopped
    finally:
        bar.stop()


def show_run(summary: RunSummary) -> None:
    """Show what a run did.

    Raises ContentError when checks are broken, SandboxError when submissions were abandoned, UnmatchedError
    when something was collected and not graded, or no file of a submission stands out.
    """
    for line in summary.lost:
        copy = summary.results.submissions / line.submission
        say(f"Not graded again: {line.student}: {copy} is missing or was altered.")
        say("  The earlier score stays. Restore the file from a backup to grade it again.")
    for unmatched in summary.unmatched:
        say(f"Not graded: {unmatched.name}: {unmatched.reason}")
    for score in summary.undecided:
        say(f"Not graded: {score.student}: {score.problem}")
    if summary.unchanged:
        say(f"{summary.unchanged} of {summary.total} were graded before and have not changed.")
    if summary.changes:
        show_changes(summary.changes)
    if summary.dry_run:
        say(f"{len(summary.changes)} would change; nothing was written.")
        return
    show_class(summary.reports, summary.final_scores)
    say(
        f"\nClass page  {summary.results.index}\nGrades      {summary.results.grades}"
        f"\nSeed        {summary.seed}\nLedger      {summary.head}"
    )
    for abandoned in summary.abandoned:
        say(f"Not graded: {abandoned.student}: {abandoned.reason}")
    if summary.broken_checks:
        raise ContentError(
            "Some checks are broken; they were counted for nobody.",
            next_step="The class page shows them. Correct them and rerun the command: only they run again.",
        )
    if summary.abandoned:
        raise SandboxError(
            f"{len(summary.abandoned)} of {summary.total} submissions could not be graded, "
            "by no fault of their students.",
            next_step="Free some memory, or use fewer --workers, and rerun the command.",
        )
    if summary.unmatched or summary.undecided:
        parts = [(len(summary.unmatched), "file"), (len(summary.undecided), "submission")]
        what = " and ".join(count(amount, noun) for amount, noun in parts if amount)
        raise UnmatchedError(
            f"{what} could not be graded; everything else was.",
            next_step="Each is listed above with what to do, and on the class page. Then rerun the command.",
        )
