"""A quiz's table: attempts, what is not final, and every wrong cell with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from gradebook_fixture import TABLE

from autograder.course.course import Course, CourseFile
from autograder.errors import UsageError
from autograder.gradebook.columns import quiz_columns
from quizzes.services.scores import COLUMNS

GOOD = "ann,Ann,q,Q,1,5,8,graded,0,,2026-05-18T20:00:00-07:00,0,2026-05-18T23:59:00-07:00"


def course(attempts: str = "last") -> Course:
    """A course with a policy for attempts."""
    return Course(Path(), CourseFile.model_validate({"title": "C", "attempts": attempts}))


def table(folder: Path, *lines: str) -> Path:
    """A table with these lines."""
    path = folder / "q.csv"
    path.write_text("\n".join([",".join(TABLE), *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("attempts", "points"), [("best", 7), ("last", 3), ("first", 5)])
def test_which_attempt_counts(tmp_path: Path, attempts: str, points: float) -> None:
    """Best, last or first, as for homework; the lines may be in any order."""
    lines = [
        GOOD.replace(",1,5,", ",3,3,"),
        GOOD,
        GOOD.replace(",1,5,", ",2,7,"),
    ]
    (column,) = quiz_columns(table(tmp_path, *lines), course(attempts))
    assert (column.title, column.possible, column.final_scores["ann"].earned) == ("Q", 8, points)
    assert column.final_scores["ann"].attempts == 3


def test_an_id_that_looks_like_a_formula(tmp_path: Path) -> None:
    """What was guarded against spreadsheets in the table is the student's own id again."""
    (column,) = quiz_columns(table(tmp_path, GOOD.replace("ann,", "'-ann,", 1)), course())
    assert list(column.final_scores) == ["-ann"]


def test_what_is_not_final(tmp_path: Path) -> None:
    """An attempt under way, one that is not marked, and one that waits for a person; the absent have none."""
    lines = [
        "ann,Ann,q,Q,1,,8,open,0,,,0,",
        "bob,Bob,q,Q,1,,8,finished,0,,,0,",
        "cy,Cy,q,Q,1,4,8,graded,1,,,0,",
        "di,Di,q,Q,0,,,absent,0,,,0,2026-05-18T23:59:00-07:00",
    ]
    (column,) = quiz_columns(table(tmp_path, *lines), course())
    assert [column.waiting[name] for name in ("ann", "bob", "cy")] == [
        "The attempt is in progress.",
        "The attempt is not marked yet.",
        "1 of the answers is not marked yet.",
    ]
    assert "di" not in column.final_scores
    assert column.due_of("di") == column.due_of("somebody who joined later") is not None


@pytest.mark.parametrize(
    ("line", "expected_text"),
    [
        (GOOD.replace(",5,8,", ",five,8,"), "line 2, column points: 'five' is not a number"),
        (GOOD.replace(",5,8,", ",nan,8,"), "column points"),
        (GOOD.replace(",5,8,", ",5,,"), "column out_of"),
        (GOOD.replace("20:00:00-07:00", "20:00:00"), "column finished_at"),
        (GOOD.replace(",1,5,", ",-1,5,"), "column attempt: '-1' is not the number of an attempt"),
        (GOOD + ",more", "line 2: expected 13 cells as in line 1, found"),
        ("ann,Ann", "line 2: expected 13 cells as in line 1, found"),
        ("ann,Ann,q,Q,0,,,absent,0,,,0,", "no attempt at q has a value"),
    ],
)
def test_wrong_cells(tmp_path: Path, line: str, expected_text: str) -> None:
    """A sentence with file, line and column."""
    with pytest.raises(UsageError) as problem:
        quiz_columns(table(tmp_path, line), course())
    assert expected_text in problem.value.message and "q.csv" in problem.value.message


def test_the_columns_are_those_of_quizzes() -> None:
    """The tables of these tests have the columns that `quizzes results` writes."""
    assert TABLE == COLUMNS


def test_another_table(tmp_path: Path) -> None:
    """A table that is not of `quizzes results` is said so."""
    path = tmp_path / "q.csv"
    path.write_text("student,points\nann,5\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no column quiz"):
        quiz_columns(path, course())
