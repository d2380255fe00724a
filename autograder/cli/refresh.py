"""`autograder refresh`: rewrite the pages and tables of a results directory from its ledger."""

from __future__ import annotations

from autograder.cli.options import CourseOption, ResultsArgument
from autograder.cli.run import show_run
from autograder.course.course import find_course
from autograder.results.results_folder import Results
from autograder.runs.run import publish_class

__all__ = ["refresh"]


def refresh(results: ResultsArgument, course: CourseOption = None) -> None:
    """Rewrite the pages and the table of grades after a change of course.yaml or a due date."""
    show_run(publish_class(find_course(course), Results(results.absolute())))
