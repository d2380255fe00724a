"""The gradebook's folder: DIR/index.html, DIR/gradebook.csv, DIR/students/<student>.html."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.feedback.gradebook_page import gradebook_page, gradebook_student_page
from autograder.gradebook.book import Book, Row
from autograder.gradebook.table import gradebook_csv
from autograder.submissions.collecting import safe_name

__all__ = ["write_book"]

INDEX, TABLE, STUDENTS = "index.html", "gradebook.csv", "students"


def write_book(book: Book, out: Path, zone: ZoneInfo) -> None:
    """Write all of it, and take away pages of who is not in it any more.

    Raises UsageError for a folder that holds anything else, or that cannot be written to.
    """
    pages = {f"{safe_name(row.student)}.html": row for row in book.rows}
    try:
        _prepare(out)
        for old in (out / STUDENTS).iterdir():
            if old.name not in pages:
                old.unlink()
        for name, row in pages.items():
            (out / STUDENTS / name).write_text(gradebook_student_page(book, row, zone), encoding="utf-8")
        (out / INDEX).write_text(gradebook_page(book, _link), encoding="utf-8")
        (out / TABLE).write_text(gradebook_csv(book), encoding="utf-8", newline="")
    except OSError as problem:
        raise UsageError(
            f"{out} cannot be written to: {problem.strerror}.", next_step="Name another folder with --out."
        ) from problem


def _link(row: Row) -> str:
    return f"{STUDENTS}/{safe_name(row.student)}.html"


def _prepare(out: Path) -> None:
    """Make the folder, or see that it holds nothing else."""
    students = out / STUDENTS
    there = [*(out.iterdir() if out.exists() else ()), *(students.iterdir() if students.exists() else ())]
    for one in there:
        if one.name not in (INDEX, TABLE, STUDENTS) and (one.parent == out or one.suffix != ".html"):
            raise UsageError(
                f"{one} is not of a gradebook; nothing was written.",
                next_step="Name a new folder with --out.",
            )
    students.mkdir(parents=True, exist_ok=True)
