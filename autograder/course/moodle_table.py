"""Moodle's grading worksheet in any language: from a table to one with the English headers.

Moodle writes headers and some cells in the language of whoever downloads. What a cell looks like is the same
in all: a word and a number, a state with dashes in it, addresses, the maximum grade. The roster and `lms`
read worksheets through `in_english`; a table that is none is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from autograder.course.csv_table import Table

__all__ = ["COMMENTS", "GRADE", "IDENTIFIER", "MAXIMUM", "SUBMITTED", "in_english"]

IDENTIFIER, NAME, EMAIL, ID_NUMBER = "Identifier", "Full name", "Email address", "ID number"
STATUS, GROUP, GRADE, MAXIMUM = "Status", "Group", "Grade", "Maximum Grade"
CHANGEABLE, SUBMITTED = "Grade can be changed", "Last modified (submission)"
GRADED, COMMENTS = "Last modified (grade)", "Feedback comments"
NUMBERED = re.compile(r"(?P<word>[^\W\d_][^\d,;@]*?)\s*(?P<number>\d+)")
STATE = " - "  # between the parts of a state, whatever they are called
POINTS = re.compile(r"\d+[.,]\d{2}")


def in_english(table: Table) -> Table:
    """The table with English headers if it is a worksheet in another language; otherwise the same table."""
    columns = _columns(table)
    if not columns:
        return table
    heads = list(table.rows[0])
    for name, at in columns.items():
        heads[at] = name
    return replace(table, rows=[heads, *table.rows[1:]])


def _columns(table: Table) -> dict[str, int]:
    """The English name of each column that is recognised; none where the table is not such a worksheet."""
    heads = table.rows[0]
    rows = [row for row in table.rows[1:] if any(cell.strip() for cell in row)]
    if not rows or len(heads) < 6 or table.column(IDENTIFIER) >= 0:
        return {}
    cells = [
        [row[at].strip() if at < len(row) else "" for row in rows] for at in range(len(heads))
    ]  # by column
    numbered = [NUMBERED.fullmatch(cell) for cell in cells[0]]
    words = {match["word"] for match in numbered if match}
    status = next((at for at in range(1, len(heads)) if all(STATE in f"{cell} " for cell in cells[at])), -1)
    if not all(numbered) or len(words) != 1 or status < 0:
        return {}
    alike = [at for at in range(status + 2, len(heads)) if _is_maximum(cells[at])]
    maximum = alike[0] if alike else -1
    maximum += maximum + 1 in alike  # the first of the two are grades that are all the same
    if maximum < 0 or maximum + 2 >= len(heads):
        return {}
    columns = {IDENTIFIER: 0, STATUS: status, GRADE: maximum - 1, MAXIMUM: maximum}
    columns |= {CHANGEABLE: maximum + 1, SUBMITTED: maximum + 2}
    if status > 1:
        columns[NAME] = 1
        columns |= _of_people(cells, status)
    if maximum - 1 == status + 2:
        columns[GROUP] = status + 1
    last = len(heads) - 1
    if last > maximum + 3:
        columns |= {GRADED: last - 1, COMMENTS: last}
    return columns


def _is_maximum(cells: Sequence[str]) -> bool:
    return len(set(cells)) == 1 and POINTS.fullmatch(cells[0]) is not None


def _of_people(cells: Sequence[Sequence[str]], status: int) -> dict[str, int]:
    """The columns between name and state: addresses, and what else tells people apart if it is one column."""
    between = range(2, status)
    emails = [at for at in between if any("@" in cell for cell in cells[at])]
    others = [at for at in between if at not in emails and any(cells[at])]
    columns = {EMAIL: emails[0]} if emails else {}
    if len(others) == 1:
        columns[ID_NUMBER] = others[0]
    return columns
