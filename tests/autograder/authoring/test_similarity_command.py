"""The `autograder similarity` command, as people type it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from command import autograder, files
from disguises import DISGUISES, OWN_TOO, OWN_WORK, functions
from tiny_course import ASSIGNMENT

from autograder.course.course import Course


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of four: ann's and ben's are alike, cem's is another, dan's is no notebook."""
    folder = tmp_path_factory.mktemp("similarity") / "class"
    folder.mkdir()
    submitted = {
        "ann": functions(OWN_WORK),
        "ben": DISGUISES["renamed"](functions(OWN_WORK)),
        "cem": functions(OWN_TOO),
    }
    for student, sources in submitted.items():
        cells = [{"cell_type": "code", "source": source} for source in sources]
        (folder / f"{student}.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    (folder / "dan.ipynb").write_text("%PDF", encoding="utf-8")
    return folder


def test_a_page_is_written_and_nothing_else(tiny_course: Course, folder: Path, tmp_path: Path) -> None:
    """The command writes one page, says how many pairs there are, and touches nothing it was given."""
    before = files(folder)
    completed = autograder(
        "similarity", ASSIGNMENT, folder, "--out", tmp_path / "out", folder=tiny_course.root
    )
    assert (completed.returncode, completed.stderr) == (0, "")
    assert "3 notebooks compared, 1 pair to read." in completed.stdout
    assert list(files(tmp_path / "out")) == ["similarity.html"]
    page = (tmp_path / "out" / "similarity.html").read_text(encoding="utf-8")
    assert "ann</bdi> and <bdi>ben" in page and "<bdi>dan</bdi>" in page
    assert files(folder) == before


def test_an_archive_of_the_class_gives_the_same_page(
    tiny_course: Course, folder: Path, tmp_path: Path
) -> None:
    """What a learning platform gives out is taken as it is; a second run changes no byte."""
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for name, data in files(folder).items():
            archive.writestr(name, data)
    pages = []
    for path in (folder, tmp_path / "class.zip"):
        out = tmp_path / f"out {path.name}"
        assert (
            autograder("similarity", ASSIGNMENT, path, "--out", out, folder=tiny_course.root).returncode == 0
        )
        pages.append((out / "similarity.html").read_text(encoding="utf-8"))
    assert pages[0] == pages[1]


def test_what_cannot_be_done_is_said(tiny_course: Course, folder: Path, tmp_path: Path) -> None:
    """A missing path, one notebook alone, an unknown assignment, a file where the folder should be."""
    (tmp_path / "taken").write_text("", encoding="utf-8")
    cases = [
        (ASSIGNMENT, tmp_path / "nowhere", tmp_path / "out", "does not exist"),
        (ASSIGNMENT, folder / "ann.ipynb", tmp_path / "out", "readable notebooks of fewer than two students"),
        ("tinny", folder, tmp_path / "out", "There is no assignment 'tinny'"),
        (ASSIGNMENT, folder, tmp_path / "taken", "cannot be written"),
    ]
    for assignment, path, out, sentence in cases:
        completed = autograder("similarity", assignment, path, "--out", out, folder=tiny_course.root)
        assert completed.returncode == 2
        assert completed.stderr.startswith("Error: ") and sentence in completed.stderr
        assert "Traceback" not in completed.stderr
    assert not (tmp_path / "out").exists()
