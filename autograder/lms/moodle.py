"""What Moodle gives out under Download all submissions.

    Ada Lovelace_12345_assignsubmission_file_/week1.ipynb    in folders
    Ada Lovelace_12345_assignsubmission_file_hw1.ipynb     without
    Participant_12345_assignsubmission_file_/week1.ipynb     where names are hidden from the grader

The number is the student's in this one assignment, as in the grading worksheet's Identifier.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from autograder.course.roster import read_roster
from autograder.errors import UsageError
from autograder.gradebook.tables import GradeRow, Table, guarded, points, write_rows
from autograder.submissions.archive import stem
from autograder.submissions.collecting import (
    SUFFIX,
    CollectedSubmission,
    Layout,
    Unmatched,
    choose_notebook,
    is_folder,
    is_notebook,
    natural,
    visible,
)
from autograder.submissions.notebook import storable

__all__ = ["MOODLE", "NAME", "moodle_import", "moodle_worksheet"]


NAME = re.compile(r"(?P<name>.*?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL)


def _recognises(folder: Path) -> bool:
    """Whether anything in a folder is named as Moodle names it."""
    try:
        return any(NAME.fullmatch(child.name) for child in visible(folder))
    except OSError:
        return False


def read_moodle(folder: Path, assignment: str) -> tuple[list[CollectedSubmission], list[Unmatched]] | None:
    """The submissions of a download; a student's folder without a notebook is one too."""
    if not _recognises(folder):
        return None
    claims: dict[str, CollectedSubmission] = {}
    unplaced: list[Unmatched] = []
    best: dict[str, tuple[bool, str]] = {}
    for path in sorted(visible(folder), key=lambda child: natural(child.name)):
        match = NAME.fullmatch(path.name)
        if match is None:
            if is_notebook(path) or is_folder(path):
                unplaced.append(
                    Unmatched(storable(path.name), "It is not named as Moodle names submissions.")
                )
            continue
        if match["kind"] != "file":
            continue  # a text typed into the page, a comment
        found = (choose_notebook(path, assignment) or path) if is_folder(path) else path
        if not is_folder(path) and not is_notebook(path):
            if match["id"] not in claims:
                unplaced.append(Unmatched(storable(path.name), f"It is no notebook ({SUFFIX})."))
            continue
        rank = (stem(Path(match["file"] or "")) == assignment, path.name)
        if rank <= best.get(match["id"], (False, "")):
            unplaced.append(Unmatched(storable(path.name), "Another notebook of this submission is graded."))
            continue
        if earlier := claims.get(match["id"]):
            unplaced.append(Unmatched(earlier.path.name, "Another notebook of this submission is graded."))
        best[match["id"]] = rank
        claims[match["id"]] = _claim(found, match)
    return list(claims.values()), unplaced


def _claim(path: Path, match: re.Match[str]) -> CollectedSubmission:
    name = storable(match["name"])
    origin = f"{name}_{match['id']}_assignsubmission_file_"
    # A group's name may stand before the student's: Group A-Ada Lovelace.
    keys = (name, *(name.split("-", at)[-1] for at in range(1, name.count("-") + 1)))
    return CollectedSubmission(
        f"{name} ({match['id']})",
        path,
        origin=origin,
        keys=keys,
        roster_columns=(("moodle_id", match["id"]),),
    )


MOODLE = Layout("moodle", read_moodle)

HEAD = [
    *("Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade"),
    *("Grade can be changed", "Last modified (submission)", "Last modified (grade)", "Feedback comments"),
]


def moodle_import(columns: Mapping[str, Sequence[GradeRow]]) -> str:
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


def moodle_worksheet(lines: Sequence[GradeRow], template: Table | None = None) -> tuple[str, list[Unmatched]]:
    """The worksheet's CSV with grades and comments, and whom Moodle would not know.

    Into a downloaded worksheet only grades and comments are written. Comments are HTML there.
    """
    return _merged(lines, template) if template else _fresh(lines)


def _fresh(lines: Sequence[GradeRow]) -> tuple[str, list[Unmatched]]:
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


def _merged(lines: Sequence[GradeRow], table: Table) -> tuple[str, list[Unmatched]]:
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


def _comment(line: GradeRow) -> str:
    return guarded(html.escape(line.remarks(), quote=False))
