"""groups.csv: which lines are one group, and which names are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course.groups import Groups, find_groups
from autograder.errors import UsageError


def groups_of(folder: Path, *lines: str, assignment: str = "") -> Groups:
    """The groups of a table with these lines."""
    (folder / "groups.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return find_groups(folder, assignment)


@pytest.mark.parametrize(("first", "second"), [("C++", "C#"), ("Team-1/2", "Team 12"), ("Résumé", "Resume")])
def test_two_groups_that_platforms_write_alike(tmp_path: Path, first: str, second: str) -> None:
    """They are refused with both lines: one's submission would be graded for the other's members."""
    with pytest.raises(UsageError) as problem:
        groups_of(tmp_path, "group,student_id", f"{first},s1", f"{second},s2")
    assert f"line 3: {second} and {first} in line 2" in problem.value.message
    assert "rename" in problem.value.next_step


def test_one_group_in_two_spellings_of_spaces_and_case(tmp_path: Path) -> None:
    """Spaces and case do not make another group, nor does the same name in another assignment."""
    table = "group,student_id,assignment", "Team A,s1,", "team  a,s2,", "Team-A,s3,week1"
    assert groups_of(tmp_path, *table, assignment="week2").members == {"teama": ("s1", "s2")}
