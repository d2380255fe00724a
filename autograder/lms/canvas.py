"""Canvas: reading what Download Submissions gives, and writing its gradebook.

lovelaceada_12345_67890_hw1.ipynb          name in small letters, user, file, the file's original name
lovelaceada_LATE_12345_67891_hw1-1.ipynb   marked late; -1 and so on for a file submitted again
anon_x7Kp2_67892_hw1.ipynb                 where names are hidden from the grader
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from autograder.course.csv_table import Table, write_rows
from autograder.course.roster import read_roster
from autograder.errors import UsageError
from autograder.gradebook.tables import GradeRow, guard_formula, points
from autograder.submissions.archive import stem
from autograder.submissions.collecting import (
    SUFFIX,
    CollectedSubmission,
    Layout,
    Unmatched,
    is_notebook,
    visible,
)
from autograder.submissions.notebook import storable

__all__ = ["CANVAS", "NAME", "CanvasColumn", "canvas_gradebook"]


# Canvas removes everything but letters, digits and underscores, and runs of digits between these.
NAME = re.compile(
    r"(?:(?P<slug>[^\s./]*?)_)??(?:(?P<late>LATE)_)?(?P<user>\d+|anon_[^\W_]{5})_(?P<file>\d+)_(?P<name>.+)",
    re.DOTALL,
)
AGAIN = re.compile(r"-\d+\Z")
HEAD = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
POSSIBLE = "Points Possible"
EXCUSED = "EX"


def _recognises(folder: Path) -> bool:
    """Whether more than half of a directory's notebooks are named as Canvas names them."""
    try:
        names = [child.name for child in visible(folder) if is_notebook(child)]
    except OSError:
        return False
    return 2 * sum(_match(name) is not None for name in names) > len(names)


def _match(name: str) -> re.Match[str] | None:
    match = NAME.fullmatch(unicodedata.normalize("NFC", name))
    slug = match["slug"] or "" if match else ""
    return match if slug == slug.lower() else None


def read_canvas(folder: Path, assignment: str) -> tuple[list[CollectedSubmission], list[Unmatched]] | None:
    """The notebooks of a download; of several in one submission, the one named after the assignment."""
    if not _recognises(folder):
        return None
    candidates: list[CollectedSubmission] = []
    unmatched: list[Unmatched] = []
    files = sorted((child for child in visible(folder) if child.is_file()), key=lambda child: child.name)
    named = {_user(path.name) for path in files if is_notebook(path) and _own_name(path) == assignment}
    with_notebook = {_user(path.name) for path in files if is_notebook(path)}
    for path in files:
        match, user = _match(path.name), _user(path.name)
        if not is_notebook(path):
            if match and user not in with_notebook:
                unmatched.append(Unmatched(storable(path.name), f"It is not a notebook ({SUFFIX})."))
        elif match is None:  # added to the download by hand
            student = storable(stem(path))
            candidates.append(CollectedSubmission(student, path, origin=storable(path.name), keys=(student,)))
        elif user in named and _own_name(path) != assignment:
            unmatched.append(
                Unmatched(storable(path.name), f"A notebook named {assignment} was submitted with it.")
            )
        else:
            candidates.append(_candidate(path, match))
    return candidates, unmatched


def _candidate(path: Path, match: re.Match[str]) -> CollectedSubmission:
    slug, user = match["slug"] or "", match["user"]
    return CollectedSubmission(
        storable(f"{slug} ({user})" if slug else user),
        path,
        attempt=int(match["file"][:18]),  # Canvas numbers files as they come
        marked_late=match["late"] is not None,
        origin=storable(path.name),
        keys=(slug,) if slug else (),
        roster_columns=(("canvas_id", user),),
    )


def _user(name: str) -> str:
    match = _match(name)
    return match["user"] if match else ""


def _own_name(path: Path) -> str:
    """The file's name before Canvas changed it."""
    match = _match(path.name)
    return AGAIN.sub("", stem(Path(match["name"]))) if match else stem(path)


CANVAS = Layout("canvas", read_canvas)


@dataclass(frozen=True)
class CanvasColumn:
    """One assignment in Canvas: its name, with Canvas's number in brackets or without, and the scores."""

    title: str
    rows: Sequence[GradeRow]
    excused: Set[str] = frozenset()  # students

    @property
    def possible(self) -> str:
        """The points possible."""
        return points(max((row.final_score.possible for row in self.rows), default=0))

    def cell(self, row: GradeRow) -> str:
        """This student's score as Canvas reads it; EX excuses."""
        return EXCUSED if row.final_score.student in self.excused else points(row.final_score.earned)


def canvas_gradebook(
    columns: Sequence[CanvasColumn], template: Table | None = None
) -> tuple[str, list[Unmatched]]:
    """The gradebook's CSV with the scores of some assignments, and the students whom Canvas would not find.

    Into an exported gradebook only the scores are written. A name that Canvas does not have becomes a new
    assignment there.
    """
    if template is None:
        return _fresh(columns)
    unmatched: dict[str, Unmatched] = {}
    for column in columns:
        _fill(template, column, unmatched)
    return template.text(), list(unmatched.values())


def _fresh(columns: Sequence[CanvasColumn]) -> tuple[str, list[Unmatched]]:
    rows = [
        [*HEAD, *(column.title for column in columns)],
        [f"    {POSSIBLE}", "", "", "", "", *(column.possible for column in columns)],
    ]
    people = {row.person.student_id: row.person for column in columns for row in column.rows}
    cells = [{row.person.student_id: column.cell(row) for row in column.rows} for column in columns]
    unmatched = []
    for student, person in people.items():
        ids = [person.canvas_id, person.sis_id, person.sis_login]
        if not any(ids):
            unmatched.append(Unmatched(student, "The roster has no canvas_id, sis_id or sis_login."))
            continue
        scores = [column.get(student, "") for column in cells]
        rows.append([guard_formula(person.sortable), *ids, guard_formula(person.section), *scores])
    return write_rows(rows), unmatched


def _fill(table: Table, column: CanvasColumn, unmatched: dict[str, Unmatched]) -> None:
    student, number = table.required_column("Student"), table.required_column("ID")
    at = _assignment(table, column.title)
    roster = read_roster(table.path)
    where = {
        row[number].strip(): position
        for position, row in enumerate(table.rows)
        if position and len(row) > number and row[number].strip()
    }
    if at == len(table.rows[0]):
        table.put(0, at, column.title)
        for position, row in enumerate(table.rows[1:], 1):
            marked = len(row) > student and row[student].strip() == POSSIBLE
            table.put(position, at, table.number(column.possible) if marked else "")
    for grade_row in column.rows:
        person, why = grade_row.in_roster(roster)
        if person is None or person.canvas_id not in where:
            name = grade_row.final_score.student
            unmatched[name] = Unmatched(name, why or f"{table.path} has no ID for this student.")
            continue
        table.put(where[person.canvas_id], at, table.number(column.cell(grade_row)))


def _assignment(table: Table, title: str) -> int:
    """The position of an assignment's column; after the last one when Canvas does not have it yet."""
    heads = [head.strip() for head in table.rows[0]]
    if title in heads:
        return heads.index(title)
    numbered = re.compile(re.escape(title) + r" \(\d+\)")
    matching = [at for at, head in enumerate(heads) if numbered.fullmatch(head)]
    if len(matching) > 1:
        names = " and ".join(heads[at] for at in matching)
        raise UsageError(
            f"{table.path} has several columns {title}: {names}.",
            next_step="Name one of them, with its number, with --column.",
        )
    return matching[0] if matching else len(heads)
