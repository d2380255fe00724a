"""One class, taken through nbgrader's stock commands once for all tests that look at what came of it."""

from __future__ import annotations

import getpass
import json
import zipfile
from pathlib import Path

import pytest
from nbgrader_class import ANSWERS, Handouts, cell_of, write_course_with_extra_credit
from nbgrader_commands import SEED, Taken, nbgrader, run
from tiny_course import ASSIGNMENT

ROSTER = "student_id,last_name,first_name,email\nabsent,Lastname,Firstname,absent@example.org\n"


@pytest.fixture(scope="session")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """From generate_assignment to export; read it, do not change it."""
    root = tmp_path_factory.mktemp("nbgrader")
    course = write_course_with_extra_credit(root / "course")
    (root / "roster.csv").write_text(
        "student_id,last_name,first_name,email\nabsent,Lastname,Firstname,absent@example.org\n",
        encoding="utf-8",
    )
    folder, exchange = root / "nbgrader", f"--Exchange.root={root / 'exchange'}"
    (root / "exchange").mkdir()
    (root / "exchange").chmod(0o777)
    run(
        "autograder",
        "nbgrader",
        "init",
        folder,
        "--seed",
        SEED,
        "--roster",
        root / "roster.csv",
        folder=course.root,
    )
    printed = {}

    def instructor(command: str, *arguments: object) -> None:
        printed[command] = nbgrader(command, *arguments, folder=folder)

    instructor("generate_assignment", ASSIGNMENT)
    instructor("release_assignment", ASSIGNMENT, exchange)
    student = getpass.getuser()
    _use_the_exchange(root / "student", exchange)
    instructor("collect", ASSIGNMENT, exchange)
    archive = folder / "downloaded" / ASSIGNMENT / "archive" / "class.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in Handouts(folder).everybody().items():
            file.writestr(f"{name}_{'homework' if name == 'renamed' else ASSIGNMENT}.ipynb", content)
    names = r"--FileNameCollectorPlugin.named_regexp=.*/(?P<student_id>[a-z]+)_(?P<file_id>\w+)"
    instructor("zip_collect", ASSIGNMENT, names)
    instructor("autograde", ASSIGNMENT)
    instructor("generate_feedback", ASSIGNMENT)
    instructor("export")
    return Taken(course, folder, student, printed)


def _use_the_exchange(folder: Path, exchange: str) -> None:
    """What a student does: fetch, fill in, submit."""
    folder.mkdir()
    options = ["--course=a-tiny-course", exchange]
    nbgrader("fetch_assignment", ASSIGNMENT, *options, folder=folder)
    notebook = folder / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    filled = json.loads(notebook.read_text(encoding="utf-8"))
    for name, source in ANSWERS.items():
        cell_of(filled, name)["source"] = source
    notebook.write_text(json.dumps(filled), encoding="utf-8")
    nbgrader("submit", ASSIGNMENT, *options, folder=folder)
