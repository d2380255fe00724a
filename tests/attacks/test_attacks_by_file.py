"""Hostile files: read within limits or refused in a sentence; the rest of the class is graded."""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path

import pytest
from attack_cases import Case, assignment_with_limits, cases
from class_run import grade_class
from correct_notebook import SOURCE
from correct_notebook import notebook as correct_notebook_of
from examples import one_in
from tiny_course import ASSIGNMENT

FILES = cases("files")


@pytest.mark.parametrize("case", one_in(3, FILES), ids=lambda case: case.name)
def test_it_is_graded_or_refused(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The student gets points or a sentence, the neighbour full marks, and nothing appears elsewhere."""
    monkeypatch.chdir(tmp_path)
    assignment_with_limits(tmp_path / "course")
    for student in ("eve", "mia"):
        (tmp_path / "class" / student).mkdir(parents=True)
    (tmp_path / "class" / "mia" / "tiny.ipynb").write_text(correct_notebook_of(SOURCE))
    spec = importlib.util.spec_from_file_location("make", case.folder / "make.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.make(tmp_path / "class" / "eve")

    reports = grade_class(tmp_path / "course", ASSIGNMENT, tmp_path / "class", tmp_path / "out")

    assert reports["mia"].score.earned == 6
    eve = reports["eve"]
    if "problem" in case.expected:
        assert re.search(case.expected["problem"], eve.submission.problem), eve.submission.problem
        assert eve.score.earned == 0
    else:
        assert (eve.submission.problem, eve.score.earned) == ("", case.expected["earned"])
    assert {path.name for path in tmp_path.iterdir()} == {"course", "class", "out"}
    pages = [path.read_text() for path in (tmp_path / "out").rglob("*.html")]
    assert not [page for page in pages if "taken</script>" in page or "document.title" in page]


HOSTILE_NAMES = [
    "-rf",
    "=cmd|'C calc'!A0",
    "\u202egpj.exe",
    "a" * 200,
    "<img src=x onerror=alert(1)>",
    "con",
    "a\nb",
]


def test_hostile_names(tmp_path: Path) -> None:
    """Names that look like options, formulas, markup or other names are kept apart and shown harmlessly."""
    assignment_with_limits(tmp_path / "course")
    for name in HOSTILE_NAMES:
        folder = tmp_path / "class" / name
        folder.mkdir(parents=True)
        (folder / "tiny.ipynb").write_text(correct_notebook_of(SOURCE))
    reports = grade_class(tmp_path / "course", ASSIGNMENT, tmp_path / "class", tmp_path / "out")
    assert [report.score.earned for report in reports.values()] == [6] * len(HOSTILE_NAMES)
    pages = list((tmp_path / "out" / "feedback").iterdir())
    assert len(pages) == len(HOSTILE_NAMES)
    assert all(path.name[0] not in "-." and len(os.fsencode(path.name)) <= 255 for path in pages)
    assert "<img src=x" not in (tmp_path / "out" / "index.html").read_text()
    for line in (tmp_path / "out" / "grades.csv").read_text().splitlines():
        assert line[0] not in "=+-@" and not line.startswith('"=')
