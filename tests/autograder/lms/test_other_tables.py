"""Grades for Blackboard and Brightspace: the column that changes, who is found, and what is refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from command import autograder
from graded_assignment import write_assignment, write_report, write_scores

from autograder.course.csv_table import read_table
from autograder.course.roster import Person, Roster
from autograder.errors import UsageError
from autograder.gradebook.tables import grade_rows
from autograder.lms.other_tables import blackboard_grades, brightspace_grades
from autograder.results.final_scores import FinalScore

TABLE = (
    '\ufeff"Last Name","First Name","Username","Student ID","Week 1 [Total Pts: 20 Score] |4711",'
    '"Week 10 [Total Pts: 20 Score] |4712"\r\n'
    '"O\'Brien","Siobhán","sob1","1002","","3"\r\n'
    '"García-Núñez","José","jgn2","1001","4","5"\r\n'
)
ROSTER = Roster(
    (
        Person("1001", "García-Núñez", "José", sis_login="JGN2"),
        Person("1002", "O'Brien", "Siobhán", email="s@example.org"),
        Person("0003", "New", "Nina", sis_login="nn3"),
    )
)


def write(folder: Path, text: str = TABLE) -> Path:
    """The table as a file."""
    path = folder / "gc.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def rows(*scores: tuple[str, float]):  # type: ignore[no-untyped-def]
    """The rows of students with their scores of 20."""
    final_scores = [FinalScore(student, earned, 20, earned, 1, None) for student, earned in scores]
    return grade_rows(final_scores, ROSTER, "blackboard")


def test_blackboards_own_table(tmp_path: Path) -> None:
    """One column changes, by login or by what else the table says; who is not in it is named."""
    path = write(tmp_path)
    given = rows(("1001", 17.5), ("1002", 12), ("0003", 1), ("Eve", 2))
    text, left = blackboard_grades(given, read_table(path), "Week 1")
    assert [unmatched.name for unmatched in left] == ["0003", "Eve"]
    before, after = (list(csv.reader(io.StringIO(each[1:]))) for each in (TABLE, text))
    assert [row[4] for row in after[1:]] == ["12", "17.5"]
    assert [[*row[:4], row[5]] for row in before] == [[*row[:4], row[5]] for row in after]
    assert text.startswith("\ufeff") and "\r\n" in text


@pytest.mark.parametrize(
    ("title", "text", "sentence"),
    [
        ("Week 2", TABLE, "has no column Week 2"),
        ("Week 1", TABLE.replace("Week 10 [", "Week 1 ["), "several columns Week 1"),
        ("Week 1", TABLE.replace("Pts: 20", "Pts: 100"), "is out of 100, but there are 20 points"),
        ("Week 1", TABLE.replace("Username", "Login name"), "no column Username"),
    ],
)
def test_what_blackboard_would_take_wrongly(tmp_path: Path, title: str, text: str, sentence: str) -> None:
    """A missing or doubtful column and another scale are refused with what to do."""
    with pytest.raises(UsageError) as problem:
        blackboard_grades(rows(("1001", 17.5)), read_table(write(tmp_path, text)), title)
    assert sentence in problem.value.message


def test_brightspaces_import() -> None:
    """Students by OrgDefinedId with its sign, so that zeros in front stay; who has none is named."""
    text, left = brightspace_grades(rows(("0003", 1), ("1001", 17.5), ("Eve", 2)), "Week 1")
    assert list(csv.reader(io.StringIO(text))) == [
        ["OrgDefinedId", "Week 1 Points Grade", "End-of-Line Indicator"],
        ["#0003", "1", "#"],
        ["#1001", "17.5", "#"],
    ]
    assert [unmatched.name for unmatched in left] == ["Eve"]


def test_both_commands(tmp_path: Path) -> None:
    """The commands find the assignment's title by themselves."""
    (tmp_path / "course.yaml").write_text("title: Deep Learning\n", encoding="utf-8")
    (tmp_path / "roster.csv").write_text("student_id,name,username\n1001,José,jgn2\n", encoding="utf-8")
    write_assignment(tmp_path, "hw1-activations")
    write_scores(tmp_path / "graded", "hw1-activations", {"1001": 17.5})
    write_report(tmp_path / "graded", "1001")
    path = write(tmp_path, TABLE.replace("Week 1 [", "Activation functions ["))
    done = autograder(
        "export", "blackboard", "graded", "--template", path, "--out", "bb.csv", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    filled = list(csv.reader(io.StringIO((tmp_path / "bb.csv").read_text("utf-8"))))
    assert [row[4] for row in filled[1:]] == ["", "17.5"]
    done = autograder("export", "brightspace", "graded", "--out", "d2l.csv", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Activation functions Points Grade" in (tmp_path / "d2l.csv").read_text("utf-8")
