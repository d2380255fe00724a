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

from autograder.course.csv_table import Table, guard_formula, write_table
from autograder.course.roster import read_people, roster_from
from autograder.errors import UsageError
from autograder.gradebook.tables import GradeRow, points
from autograder.submissions.archive import stem
from autograder.submissions.collecting import (
    CollectedSubmission,
    Layout,
    Unmatched,
    advice,
    is_folder,
    is_notebook,
    unmatched_files,
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
    """The submissions of a download, each with all of its files; and files that are of no submission.

    The files of one user are one submission, since Canvas gives out the newest one alone; they are two only
    where some are marked late and others are not, as in two downloads that were put together.
    """
    if not _recognises(folder):
        return None
    candidates: list[CollectedSubmission] = []
    unmatched: list[Unmatched] = []
    submissions: dict[tuple[str, bool], list[Path]] = {}
    for path in sorted(visible(folder), key=lambda child: child.name):
        match = _match(path.name)
        if match is not None and not is_folder(path):
            submissions.setdefault((match["user"], match["late"] is not None), []).append(path)
        elif is_notebook(path) or path.is_dir() or path.is_symlink():  # added to the download by hand
            student = storable(stem(path) if is_notebook(path) else path.name)
            candidates.append(CollectedSubmission(student, path, origin=storable(path.name), keys=(student,)))
        else:
            unmatched += unmatched_files([path])
    submitted = {user for (user, _), paths in submissions.items() if any(map(is_notebook, paths))}
    for (user, _), paths in submissions.items():
        if any(map(is_notebook, paths)):
            candidates.append(_candidate(paths, assignment))
        elif user not in submitted:
            unmatched += [Unmatched(storable(path.name), advice(path.name)) for path in paths]
    return candidates, unmatched


def _candidate(paths: Sequence[Path], assignment: str) -> CollectedSubmission:
    """The submission that these files are of, the newest of those with the same name first."""
    newest = sorted(paths, key=_number, reverse=True)
    notebooks = [path for path in newest if is_notebook(path)]
    main = next((path for path in notebooks if stem(Path(_own_name(path))) == assignment), notebooks[0])
    match = _match(main.name)
    assert match is not None  # or it is not in a submission
    slug, user = match["slug"] or "", match["user"]
    # Of Team_7 the number is taken for the user's; of a file 12_hw1.ipynb it is the other way round.
    has_another = re.match(r"\d+_", match["name"]) is not None
    return CollectedSubmission(
        storable(f"{slug} ({user})" if slug else user),
        main,
        attempt=_number(main),
        marked_late=match["late"] is not None,
        origin=storable(main.name),
        keys=(slug,) if slug else (),
        roster_columns=(("canvas_id", user),),
        name=slug,
        group=f"{slug}_{user}" if slug and has_another else "",
        files=_files(newest) if len(paths) > 1 else None,
    )


def _files(newest: Sequence[Path]) -> tuple[tuple[str, Path], ...]:
    """The files by the names that the student gave them, marked where a newer file has the same name."""
    files: dict[str, Path] = {}
    for path in newest:
        name = _own_name(path)
        files[f"{path.name} (an earlier upload)" if name in files else name] = path
    return tuple(files.items())


def _number(path: Path) -> int:
    """The file's number: Canvas numbers files as they come."""
    match = _match(path.name)
    return int(match["file"][:18]) if match else 0


def _own_name(path: Path) -> str:
    """The file's name before Canvas changed it, as far as is known: -1 and so on may be the student's."""
    match = _match(path.name)
    if match is None:
        return path.name
    name = stem(Path(match["name"]))
    return AGAIN.sub("", name) + match["name"][len(name) :]


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
    return write_table(rows[0], rows[1:]), unmatched


def _fill(table: Table, column: CanvasColumn, unmatched: dict[str, Unmatched]) -> None:
    student, number = table.required_column("Student"), table.required_column("ID")
    at = _assignment(table, column.title)
    roster = roster_from(read_people(table))
    where = {
        row[number].strip(): position
        for position, row in enumerate(table.rows)
        if position and len(row) > number and row[number].strip()
    }
    if at == len(table.rows[0]):
        table.put(0, at, column.title)
        for position, row in enumerate(table.rows[1:], 1):
            marked = len(row) > student and row[student].strip() == POSSIBLE
            table.put(position, at, column.possible if marked else "")
    _require_scale(table, student, at, column)
    for grade_row in column.rows:
        person, why = grade_row.in_roster(roster)
        if person is None or person.canvas_id not in where:
            name = grade_row.final_score.student
            unmatched[name] = Unmatched(name, why or f"{table.path} has no ID for this student.")
            continue
        table.put(where[person.canvas_id], at, column.cell(grade_row))


def _require_scale(table: Table, student: int, at: int, column: CanvasColumn) -> None:
    """Refuse an assignment that is worth other points in Canvas: 6 of 6 would be 6 of 100 there."""
    for position, row in enumerate(table.rows[1:], 1):
        if not column.rows or len(row) <= max(student, at) or row[student].strip() != POSSIBLE:
            continue
        try:
            known = float(row[at].strip().replace(",", "."))
        except ValueError:
            continue  # of a column that is not an assignment's
        if abs(known - float(column.possible)) > 0.005:
            raise UsageError(
                f"{table.path}, line {position + 1}: {POSSIBLE} of {table.rows[0][at].strip()} is "
                f"{row[at].strip()}, but there are {column.possible} points.",
                next_step=f"Set the assignment's points to {column.possible} in Canvas and export the "
                "gradebook again.",
            )


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
