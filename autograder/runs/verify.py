"""Verifying a results directory: from its ledger to the files that do not follow from it.

`autograder verify` shows what is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from autograder.course.course import Course
from autograder.gradebook.tables import grades_csv
from autograder.results.final_scores import GradedAssignment
from autograder.results.ledger import Graded, Line, digests_of
from autograder.results.results_folder import Results

__all__ = ["faults_of"]


def faults_of(results: Results, lines: Sequence[Line], course: Course, head: str = "") -> list[str]:
    """What was edited or is missing, one sentence each; `head` is a digest that the ledger must still hold.

    The chain itself is sound when its `lines` could be read.
    """
    faults = []
    if head and head not in digests_of(results.ledger):
        faults.append(f"{results.ledger} does not hold the line {head}: its end was cut off or rewritten.")
    latest = {line.report: line for line in lines if isinstance(line, Graded)}
    for name, line in latest.items():
        if _sha256(results.reports / name) != line.report_digest:
            faults.append(f"{results.reports / name} is not the report that was written for {line.student}.")
        if results.stored_submission(line) is None:
            copy = results.submissions / line.submission
            fault = f"not what {line.student} submitted" if copy.is_file() else "missing"
            faults.append(f"{copy} is {fault}.")
    unknown = sorted(path for path in results.reports.glob("*.json") if path.name not in latest)
    faults += [f"{path} is a report that the ledger does not list." for path in unknown]
    if not faults and lines:
        faults += _table_faults(GradedAssignment.of(results, course, lines))
    return faults


def _table_faults(graded: GradedAssignment) -> Iterator[str]:
    table = graded.results.grades
    expected = grades_csv(graded.summaries(), graded.final_scores).encode()
    if not table.is_file() or table.read_bytes() != expected:
        yield (
            f"{table} does not follow from the ledger and today's rules for lateness and attempts; "
            f"`autograder refresh {graded.results.root.name}` writes it again."
        )


def _sha256(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
