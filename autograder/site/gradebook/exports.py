"""Exports of the gradebook: made once, looked at, and downloaded as they were looked at.

An export is computed when its form is sent and kept for an hour as a file, named by its digest. The page
shows what is in it; the download gives these bytes. Pages, staff tokens and commands call `make_export`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from time import time

from autograder.course.csv_table import Table, parse_table
from autograder.errors import Conflict, NotFound, choose_one
from autograder.gradebook.final_grades import final_grades
from autograder.gradebook.gradebook import Gradebook, excused_from, grade_rows_of_column, gradebook_csv
from autograder.gradebook.tables import points
from autograder.lms.canvas import CanvasColumn, canvas_gradebook
from autograder.lms.moodle import moodle_import, moodle_worksheet
from autograder.site.private_file import write_private
from autograder.submissions.collecting import Unmatched

__all__ = [
    "FORMATS",
    "MOST_CHANGES",
    "Export",
    "forget_exports",
    "keep_export",
    "kept_export",
    "make_export",
]

FOLDER = Path(".quizzes") / "exports"
LASTS = 3600  # seconds
MOST_KEPT = 20
DIGEST = re.compile(r"[0-9a-f]{64}")
MOST_CHANGES = 200  # cells that are listed
#: What can be exported, with what it is called.
FORMATS = {
    "canvas": "Canvas",
    "moodle": "Moodle, all work in one table",
    "moodle-worksheet": "Moodle, the grading worksheet of one assignment",
    "csv": "A table of everything",
    "final": "Final grades for the registrar",
}


@dataclass(frozen=True)
class Export:
    """A file to download, and what to know of it."""

    format: str
    file: str
    text: str
    students: int  # in the file
    left: tuple[tuple[str, str], ...] = ()  # who is not in it, and why
    changes: tuple[str, ...] = ()  # cells of the platform's own file, `Ada, Week 1: 15 → 17`
    notes: tuple[str, ...] = ()
    filled: bool = False  # whether it is the platform's own file

    @property
    def digest(self) -> str:
        """The digest of the file's bytes."""
        return sha256(self.text.encode()).hexdigest()


def make_export(
    gradebook: Gradebook,
    kind: str,
    *,
    template: bytes = b"",
    template_name: str = "",
    column: str = "",
    by: str = "email",
    unfinished_too: bool = False,
) -> Export:
    """An export; `template` is the platform's own file, to be filled in.

    Raises Conflict for an unknown format or one that needs what was not given, and UsageError for a template
    that cannot be read.
    """
    if kind == "canvas":
        return _canvas(gradebook, template, template_name)
    if kind == "moodle":
        return _moodle(gradebook, by)
    if kind == "moodle-worksheet":
        return _worksheet(gradebook, column, template, template_name)
    if kind == "csv":
        return Export("csv", "gradebook.csv", gradebook_csv(gradebook), len(gradebook.rows))
    if kind == "final":
        return _final(gradebook, unfinished_too=unfinished_too)
    raise Conflict(f"There is no export {kind!r}.", next_step=choose_one(FORMATS))


def _canvas(gradebook: Gradebook, template: bytes, name: str) -> Export:
    columns = [
        CanvasColumn(
            column.title, grade_rows_of_column(gradebook, column.name), excused_from(gradebook, column.name)
        )
        for column in gradebook.columns
    ]
    table = parse_table(Path(name or "Canvas's table"), template) if template else None
    before = [list(row) for row in table.rows] if table else []
    text, left = canvas_gradebook(columns, table)
    everybody = {row.final_score.student for column in columns for row in column.rows}
    notes = () if table else (NO_TEMPLATE,)
    made = _export("canvas", "canvas.csv", text, everybody, left, _changes(before, table), notes)
    return replace(made, filled=table is not None)


NO_TEMPLATE = (
    "Without Canvas's own export each title becomes a new assignment there. Export the gradebook in Canvas "
    "first and choose that file here: then only scores change."
)


def _moodle(gradebook: Gradebook, by: str) -> Export:
    if by not in ("email", "id"):
        raise Conflict(f"Students cannot be found by {by!r}.", next_step="Choose email or id.")
    columns = {}
    for column in gradebook.columns:
        excused = excused_from(gradebook, column.name)
        rows = grade_rows_of_column(gradebook, column.name)
        columns[column.title] = [row for row in rows if row.final_score.student not in excused]
    everybody = {row.person.student_id for rows in columns.values() for row in rows}
    text, left = moodle_import(columns, "id" if by == "id" else "email")
    most = "; ".join(f"{column.title}: {points(column.possible)}" for column in gradebook.columns)
    notes = (
        "In Moodle, map " + ("ID number to ID number." if by == "id" else "Email address to Email address."),
        f"A new item has 100 as Maximum grade: set it in Gradebook setup, or add the items first. {most}.",
    )
    return _export("moodle", "moodle.csv", text, everybody, left, (), notes)


def _worksheet(gradebook: Gradebook, column: str, template: bytes, name: str) -> Export:
    names = [known.name for known in gradebook.columns]
    if column not in names:
        raise Conflict(
            f"There is no assignment {column!r} in the gradebook.",
            next_step=choose_one(names, "Publish an assignment first."),
        )
    if not template:
        raise Conflict(
            "Moodle's grading worksheet is missing.",
            next_step="Choose Download grading worksheet in the assignment in Moodle, and that file here.",
        )
    table = parse_table(Path(name or "Moodle's worksheet"), template)
    before = [list(row) for row in table.rows]
    excused = excused_from(gradebook, column)
    rows = [
        row
        for row in grade_rows_of_column(gradebook, column)
        if row.final_score.student not in excused and row.final_score.attempts
    ]
    text, left = moodle_worksheet(rows, table)
    everybody = {row.final_score.student for row in rows}
    changes = _changes(before, table)
    made = _export("moodle-worksheet", f"moodle-{column}.csv", text, everybody, left, changes, ())
    return replace(made, filled=True)


def _final(gradebook: Gradebook, *, unfinished_too: bool) -> Export:
    made = final_grades(gradebook, unfinished_too=unfinished_too)
    return Export("final", "final-grades.csv", made.text, made.students, made.left, (), made.notes)


def _export(
    kind: str,
    file: str,
    text: str,
    everybody: set[str],
    left: Sequence[Unmatched],
    changes: tuple[str, ...],
    notes: tuple[str, ...],
) -> Export:
    gone = tuple((unmatched.name, unmatched.reason) for unmatched in left)
    return Export(kind, file, text, max(0, len(everybody) - len(gone)), gone, changes, notes)


def _changes(before: Sequence[Sequence[str]], table: Table | None) -> tuple[str, ...]:
    """The cells of a platform's file that the export changes, by row and head."""
    if table is None:
        return ()
    heads = table.rows[0]
    changes = []
    for number, row in enumerate(table.rows[1:], 1):
        old = before[number] if number < len(before) else []
        for at, cell in enumerate(row):
            was = old[at].strip() if at < len(old) else ""
            if cell.strip() != was:
                changes.append(f"{row[0].strip() or number}, {heads[at].strip()}: {was or 'empty'} → {cell}")
    return tuple(changes)


def keep_export(folder: Path, export: Export) -> str:
    """Keep an export for an hour; its digest, by which it is downloaded."""
    place = folder / FOLDER
    content = json.dumps(asdict(export), ensure_ascii=False).encode()
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        newest = sorted(place.glob("*.json"), key=lambda path: -path.stat().st_mtime)
        for number, path in enumerate(newest, start=1):
            if number >= MOST_KEPT or path.stat().st_mtime < time() - LASTS:
                path.unlink(missing_ok=True)
        write_private(place / f"{export.digest}.json", content)
    except OSError as problem:
        raise Conflict(
            f"The server cannot write into its folder {FOLDER}: {problem.strerror}.",
            next_step="Tell whoever runs the server.",
        ) from problem
    return export.digest


def forget_exports(folder: Path) -> None:
    """Delete the exports that are kept: somebody in them was erased."""
    for path in (folder / FOLDER).glob("*.json"):
        path.unlink(missing_ok=True)


def kept_export(folder: Path, digest: str) -> Export:
    """An export that was made within the hour; raises NotFound."""
    try:
        if not DIGEST.fullmatch(digest):
            raise FileNotFoundError
        values = json.loads((folder / FOLDER / f"{digest}.json").read_bytes())
    except (OSError, ValueError):
        raise NotFound(
            "This export is not kept any more.", next_step="Make it again on the page of the gradebook."
        ) from None
    tuples = {name: tuple(map(_as_tuple, values[name])) for name in ("left", "changes", "notes")}
    return Export(**{**values, **tuples})


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
