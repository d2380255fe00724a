"""The gradebook as one table for any other program."""

from __future__ import annotations

import csv
import io

from autograder.exports.line import points
from autograder.exports.table import guarded
from autograder.gradebook.book import Book, percent

__all__ = ["gradebook_csv"]


def gradebook_csv(book: Book) -> str:
    """One row a student: the total, each group, and the points of everything and what became of them.

    Percentages have two decimals; points are after the late penalty.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    heads = ["student_id", "last_name", "first_name", "email", "section", "total_percent", "letter"]
    heads += [f"{group.name} percent" for group in book.rules.groups]
    for column in book.columns:
        heads += [column.name, f"{column.name} possible", f"{column.name} state"]
    writer.writerow([guarded(head) for head in heads])
    for row in book.rows:
        person = row.person
        cells = [
            row.student if row.known else guarded(row.student),
            *map(guarded, (person.last_name, person.first_name)),
            person.email,
            guarded(person.section),
            "" if row.total is None else str(percent(row.total)),
            guarded(row.letter),
        ]
        cells += ["" if group.share is None else str(percent(group.share)) for group in row.groups]
        for mark in row.marks:
            cells += [
                points(float(mark.earned)) if mark.has_points else "",
                points(float(mark.possible)),
                mark.state.value,
            ]
        writer.writerow(cells)
    return text.getvalue()
