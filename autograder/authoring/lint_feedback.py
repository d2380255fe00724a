"""Measuring the feedback: what is told for each function of a list of wrong ones.

A list is a Python file of functions marked `@wrong(task=..., cause=...)`, by somebody who has seen the
handout only. The functions run in this process, as the course's own do: a list is the course's, never a
submission. What is told is what a student with that function would be told; a person judges if it is true,
and writes the names of true causes into `true`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.checks.wrong_functions import WrongFunction, collect_wrong_functions
from autograder.course.assignment import Assignment, load_assignment, load_file
from autograder.course.course import Course
from autograder.errors import ContentError
from autograder.grading.cause_probe import CauseProbe
from autograder.grading.causes import Cause

__all__ = ["CAUSES", "TellingRecord", "measured", "tally"]

CAUSES = ("named", "looks like", "idiom")  # what says why; a pattern says what the numbers show


@dataclass(frozen=True)
class TellingRecord:
    """A wrong function, and what its author would be told."""

    assignment: str
    wrong: WrongFunction
    cause: Cause

    @property
    def judgment(self) -> str:
        """ "true" or "false" where a person has said which causes are true, else ""."""
        if not self.cause.kind or not self.wrong.true:
            return ""
        return "true" if self.cause.name in self.wrong.true else "false"


def measured(
    course: Course, path: Path, progress: Callable[[], None] = lambda: None
) -> Iterator[TellingRecord]:
    """Ask what is told for each function of a list, in its order; raises ContentError for an unknown task."""
    listed = collect_wrong_functions(load_file(path, "wrong_functions"))
    if not listed:
        raise ContentError(
            f"{path} has no wrong function.", next_step="Mark functions with @wrong(task=..., cause=...)."
        )
    assignments = [load_assignment(course, name) for name in course.assignment_ids()]
    probes: dict[str, CauseProbe] = {}
    for wrong in listed:
        assignment = _assignment_with(assignments, wrong, path)
        if assignment.id not in probes:
            probes[assignment.id] = CauseProbe(assignment)
        yield TellingRecord(
            assignment.id, wrong, probes[assignment.id].told_cause(wrong.function, wrong.source)
        )
        progress()


def _assignment_with(assignments: Sequence[Assignment], wrong: WrongFunction, path: Path) -> Assignment:
    for assignment in assignments:
        for task in assignment.file.tasks:
            if task.id == wrong.task and wrong.function in task.functions:
                return assignment
    tasks = {task.id for assignment in assignments for task in assignment.file.tasks}
    raise ContentError(
        f"{path}, line {wrong.line}: "
        + (
            f"task {wrong.task} has no function {wrong.function}."
            if wrong.task in tasks
            else f"no assignment has a task {wrong.task!r}."
        ),
        next_step="Correct the task, or the name of the function.",
    )


def tally(records: Sequence[TellingRecord]) -> str:
    """How many were told something of each kind, and how much of it a person judged to be true and false."""
    kinds = Counter(str(record.cause.kind) or "nothing" for record in records)
    false = Counter(str(record.cause.kind) for record in records if record.judgment == "false")
    parts = []
    for kind, count in kinds.most_common():
        wrongly = f", {false[kind]} of them false" if false[kind] else ""
        parts.append(f"{kind} {count} ({count / len(records):.0%}{wrongly})")
    counts = f"{len(records)} wrong functions: {'; '.join(parts)}."
    if not any(record.judgment for record in records):
        return counts
    right = sum(record.judgment == "true" and record.cause.kind in CAUSES for record in records)
    share = f"{right / len(records):.0%}"
    return (
        f"{counts} Judged by hand: {right} ({share}) are told a true cause, {false.total()} something false."
    )
