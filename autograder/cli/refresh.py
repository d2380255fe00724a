"""`autograder refresh`: rewrite the pages and tables of a results directory from its ledger."""

from __future__ import annotations

from pathlib import Path

from autograder.cli.options import CourseOption, ResultsArgument
from autograder.cli.run import derive
from autograder.course.assignment import assignment_file
from autograder.course.course import find_course
from autograder.results.ledger import ScoreOverridden, read_ledger, run_started
from autograder.results.results_folder import Results
from autograder.runs.batch import Batch

__all__ = ["refresh", "rewrite"]


def refresh(results: ResultsArgument, course: CourseOption = None) -> None:
    """Rewrite the pages and the table of grades after a change of course.yaml or a due date."""
    rewrite(results, course)


def rewrite(results: Path, course: Path | None, override: ScoreOverridden | None = None) -> None:
    """Append an override to the ledger, if there is one, and write what follows from the ledger."""
    folder, found = Results(results.absolute()), find_course(course)
    lines, _ = read_ledger(folder.ledger)
    first = run_started(lines, folder.ledger)
    with Batch(folder, first.assignment) as batch:
        if override is not None:
            batch.ledger.append([override])
        derive(found, first.assignment, assignment_file(found, first.assignment), batch)
