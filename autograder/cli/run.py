"""What `grade` and `regrade` share: the run itself, with its progress, its end and what is shown of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from autograder.cli.show import progress_bar, say, show_changes, show_class
from autograder.cli.worker import INSTALL, NOT_INSTALLED
from autograder.course.assignment import AssignmentFile, load_assignment
from autograder.course.course import Course
from autograder.errors import ContentError, SandboxError, UsageError
from autograder.grading.cache_keys import provenance_of
from autograder.grading.grader import check_isolation, images_for
from autograder.pages.publish import class_results, write_class
from autograder.results.results_folder import Results
from autograder.runs.batch import Batch, Crew
from autograder.runs.pool import grade_here, grade_on_workers
from autograder.runs.worker import RunConfig
from autograder.sandbox.worker import Worker
from autograder.submissions.collecting import SubmittedFile

__all__ = ["Options", "derive", "run"]


@dataclass(frozen=True)
class Options:
    """How to grade, as the command line says it."""

    workers: int = 0
    dataset: str = ""
    sandbox: str = "good"
    scheduler: str = ""
    everything: bool = False
    only_raise: bool = False
    dry: bool = False


def run(
    course: Course,
    assignment: str,
    results: Results,
    seed: int | None,
    options: Options,
    handed: Callable[[Batch], tuple[Iterable[SubmittedFile], int]],
) -> None:
    """Grade what is handed in and not graded yet, and write; `handed` says what and how many."""
    loaded = load_assignment(course, assignment)
    # Faults of the assignment and a missing data set come first, before any process starts.
    images = images_for(loaded, options.dataset)
    dataset = images.name if images else ""
    if not options.scheduler:
        with Worker() as worker:
            if refusal := check_isolation(worker.level, options.sandbox):
                raise refusal
    with Batch(results, assignment, seed) as batch:
        files, total = handed(batch)
        # Another machine may have other data sets: it is told which one was found here.
        setup = RunConfig(course.root, assignment, batch.seed, dataset, options.sandbox)
        done = batch.grade(
            files,
            provenance_of(loaded, dataset),
            _crew(setup, options, total),
            everything=options.everything,
            only_raise=options.only_raise,
            dry=options.dry,
        )
        with _stoppable(batch), progress_bar() as progress:
            bar = progress.add_task(f"Grading {assignment}", total=total)
            for _ in done:
                progress.advance(bar)
        for line in batch.lost:
            copy = results.submissions / line.submission
            say(f"Not graded again: {line.student}: {copy} is missing or was altered.")
            say("  The earlier score stays. Restore the file from a backup to grade it again.")
        if batch.already:
            say(f"{batch.already} of {total} were graded before and have not changed.")
        if batch.changes:
            show_changes(batch.changes)
        if options.dry:
            say(f"{len(batch.changes)} would change; nothing was written.")
            return
        derive(course, assignment, loaded.file, batch)
        for one in batch.given_up:
            say(f"Not graded: {one.job.student}: {one.why}")
        if batch.given_up:
            raise SandboxError(
                f"{len(batch.given_up)} of {total} submissions could not be graded, by no fault of theirs.",
                next_step="Free some memory, or take fewer --workers, and start the same command again.",
            )


def _crew(setup: RunConfig, options: Options, total: int) -> Crew:
    if options.scheduler:
        try:
            from autograder.runs.cluster import grade_on_cluster  # its library is an extra
        except ImportError as problem:
            raise UsageError(NOT_INSTALLED, next_step=INSTALL) from problem
        return partial(grade_on_cluster, setup, options.scheduler)
    workers = min(options.workers or os.cpu_count() or 1, total)
    return partial(grade_here, setup) if workers <= 1 else partial(grade_on_workers, setup, workers)


@contextmanager
def _stoppable(batch: Batch) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        say(f"\nStopped. What is graded is kept in {batch.results.root}; the same command goes on with it.")
        raise


def derive(course: Course, assignment: str, file: AssignmentFile, batch: Batch) -> None:
    """Write what follows from the ledger and say how the class did."""
    results, lines = batch.results, batch.ledger.lines
    found = class_results(results, lines, course, assignment, file, batch.outlines)
    write_class(results, lines, found, file.title, course)
    show_class(found.outlines, found.final_scores)
    say(
        f"\nClass page  {results.index}\nGrades      {results.grades}\nSeed        {batch.seed}"
        f"\nLedger      {batch.ledger.head}"
    )
    if any(one.broken for one in found.outlines):
        raise ContentError(
            "Some checks are broken; they were counted for nobody.",
            next_step="The class page shows them. Mend them and grade again: only they are graded anew.",
        )
