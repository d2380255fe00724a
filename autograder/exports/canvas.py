"""Canvas's gradebook: scores by the ids Canvas knows students by."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from autograder.course.roster import read_roster
from autograder.errors import UsageError
from autograder.exports.line import Line, points
from autograder.exports.table import Table, guarded, write_rows
from autograder.submissions.collecting import Unmatched

__all__ = ["CanvasColumn", "canvas_gradebook"]

HEAD = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
POSSIBLE = "Points Possible"
EXCUSED = "EX"


@dataclass(frozen=True)
class CanvasColumn:
    """One assignment in Canvas: its name, with Canvas's number in brackets or without, and the scores."""

    title: str
    lines: Sequence[Line]
    excused: Set[str] = frozenset()  # students

    @property
    def possible(self) -> str:
        """The points possible."""
        return points(max((line.standing.possible for line in self.lines), default=0))

    def cell(self, line: Line) -> str:
        """What Canvas reads as this student's score; EX excuses."""
        return EXCUSED if line.standing.student in self.excused else points(line.standing.earned)


def canvas_gradebook(
    columns: Sequence[CanvasColumn], template: Table | None = None
) -> tuple[str, list[Unmatched]]:
    """The gradebook's CSV with the scores of some assignments, and whom Canvas would not know.

    Into an exported gradebook only the scores are written. A name that Canvas does not have becomes a new
    assignment there.
    """
    if template is None:
        return _fresh(columns)
    unplaced: dict[str, Unmatched] = {}
    for column in columns:
        _fill(template, column, unplaced)
    return template.text(), list(unplaced.values())


def _fresh(columns: Sequence[CanvasColumn]) -> tuple[str, list[Unmatched]]:
    rows = [
        [*HEAD, *(column.title for column in columns)],
        [f"    {POSSIBLE}", "", "", "", "", *(column.possible for column in columns)],
    ]
    people = {line.person.student_id: line.person for column in columns for line in column.lines}
    cells = [{line.person.student_id: column.cell(line) for line in column.lines} for column in columns]
    unplaced = []
    for student, person in people.items():
        ids = [person.canvas_id, person.sis_id, person.sis_login]
        if not any(ids):
            unplaced.append(Unmatched(student, "No canvas_id, sis_id or sis_login is known."))
            continue
        own = [column.get(student, "") for column in cells]
        rows.append([guarded(person.sortable), *ids, guarded(person.section), *own])
    return write_rows(rows), unplaced


def _fill(table: Table, column: CanvasColumn, unplaced: dict[str, Unmatched]) -> None:
    student, number = table.needed("Student"), table.needed("ID")
    at = _assignment(table, column.title)
    roster = read_roster(table.path)
    where = {
        row[number].strip(): place
        for place, row in enumerate(table.rows)
        if place and len(row) > number and row[number].strip()
    }
    if at == len(table.rows[0]):
        table.put(0, at, column.title)
        for place, row in enumerate(table.rows[1:], 1):
            marked = len(row) > student and row[student].strip() == POSSIBLE
            table.put(place, at, column.possible if marked else "")
    for line in column.lines:
        person, why = line.in_roster(roster)
        if person is None or person.canvas_id not in where:
            name = line.standing.student
            unplaced[name] = Unmatched(name, why or f"{table.path} gives them no ID.")
            continue
        table.put(where[person.canvas_id], at, column.cell(line))


def _assignment(table: Table, title: str) -> int:
    """The column of an assignment; behind the last one when Canvas does not have it yet."""
    heads = [head.strip() for head in table.rows[0]]
    if title in heads:
        return heads.index(title)
    numbered = re.compile(re.escape(title) + r" \(\d+\)")
    found = [at for at, head in enumerate(heads) if numbered.fullmatch(head)]
    if len(found) > 1:
        names = " and ".join(heads[at] for at in found)
        raise UsageError(
            f"{table.path} has several columns {title}: {names}.",
            next_step="Name one of them, with its number, with --column.",
        )
    return found[0] if found else len(heads)
