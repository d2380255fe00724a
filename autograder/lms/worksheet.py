"""Moodle's grading worksheet: the students' numbers in one assignment, their groups and times of submission.

`lms.moodle` matches a download with it. It is found where people keep it: named, in the downloaded directory,
beside the archive, or as the course's roster.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course.csv_table import Table, read_table
from autograder.course.moodle_table import in_english
from autograder.course.roster import letters
from autograder.errors import UsageError

__all__ = ["Worksheet", "WorksheetRow", "read_worksheet", "tables_near", "worksheets_in"]

MOST_BYTES = 20_000_000
DEFAULT_GROUP = "defaultgroup"  # Moodle's name for students in no group, who submit together


@dataclass(frozen=True)
class WorksheetRow:
    """One student in one assignment."""

    number: str
    name: str = ""  # empty where names are hidden
    email: str = ""
    group: str = ""
    submitted: str = ""  # the time, as Moodle writes it
    late: bool = False  # Moodle says so


@dataclass(frozen=True)
class Worksheet:
    """The rows of a grading worksheet."""

    rows: tuple[WorksheetRow, ...]
    has_groups: bool

    def row(self, number: str, name: str) -> WorksheetRow | None:
        """The student with this number, if the name is the student's, too."""
        for row in self.rows:
            if row.number == number and (not row.name or letters(row.name) in letters(name)):
                return row
        return None

    def group(self, name: str) -> list[WorksheetRow]:
        """The members of a group as the names of files give it; students in no group submit together."""
        if not self.has_groups:
            return []
        wanted = letters(name)
        return [
            row
            for row in self.rows
            if (letters(row.group) or DEFAULT_GROUP) == wanted
            and (letters(row.group) or row.submitted)  # of the default group, those who have submitted
        ]


def read_worksheet(path: Path) -> Worksheet | None:
    """A grading worksheet; None for any other file."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
            return None
        table = in_english(read_table(path))
    except (OSError, UsageError):
        return None
    if min(table.column("Identifier"), table.column("Status"), table.column("Grade")) < 0:
        return None
    return Worksheet(tuple(_rows(table)), table.column("Group") >= 0)


def _rows(table: Table) -> Iterator[WorksheetRow]:
    columns = {
        "number": table.column("Identifier"),
        "name": table.column("Full name"),
        "email": table.column("Email address"),
        "group": table.column("Group"),
        "submitted": table.column("Last modified (submission)"),
        "status": table.column("Status"),
    }
    for _, row in list(table.filled())[1:]:
        cells = {name: row[at].strip() if 0 <= at < len(row) else "" for name, at in columns.items()}
        number = re.sub(r"\A\D+", "", cells["number"])
        if not number.isdecimal():
            continue
        status = cells.pop("status").casefold()
        cells["submitted"] = "" if cells["submitted"] in ("", "-") else cells["submitted"]
        yield WorksheetRow(
            **{**cells, "number": number},
            late=bool(cells["submitted"]) and " late" in status,
        )


def worksheets_in(files: Iterable[Path]) -> list[Worksheet]:
    """The worksheets among files; each file is read once."""
    paths = dict.fromkeys(file.absolute() for file in files)
    return [sheet for path in paths if (sheet := read_worksheet(path))]


def tables_near(path: Path) -> Iterator[Path]:
    """The tables in a directory and beside it, or beside an archive: where people keep a worksheet."""
    for folder in (path, path.parent) if path.is_dir() else (path.parent,):
        try:
            yield from sorted(child for child in folder.iterdir() if child.suffix.lower() == ".csv")
        except OSError:
            continue
