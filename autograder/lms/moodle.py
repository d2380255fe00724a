"""Moodle: reading what Download all submissions gives, and writing its worksheet and import table.

    Ada Lovelace_12345_assignsubmission_file_/week1.ipynb    in directories
    Ada Lovelace_12345_assignsubmission_file_hw1.ipynb       without
    Participant_12345_assignsubmission_file_/week1.ipynb     where names are hidden from the grader

The number is the student's in this one assignment, as in the grading worksheet's Identifier.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from autograder.course.csv_table import Table, write_rows
from autograder.course.roster import read_roster
from autograder.errors import UsageError
from autograder.gradebook.tables import GradeRow, guard_formula, points
from autograder.submissions.collecting import (
    CollectedSubmission,
    Layout,
    Unmatched,
    advice,
    is_notebook,
    natural,
    unmatched_files,
    visible,
)
from autograder.submissions.notebook import storable

__all__ = ["MOODLE", "NAME", "moodle_import", "moodle_worksheet"]


NAME = re.compile(r"(?P<name>.*?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL)
HEAD = [
    *("Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade"),
    *("Grade can be changed", "Last modified (submission)", "Last modified (grade)", "Feedback comments"),
]


def _recognises(folder: Path) -> bool:
    """Whether anything in a directory is named as Moodle names it."""
    try:
        return any(NAME.fullmatch(child.name) for child in visible(folder))
    except OSError:
        return False


def read_moodle(folder: Path, assignment: str) -> tuple[list[CollectedSubmission], list[Unmatched]] | None:
    """The submissions of a download, each with all of its files, and what is of no submission.

    A student's directory without a notebook is a submission too. Text typed into the page is none.
    """
    if not _recognises(folder):
        return None
    unmatched: list[Unmatched] = []
    submissions: dict[tuple[str, str], list[Path]] = {}
    typed: dict[str, list[Path]] = {}
    for path in sorted(visible(folder), key=lambda child: natural(child.name)):
        match = NAME.fullmatch(path.name)
        if match is not None and match["kind"] != "file":
            typed.setdefault(match["id"], []).append(path)
        elif match is not None:
            submissions.setdefault((match["id"], match["name"]), []).append(path)
        elif is_notebook(path) or path.is_dir() or path.is_symlink():
            unmatched.append(Unmatched(storable(path.name), "It is not named as Moodle names submissions."))
        else:
            unmatched += unmatched_files([path])
    candidates = []
    for paths in submissions.values():
        if any(path.is_dir() or path.is_symlink() or is_notebook(path) for path in paths):
            candidates.append(_candidate(paths))
        else:
            unmatched += [Unmatched(storable(path.name), advice(path.name)) for path in paths]
    submitted = {number for number, _ in submissions}
    for number, paths in typed.items():
        if number not in submitted:
            unmatched += [
                Unmatched(storable(path.name), "It is text typed into Moodle's page; no file was submitted.")
                for path in paths
            ]
    return candidates, unmatched


def _candidate(paths: Sequence[Path]) -> CollectedSubmission:
    """The submission that a directory, or these files, are of."""
    match = NAME.fullmatch(paths[0].name)
    assert match is not None  # or it is not in a submission
    name = storable(match["name"])
    origin = f"{name}_{match['id']}_assignsubmission_file_"
    # A group's name may stand before the student's: Group A-Ada Lovelace.
    keys = (name, *(name.split("-", at)[-1] for at in range(1, name.count("-") + 1)))
    return CollectedSubmission(
        f"{name} ({match['id']})",
        paths[0],
        origin=origin,
        keys=keys,
        roster_columns=(("moodle_id", match["id"]),),
        files=tuple((_own_name(path), path) for path in paths) if len(paths) > 1 else None,
    )


def _own_name(path: Path) -> str:
    """The file's name before Moodle changed it."""
    match = NAME.fullmatch(path.name)
    return (match["file"] if match else None) or path.name


MOODLE = Layout("moodle", read_moodle)


def moodle_import(columns: Mapping[str, Sequence[GradeRow]]) -> str:
    """A table for Moodle's gradebook (Grades, Import, CSV file): a line per student, a column per grade item.

    On import, lines are mapped by e-mail address or ID number, each column to the item of that name.
    A dash is no grade.
    """
    people = {row.person.student_id: row.person for rows in columns.values() for row in rows}
    cells = [
        {row.person.student_id: points(row.final_score.earned) for row in rows} for rows in columns.values()
    ]
    rows = [["Email address", "ID number", "Full name", *map(guard_formula, columns)]]
    for student, person in people.items():
        scores = [column.get(student, "-") for column in cells]
        rows.append([person.email, student, guard_formula(person.name), *scores])
    return write_rows(rows)


def moodle_worksheet(
    grade_rows: Sequence[GradeRow], template: Table | None = None
) -> tuple[str, list[Unmatched]]:
    """The worksheet's CSV with grades and comments, and the students whom Moodle would not find.

    Into a downloaded worksheet only grades and comments are written. Comments are HTML there.
    """
    return _merged(grade_rows, template) if template else _fresh(grade_rows)


def _fresh(grade_rows: Sequence[GradeRow]) -> tuple[str, list[Unmatched]]:
    rows = [HEAD]
    unmatched = []
    for grade_row in grade_rows:
        person, score = grade_row.person, grade_row.final_score
        if not person.moodle_id:
            unmatched.append(Unmatched(score.student, "The roster has no moodle_id."))
            continue
        when = score.submitted.isoformat() if score.submitted else "-"
        rows.append(
            [
                f"Participant {person.moodle_id}",
                guard_formula(person.name),
                person.email,
                "Submitted for grading",
                points(score.earned),
                points(score.possible),
                "Yes",
                when,
                "-",
                _comment(grade_row),
            ]
        )
    return write_rows(rows), unmatched


def _merged(grade_rows: Sequence[GradeRow], table: Table) -> tuple[str, list[Unmatched]]:
    identifier, grade = table.required_column("Identifier"), table.required_column("Grade")
    most, comments = table.column("Maximum Grade"), table.column("Feedback comments")
    roster = read_roster(table.path)
    where = {
        re.sub(r"\A\D+", "", row[identifier]): position
        for position, row in enumerate(table.rows)
        if position and len(row) > identifier and any(c.isdigit() for c in row[identifier])
    }
    unmatched = []
    for grade_row in grade_rows:
        person, why = grade_row.in_roster(roster)
        if person is None or person.moodle_id not in where:
            unmatched.append(
                Unmatched(
                    grade_row.final_score.student, why or f"{table.path} has no Identifier for this student."
                )
            )
            continue
        row = where[person.moodle_id]
        if most >= 0:
            _same_scale(table, row, most, grade_row.final_score.possible)
        table.put(row, grade, points(grade_row.final_score.earned))
        if comments >= 0:
            table.put(row, comments, _comment(grade_row))
    return table.text(), unmatched


def _same_scale(table: Table, row: int, most: int, possible: float) -> None:
    maximum = table.rows[row][most] if len(table.rows[row]) > most else ""
    try:
        known = float(maximum.replace(",", "."))
    except ValueError:
        return  # a scale of words, or nothing
    if abs(known - possible) > 0.005:
        raise UsageError(
            f"{table.path}, line {row + 1}: Maximum Grade is {maximum}, "
            f"but there are {points(possible)} points.",
            next_step=f"Set the maximum grade to {points(possible)} in Moodle and download the table again.",
        )


def _comment(row: GradeRow) -> str:
    return guard_formula(html.escape(row.remarks(), quote=False))
