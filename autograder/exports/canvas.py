"""Canvas's gradebook: scores by the ids Canvas knows students by."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder.errors import UsageError
from autograder.exports.line import Line, points
from autograder.exports.table import Table, guarded, write_rows
from autograder.intake.entry import Unplaced
from autograder.roster import read_roster

__all__ = ["canvas_gradebook"]

HEAD = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
POSSIBLE = "Points Possible"


def canvas_gradebook(
    lines: Sequence[Line], title: str, template: Table | None = None
) -> tuple[str, list[Unplaced]]:
    """The gradebook's CSV with one assignment's scores, and whom Canvas would not know.

    Into an exported gradebook only the scores are written. `title` is the column: the assignment's name, with
    Canvas's number in brackets or without; a name that Canvas does not have becomes a new assignment there.
    """
    return _merged(lines, title, template) if template else _fresh(lines, title)


def _fresh(lines: Sequence[Line], title: str) -> tuple[str, list[Unplaced]]:
    possible = points(max((line.standing.possible for line in lines), default=0))
    rows = [[*HEAD, title], [f"    {POSSIBLE}", "", "", "", "", possible]]
    unplaced = []
    for line in lines:
        person = line.person
        ids = [person.canvas_id, person.sis_id, person.sis_login]
        if not any(ids):
            unplaced.append(Unplaced(line.standing.student, "No canvas_id, sis_id or sis_login is known."))
            continue
        rows.append([guarded(person.sortable), *ids, guarded(person.section), points(line.standing.earned)])
    return write_rows(rows), unplaced


def _merged(lines: Sequence[Line], title: str, table: Table) -> tuple[str, list[Unplaced]]:
    student, number = table.needed("Student"), table.needed("ID")
    at = _assignment(table, title)
    roster = read_roster(table.path)
    where = {
        row[number].strip(): place
        for place, row in enumerate(table.rows)
        if place and len(row) > number and row[number].strip()
    }
    if at == len(table.rows[0]):
        table.put(0, at, title)
        possible = points(max((line.standing.possible for line in lines), default=0))
        for place, row in enumerate(table.rows[1:], 1):
            marked = len(row) > student and row[student].strip() == POSSIBLE
            table.put(place, at, possible if marked else "")
    unplaced = []
    for line in lines:
        person, why = line.in_roster(roster)
        if person is None or person.canvas_id not in where:
            unplaced.append(Unplaced(line.standing.student, why or f"{table.path} gives them no ID."))
            continue
        table.put(where[person.canvas_id], at, points(line.standing.earned))
    return table.text(), unplaced


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
