"""Finding what was edited in a folder of results: whatever does not follow from its ledger."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from autograder.course.assignment import assignment_file
from autograder.course.course import Course
from autograder.gradebook.tables import grades_csv
from autograder.pages.publish import class_results
from autograder.results.ledger import Graded, Line, digests_of, run_started
from autograder.results.results_folder import Results

__all__ = ["faults_of"]


def faults_of(results: Results, lines: Sequence[Line], course: Course, head: str = "") -> list[str]:
    """What is wrong, one sentence each; the chain itself is sound when its lines could be read."""
    faults = []
    if head and head not in digests_of(results.ledger):
        faults.append(f"{results.ledger} does not hold the line {head}: its end was cut off or written anew.")
    latest = {line.report: line for line in lines if isinstance(line, Graded)}
    for name, line in latest.items():
        if _sha256(results.reports / name) != line.report_digest:
            faults.append(f"{results.reports / name} is not the report of {line.student} that was written.")
        if results.submitted_file(line) is None:
            copy = results.submissions / line.submission
            wrong = f"not what {line.student} handed in" if copy.is_file() else "missing"
            faults.append(f"{copy} is {wrong}.")
    unknown = sorted(path for path in results.reports.glob("*.json") if path.name not in latest)
    faults += [f"{path} is a report that the ledger does not know." for path in unknown]
    if not faults and lines:
        faults += _table(results, lines, course)
    return faults


def _table(results: Results, lines: Sequence[Line], course: Course) -> list[str]:
    first = run_started(lines, results.ledger)
    file = assignment_file(course, first.assignment)
    found = class_results(results, lines, course, first.assignment, file, {})
    expected = grades_csv(found.outlines, found.final_scores).encode()
    if not results.grades.is_file() or results.grades.read_bytes() != expected:
        return [
            f"{results.grades} is not what the ledger and today's rules for lateness and attempts give; "
            f"`autograder report {results.root.name}` writes it anew."
        ]
    return []


def _sha256(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
