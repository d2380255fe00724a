"""A column of the gradebook as lines that the learning platforms' exports take."""

from __future__ import annotations

from dataclasses import replace

from autograder.exports.line import Line
from autograder.gradebook.book import Book
from autograder.gradebook.mark import State
from autograder.standing import Standing

__all__ = ["excused_from", "lines_of_column"]


def lines_of_column(book: Book, name: str) -> list[Line]:
    """Who has a score in an assignment or quiz; zeros for what is missing and excuses are among them."""
    lines = []
    for row in book.rows:
        mark = next(mark for mark in row.marks if mark.name == name)
        if mark.state in (State.WAITING, State.OPEN):
            continue
        known = mark.standing or Standing(row.student, 0.0, float(mark.possible), 0.0, 0, None)
        lines.append(Line(replace(known, student=row.student), row.person, row.known))
    return lines


def excused_from(book: Book, name: str) -> set[str]:
    """The ids of the students who are excused from an assignment or quiz."""
    return {
        row.student
        for row in book.rows
        for mark in row.marks
        if mark.name == name and mark.state is State.EXCUSED
    }
