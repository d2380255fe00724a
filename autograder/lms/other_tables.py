"""Tables of grades for Blackboard and Brightspace, to upload into their gradebooks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder.course.csv_table import Table, write_table
from autograder.course.roster import read_people, roster_from
from autograder.errors import UsageError
from autograder.gradebook.tables import GradeRow, points
from autograder.submissions.collecting import Unmatched

__all__ = ["blackboard_grades", "brightspace_grades"]

# Of a column in Blackboard's own table: `Week 1 [Total Pts: 20 Score] |4711`.
TOTAL = re.compile(r"\[[^\]]*?(?P<total>\d+(?:[.,]\d+)?)[^\]]*\]")


def blackboard_grades(
    grade_rows: Sequence[GradeRow], table: Table, title: str
) -> tuple[str, list[Unmatched]]:
    """Blackboard's own table with the scores of one assignment, and the students whom it does not have.

    Only that column changes. Raises UsageError where the table has no such column, several, or another scale.
    """
    username, column = table.required_column("Username"), _column(table, title)
    roster = roster_from(read_people(table))
    where = {
        row[username].strip().casefold(): position
        for position, row in enumerate(table.rows)
        if position and len(row) > username and row[username].strip()
    }
    unmatched = []
    for grade_row in grade_rows:
        person, why = grade_row.in_roster(roster, columns=())
        login = (person.sis_login if person else grade_row.person.sis_login).strip().casefold()
        if login not in where:
            name = grade_row.final_score.student
            unmatched.append(Unmatched(name, why or f"{table.path} has no Username for this student."))
            continue
        _same_scale(table, column, grade_row.final_score.possible)
        table.put(where[login], column, points(grade_row.final_score.earned))
    return table.text(), unmatched


def brightspace_grades(grade_rows: Sequence[GradeRow], title: str) -> tuple[str, list[Unmatched]]:
    """A table for Brightspace's import of grades, and the students whom Brightspace would not find.

    Brightspace finds students by OrgDefinedId, which is our student ID, and the grade item by its name.
    """
    rows, unmatched = [], []
    for row in grade_rows:
        if row.known:
            rows.append([f"#{row.person.student_id}", points(row.final_score.earned), "#"])
        else:
            unmatched.append(
                Unmatched(
                    row.final_score.student,
                    "This student is not on the roster, so the OrgDefinedId is not known: add them.",
                )
            )
    return write_table(["OrgDefinedId", f"{title} Points Grade", "End-of-Line Indicator"], rows), unmatched


def _column(table: Table, title: str) -> int:
    heads = [head.strip() for head in table.rows[0]]
    matching = [at for at, head in enumerate(heads) if head == title or head.startswith(f"{title} [")]
    if len(matching) != 1:
        named = " and ".join(heads[at] for at in matching)
        raise UsageError(
            f"{table.path} has several columns {title}: {named}."
            if matching
            else f"{table.path} has no column {title}.",
            next_step="Name the column as the table has it, with --column.",
        )
    return matching[0]


def _same_scale(table: Table, column: int, possible: float) -> None:
    match = TOTAL.search(table.rows[0][column])
    if match is not None and abs(float(match["total"].replace(",", ".")) - possible) > 0.005:
        raise UsageError(
            f"{table.path}: the column {table.rows[0][column].strip()} is out of {match['total']}, "
            f"but there are {points(possible)} points.",
            next_step=f"Set its points to {points(possible)} in Blackboard and download the table again.",
        )
