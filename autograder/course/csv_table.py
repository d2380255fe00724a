"""Reading and writing CSV tables: the roster, a learning platform's tables, and our own.

Every table of the course is read by `read_table`: commas, semicolons or tabs, with or without a byte order
mark, in UTF-8 or UTF-16, with or without Excel's line `sep=;`. It is written by `write_table` or, where it is
a platform's own with some cells changed, by `Table.text`, which keeps what makes it its platform's. The one
guard against formulas is here, too, for every table that is written.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UsageError

__all__ = [
    "FORMULA",
    "Table",
    "guard_formula",
    "parse_table",
    "read_table",
    "table_text",
    "unguard_formula",
    "write_rows",
    "write_table",
]


BOM = "\ufeff"
DELIMITERS = ",;\t"
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a formula begins with, for some spreadsheet
QUOTED = re.compile(r'"[^"]*"')
UTF16 = (b"\xff\xfe", b"\xfe\xff")  # Blackboard's table for Excel, and what Excel calls Unicode text
SEPARATOR_LINE = re.compile(r'"?sep=(?P<delimiter>[,;\t])"?\r?\n', re.IGNORECASE)  # tells Excel the delimiter
OTHER_FILES = {
    b"PK\x03\x04": "a workbook (.xlsx, .ods)",
    b"\xd0\xcf\x11\xe0": "a workbook of old versions of Excel (.xls)",
    b"%PDF": "a PDF document",
}
WEB_PAGE = re.compile(r"\s*<(?:!doctype|html|table|\?xml)\b", re.IGNORECASE)
SAVE_AS = "Open it in a spreadsheet and save it as CSV UTF-8."


@dataclass
class Table:
    """The rows of a table, the line each ends in, and how its platform writes it."""

    path: Path
    rows: list[list[str]]
    delimiter: str
    newline: str
    bom: bool
    lines: tuple[int, ...]  # of the file, counted from 1: a quoted cell may hold line breaks
    separator_line: str = ""  # Excel's `sep=;` above the headers

    def filled(self) -> Iterator[tuple[int, list[str]]]:
        """The rows that are not blank, each with its line; the first one is the headers."""
        for line, row in zip(self.lines, self.rows, strict=True):
            if any(cell.strip() for cell in row):
                yield line, row

    def column(self, name: str) -> int:
        """The position of a column; -1 when there is none."""
        heads = [head.strip().casefold() for head in self.rows[0]]
        return heads.index(name.casefold()) if name.casefold() in heads else -1

    def required_column(self, name: str) -> int:
        """The position of a column; raises UsageError when there is none."""
        at = self.column(name)
        if at < 0:
            raise UsageError(
                f"{self.path}, line 1: there is no column {name}.",
                next_step="Download the table again with the platform in English, and keep its headers.",
            )
        return at

    def put(self, row: int, column: int, text: str) -> None:
        """Write one cell; a short row is filled up."""
        cells = self.rows[row]
        cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = text

    def text(self) -> str:
        """The table as its platform wrote it; in UTF-8 with a byte order mark where it was UTF-16."""
        start = (BOM if self.bom else "") + self.separator_line
        return start + write_rows(self.rows, self.delimiter, self.newline)


def read_table(path: Path) -> Table:
    """A table of text with at least one row; raises UsageError with file and line for anything else."""
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise UsageError(
            f"{path} cannot be read: {problem.strerror}.", next_step="Name a CSV file that you can read."
        ) from problem
    return parse_table(path, content)


def parse_table(path: Path, content: bytes) -> Table:
    """A table from its bytes; `path` is what messages call it. Raises UsageError as `read_table` does."""
    text = table_text(path, content)
    bom, text = text.startswith(BOM), text.removeprefix(BOM)
    separator = SEPARATOR_LINE.match(text)
    text = text[separator.end() :] if separator else text
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = separator["delimiter"] if separator else max(DELIMITERS, key=QUOTED.sub("", first).count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, lines = [], []
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num + bool(separator))
    except csv.Error as problem:
        raise UsageError(
            f"{path}, line {reader.line_num + bool(separator)}: {problem}.",
            next_step="Correct the quotes in this line, or download the table again.",
        ) from problem
    if not any(cell.strip() for row in rows for cell in row):
        raise UsageError(f"{path} is empty.", next_step="Add a line of headers and a line per student.")
    newline = "\r\n" if first.endswith("\r") else "\n"
    return Table(path, rows, delimiter, newline, bom, tuple(lines), separator[0] if separator else "")


def table_text(path: Path, content: bytes) -> str:
    """The text of a file that should be a table; raises UsageError that says what it is instead."""
    for start, kind in OTHER_FILES.items():
        if content.startswith(start):
            raise UsageError(f"{path} is {kind}, not a CSV table.", next_step=SAVE_AS)
    encoding, name = ("utf-16", "UTF-16") if content.startswith(UTF16) else ("utf-8", "UTF-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as problem:
        raise UsageError(f"{path} is not {name} text.", next_step="Save it as CSV UTF-8.") from problem
    if WEB_PAGE.match(text):  # some platforms call a table of HTML .xls
        raise UsageError(f"{path} is a web page (HTML or XML), not a CSV table.", next_step=SAVE_AS)
    return BOM + text if encoding == "utf-16" else text


def guard_formula(text: str) -> str:
    """A text people wrote, with a quote in front where a spreadsheet would take it for a formula.

    A text that has the quote already gets another, so `unguard_formula` always gives back what was
    written. IDs, logins and addresses by which a platform looks students up are written as they are.
    """
    return "'" + text if text.lstrip("'").startswith(FORMULA) else text


def unguard_formula(text: str) -> str:
    """What was written before `guard_formula`."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA) else text


def write_rows(rows: Sequence[Sequence[str]], delimiter: str = ",", newline: str = "\n") -> str:
    """Rows as CSV, quoted where needed."""
    lines = []
    for row in rows:
        line = io.StringIO(newline="")
        # Only what is in the line's end is quoted: with a lone \n, a carriage return would end a line.
        csv.writer(line, delimiter=delimiter, lineterminator="\r\n").writerow(row)
        lines.append(line.getvalue().removesuffix("\r\n") + newline)
    return "".join(lines)


def write_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a line of headers, as CSV; raises ValueError for a row with more or fewer cells."""
    whole = [heads, *rows]
    for number, row in enumerate(whole, start=1):
        if len(row) != len(heads):
            raise ValueError(
                f"row {number}: expected {len(heads)} cells as there are headers, found {len(row)}"
            )
    return write_rows(whole)
