"""Moodle's offline grading worksheet."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence

from autograder.course.roster import read_roster
from autograder.errors import UsageError
from autograder.exports.line import Line, points
from autograder.exports.table import Table, guarded, write_rows
from autograder.submissions.collecting import Unmatched

__all__ = ["moodle_import", "moodle_worksheet"]

HEAD = [
    *("Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade"),
    *("Grade can be changed", "Last modified (submission)", "Last modified (grade)", "Feedback comments"),
]


def moodle_import(columns: Mapping[str, Sequence[Line]]) -> str:
    """A table for Moodle's gradebook (Grades, Import, CSV file): a line a student, a column a grade item.

    Whom a line means is mapped there by e-mail address or ID number, each column to an item of that name.
    A dash is no grade.
    """
    people = {line.person.student_id: line.person for lines in columns.values() for line in lines}
    cells = [
        {line.person.student_id: points(line.standing.earned) for line in lines} for lines in columns.values()
    ]
    rows = [["Email address", "ID number", "Full name", *map(guarded, columns)]]
    for student, person in people.items():
        own = [column.get(student, "-") for column in cells]
        rows.append([person.email, student, guarded(person.name), *own])
    return write_rows(rows)


def moodle_worksheet(lines: Sequence[Line], template: Table | None = None) -> tuple[str, list[Unmatched]]:
    """The worksheet's CSV with grades and comments, and whom Moodle would not know.

    Into a downloaded worksheet only grades and comments are written. Comments are HTML there.
    """
    return _merged(lines, template) if template else _fresh(lines)


def _fresh(lines: Sequence[Line]) -> tuple[str, list[Unmatched]]:
    rows = [HEAD]
    unplaced = []
    for line in lines:
        person, one = line.person, line.standing
        if not person.moodle_id:
            unplaced.append(Unmatched(one.student, "No moodle_id is known."))
            continue
        when = one.submitted.isoformat() if one.submitted else "-"
        rows.append(
            [
                f"Participant {person.moodle_id}",
                guarded(person.name),
                person.email,
                "Submitted for grading",
                points(one.earned),
                points(one.possible),
                "Yes",
                when,
                "-",
                _comment(line),
            ]
        )
    return write_rows(rows), unplaced


def _merged(lines: Sequence[Line], table: Table) -> tuple[str, list[Unmatched]]:
    identifier, grade = table.needed("Identifier"), table.needed("Grade")
    most, comments = table.column("Maximum Grade"), table.column("Feedback comments")
    roster = read_roster(table.path)
    where = {
        re.sub(r"\A\D+", "", row[identifier]): place
        for place, row in enumerate(table.rows)
        if place and len(row) > identifier and any(c.isdigit() for c in row[identifier])
    }
    unplaced = []
    for line in lines:
        person, why = line.in_roster(roster)
        if person is None or person.moodle_id not in where:
            unplaced.append(
                Unmatched(line.standing.student, why or f"{table.path} gives them no Identifier.")
            )
            continue
        row = where[person.moodle_id]
        if most >= 0:
            _same_scale(table, row, most, line.standing.possible)
        table.put(row, grade, points(line.standing.earned))
        if comments >= 0:
            table.put(row, comments, _comment(line))
    return table.text(), unplaced


def _same_scale(table: Table, row: int, most: int, possible: float) -> None:
    said = table.rows[row][most] if len(table.rows[row]) > most else ""
    try:
        known = float(said.replace(",", "."))
    except ValueError:
        return  # a scale of words, or nothing
    if abs(known - possible) > 0.005:
        raise UsageError(
            f"{table.path}, line {row + 1}: Maximum Grade is {said}, "
            f"but there are {points(possible)} points.",
            next_step=f"Set the maximum grade to {points(possible)} in Moodle and download the table again.",
        )


def _comment(line: Line) -> str:
    return guarded(html.escape(line.remarks(), quote=False))
