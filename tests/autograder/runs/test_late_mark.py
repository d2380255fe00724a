"""A platform's late mark without a time is carried through to people, and costs nothing by itself."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from class_run import grade_class
from command import autograder
from correct_notebook import SOURCE, notebook
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.results.ledger import read_ledger

STRICT = "points: 6\ndue: 2026-02-01T12:00\nlate: {per_day: 0.5}\n"
MARK = "marked late by the platform, how late is not known"


def test_the_mark_of_canvas(tmp_path: Path) -> None:
    """It stands in the ledger, on the pages and in every table; the score is what was earned."""
    course = write_tiny_course(tmp_path / "course").root
    yaml = course / "assignments" / ASSIGNMENT / "assignment.yaml"
    yaml.write_text(yaml.read_text().replace("points: 6\n", STRICT, 1))
    folder, out = tmp_path / "class", tmp_path / "out"
    folder.mkdir()
    for name in ("ann_11_500_tiny.ipynb", "bob_LATE_12_501_tiny.ipynb"):
        (folder / name).write_text(notebook(f"# {name}", SOURCE))
    grade_class(course, ASSIGNMENT, folder, out)

    ledger = (out / "ledger.jsonl").read_text().splitlines()
    written = [json.loads(line).get("marked_late") for line in ledger]
    assert written == [None, None, True]  # as before the mark was kept, where there is none
    rows = list(csv.DictReader((out / "grades.csv").read_text().splitlines()))
    assert [(row["earned"], row["penalty"], row["marked_late"]) for row in rows] == [
        ("6", "0", ""),
        ("6", "0", "yes"),
    ]
    pages = {path.stem: path.read_text() for path in (out / "feedback").iterdir()}
    assert [MARK in page for _, page in sorted(pages.items())] == [False, True]
    assert MARK in (out / "index.html").read_text()
    table = tmp_path / "table.csv"
    completed = autograder("export", "csv", out, "--out", table, folder=course)
    assert completed.returncode == 0, completed.stderr
    assert [row["marked_late"] for row in csv.DictReader(table.read_text().splitlines())] == ["", "yes"]
    assert autograder("verify", out, folder=course).returncode == 0


@pytest.mark.full
def test_the_mark_is_kept_up(tmp_path: Path) -> None:
    """A class graded without marks gets them from a later download, without being graded again."""
    course = write_tiny_course(tmp_path / "course").root
    for name in ("plain/bob (12).ipynb", "canvas/bob_LATE_12_501_tiny.ipynb"):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text(notebook(SOURCE))
    out = tmp_path / "out"
    grade_class(course, ASSIGNMENT, tmp_path / "plain", out)
    (report,), (page,) = (out / "reports").iterdir(), (out / "feedback").iterdir()
    before = report.stat().st_mtime_ns
    for _ in range(2):
        grade_class(course, ASSIGNMENT, tmp_path / "canvas", out)
    marks = [getattr(line, "marked_late", None) for line in read_ledger(out / "ledger.jsonl")[0]]
    assert marks == [None, False, True]
    assert report.stat().st_mtime_ns == before
    assert MARK in page.read_text()
    completed = autograder("regrade", out, "--all", folder=course)
    assert completed.returncode == 0 and MARK in page.read_text()
