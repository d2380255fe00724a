"""Directories as platforms and people lay them out, graded by the real command."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from command import HANDOUT, autograder
from correct_notebook import SOURCE, notebook
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.course.roster import Person, Roster
from autograder.lms.layouts import collect_submissions

RIGHT = notebook(SOURCE)
FULL = 6.0  # points of the assignment
NOTEBOOK = f"{ASSIGNMENT}.ipynb"
ZONE = "America/Los_Angeles"
CREATED = "2026-05-04 20:00:00.000000000 Z"


@dataclass(frozen=True)
class Layout:
    """A directory: its files, what the course says beside it, and what has to come out."""

    files: Mapping[str, str]
    grades: Mapping[str, tuple[float, int]]  # per student: points before lateness, and days late
    named: Mapping[str, str] = field(default_factory=dict)  # files that are not graded: a part of the reason
    roster: str = ""
    due: str = ""


def metadata(people: Mapping[int, str]) -> str:
    """What Gradescope writes beside its directories."""
    return "---\n" + "".join(
        f"submission_{number}:\n  :submitters:\n  - :name: {student}\n    :sid: '{student}'\n"
        f"    :email: {student}@example.org\n  :created_at: {CREATED}\n"
        for number, student in people.items()
    )


def stamped(students: Mapping[str, str]) -> dict[str, str]:
    """An nbgrader course's directory of submissions, each with its time."""
    files = {}
    for student, time in students.items():
        files[f"submitted/{student}/{ASSIGNMENT}/{NOTEBOOK}"] = RIGHT
        files[f"submitted/{student}/{ASSIGNMENT}/timestamp.txt"] = time
    return files


EXPORT = "assignment_1_export"
ABBREVIATIONS = ("UTC", "PDT", "EDT", "JST", "CEST", "BST")
LAYOUTS = {
    "a platform that unpacked a directory's archive": Layout(
        {
            f"{EXPORT}/submission_metadata.yml": metadata({11: "s1", 12: "s2", 13: "s3", 14: "s4"}),
            f"{EXPORT}/submission_11/{NOTEBOOK}": RIGHT,
            f"{EXPORT}/submission_12/hw1/{NOTEBOOK}": RIGHT,
            f"{EXPORT}/submission_13/__MACOSX/hw1/._{NOTEBOOK}": "x",
            f"{EXPORT}/submission_13/hw1/{NOTEBOOK}": RIGHT,
            f"{EXPORT}/submission_14/{NOTEBOOK}.txt": RIGHT,
        },
        {f"s{number}@example.org": (FULL, 0) for number in (1, 2, 3, 4)},
    ),
    "one flat directory": Layout(
        {
            **{f"student-{ending.replace('.', '-')}.{ending}": RIGHT for ending in ("ipynb", "ipynb.txt")},
            "student-ipynb-json.ipynb.json": RIGHT,
            **{f"student-{ending}.{ending}": "x" for ending in ("py", "html", "pdf")},
        },
        {f"student-{name}": (FULL, 0) for name in ("ipynb", "ipynb-txt", "ipynb-json")},
        named={
            "student-py.py": "It is a Python script: ask the student for the notebook.",
            "student-html.html": "It is a web page: ask the student for the notebook.",
            "student-pdf.pdf": "It is a PDF document: ask the student for the notebook.",
        },
    ),
    "last name, first name, login and number": Layout(
        {f"{name}/{NOTEBOOK}": RIGHT for name in ("Lee_Ann_s1_501", "Ott_Ben_s2_502", "s3")},
        dict.fromkeys(("s1", "s2", "s3"), (FULL, 0)),
        roster="student_id,last_name,first_name\ns1,Lee,Ann\ns2,Ott,Ben\ns3,Kaya,Cem\n",
    ),
    # Noon on May 9 is four days and some hours after 20:00 on May 4: the fifth day. In Japan noon is the very
    # second at which, in Los Angeles, the fourth day ends.
    "abbreviations of time zones": Layout(
        stamped(
            {f"{n}-{zone}": f"2026-05-09 12:00:00.000001 {zone}" for n, zone in enumerate(ABBREVIATIONS)}
        ),
        {f"{n}-{zone}": (FULL, 4 if zone == "JST" else 5) for n, zone in enumerate(ABBREVIATIONS)},
        due="2026-05-04 20:00",
    ),
    "the night when clocks go back": Layout(
        stamped(
            {
                "s1-sun-1830": "2026-11-02 02:30:00 UTC",
                "s2-sun-1930": "2026-11-02 03:30:00 UTC",
                "s3-sun-2001": "2026-11-02 04:01:00 UTC",
            }
        ),
        {"s1-sun-1830": (FULL, 1), "s2-sun-1930": (FULL, 1), "s3-sun-2001": (FULL, 2)},
        due="2026-10-31 20:00",
    ),
}


def lay_out(root: Path, layout: Layout) -> Path:
    """A course in `root`, and the directory to grade in it."""
    write_tiny_course(root)
    (root / "course.yaml").write_text(f"title: A tiny course\ntime_zone: {ZONE}\n", encoding="utf-8")
    assignment = root / "assignments" / ASSIGNMENT / "assignment.yaml"
    if layout.due:
        text = assignment.read_text(encoding="utf-8")
        assignment.write_text(f"{text}due: {layout.due}\nlate: {{per_day: 0.1}}\n", encoding="utf-8")
    if layout.roster:
        (root / "roster.csv").write_text(layout.roster, encoding="utf-8")
    for name, content in layout.files.items():
        path = root / "class" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root / "class"


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_layout_gets_its_grades(tmp_path: Path, name: str) -> None:
    """Everybody has full marks and the right days late; what is not graded is named, with exit code 5."""
    layout = LAYOUTS[name]
    folder = lay_out(tmp_path, layout)
    run = autograder("grade", ASSIGNMENT, folder, "--out", "out", folder=tmp_path)
    assert run.returncode == (5 if layout.named else 0), run.stdout + run.stderr
    for file, reason in layout.named.items():
        assert f"Not graded: {file}: " in run.stdout and reason in run.stdout
    with (tmp_path / "out" / "grades.csv").open(encoding="utf-8", newline="") as table:
        rows = {row["student"]: row for row in csv.DictReader(table)}
    assert {
        student: (float(row["raw"]), int(row["days_late"])) for student, row in rows.items()
    } == layout.grades
    for student, (points, days) in layout.grades.items():
        late = 0.1 * days if layout.due else 0.0
        assert float(rows[student]["earned"]) == pytest.approx(points * (1 - late))
    assert not layout.due or "is not known" not in run.stdout  # no time was left unread


def test_an_untouched_handout_beside_the_work_is_passed_over(tmp_path: Path) -> None:
    """Whoever submits the handout and their own notebook under another name is graded by the latter."""
    folder = lay_out(tmp_path, Layout({f"ann/{NOTEBOOK}": "", "ann/work.ipynb": RIGHT}, {}))
    (folder / "ann" / NOTEBOOK).write_bytes((tmp_path / HANDOUT).read_bytes())
    run = autograder("grade", ASSIGNMENT, folder, "--out", "out", folder=tmp_path)
    assert run.returncode == 0 and "6 / 6" in run.stdout, run.stdout + run.stderr


ROSTER = Roster((Person("alee", "Lee", "Ann", email="alee@example.org"), Person("bott", "Ott", "Ben")))


@pytest.mark.parametrize(
    "names",
    [
        ("tiny-alee/tiny.ipynb", "tiny-bott/src/work.ipynb"),  # cloned repositories
        ("tiny_alee.ipynb", "tiny bott.ipynb"),
        ("alee_tiny.ipynb", "Ott, Ben - tiny.ipynb"),
        ("alee - tiny/work.ipynb", "bott-tiny/work.ipynb"),
        ("alee@example.org tiny/work.ipynb", "Ben Ott-tiny/tiny.ipynb"),
        ("Lee, Ann(alee)/Submission attachment(s)/tiny.ipynb", "Ott, Ben (bott)/tiny.ipynb"),
        ("Ann Lee (alee) - tiny.ipynb", "tiny - Ben Ott (bott).ipynb"),
        ("Ann Lee/tiny/Version 1/tiny.ipynb", "bott/tiny/tiny.ipynb"),
        ("tiny-alee-main/tiny.ipynb", "bott-master/work.ipynb"),  # archives of repositories
        ("Ann Lee - Copy of tiny.ipynb", "Ott, Ben - Kopie von tiny.ipynb"),
        ("alee_tiny (1).ipynb", "bott (2).ipynb"),  # saved by a browser that had saved the name before
    ],
)
def test_names_that_hold_a_student_s_are_found_on_the_roster(tmp_path: Path, names: tuple[str, ...]) -> None:
    """The assignment's name before or behind, and a login in brackets, hide nobody."""
    for name in names:
        (tmp_path / "class" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "class" / name).write_text(RIGHT, encoding="utf-8")
    result = collect_submissions(tmp_path / "class", ASSIGNMENT, ROSTER, ZoneInfo(ZONE))
    assert [entry.student for entry in result] == ["alee", "bott"] and result.unmatched == ()
    assert all(not entry.read(ASSIGNMENT).problem for entry in result)


@pytest.mark.parametrize(
    "name", ["tinyalee.ipynb", "alee_tiny_bott.ipynb", "tiny.ipynb", "Ben Ott (alee).ipynb", "tiny-al.ipynb"]
)
def test_a_name_that_says_something_else_is_nobody_s(tmp_path: Path, name: str) -> None:
    """Letters that only begin alike, two students in one name, and a login of somebody else place nobody."""
    for file in (name, "bott.ipynb"):
        (tmp_path / file).write_text(RIGHT, encoding="utf-8")
    result = collect_submissions(tmp_path, ASSIGNMENT, ROSTER, ZoneInfo(ZONE))
    assert [entry.student for entry in result] == ["bott"]
    assert [file.name for file in result.unmatched] == [name]


def test_the_number_of_a_copy_is_no_login(tmp_path: Path) -> None:
    """A second download of one name is its student's, not of who has the copy's number for an ID."""
    for file in ("alee.ipynb", "alee (1).ipynb", "bott.ipynb"):
        (tmp_path / file).write_text(RIGHT, encoding="utf-8")
    roster = Roster((Person("alee"), Person("bott"), Person("1")))
    result = collect_submissions(tmp_path, ASSIGNMENT, roster, ZoneInfo(ZONE))
    assert [entry.student for entry in result] == ["bott"]
    assert [file.name for file in result.unmatched] == ["alee.ipynb", "alee (1).ipynb"]
    assert all("two submissions of alee" in file.reason for file in result.unmatched)


def test_a_roster_beside_the_export_s_directory_does_not_hide_it(tmp_path: Path) -> None:
    """What holds nothing but one directory and tables is looked through."""
    for file, text in LAYOUTS["a platform that unpacked a directory's archive"].files.items():
        (tmp_path / "week 1" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "week 1" / file).write_text(text, encoding="utf-8")
    (tmp_path / "week 1" / "roster.csv").write_text("student_id\n", encoding="utf-8")
    result = collect_submissions(tmp_path / "week 1", ASSIGNMENT, Roster(), ZoneInfo(ZONE))
    assert result.layout == "gradescope" and len(result) == 4
