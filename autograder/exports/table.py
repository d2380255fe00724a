"""Tables: read with everything that makes them the platform's, written back with nothing else changed."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UsageError
from autograder.grades import FORMULA

__all__ = ["Table", "guarded", "read_table", "unguarded", "write_rows"]

BOM = "\ufeff"


@dataclass
class Table:
    """The rows of a platform's table, and how it writes them."""

    path: Path
    rows: list[list[str]]
    delimiter: str
    newline: str
    bom: bool

    def column(self, name: str) -> int:
        """Where a column is; -1 when there is none."""
        heads = [head.strip().casefold() for head in self.rows[0]]
        return heads.index(name.casefold()) if name.casefold() in heads else -1

    def needed(self, name: str) -> int:
        """Where a column is; raises UsageError when there is none."""
        at = self.column(name)
        if at < 0:
            raise UsageError(
                f"{self.path}, line 1: there is no column {name}.",
                next_step="Download the table again and leave its columns as they are.",
            )
        return at

    def put(self, row: int, column: int, text: str) -> None:
        """Write one cell; a short row is filled up."""
        cells = self.rows[row]
        cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = text

    def text(self) -> str:
        """The table as its platform wrote it."""
        return (BOM if self.bom else "") + write_rows(self.rows, self.delimiter, self.newline)


def read_table(path: Path) -> Table:
    """A platform's table; raises UsageError for anything else."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}.") from problem
    except UnicodeDecodeError as problem:
        raise UsageError(f"{path} is not UTF-8 text.", next_step="Download it again, as CSV.") from problem
    bom, text = text.startswith(BOM), text.removeprefix(BOM)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = list(reader)
    except csv.Error as problem:
        raise UsageError(
            f"{path}, line {reader.line_num}: {problem}.", next_step="Download the table again."
        ) from problem
    if not rows:
        raise UsageError(f"{path} is empty.", next_step="Download the table again.")
    return Table(path, rows, delimiter, "\r\n" if first.endswith("\r") else "\n", bom)


def write_rows(rows: Sequence[Sequence[str]], delimiter: str = ",", newline: str = "\n") -> str:
    """Rows as CSV, quoted where needed."""
    lines = []
    for row in rows:
        line = io.StringIO(newline="")
        # Only what is in the line's end is quoted: with a lone \n, a carriage return would end a line.
        csv.writer(line, delimiter=delimiter, lineterminator="\r\n").writerow(row)
        lines.append(line.getvalue().removesuffix("\r\n") + newline)
    return "".join(lines)


def guarded(text: str) -> str:
    """A text people wrote, with a quote in front where a spreadsheet would take it for a formula.

    A text that has the quote already gets another, so `unguarded` always gives back what was written. Ids,
    logins and addresses that a platform looks students up by must not be changed and are not guarded.
    """
    return "'" + text if text.lstrip("'").startswith(FORMULA) else text


def unguarded(text: str) -> str:
    """What was written before `guarded`."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA) else text
