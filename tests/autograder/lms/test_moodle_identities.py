"""Downloads of a real Moodle, rebuilt from their listings: whose they are, when, and the way back."""

from __future__ import annotations

import csv
import io
import struct
import tarfile
import time
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from autograder.course.csv_table import read_table
from autograder.course.groups import Groups, find_groups
from autograder.course.roster import Person, Roster, read_roster
from autograder.errors import UsageError
from autograder.gradebook.tables import grade_rows
from autograder.lms.layouts import collect_submissions
from autograder.lms.moodle import moodle_worksheet, number_of
from autograder.lms.worksheet import Worksheet, read_worksheet
from autograder.results.final_scores import FinalScore
from autograder.submissions.class_archive import has_instants, unpacked
from autograder.submissions.collecting import CollectedSubmissions

ZONE = ZoneInfo("Europe/Berlin")
WHEN = datetime(2026, 11, 28, 13, 50, 58)
PEOPLE = {
    "s01": ("José", "García-Núñez"),
    "s02": ("Siobhán", "O'Brien"),
    "s03": ("John", "Smith, Jr."),
    "s04": ("Anna", "Li"),
    "s05": ("Anna", "Li"),
    "s06": ("Jürgen", "Weiß"),
    "s08": ("Zoë", "Zip_Under Score"),
    "s09": ("Lara", "van der Late"),
    "s10": ("小龙", "李"),
}
ROSTER = Roster(
    tuple(Person(sid, last, first, email=f"{sid}@example.org") for sid, (first, last) in PEOPLE.items())
)
A1 = {
    "6": "s01",
    "4": "s02",
    "12": "s03",
    "13": "s04",
    "7": "s05",
    "9": "s06",
    "11": "s08",
    "1": "s09",
    "8": "s10",
}
A2 = {
    "43": "s01",
    "46": "s02",
    "52": "s03",
    "50": "s04",
    "42": "s05",
    "41": "s06",
    "40": "s08",
    "39": "s09",
    "38": "s10",
}
GROUPS = {"s01": "Team A/1", "s02": "Team A/1", "s03": "Team A/1", "s04": "Team B", "s05": "Team B"}
HEAD = [
    "Identifier",
    "Full name",
    "Email address",
    "Status",
    "Grade",
    "Maximum Grade",
    "Grade can be changed",
]
TIMES = ["Last modified (submission)", "Online text", "Last modified (grade)", "Feedback comments"]


def name_in_files(sid: str) -> str:
    """A name as Moodle writes it in the names of files: without apostrophes, with spaces for underscores."""
    first, last = PEOPLE[sid]
    return f"{first} {last}".replace("'", "").replace("_", " ")


def entries(numbers: dict[str, str], *, flat: bool = False) -> list[str]:
    """A download of every student's notebook."""
    slash = "_" if flat else "/"
    return [
        f"{name_in_files(sid)}_{number}_assignsubmission_file{slash}hw1.ipynb"
        for number, sid in numbers.items()
    ]


def download(folder: Path, names: list[str]) -> Path:
    """The archive, with Moodle's times."""
    path = folder / "download" / "a.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name, WHEN.timetuple()[:6]), '{"cells": [], "nbformat": 4}')
    return path


def worksheet(
    folder: Path, numbers: dict[str, str], *, groups: bool = False, hidden: bool = False, when: str = ""
) -> Path:
    """The grading worksheet of an assignment."""
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    head = [name for name in HEAD if not (hidden and name in HEAD[1:3])]
    table.writerow([*head[:-3], *(["Group"] if groups else []), *head[-3:], *TIMES])
    for number, sid in numbers.items():
        person = [] if hidden else [" ".join(PEOPLE[sid]), f"{sid}@example.org"]
        row = [f"Participant {number}", *person, "Submitted for grading -  - "]
        row += [GROUPS.get(sid, "")] if groups else []
        row += ["", "20.00", "Yes", when or "Saturday, 28 November 2026, 1:50 PM", "", "-", ""]
        table.writerow(row)
    path = folder / "worksheet.csv"
    path.write_text("\ufeff" + text.getvalue(), encoding="utf-8", newline="")
    return path


def collect(
    path: Path, roster: Roster = ROSTER, groups: Groups | None = None, sheet: Path | None = None
) -> CollectedSubmissions:
    """What `grade` collects of an archive."""
    read = read_worksheet(sheet) if sheet else None
    sheets: list[Worksheet] = [read] if read else []
    has = has_instants(path)
    with unpacked(path) as (folder, _):
        return collect_submissions(
            folder, "hw1", roster, ZONE, groups or Groups(), sheets, dated=True, has_instants=has
        )


@pytest.mark.parametrize("machine", ["America/Los_Angeles", "UTC", "Asia/Tokyo"])
@pytest.mark.parametrize("packed", ["as downloaded", "again, with times in UTC", "as a tar"])
def test_times_on_a_machine_in_another_zone(
    tmp_path: Path, machine: str, packed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever packs the download again, and in whatever zone it is graded, a file's time is the same."""
    when = WHEN.replace(tzinfo=ZONE)
    path = tmp_path / ("class.tar" if packed == "as a tar" else "class.zip")
    name, content = "Ada Lovelace_71_assignsubmission_file_/hw1.ipynb", b'{"cells": [], "nbformat": 4}'
    if packed == "as a tar":
        with tarfile.open(path, "w") as tar:
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), int(when.timestamp())
            tar.addfile(member, io.BytesIO(content))
    else:
        info = zipfile.ZipInfo(name, WHEN.timetuple()[:6])
        if packed != "as downloaded":
            info.extra = struct.pack("<HHBi", 0x5455, 5, 1, int(when.timestamp()))
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(info, content)
    with monkeypatch.context() as environment:
        environment.setenv("TZ", machine)
        time.tzset()
        try:
            (entry,) = collect(path, Roster())
        finally:
            environment.undo()
            time.tzset()
    assert entry.submitted == when


@pytest.mark.parametrize("flat", [False, True])
def test_everybody_with_the_worksheet(tmp_path: Path, flat: bool) -> None:
    """Everybody is found by address; two of one name stay apart; the time is the worksheet's."""
    path = download(tmp_path, entries(A1, flat=flat))
    result = collect(path, sheet=worksheet(tmp_path, A1))
    assert (result.layout, result.unmatched) == ("moodle", ())
    assert {entry.student: entry.origin.split("_")[-4] for entry in result} == {
        sid: number for number, sid in A1.items()
    }
    assert {entry.submitted for entry in result} == {datetime(2026, 11, 28, 13, 50, tzinfo=ZONE)}


def test_everybody_without_the_worksheet(tmp_path: Path) -> None:
    """Names decide and the archive has the times; two of one name are not guessed, and both are named."""
    result = collect(download(tmp_path, entries(A1)))
    assert {entry.student for entry in result} == PEOPLE.keys() - {"s04", "s05"}
    assert {entry.submitted for entry in result} == {WHEN.replace(tzinfo=ZONE)}
    assert [file.name.split("_")[0] for file in result.unmatched] == ["Anna Li", "Anna Li"]
    assert all("--worksheet" in file.reason for file in result.unmatched)


def test_a_worksheet_beside_the_download(tmp_path: Path) -> None:
    """A directory that holds the worksheet needs no option; times it says in another language are read."""
    path = download(tmp_path, entries(A1))
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    worksheet(folder, A1, when="Samstag, 28. November 2026, 13:50")
    result = collect_submissions(folder, "hw1", ROSTER, ZONE)
    assert {entry.student for entry in result} == PEOPLE.keys()
    assert {entry.submitted for entry in result} == {datetime(2026, 11, 28, 13, 50, tzinfo=ZONE)}


def test_a_time_that_cannot_be_read(tmp_path: Path) -> None:
    """It is said for each submission, and costs nobody anything."""
    path = download(tmp_path, entries({"6": "s01"}))
    result = collect(path, sheet=worksheet(tmp_path, {"6": "s01"}, when="28/11/2026, 13:50"))
    assert result[0].submitted is None
    assert "28/11/2026, 13:50" in result.remarks[0] and "José" in result.remarks[0]


def test_a_worksheet_older_than_the_download(tmp_path: Path) -> None:
    """Its times would hide who is late: the files' times count, and that is said."""
    path = download(tmp_path, entries(A1))
    result = collect(path, sheet=worksheet(tmp_path, A1, when="Friday, 20 November 2026, 9:15 AM"))
    assert {entry.submitted for entry in result} == {WHEN.replace(tzinfo=ZONE)}
    assert len(result.remarks) == len(A1) and "older than the download" in result.remarks[0]


@pytest.mark.parametrize(
    "first", ["Friday, 20 November 2026, 9:15 AM", "Saturday, 28 November 2026, 1:50 PM"]
)
def test_two_worksheets(tmp_path: Path, first: str) -> None:
    """Of an older and a newer worksheet of one assignment the newer time counts, whichever is read first."""
    old, new = "Friday, 20 November 2026, 9:15 AM", "Saturday, 28 November 2026, 1:50 PM"
    sheets = [
        read_worksheet(worksheet(tmp_path, A1, when=when)) for when in (first, old if first == new else new)
    ]
    path = download(tmp_path, entries(A1))
    with unpacked(path) as (folder, _):
        result = collect_submissions(
            folder, "hw1", ROSTER, ZONE, Groups(), [sheet for sheet in sheets if sheet]
        )
    assert {entry.submitted for entry in result} == {datetime(2026, 11, 28, 13, 50, tzinfo=ZONE)}


def test_submitted_and_not_in_the_download(tmp_path: Path) -> None:
    """Whom the worksheet has as submitted and the download lacks is named; who has not submitted is not."""
    there = {number: sid for number, sid in A1.items() if sid not in ("s01", "s03")}
    result = collect(download(tmp_path, entries(there)), sheet=worksheet(tmp_path, A1))
    assert {entry.student for entry in result} == set(there.values())
    assert {file.name for file in result.unmatched} == {" ".join(PEOPLE[sid]) for sid in ("s01", "s03")}
    assert all("the download holds no file of it" in file.reason for file in result.unmatched)


def test_a_worksheet_of_another_assignment_says_nothing_of_this_one(tmp_path: Path) -> None:
    """Its numbers are not this download's: nobody is missing by it."""
    result = collect(download(tmp_path, entries({"6": "s01"})), sheet=worksheet(tmp_path, A2))
    assert ([entry.student for entry in result], result.unmatched) == (["s01"], ())


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("source", ["worksheet", "groups.csv", "roster"])
def test_groups(tmp_path: Path, flat: bool, source: str) -> None:
    """Everybody in a group has the group's submission, those in none the default group's.

    The number of a group is nobody's, also where the roster has it for a student.
    """
    slash = "_" if flat else "/"
    names = [
        f"{group}_assignsubmission_file{slash}hw1.ipynb"
        for group in ("Team A1_1", "Default group", "Team B_2")
    ]
    numbers = {sid: number for number, sid in A1.items()}  # of another assignment: 1 is Lara's there
    roster = Roster(tuple(replace(person, moodle_id=numbers[person.student_id]) for person in ROSTER.people))
    groups, sheet = Groups(), None
    if source == "worksheet":
        sheet = worksheet(tmp_path, A2, groups=True)
    elif source == "groups.csv":
        lines = [f'"{group}",{sid}@example.org\n' for sid, group in GROUPS.items()]
        (tmp_path / "groups.csv").write_text("Group,Email\n" + "".join(lines))
        groups = find_groups(tmp_path)
    else:
        people = (replace(person, section=GROUPS.get(person.student_id, "")) for person in roster.people)
        roster = Roster(tuple(people))
    result = collect(download(tmp_path, names), roster, groups, sheet)
    assert result.unmatched == ()
    by_student = {entry.student: entry.path.relative_to(entry.path.parents[0]).name for entry in result}
    assert by_student.keys() == PEOPLE.keys()
    for sid, name in by_student.items():
        expected = {"Team A/1": "Team A1", "Team B": "Team B", None: "Default"}[GROUPS.get(sid)]
        assert name.startswith(expected), sid
    ways = {entry.student: number_of(row(entry.student, entry.origin)) for entry in result}
    expected_ways = {sid: number if source == "worksheet" else "" for number, sid in A2.items()}
    assert ways == expected_ways


def row(student: str, origin: str, earned: float = 17.5):  # type: ignore[no-untyped-def]
    """A student's grade, with what Moodle called the submission."""
    score = FinalScore(student, earned, 20, earned, 1, None, origin=origin)
    return grade_rows([score], ROSTER, "moodle")[0]


def test_a_number_of_another_assignment(tmp_path: Path) -> None:
    """The roster's number is another student's here: the name decides, and a disagreement is said."""
    roster = Roster(
        (
            Person("s09", "van der Late", "Lara", moodle_id="6"),
            Person("s02", "O'Brien", "Siobhán", moodle_id="57"),
            Person("s01", "García-Núñez", "José", moodle_id="4"),
        )
    )
    result = collect(download(tmp_path, entries({"6": "s01", "57": "s02"})), roster)
    assert [entry.student for entry in result] == ["s01", "s02"]
    (tmp_path / "two").mkdir()
    stranger = collect(
        download(
            tmp_path / "two", [*entries({"57": "s02"}), "Eve Stranger_6_assignsubmission_file/hw1.ipynb"]
        ),
        roster,
    )
    assert [entry.student for entry in stranger] == ["s02"]
    assert "Lara" in stranger.unmatched[0].reason and "6" in stranger.unmatched[0].reason


def test_hidden_names(tmp_path: Path) -> None:
    """An anonymous assignment is graded with a roster present, under its own numbers."""
    names = [f"Participant_{number}_assignsubmission_file/hw1.ipynb" for number in (15, 21, 24)]
    path = download(tmp_path, names)
    result = collect(path)
    assert result.unmatched == ()
    assert [entry.student for entry in result] == [f"Participant ({number})" for number in (15, 21, 24)]
    sheet = worksheet(tmp_path, {"15": "s01", "21": "s02", "24": "s03"}, hidden=True)
    again = collect(path, sheet=sheet)
    assert {entry.submitted for entry in again} == {datetime(2026, 11, 28, 13, 50, tzinfo=ZONE)}
    lines = [row(entry.student, entry.origin, earned) for entry, earned in zip(again, (1, 2, 3), strict=True)]
    text, left = moodle_worksheet(lines, read_table(sheet))
    assert left == []
    grades = {cells[0]: cells[2] for cells in csv.reader(io.StringIO(text)) if cells}
    assert grades == {
        "\ufeffIdentifier": "Grade",
        "Participant 15": "1",
        "Participant 21": "2",
        "Participant 24": "3",
    }


def test_the_way_back(tmp_path: Path) -> None:
    """Grades go to the row whose number the download gave out; without one, to address and name."""
    sheet = worksheet(tmp_path, A2, groups=True)
    lines = [
        row("s04", "Anna Li_50_assignsubmission_file_", 4),
        row("s05", "Anna Li_42_assignsubmission_file_", 5),
        row("s01", "", 1),  # graded from elsewhere
        row("s02", "José García-Núñez_43_assignsubmission_file_", 2),  # a number that is another student's
        row("s03", "Team A1_assignsubmission_file_", 3),
    ]
    text, left = moodle_worksheet(lines, read_table(sheet))
    assert left == []
    grades = {cells[2]: cells[5] for cells in csv.reader(io.StringIO(text)) if cells and cells[5]}
    assert grades["s04@example.org"] == "4" and grades["s05@example.org"] == "5"
    assert grades["s01@example.org"] == "1" and grades["s03@example.org"] == "3"
    assert grades["s02@example.org"] == "2"


def test_rosters_of_moodle(tmp_path: Path) -> None:
    """The participants' table with its groups is a roster, and so is a worksheet."""
    lines = [
        f'{first},"{last}",{sid}@example.org,{GROUPS.get(sid, "")}\n' for sid, (first, last) in PEOPLE.items()
    ]
    path = tmp_path / "participants.csv"
    path.write_text("\ufeffFirst name,Last name,Email address,Groups\n" + "".join(lines))
    roster = read_roster(path)
    assert [person.student_id for person in Groups().of("Team A1", roster)] == [
        f"s0{number}@example.org" for number in (1, 2, 3)
    ]


def test_groups_that_cannot_be_read(tmp_path: Path) -> None:
    """A member nobody knows, a missing column and an empty cell are said with what to do."""
    (tmp_path / "groups.csv").write_text("group,student_id\nRed,s01\nRed,nobody\n")
    with pytest.raises(UsageError, match="nobody is not on the roster"):
        find_groups(tmp_path).of("red", ROSTER)
    (tmp_path / "groups.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="expected the columns group and student_id"):
        find_groups(tmp_path)
    (tmp_path / "groups.csv").write_text("group,student_id\nRed,\n")
    with pytest.raises(UsageError, match="line 2"):
        find_groups(tmp_path)
