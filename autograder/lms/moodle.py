"""Moodle: reading what Download all submissions gives, and writing its worksheet and import table.

    Ada Lovelace_12345_assignsubmission_file_/week1.ipynb    in directories
    Ada Lovelace_12345_assignsubmission_file_hw1.ipynb       without
    Participant_12345_assignsubmission_file_/week1.ipynb     where names are hidden from the grader

    Team A1_1_assignsubmission_file_/week1.ipynb             of a group: the number is the group's
    Default group_assignsubmission_file_/week1.ipynb         of the students who are in no group

The number was given out for this one assignment, as in the grading worksheet's Identifier: it says whose a
submission is only together with the name, and it is the way back for grades and feedback.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Literal

from autograder.course.csv_table import Table, guard_formula, write_table
from autograder.course.moodle_table import COMMENTS, GRADE, IDENTIFIER, MAXIMUM, in_english
from autograder.course.roster import letters, read_people, roster_from
from autograder.errors import UsageError
from autograder.gradebook.tables import GradeRow, points
from autograder.lms.worksheet import Worksheet, WorksheetRow
from autograder.submissions.collecting import (
    CollectedSubmission,
    Layout,
    Unmatched,
    advice,
    is_notebook,
    natural,
    otherwise_named,
    unmatched_files,
    visible,
)
from autograder.submissions.guarded_files import folder_files
from autograder.submissions.notebook import storable

__all__ = [
    "MOODLE",
    "NAME",
    "NO_NUMBER",
    "MoodleKey",
    "moodle_import",
    "moodle_layout",
    "moodle_worksheet",
    "number_of",
]


NAME = re.compile(
    r"(?P<name>.*?)(?:_(?P<id>\d+))?_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL
)
# How Moodle calls a student whose name is hidden, in a few languages.
HIDDEN_NAMES = {"participant", "teilnehmerin", "teilnehmer", "participante", "partecipante", "deelnemer"}
UNTIMED = (
    "neither a grading worksheet nor the download says it",
    "Name the worksheet with --worksheet, or grade the ZIP archive as it was downloaded.",
)
MoodleKey = Literal["email", "id"]  # what lines of an import are mapped by
NO_KEY: Mapping[MoodleKey, str] = {
    "email": "There is no e-mail address on the roster: add it, export with --by id and map by ID number, or "
    "enter the grades in Moodle.",
    "id": "The roster has no ID number of this student: add it, or enter the grades in Moodle.",
}
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


def moodle_layout(
    worksheets: Sequence[Worksheet] = (), *, dated: bool = False, has_instants: bool = False
) -> Layout:
    """How to read a download with the worksheets that there are; `dated` files have the times of Moodle's."""

    def read(folder: Path, assignment: str) -> tuple[list[CollectedSubmission], list[Unmatched]] | None:
        return read_moodle(folder, assignment, worksheets, dated=dated, has_instants=has_instants)

    return Layout("moodle", read, untimed=UNTIMED)


def read_moodle(
    folder: Path,
    assignment: str,
    worksheets: Sequence[Worksheet] = (),
    *,
    dated: bool = False,
    has_instants: bool = False,
) -> tuple[list[CollectedSubmission], list[Unmatched]] | None:
    """The submissions of a download, each with all of its files, and what is of no submission.

    Times are the worksheet's, else those of the files if these are `dated` by Moodle.

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
            typed.setdefault(match["id"] or match["name"], []).append(path)
        elif match is not None:
            submissions.setdefault((match["id"] or match["name"], match["name"]), []).append(path)
        elif is_notebook(path) or path.is_dir() or path.is_symlink():
            unmatched.append(otherwise_named(path, "Moodle"))
        else:
            unmatched += unmatched_files([path])
    candidates = []
    names = {letters(name) for _, name in submissions}
    # In whatever language: one name for all is not a name.
    are_hidden = len(submissions) > 1 and len(names) == 1 and all(id_.isdecimal() for id_, _ in submissions)
    for paths in submissions.values():
        if any(path.is_dir() or path.is_symlink() or is_notebook(path) for path in paths):
            entry = _candidate(paths, _written(paths, UTC if has_instants else None) if dated else "")
            entry = replace(entry, anonymous=entry.anonymous or are_hidden)
            candidates += _of_worksheet(entry, worksheets)
        else:
            unmatched += [Unmatched(storable(path.name), advice(path.name)) for path in paths]
    unmatched += _not_in_download(candidates, typed, worksheets)
    submitted = {number for number, _ in submissions}
    for number, paths in typed.items():
        if number not in submitted:
            unmatched += [
                Unmatched(storable(path.name), "It is text typed into Moodle's page; no file was submitted.")
                for path in paths
            ]
    return candidates, unmatched


def _candidate(paths: Sequence[Path], stamp: str) -> CollectedSubmission:
    """The submission that a directory, or these files, are of."""
    match = NAME.fullmatch(paths[0].name)
    assert match is not None  # or it is not in a submission
    name, number = storable(match["name"]), match["id"] or ""
    # A group's name may stand before the student's: Group A-Ada Lovelace.
    keys = (name, *(name.split("-", at)[-1] for at in range(1, name.count("-") + 1)))
    return CollectedSubmission(
        f"{name} ({number})" if number else name,
        paths[0],
        origin=_origin(name, number),
        keys=keys,
        hints=(("moodle_id", number),) if number else (),
        anonymous=letters(name) in HIDDEN_NAMES,
        group=name,
        files=tuple((_own_name(path), path) for path in paths) if len(paths) > 1 else None,
        stamp=stamp,
    )


def _origin(name: str, number: str) -> str:
    return f"{name}_{number}_assignsubmission_file_" if number else f"{name}_assignsubmission_file_"


def _written(paths: Sequence[Path], zone: tzinfo | None) -> str:
    """The latest time of the files, in a zone; without one, as the clock on the wall showed it."""
    files = [file.path for path in paths if path.is_dir() for file in folder_files(path)]
    files += [path for path in paths if not path.is_dir()]
    times = [file.lstat().st_mtime for file in files if file.is_file() and not file.is_symlink()]
    return datetime.fromtimestamp(max(times), zone).isoformat(sep=" ") if times else ""


def _of_worksheet(entry: CollectedSubmission, worksheets: Sequence[Worksheet]) -> list[CollectedSubmission]:
    """A submission with what the worksheet of its assignment says; of a group, one for each member."""
    number = next((number for _, number in entry.hints), "")
    rows = [row for sheet in worksheets if number and (row := sheet.row(number, entry.group))]
    if rows:
        return [_with_row(entry, *rows)]
    for sheet in worksheets:
        if members := sheet.group(entry.group):
            return [
                replace(
                    _with_row(entry, row),
                    student=f"{row.name} ({row.number})" if row.name else row.number,
                    origin=_origin(row.name or entry.group, row.number),
                    hints=(("moodle_id", row.number),),
                    anonymous=not row.name,
                    group="",
                )
                for row in members
            ]
    return [entry]


def _with_row(entry: CollectedSubmission, row: WorksheetRow, *others: WorksheetRow) -> CollectedSubmission:
    """A submission with a row of the worksheet; `others` are the same student's in other worksheets."""
    times = [known.submitted for known in (row, *others) if known.submitted]
    return replace(
        entry,
        keys=(row.email, row.name) if row.name else entry.keys,
        name=row.name,
        anonymous=not row.name,
        stamp=times[0] if times else entry.stamp,
        other_stamps=tuple(times[1:]),
        file_stamp=entry.stamp if times else "",
        marked_late=any(known.late for known in (row, *others)),
    )


def _not_in_download(
    candidates: Sequence[CollectedSubmission],
    typed: Mapping[str, Sequence[Path]],
    worksheets: Sequence[Worksheet],
) -> list[Unmatched]:
    """Students who have submitted, says a worksheet of this download, and whose files are not in it."""
    there = {number for entry in candidates for _, number in entry.hints} | typed.keys()
    used = {(number, entry.name) for entry in candidates for _, number in entry.hints}
    missing = {
        row.number: Unmatched(
            storable(row.name or f"Participant {row.number}"),
            "The worksheet says that it was submitted, but the download holds no file of it. "
            "Download the submissions again.",
        )
        for sheet in worksheets
        if used.intersection((row.number, row.name) for row in sheet.rows)
        for row in sheet.rows
        if row.submitted and row.number not in there
    }
    return list(missing.values())


def _own_name(path: Path) -> str:
    """The file's name before Moodle changed it."""
    match = NAME.fullmatch(path.name)
    return (match["file"] if match else None) or path.name


MOODLE = moodle_layout()


def moodle_import(
    columns: Mapping[str, Sequence[GradeRow]], by: MoodleKey = "email"
) -> tuple[str, list[Unmatched]]:
    """A table for Moodle's gradebook (Grades, Import, CSV file): a line per student, a column per grade item.

    On import all lines are mapped by e-mail address, or all by ID number, and each column to the item of that
    name; a line that maps to nobody, or to somebody else, stops the whole import. So it has the students whom
    the key finds, and the others are returned with the reason. A dash is not a grade.
    """
    grade_rows = {row.person.student_id: row for rows in columns.values() for row in rows}
    cells = [
        {row.person.student_id: points(row.final_score.earned) for row in rows} for rows in columns.values()
    ]
    keys = {student: _import_key(row, by).casefold() for student, row in grade_rows.items()}
    unmatched = []
    rows = [["Email address", "ID number", "Full name", *map(guard_formula, columns)]]
    for student, row in grade_rows.items():
        person, key = row.person, keys[student]
        if not key:
            unmatched.append(Unmatched(student, NO_KEY[by]))
        elif list(keys.values()).count(key) > 1:
            unmatched.append(
                Unmatched(student, f"Another student has {key} too, and Moodle would mix them up.")
            )
        else:
            scores = [column.get(student, "-") for column in cells]
            rows.append([person.email, student, guard_formula(person.name), *scores])
    return write_table(rows[0], rows[1:]), unmatched


def _import_key(row: GradeRow, by: MoodleKey) -> str:
    """What Moodle finds a student by; empty for nothing."""
    person = row.person
    if by == "email":
        return person.email
    # Somebody without an ID number is known by another ID here.
    return (
        person.student_id if row.known and person.student_id not in (person.email, person.sis_login) else ""
    )


def moodle_worksheet(
    grade_rows: Sequence[GradeRow], template: Table | None = None
) -> tuple[str, list[Unmatched]]:
    """The worksheet's CSV with grades and comments, and the students whom Moodle would not find.

    Into a downloaded worksheet only grades and comments are written. Comments are HTML there.
    """
    return _merged(grade_rows, template) if template else _fresh(grade_rows)


NO_NUMBER = (
    "Neither the download nor the roster gives the student's number in this assignment: "
    "name Moodle's worksheet with --template."
)


def number_of(row: GradeRow) -> str:
    """The student's number in this assignment: the download's own, else the roster's; empty for a group's."""
    match = NAME.fullmatch(row.final_score.origin)
    return (match["id"] or "") if match else row.person.moodle_id


def _fresh(grade_rows: Sequence[GradeRow]) -> tuple[str, list[Unmatched]]:
    rows = [HEAD]
    unmatched = []
    for grade_row in grade_rows:
        person, score = grade_row.person, grade_row.final_score
        number = number_of(grade_row)
        if not number:
            unmatched.append(Unmatched(score.student, NO_NUMBER))
            continue
        when = score.submitted.isoformat() if score.submitted else "-"
        rows.append(
            [
                f"Participant {number}",
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
    return write_table(rows[0], rows[1:]), unmatched


def _merged(grade_rows: Sequence[GradeRow], table: Table) -> tuple[str, list[Unmatched]]:
    known = in_english(table)
    identifier, grade = known.required_column(IDENTIFIER), known.required_column(GRADE)
    most, comments = known.column(MAXIMUM), known.column(COMMENTS)
    rows = _Rows(known, identifier)
    unmatched = []
    for grade_row in grade_rows:
        row, why = rows.find(grade_row)
        if row is None:
            unmatched.append(Unmatched(grade_row.final_score.student, why))
            continue
        if most >= 0:
            _same_scale(table, row, most, grade_row.final_score.possible)
        table.put(row, grade, points(grade_row.final_score.earned))
        if comments >= 0:
            table.put(row, comments, _comment(grade_row))
    return table.text(), unmatched


class _Rows:
    """The rows of a worksheet, to find students in."""

    def __init__(self, table: Table, identifier: int) -> None:
        self._table = table
        self._name = table.column("Full name")
        self._where = {
            re.sub(r"\A\D+", "", row[identifier]): position
            for position, row in enumerate(table.rows)
            if position and len(row) > identifier and any(c.isdigit() for c in row[identifier])
        }
        self._roster = roster_from(read_people(table))

    def find(self, row: GradeRow) -> tuple[int | None, str]:
        """A student's row, or why there is none.

        The number that the download gave out decides, then e-mail address and name. The roster's number
        may be another assignment's: it only tells students of one name apart.
        """
        names = row.person.names() | {letters(row.person.name)}
        match = NAME.fullmatch(row.final_score.origin)
        if match and match["id"] in self._where:
            position = self._where[match["id"]]
            shown = letters(self._cell(position))
            if not shown or shown in names or (not row.known and shown == letters(match["name"])):
                return position, ""
        person, why = row.in_roster(self._roster, columns=("canvas_id",))
        if match and match["id"] and match["id"] not in self._where:
            why = f"{self._table.path.name} has no row with the number {match['id']} of this submission."
        number = person.moodle_id if person else ""
        if person is None and row.person.moodle_id in self._where:
            position = self._where[row.person.moodle_id]
            if letters(self._cell(position)) in names:
                number = row.person.moodle_id
        if number not in self._where:
            return None, why or f"{self._table.path} has no Identifier for this student."
        return self._where[number], ""

    def _cell(self, position: int) -> str:
        row = self._table.rows[position]
        return row[self._name] if 0 <= self._name < len(row) else ""


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
