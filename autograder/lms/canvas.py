"""What Canvas gives out under Download Submissions.

lovelaceada_12345_67890_hw1.ipynb          name in small letters, user, file, the file's own name
lovelaceada_LATE_12345_67891_hw1-1.ipynb   marked late; -1 and so on for a file handed in again
anon_x7Kp2_67892_hw1.ipynb                 where names are hidden from the grader
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence, Set
from dataclasses import dataclass
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


def _recognises(folder: Path) -> bool:
    """Whether more than half of a folder's notebooks are named as Canvas names them."""
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
    claims: list[CollectedSubmission] = []
    unplaced: list[Unmatched] = []
    files = sorted((child for child in visible(folder) if child.is_file()), key=lambda child: child.name)
    named = {_user(one.name) for one in files if is_notebook(one) and _own_name(one) == assignment}
    with_notebook = {_user(one.name) for one in files if is_notebook(one)}
    for path in files:
        match, user = _match(path.name), _user(path.name)
        if not is_notebook(path):
            if match and user not in with_notebook:
                unplaced.append(Unmatched(storable(path.name), f"It is no notebook ({SUFFIX})."))
        elif match is None:  # put beside the download by hand
            student = storable(stem(path))
            claims.append(CollectedSubmission(student, path, origin=storable(path.name), keys=(student,)))
        elif user in named and _own_name(path) != assignment:
            unplaced.append(Unmatched(storable(path.name), f"A notebook named {assignment} is beside it."))
        else:
            claims.append(_claim(path, match))
    return claims, unplaced


def _claim(path: Path, match: re.Match[str]) -> CollectedSubmission:
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

HEAD = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
POSSIBLE = "Points Possible"
EXCUSED = "EX"


@dataclass(frozen=True)
class CanvasColumn:
    """One assignment in Canvas: its name, with Canvas's number in brackets or without, and the scores."""

    title: str
    lines: Sequence[GradeRow]
    excused: Set[str] = frozenset()  # students

    @property
    def possible(self) -> str:
        """The points possible."""
        return points(max((line.standing.possible for line in self.lines), default=0))

    def cell(self, line: GradeRow) -> str:
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
