"""An assignment's dates, points and visibility as a form: from assignment.yaml to fields and back.

Its checks are files of code and are never edited in the browser.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from autograder.course.assignment import AssignmentFile
from autograder.course.course import Course
from autograder.course.local_time import zoned
from autograder.course.typed_number import typed_number
from autograder.errors import AutograderError, Conflict
from autograder.site.content.yaml_values import with_values
from autograder.yaml_source import load_yaml, read_yaml

__all__ = ["Change", "changed_assignment", "changes_of", "file_of", "overtaken", "values_of"]

LONGEST = 200  # characters of a field
ON = "yes"


class Change(NamedTuple):
    """A value that a form changes."""

    what: str
    before: str
    after: str


LABELS = {
    "title": "Title",
    "due": "Due",
    "late_per_day": "Each late day costs (%)",
    "late_at_most": "Lateness costs at most (%)",
    "grace_minutes": "Minutes of grace",
    "feedback": "Results are shown",
    "detail": "Students see",
    "counts": "What counts",
    "limited": "Attempts are limited",
    "burst": "Attempts at once",
    "every_minutes": "Minutes until one more",
    "total": "Attempts in all",
}


def file_of(text: str, name: str) -> AssignmentFile:
    """The assignment that a text describes; raises Conflict with line and key."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "assignment.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            return read_yaml(path, AssignmentFile)
        except AutograderError as problem:
            message = problem.message.replace(str(path), f"assignments/{name}/assignment.yaml")
            raise Conflict(message, next_step=problem.next_step) from problem


def values_of(file: AssignmentFile) -> dict[str, str]:
    """The values of the form's fields."""
    limit = file.attempts
    values = {
        "title": file.title,
        "due": _due(file),
        "late_per_day": _number(100 * file.late.per_day),
        "late_at_most": _number(100 * file.late.at_most),
        "grace_minutes": "" if file.late.grace_minutes is None else str(file.late.grace_minutes),
        "feedback": file.feedback,
        "detail": file.detail,
        "counts": file.counts,
        "limited": ON if limit else "",
        "burst": str(limit.burst) if limit else "",
        "every_minutes": _number(limit.every_minutes) if limit else "",
        "total": str(limit.total) if limit and limit.total else "",
    }
    return values | {f"points-{task.id}": _number(task.points) for task in file.tasks}


def changed_assignment(text: str, name: str, typed: Mapping[str, str]) -> str:
    """The text of assignment.yaml with what was typed; what was left as it was stays as it is written.

    Raises Conflict for values that cannot be.
    """
    file = file_of(text, name)
    before = values_of(file)
    values = {key: " ".join(typed.get(key, before[key]).split())[:LONGEST] for key in before}
    changed = {key for key in before if values[key] != before[key]}
    changes: dict[tuple[str | int, ...], Any] = {}
    for key in ("title", "feedback", "detail", "counts"):
        if key in changed:
            changes[(key,)] = values[key]
    if "due" in changed:
        changes[("due",)] = values["due"] or None
    for key, place in (("late_per_day", "per_day"), ("late_at_most", "at_most")):
        if key in changed:
            changes[("late", place)] = _share(LABELS[key], values[key])
    if "grace_minutes" in changed:
        grace = values["grace_minutes"]
        changes[("late", "grace_minutes")] = _whole(LABELS["grace_minutes"], grace) if grace else None
    changes |= _attempts(values, changed)
    changes |= _points(text, file, values, changed)
    new = with_values(text, changes) if changes else text
    file_of(new, name)
    return new


def changes_of(before: AssignmentFile, after: AssignmentFile) -> list[Change]:
    """What is another value afterwards, in words."""
    old, new = values_of(before), values_of(after)
    titles = {f"points-{task.id}": f"Points of “{task.title}”" for task in after.tasks}
    changes = [
        Change(LABELS.get(key) or titles[key], old.get(key, "") or "none", value or "none")
        for key, value in new.items()
        if value != old.get(key, "")
    ]
    if before.points != after.points:
        changes.append(Change("Points in all", _number(before.points), _number(after.points)))
    return changes


def overtaken(course: Course, name: str, after: AssignmentFile) -> list[str]:
    """The students whose own due date would be before the due date of everybody."""
    if after.due is None:
        return []
    due = zoned(after.due, course.zone)
    found = []
    for student in course.students_with_rules():
        own_due = course.extension(student, name).due
        if own_due is not None and zoned(own_due, course.zone) < due:
            found.append(student)
    return found


def _due(file: AssignmentFile) -> str:
    if file.due is None:
        return ""
    return f"{file.due:%Y-%m-%d %H:%M}" if isinstance(file.due, datetime) else str(file.due)


def _attempts(values: Mapping[str, str], changed: set[str]) -> dict[tuple[str | int, ...], Any]:
    if "limited" in changed and not values["limited"]:
        return {("attempts",): None}
    if not values["limited"] or not changed & {"limited", "burst", "every_minutes", "total"}:
        return {}
    total = values["total"]
    return {
        ("attempts", "burst"): _whole(LABELS["burst"], values["burst"] or "3"),
        ("attempts", "every_minutes"): _float(LABELS["every_minutes"], values["every_minutes"] or "30"),
        ("attempts", "total"): _whole(LABELS["total"], total) if total else None,
    }


def _points(
    text: str, file: AssignmentFile, values: Mapping[str, str], changed: set[str]
) -> dict[tuple[str | int, ...], Any]:
    """The points of tasks, by their place in the file, and their sum."""
    if not any(key.startswith("points-") for key in changed):
        return {}
    places = {task["id"]: number for number, task in enumerate(load_yaml(text)["tasks"])}
    changes: dict[tuple[str | int, ...], Any] = {}
    total = 0.0
    for task in file.tasks:
        points = _float(f"Points of “{task.title}”", values[f"points-{task.id}"])
        if f"points-{task.id}" in changed:
            changes[("tasks", places[task.id], "points")] = _plain(points)
        total += 0 if task.extra else points
    return changes | {("points",): _plain(round(total, 6))}


def _float(what: str, text: str) -> float:
    number = typed_number(text)
    if not 0 <= number <= 100_000:
        raise Conflict(f"{what}: “{text[:20]}” is not a number.", next_step="Write a number such as 2.5.")
    return number


def _whole(what: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise Conflict(f"{what}: “{text[:20]}” is not a whole number.", next_step="Write one such as 5.")
    return int(text)


def _share(what: str, text: str) -> Any:
    number = _float(what, text)
    if number > 100:
        raise Conflict(f"{what}: {text} is more than 100 percent.", next_step="Write a number up to 100.")
    return _plain(number / 100)


def _plain(number: float) -> Any:
    """A whole number without a decimal point."""
    return int(number) if number == int(number) else number


def _number(number: float) -> str:
    return f"{round(number, 6):g}"
