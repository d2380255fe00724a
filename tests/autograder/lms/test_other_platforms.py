"""Downloads of Blackboard, Brightspace and ILIAS."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from autograder.course.roster import Person, Roster
from autograder.lms.layouts import collect_submissions

ZONE = ZoneInfo("America/New_York")
ROSTER = Roster(
    (
        Person("s1", "Lovelace", "Ada", email="ada@example.org"),
        Person("s2", "Ott", "Ben", sis_login="ben_o"),
        Person("s3", "Kaya", "Cem"),
    )
)
WHEN = {datetime(2026, 5, 4, 19, 58, tzinfo=ZONE), datetime(2026, 5, 4, 20, 1, tzinfo=ZONE)}
BLACKBOARD = (
    "Homework 1_s1_attempt_2026-05-04-19-58-00_hw1.ipynb",
    "Homework 1_s1_attempt_2026-05-04-19-58-00_notes.pdf",
    "Homework 1_s1_attempt_2026-05-04-19-58-00.txt",
    "Homework 1_s3_attempt_2026-05-04-20-01-00_my_hw_1.ipynb",
    "Homework 1_s3_attempt_2026-05-04-20-01-00.txt",
    "Homework 1_s9_attempt_2026-05-04-20-01-00_hw1.ipynb",
    "Homework 1_s2_attempt_2026-05-04-20-01-00.txt",
)
BRIGHTSPACE = (
    "123-77 - Ada Lovelace - May 4, 2026 758 PM{}hw1.ipynb",
    "124-78 - Cem Kaya- May 4, 2026 8:01 PM{}hw1.ipynb",
    "125-79 - Eve Stranger - May 4, 2026 801 PM{}hw1.ipynb",
    "index.html",
)
ILIAS = ("Lovelace_Ada_s1_501/hw1.ipynb", "Ott_Ben_ben_o_502/hw1.ipynb", "s3/hw1.ipynb")


def lay_out(folder: Path, names: tuple[str, ...]) -> Path:
    """A directory with files of these names."""
    for name in names:
        path = folder / "class" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"cells": [], "nbformat": 4}')
    return folder / "class"


def test_blackboard(tmp_path: Path) -> None:
    """Login and time are in the names; a student without a file and a stranger are named."""
    result = collect_submissions(lay_out(tmp_path, BLACKBOARD), "hw1", ROSTER, ZONE)
    assert result.layout == "blackboard"
    assert [entry.student for entry in result] == ["s1", "s3"]
    assert {entry.submitted for entry in result} == WHEN
    named = " ".join(file.name for file in result.unmatched)
    assert "_s9_" in named and "_s2_" in named


@pytest.mark.parametrize("between", ["/", " - "])
def test_brightspace(tmp_path: Path, between: str) -> None:
    """Name and time are in the names, with directories or without; index.html is the platform's own."""
    names = (*(name.format(between) for name in BRIGHTSPACE), "index.html")
    result = collect_submissions(lay_out(tmp_path, names), "hw1", ROSTER, ZONE)
    assert result.layout == "brightspace"
    assert [entry.student for entry in result] == ["s1", "s3"]
    assert {entry.submitted for entry in result} == WHEN
    assert any("Eve Stranger is not on the roster" in file.reason for file in result.unmatched)
    assert "index.html" not in [file.name for file in result.unmatched]


def test_ilias(tmp_path: Path) -> None:
    """Login or name find the student, also with underscores; a directory that was added by hand counts."""
    result = collect_submissions(lay_out(tmp_path, ILIAS), "hw1", ROSTER, ZONE)
    assert (result.layout, [entry.student for entry in result]) == ("ilias", ["s1", "s2", "s3"])
    assert result.unmatched == ()


def test_ilias_with_another_name(tmp_path: Path) -> None:
    """A login of somebody with another name is not that person's."""
    names = ("Stranger_Eve_s1_501/hw1.ipynb", "Ott_Ben_ben_o_502/hw1.ipynb")
    result = collect_submissions(lay_out(tmp_path, names), "hw1", ROSTER, ZONE)
    assert [entry.student for entry in result] == ["s2"]
    assert "Ada Lovelace, not Eve Stranger" in result.unmatched[0].reason
