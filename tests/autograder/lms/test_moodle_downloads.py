"""What a real Moodle gives out as "Download all submissions": nobody vanishes, each notebook is found."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from correct_notebook import SOURCE, notebook

from autograder.lms.layouts import collect_submissions
from autograder.submissions.class_archive import unpacked
from autograder.submissions.submission import Submission

HOMEWORK = "hw1-activations"
NAMED = f"{HOMEWORK}.ipynb"
# Who submitted what in an assignment for individuals: a name, a number, the files.
PEOPLE = [
    ("Ólafur Þór-Lund", 31, [NAMED]),
    ("Mina Ito", 32, [NAMED]),
    ("Mina Ito", 33, [NAMED]),  # another of the same name
    ("Aoife ODea", 34, [NAMED]),  # Moodle leaves the apostrophe out
    ("Paul Weber, Sr.", 35, [NAMED]),
    ("Zara under score", 36, ["all of it/final_v3.ipynb"]),
    ("Jan de Vries", 37, ["hw1 activations (2).ipynb"]),
    ("王 芳", 38, [NAMED]),
    ("Both Ways", 39, [NAMED, "essay.pdf"]),
]
TYPED = [("Only Text", 40), ("Both Ways", 39)]  # into the page


def individual(*, folders: bool, anonymous: bool = False) -> dict[str, bytes]:
    """The archive's members, with or without "Download submissions in folders", with names or without."""
    members = {}
    for name, number, files in PEOPLE:
        who = "Participant" if anonymous else name
        for number_of_file, file in enumerate(files):
            data = notebook(f"# {number}", SOURCE) if file.endswith(".ipynb") else f"text {number_of_file}"
            file_name = file if folders else file.rpartition("/")[2]
            members[f"{who}_{number}_assignsubmission_file{'/' if folders else '_'}{file_name}"] = (
                data.encode()
            )
    for name, number in TYPED:
        who = "Participant" if anonymous else name
        path = f"{who}_{number}_assignsubmission_onlinetext{'/' if folders else '_'}onlinetext.html"
        members[path] = b"<p>text</p>"
    return members


def archived(members: dict[str, bytes]) -> bytes:
    """An archive as Moodle writes it: UTF-8 names, no directories, sizes after the data."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            with archive.open(zipfile.ZipInfo(name, (2026, 11, 28, 13, 50, 58)), "w") as file:
                file.write(data)
    return out.getvalue()


def read(path: Path) -> tuple[dict[str, Submission], dict[str, str]]:
    """The submissions by the number in their notebook's first cell, and why others are not graded."""
    with unpacked(path) as (folder, skipped):
        assert skipped == []
        collected = collect_submissions(folder, HOMEWORK)
        assert collected.layout == "moodle"
        submissions = [entry.read(HOMEWORK) for entry in collected]
    numbered = {submission.cells[0].source.removeprefix("# "): submission for submission in submissions}
    assert len(numbered) == len(submissions)
    return numbered, {file.name: file.reason for file in collected.unmatched}


def put(folder: Path, members: dict[str, bytes], way: str) -> Path:
    """The download as an archive, unpacked, or unpacked by a program that adds a directory."""
    path = folder / "CS-hw1-7.zip"
    path.write_bytes(archived(members))
    if way == "archive":
        return path
    to = folder / ("CS-hw1-7" if way == "unpacked" else "downloads/CS-hw1-7")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(to)
    return folder / to.relative_to(folder).parts[0]


@pytest.mark.parametrize("way", ["archive", "unpacked", "in a directory"])
@pytest.mark.parametrize("folders", [True, False], ids=["folders", "flat"])
@pytest.mark.parametrize("anonymous", [False, True], ids=["names", "anonymous"])
def test_individual_submissions(tmp_path: Path, folders: bool, anonymous: bool, way: str) -> None:
    """Each person's notebook is read, at any depth and under any name; text typed into the page is named."""
    path = put(tmp_path, individual(folders=folders, anonymous=anonymous), way)
    submissions, unmatched = read(path)
    assert sorted(submissions) == [str(number) for _, number, _ in PEOPLE]
    assert {submission.problem for submission in submissions.values()} == {""}
    assert submissions["39"].others == ("essay.pdf",)
    assert len({submission.student for submission in submissions.values()}) == len(PEOPLE)
    ((name, reason),) = unmatched.items()
    assert name.startswith("Participant_40" if anonymous else "Only Text_40")
    assert "text typed into Moodle's page" in reason


@pytest.mark.parametrize("folders", [True, False], ids=["folders", "flat"])
def test_groups(tmp_path: Path, folders: bool) -> None:
    """Every group's directory is collected or named, also that of students in no group, without a number."""
    join = "/" if folders else "_"
    members = {
        f"{name}_assignsubmission_file{join}{NAMED}": notebook(f"# {name}", SOURCE).encode()
        for name in ("Team Red1_1", "Team Blue_2", "Default group")
    }
    with unpacked(put(tmp_path, members, "archive")) as (folder, _):
        collected = collect_submissions(folder, HOMEWORK)
        names = [entry.path.name for entry in collected] + [file.name for file in collected.unmatched]
        assert {entry.read(HOMEWORK).problem for entry in collected} == {""}
    assert sorted(name.partition("_assign")[0] for name in names) == [
        "Default group",
        "Team Blue_2",
        "Team Red1_1",
    ]


@pytest.mark.parametrize("folders", [True, False], ids=["folders", "flat"])
def test_without_a_notebook(tmp_path: Path, folders: bool) -> None:
    """Somebody whose only file is a PDF document is told so, or named; the others are graded."""
    join = "/" if folders else "_"
    members = individual(folders=folders) | {f"Pia Pdf_41_assignsubmission_file{join}hw1.pdf": b"%PDF"}
    with unpacked(put(tmp_path, members, "archive")) as (folder, _):
        collected = collect_submissions(folder, HOMEWORK)
        problems = [entry.read(HOMEWORK).problem for entry in collected if "Pia" in entry.student]
    named = [file.reason for file in collected.unmatched if "Pia" in file.name]
    assert len(problems) + len(named) == 1
    assert "hw1.pdf" in problems[0] if folders else "PDF document" in named[0]
