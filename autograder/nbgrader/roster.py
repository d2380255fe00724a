"""The class list: roster.csv, with the columns student_id, last_name, first_name and email."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import UsageError

__all__ = ["Person", "read_roster"]

DETAILS = ("last_name", "first_name", "email")


@dataclass(frozen=True)
class Person:
    """A student of the class list."""

    student_id: str
    details: dict[str, str] = field(default_factory=dict)  # only what the list says


def read_roster(path: Path) -> list[Person]:
    """The students in a class list; raises UsageError with the line that is wrong."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, skipinitialspace=True)
            if "student_id" not in (table.fieldnames or ()):
                raise UsageError(
                    f"{path} has no column student_id.",
                    next_step=f"Its first line names the columns: student_id,{','.join(DETAILS)}.",
                )
            rows = [(table.line_num, row) for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise UsageError(
            f"{path} cannot be read: {problem}.", next_step="Save it as CSV in UTF-8."
        ) from problem
    people: dict[str, Person] = {}
    for line, row in rows:
        name = (row["student_id"] or "").strip()
        if not name or name in people:
            what = f"{name} is there twice" if name else "the student_id is empty"
            raise UsageError(f"{path}, line {line}: {what}.", next_step="Correct the line.")
        if "/" in name or name.startswith("."):
            raise UsageError(
                f"{path}, line {line}: {name!r} cannot name a folder, as nbgrader has one a student.",
                next_step="Take another student_id.",
            )
        found = {key: (row.get(key) or "").strip() for key in DETAILS}
        people[name] = Person(name, {key: text for key, text in found.items() if text})
    return list(people.values())
