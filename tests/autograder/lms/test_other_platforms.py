"""Downloads of Blackboard, Brightspace, ILIAS and Sakai."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.groups import Groups
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


WORDS = st.from_regex(r"[a-z]{1,3}", fullmatch=True)
LOGINS = st.lists(WORDS, min_size=1, max_size=3).map("_".join)
TITLES = st.lists(st.sampled_from(["HW", "Week 1", "2", "Final"]), min_size=1, max_size=3).map("_".join)


@given(title=TITLES, logins=st.sets(LOGINS, min_size=1, max_size=5), has_roster=st.booleans())
def test_logins_of_blackboard_with_underscores(title: str, logins: set[str], has_roster: bool) -> None:
    """Everybody gets their own work, whatever logins end alike; without a roster nobody's is merged."""
    names = tuple(f"{title}_{login}_attempt_2026-05-04-19-58-00_hw1.ipynb" for login in logins)
    roster = Roster(tuple(map(Person, sorted(logins))) if has_roster else ())
    with tempfile.TemporaryDirectory() as root:
        result = collect_submissions(lay_out(Path(root), names), "hw1", roster, ZONE)
        owners = {entry.path.name: entry.student for entry in result}
    assert result.unmatched == () and len(owners) == len({*owners.values()}) == len(logins)
    if has_roster:
        assert owners == dict(zip(names, logins, strict=True))


def test_a_login_of_blackboard_is_not_its_end(tmp_path: Path) -> None:
    """Work of a login that is not on the roster is named, not given to a login that it ends with."""
    roster = Roster((Person("ben"), Person("lovelace")))
    names = tuple(f"HW_1_{who}_attempt_2026-05-04-19-58-00_hw1.ipynb" for who in ("ben", "ada_lovelace"))
    result = collect_submissions(lay_out(tmp_path, names), "hw1", roster, ZONE)
    assert [entry.student for entry in result] == ["ben"]
    assert [file.name for file in result.unmatched] == ["HW_1_ada_lovelace_attempt_2026-05-04-19-58-00"]


@pytest.mark.parametrize(
    "time",
    [
        "4 May, 2026 758 PM",
        "4 May 2026 19:58",
        "May 4, 2026 1958",
        "4 mei 2026 1958",
        "4 mai 2026 19h58",
        "4 de mayo de 2026 1958",
        "mayo 4, 2026 758 p. m.",
    ],
)
@pytest.mark.parametrize("between", ["/", " - "])
def test_dates_of_brightspace_in_other_countries(tmp_path: Path, time: str, between: str) -> None:
    """The day first, 24 hours, and months in other languages: the names are read, and the times."""
    names = (f"123-77 - Ada Lovelace - {time}{between}hw1.ipynb",)
    result = collect_submissions(lay_out(tmp_path, names), "hw1", ROSTER, ZONE)
    assert (result.layout, [entry.student for entry in result]) == ("brightspace", ["s1"])
    assert result[0].submitted == datetime(2026, 5, 4, 19, 58, tzinfo=ZONE)


@pytest.mark.parametrize("above", ["", "Submissions/"])
def test_teams_of_ilias(tmp_path: Path, above: str) -> None:
    """A team's submission is every member's: who has a directory in the team's, or is in groups.csv."""
    names = (
        "Team 7/Lovelace_Ada_s1_501/hw1.ipynb",
        "Team 7/Ott_Ben_ben_o_502/notes.txt",
        "Team 8/Kaya_Cem_s3_503/hw1.ipynb",
    )
    folder = lay_out(tmp_path, tuple(f"{above}{name}" for name in names))
    result = collect_submissions(folder, "hw1", ROSTER, ZONE)
    assert (result.layout, [entry.student for entry in result]) == ("ilias", ["s1", "s2", "s3"])
    assert {entry.student: entry.read("hw1").file for entry in result} == {
        "s1": "Lovelace_Ada_s1_501/hw1.ipynb",
        "s2": "Lovelace_Ada_s1_501/hw1.ipynb",
        "s3": "Kaya_Cem_s3_503/hw1.ipynb",
    }
    groups = Groups({"team8": ("s3", "s4")})
    roster = Roster((*ROSTER.people, Person("s4", "Aydin", "Deniz")))
    result = collect_submissions(folder, "hw1", roster, ZONE, groups)
    assert [entry.student for entry in result] == ["s1", "s2", "s3", "s4"] and result.unmatched == ()


SAKAI = {
    "Lovelace, Ada(s1)/timestamp.txt": "20260504235800123",  # of older versions, in UTC
    "Lovelace, Ada(s1)/Submission attachment(s)/hw1.ipynb": "{}",
    "Lovelace, Ada(s1)/Feedback Attachment(s)/hw1.ipynb": "{} ",
    "Lovelace, Ada(s1)/Lovelace, Ada(s1)_submissionText.html": "",
    "Ott, Ben(ben_o)/timestamp.txt": "2026-05-05T00:01:00.000Z",
    "Ott, Ben(ben_o)/Submission attachment(s)/part/work.ipynb": "{}",
    "Ott, Ben(ben_o)/comments.txt": "",
    "Kaya, Cem(s3)/Submission attachment(s)/essay.pdf": "",
    "Stranger, Eve(s9)/Submission attachment(s)/hw1.ipynb": "{}",
    "grades.csv": "",
}


@pytest.mark.parametrize("above", ["", "Homework 1/"])
def test_sakai(tmp_path: Path, above: str) -> None:
    """Each student's own files are read, not what was given back to them, with the time in timestamp.txt."""
    for name, content in SAKAI.items():
        (tmp_path / "class" / above / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "class" / above / name).write_text(content)
    absent = tmp_path / "class" / above / "Absent, Fay(s8)"
    absent.joinpath("Submission attachment(s)").mkdir(parents=True)  # of who has not submitted
    result = collect_submissions(tmp_path / "class", "hw1", ROSTER, ZONE)
    assert (result.layout, [entry.student for entry in result]) == ("sakai", ["s1", "s2", "s3"])
    read = [entry.read("hw1") for entry in result]
    assert [submission.data for submission in read] == [b"{}", b"{}", b""]
    assert [submission.others for submission in read] == [(), (), ("essay.pdf",)]
    assert [submission.submitted for submission in read] == [
        datetime(2026, 5, 4, 23, 58, tzinfo=UTC),
        datetime(2026, 5, 5, 0, 1, tzinfo=UTC),
        None,
    ]
    assert [file.name for file in result.unmatched] == ["Stranger, Eve(s9)"]
    assert any("Kaya, Cem(s3)" in remark and "is not known" in remark for remark in result.remarks)


def test_sakai_without_directories(tmp_path: Path) -> None:
    """Sakai may be told to write no directories: the files of one student are one submission."""
    names = (
        "Lovelace, Ada(s1)_Submission attachment(s)_hw1.ipynb",
        "Lovelace, Ada(s1)_Submission attachment(s)_notes.pdf",
        "Lovelace, Ada(s1)_submissionText.html",
        "Kaya, Cem(s3)_Submission attachment(s)_my work.ipynb",
    )
    result = collect_submissions(lay_out(tmp_path, names), "hw1", ROSTER, ZONE)
    assert (result.layout, [entry.student for entry in result]) == ("sakai", ["s1", "s3"])
    assert result[0].read("hw1").others == ("notes.pdf",) and result.unmatched == ()


def test_a_time_in_a_directory_that_is_not_sakai_s(tmp_path: Path) -> None:
    """Where most directories have no mark of Sakai's, a student's timestamp.txt says nothing."""
    names = ("Lovelace, Ada(s1)/hw1.ipynb", "Ott, Ben(ben_o)/hw1.ipynb")
    folder = lay_out(tmp_path, names)
    (folder / "Lovelace, Ada(s1)" / "timestamp.txt").write_text("2000-01-01T00:00:00Z")
    result = collect_submissions(folder, "hw1", ROSTER, ZONE)
    assert (result.layout, [entry.submitted for entry in result]) == ("folder", [None, None])
