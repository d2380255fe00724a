"""Real Moodle listings rebuilt as archives: the right students get their grades and their feedback."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from command import autograder
from correct_notebook import SOURCE, notebook
from graded_assignment import write_assignment, write_scores
from report_factory import make_check, make_report, make_task

from autograder.course.csv_table import read_table
from autograder.course.groups import Groups
from autograder.course.roster import Person, Roster
from autograder.gradebook.tables import GradeRow, grade_rows, named_mistakes
from autograder.lms.feedback_zip import feedback_zip
from autograder.lms.layouts import collect_submissions
from autograder.lms.moodle import moodle_import, moodle_worksheet
from autograder.lms.worksheet import read_worksheet
from autograder.report import Report, Status
from autograder.results.final_scores import FinalScore
from autograder.results.results_folder import Results
from autograder.submissions.class_archive import unpacked
from autograder.submissions.collecting import safe_name

ZONE = ZoneInfo("Europe/Berlin")
NAMES = {
    "s01": ("José", "García-Núñez"),
    "s02": ("Siobhán", "O'Brien"),
    "s03": ("John", "Smith, Jr."),
    "s04": ("Anna", "Li"),
    "s05": ("Anna", "Li"),
    "s06": ("Jürgen", "Weiß"),
    "s07": ("Nora", "Keins"),
    "s08": ("Zoë", "Zip_Under Score"),
    "s09": ("Lara", "van der Late"),
    "s10": ("小龙", "李"),
    "s11": ("Tom", "Twofiles"),
    "s12": ("Ida", "Noid"),
    "s13": ("Otto", "Online"),
}
ROSTER = Roster(
    tuple(Person(sid, last, first, email=f"{sid}@example.org") for sid, (first, last) in NAMES.items())
)
FILES = {"s08": "my_files/hw1_final_v2.ipynb", "s09": "hw1 activations (1).ipynb"}
NOTEBOOK = "hw1-activations.ipynb"


@dataclass(frozen=True)
class Download:
    """One assignment: the students' numbers, who submitted what, and who only typed text or nothing."""

    numbers: dict[str, int]
    silent: tuple[str, ...] = ("s07", "s13")
    anonymous: bool = False
    groups: dict[str, str] | None = None  # as the worksheet writes them
    group_numbers: dict[str, int] | None = None
    late: bool = False


INDIVIDUAL = Download(
    dict(zip(("s01", "s04", "s05", "s12", "s02", "s13", "s03"), (6, 13, 7, 5, 4, 2, 12), strict=True))
    | dict(zip(("s11", "s06", "s08", "s09", "s10", "s07"), (10, 9, 11, 1, 8, 3), strict=True))
)
IN_GROUPS = Download(
    dict(zip(NAMES, (43, 46, 52, 50, 42, 41, 45, 40, 39, 38, 44, 47, 48), strict=True)),
    groups={"s01": "Team A/1", "s02": "Team A/1", "s03": "Team A/1", "s04": "Team B", "s05": "Team B"},
    group_numbers={"Team A1": 1, "Team B": 2},
)
ANONYMOUS = Download(
    dict(zip(NAMES, (15, 19, 22, 21, 24, 17, 18, 23, 20, 26, 16, 14, 25), strict=True)), anonymous=True
)
REOPENED = Download(
    dict(zip(NAMES, (55, 57, 62, 56, 64, 58, 59, 60, 61, 63, 65, 66, 67), strict=True)),
    silent=tuple(sid for sid in NAMES if sid not in ("s01", "s02")),
    late=True,
)
DOWNLOADS = {
    "individual": INDIVIDUAL,
    "groups": IN_GROUPS,
    "anonymous": ANONYMOUS,
    "late and reopened": REOPENED,
}


def name_in_files(sid: str) -> str:
    """A name as Moodle writes it into names of files."""
    return " ".join(NAMES[sid]).replace("'", "").replace("_", " ").replace("/", "")


def members_of(download: Download, *, folders: bool) -> dict[str, str]:
    """The archive's members; each notebook says in its first cell whose it is."""
    join = "/" if folders else "_"
    members = {}

    def add(who: str, part: str, mark: str) -> None:
        file = FILES.get(mark, NOTEBOOK)
        file = file if folders else file.rpartition("/")[2]
        members[f"{who}{part}_assignsubmission_file{join}{file}"] = notebook(f"# {mark}", SOURCE)

    if download.groups is not None:
        assert download.group_numbers is not None
        for group, number in download.group_numbers.items():
            add(group, f"_{number}", group)
        add("Default group", "", "Default group")
        return members
    for sid, number in download.numbers.items():
        who = "Participant" if download.anonymous else name_in_files(sid)
        if sid not in download.silent:
            add(who, f"_{number}", sid)
        if sid in ("s11", "s13") and not download.late:
            members[f"{who}_{number}_assignsubmission_onlinetext{join}onlinetext.html"] = "<p>text</p>"
        if sid == "s11" and not download.late:
            members[f"{who}_{number}_assignsubmission_file{join}report.pdf"] = "%PDF"
    return members


def write_download(folder: Path, download: Download, *, folders: bool) -> tuple[Path, Path]:
    """The archive and the grading worksheet."""
    archive = folder / "download.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name, text in members_of(download, folders=folders).items():
            packed.writestr(zipfile.ZipInfo(name, (2026, 11, 28, 13, 51, 2)), text)
    hidden, groups = download.anonymous, download.groups
    head = ["Identifier", *([] if hidden else ["Full name", "Email address"]), "Status"]
    head += ["Group"] if groups is not None else []
    head += ["Grade", "Maximum Grade", "Grade can be changed", "Last modified (submission)"]
    head += ["Online text", "Last modified (grade)", "Feedback comments"]
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\n")
    table.writerow(head)
    for sid, number in download.numbers.items():
        silent = sid in download.silent and groups is None
        status = "No submission - " if silent else "Submitted for grading - "
        status += "1 day late -  - " if download.late and not silent else " - "
        row = [f"Participant {number}"]
        row += [] if hidden else [" ".join(NAMES[sid]), f"{sid}@example.org"]
        row += [status, *([groups.get(sid, "")] if groups is not None else [])]
        row += ["", "20.00", "Yes", "-" if silent else "Saturday, 28 November 2026, 1:51 PM", "", "-", ""]
        table.writerow(row)
    sheet = folder / "worksheet.csv"
    sheet.write_text("\ufeff" + out.getvalue(), encoding="utf-8", newline="")
    return archive, sheet


def graded(folder: Path, archive: Path, sheet: Path) -> tuple[list[GradeRow], dict[str, str], Results]:
    """What grading leaves: a row with points per student, whose notebook each was, reports and pages."""
    worksheet = read_worksheet(sheet)
    assert worksheet is not None
    results = Results(folder / "graded")
    for directory in (results.reports, results.feedback):
        directory.mkdir(parents=True)
    with unpacked(archive) as (unpacked_folder, _):
        collected = collect_submissions(
            unpacked_folder, "hw1-activations", ROSTER, ZONE, Groups(), [worksheet], dated=True
        )
        marks = {
            entry.student: entry.read("hw1-activations").cells[0].source.removeprefix("# ")
            for entry in collected
        }
        scores, mistakes = [], {}
        for number, entry in enumerate(collected, start=1):
            assert entry.submitted is not None
            check = make_check(Status.FAILED, mistake=f"relu: slip {number}", hint=f"Hint {number}.")
            report = make_report(make_task("relu", check), student=entry.student)
            path = results.reports / f"{safe_name(entry.student)}.json"
            path.write_text(report.to_json(), encoding="utf-8")
            results.page_of(path).write_text(marks[entry.student], encoding="utf-8")
            scores.append(
                FinalScore(
                    entry.student,
                    number,
                    20,
                    number,
                    1,
                    path,
                    submitted=entry.submitted,
                    origin=entry.origin,
                )
            )
            mistakes[entry.student] = named_mistakes(Report.from_json(path.read_bytes()))
    return grade_rows(scores, ROSTER, "moodle", mistakes), marks, results


@pytest.mark.parametrize("folders", [True, False], ids=["folders", "flat"])
@pytest.mark.parametrize("name", DOWNLOADS)
def test_the_right_students(tmp_path: Path, name: str, folders: bool) -> None:
    """Grades, comments and feedback go back under the numbers of those whose notebooks they are about."""
    download = DOWNLOADS[name]
    archive, sheet = write_download(tmp_path, download, folders=folders)
    rows, marks, results = graded(tmp_path, archive, sheet)
    by_number = {number: sid for sid, number in download.numbers.items()}
    groups = download.groups

    def expected_mark(sid: str) -> str:
        return sid if groups is None else groups.get(sid, "Default group").replace("/", "")

    submitted = {sid for sid in NAMES if groups is not None or sid not in download.silent}
    text, left = moodle_worksheet(rows, read_table(sheet))
    assert left == []
    table = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(table) == len(NAMES)
    earned = {row.final_score.student: row.final_score.earned for row in rows}
    student_of = {expected_mark(sid): set[str]() for sid in NAMES}
    for student, mark in marks.items():
        student_of[mark].add(student)
    for line in table:
        sid = by_number[int(line["Identifier"].removeprefix("Participant "))]
        if sid not in submitted:
            assert (line["Grade"], line["Feedback comments"]) == ("", ""), sid
            continue
        # Of a group every member has a row of their own; alone, and without names, the mark says whose it is.
        student = sid if sid in marks else next(iter(student_of[sid]))
        assert marks[student] == expected_mark(sid)
        assert float(line["Grade"]) == earned[student]
        number = f"{earned[student]:g}"
        assert line["Feedback comments"] == f"{number} of 20 points. relu: Hint {number}."
    data, left = feedback_zip(rows, results, "moodle")
    assert left == []
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        pages = {path: packed.read(path).decode() for path in packed.namelist()}
    assert len(pages) == len(submitted)
    for path, mark in pages.items():
        who, _, number = path.partition("_assignsubmission_file_")[0].rpartition("_")
        sid = by_number[int(number)]
        assert mark == expected_mark(sid)
        assert who == "Participant" if download.anonymous else who.replace(" ", "") != ""


def test_an_import_for_the_gradebook() -> None:
    """A student whom the chosen key does not find, or finds twice, is left out and named."""
    people = (
        Person("1001", "García-Núñez", "José", email="s01@example.org"),
        Person("1004", "Li", "Anna", email="same@example.org"),
        Person("1005", "Li", "Anna", email="Same@example.org"),
        Person("1012", "Noid", "Ida"),
    )
    students = [person.student_id for person in people] + ["Nobody Known (7)"]
    rows = grade_rows([FinalScore(sid, 3, 20, 3, 1, None) for sid in students], Roster(people), "moodle")
    text, left = moodle_import({"Homework 1": rows})
    assert [line["ID number"] for line in csv.DictReader(io.StringIO(text))] == ["1001"]
    reasons = {unmatched.name: unmatched.reason for unmatched in left}
    assert reasons.keys() == {"1004", "1005", "1012", "Nobody Known (7)"}
    assert "too" in reasons["1004"] and "--by id" in reasons["1012"]
    text, left = moodle_import({"Homework 1": rows}, "id")
    assert [line["ID number"] for line in csv.DictReader(io.StringIO(text))] == students[:-1]
    assert [unmatched.name for unmatched in left] == ["Nobody Known (7)"]


def test_the_command_for_the_gradebook(tmp_path: Path) -> None:
    """It writes whom Moodle finds, names the others, and says the maximum that a new item has to get."""
    (tmp_path / "course.yaml").write_text("title: Deep Learning\n", encoding="utf-8")
    # As Moodle's gradebook writes it: one student has no ID number, another no address.
    table = '"First name","Last name","ID number","Email address"\n'
    table += "José,García-Núñez,1001,s01@example.org\nIda,Noid,,s12@example.org\nNora,Keins,1007,\n"
    (tmp_path / "roster.csv").write_text(table, encoding="utf-8")
    write_assignment(tmp_path, "hw1")
    scores = {"1001": 17.5, "s12@example.org": 3, "1007": 5}
    write_scores(tmp_path / "graded" / "hw1", "hw1", scores)
    for options, found, left in (
        ([], {"s01@example.org": "17.5", "s12@example.org": "3"}, "1007"),
        (["--by", "id"], {"1001": "17.5", "1007": "5"}, "s12@example.org"),
    ):
        done = autograder("gradebook", "export", "moodle", "--out", "m.csv", *options, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert f"Not in m.csv: {left}: " in done.stdout + done.stderr
        assert "Activation functions: 20" in done.stdout and "Maximum grade" in done.stdout
        lines = csv.DictReader(io.StringIO((tmp_path / "m.csv").read_text("utf-8")))
        key = "ID number" if options else "Email address"
        assert {line[key]: line["Activation functions"] for line in lines} == found
    refused = autograder("gradebook", "export", "moodle", "--out", "m.csv", "--by", "name", folder=tmp_path)
    assert refused.returncode == 2 and "--by email or --by id" in refused.stderr
