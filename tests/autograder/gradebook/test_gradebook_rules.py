"""course.yaml's word on the gradebook: what is wrong is said with file, line and key."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from autograder.course.course import find_course
from autograder.course.grading_policy import GradebookRules
from autograder.course.roster import Roster
from autograder.errors import ContentError
from autograder.gradebook.gradebook import gradebook_of

GROUP = "  groups:\n    - {name: Homework, weight: 70, of: [a, b, c]}\n"


def read(folder: Path, text: str) -> GradebookRules | None:
    """The rules in a course.yaml."""
    (folder / "course.yaml").write_text(f"title: C\ngradebook:\n{text}", encoding="utf-8")
    return find_course(folder).gradebook


@pytest.mark.parametrize(
    ("text", "line", "expected_text"),
    [
        ("  groups: []\n", 3, "at least 1"),
        ("  groups:\n    - {name: H, of: [a]}\n", 4, "weight"),
        ("  groups:\n    - {name: H, weight: 0, of: [a]}\n", 4, "greater than 0"),
        ("  groups:\n    - {name: H, weight: 1, of: [a, a]}\n", 4, "a is in it twice"),
        ("  groups:\n    - {name: H, weight: 1, of: [a, b], drop_lowest: 2}\n", 4, "one has to stay"),
        ("  groups:\n    - {name: H, weight: 1, of: [a], never_drop: [z]}\n", 4, "never_drop names z"),
        (GROUP + "    - {name: Homework, weight: 1, of: [d]}\n", 2, "two groups Homework"),
        (GROUP + "    - {name: Quizzes, weight: 1, of: [a]}\n", 2, "a is in two groups"),
        (GROUP + "  scale: {A: 90, B: 90}\n", 2, "same percentage"),
        (GROUP + "  drop: 1\n", 5, "drop"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, line: int, expected_text: str) -> None:
    """A sentence that names the file, the line and what is wrong."""
    with pytest.raises(ContentError) as problem:
        read(tmp_path, text)
    assert f"course.yaml, line {line}: " in problem.value.message and expected_text in problem.value.message


def test_a_name_that_nothing_has(tmp_path: Path) -> None:
    """A group that names neither an assignment nor a quiz is said so, with the names there are."""
    (tmp_path / "assignments" / "a").mkdir(parents=True)
    (tmp_path / "assignments" / "a" / "assignment.yaml").touch()
    read(tmp_path, GROUP)
    with pytest.raises(ContentError) as problem:
        gradebook_of([], find_course(tmp_path), Roster(), datetime.now(UTC))
    assert "course.yaml, line 4: gradebook.groups.0.of.1: unknown assignment or quiz 'b'" in str(
        problem.value
    )
    assert problem.value.next_step == "Choose one of: a."


def test_letters(tmp_path: Path) -> None:
    """A letter goes from its percentage up; below the last one there is none."""
    rules = read(tmp_path, GROUP + "  scale: {A: 90, C: 60, B: 80.5}\n")
    assert rules is not None
    letters = {
        percent: rules.letter(Decimal(percent)) for percent in ("100", "90", "89.99", "80.5", "60", "59.99")
    }
    assert letters == {"100": "A", "90": "A", "89.99": "B", "80.5": "B", "60": "C", "59.99": ""}
