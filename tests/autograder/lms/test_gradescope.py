"""Gradescope: the archive runs the engine there, with the same score as here; feedback goes back in bulk."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from command import autograder
from tiny_course import write_tiny_course

from autograder.errors import UsageError
from autograder.lms.gradescope import FILE, GRADESCOPE, SETUP
from autograder.report import Report

NAMES = ("adalovelace_11_500_tiny.ipynb", "kimmin_LATE_13_501_tiny-1.ipynb")
SOLVED = """\
def double(x): return 2 * x
def double_backward(x, grad_out): return 2 * grad_out
def mean_square(x): return float((x ** 2).sum())
"""


def notebook(source: str) -> str:
    """A notebook with one cell."""
    cell: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.full
def test_the_archive_grades_as_here(tmp_path: Path) -> None:
    """`grade` and the archive's run_autograder agree; the results hold every check; grades come out.

    There the notebook is in a sub-directory of a repository that holds the untouched handout, too.
    """
    course = tmp_path / "course"
    write_tiny_course(course)
    (tmp_path / "class").mkdir()
    for name in NAMES:
        (tmp_path / "class" / name).write_text(notebook(SOLVED))
    out = tmp_path / "out"
    completed = autograder("grade", "tiny", tmp_path / "class", "--out", out, "--seed", 5, folder=course)
    assert completed.returncode == 0, completed.stderr
    first = sorted((out / "reports").iterdir())[0]
    report = Report.from_json(first.read_bytes())
    assert 0 < report.score.earned < report.score.possible

    archive = tmp_path / "autograder.zip"
    completed = autograder(
        "export", "gradescope-autograder", "tiny", "--seed", 5, "--out", archive, folder=course
    )
    assert completed.returncode == 0, completed.stderr
    root = tmp_path / "there"
    with zipfile.ZipFile(archive) as whole:
        whole.extractall(root / "source")
        assert {"setup.sh", "run_autograder", "requirements.txt"} <= set(whole.namelist())
    handout = course / "assignments" / "tiny" / "tiny.ipynb"
    (root / "submission" / "repository" / "src").mkdir(parents=True)
    (root / "submission" / "repository" / "tiny.ipynb").write_bytes(handout.read_bytes())
    (root / "submission" / "repository" / "src" / "my work.ipynb").write_text(notebook(SOLVED))
    (root / "submission_metadata.json").write_text('{"users": [{"name": "Ada", "email": "ada@example.org"}]}')
    completed = subprocess.run(
        ["bash", root / "source" / "run_autograder"],
        env={**os.environ, "AUTOGRADER_ROOT": str(root), "AUTOGRADER_PYTHON": sys.executable},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    results = json.loads((root / "results" / "results.json").read_text())
    assert results["score"] == report.score.earned
    assert "Graded: repository/src/my work.ipynb. Other files: repository/tiny.ipynb." in results["output"]
    assert sum(test["score"] for test in results["tests"]) == report.score.earned
    assert sum(test["max_score"] for test in results["tests"]) == report.score.possible
    assert {test["visibility"] for test in results["tests"]} == {"visible"}

    pages = tmp_path / "feedback.zip"
    table = tmp_path / "grades.csv"
    completed = autograder("export", "canvas", out, "--out", table, "--feedback", pages, folder=course)
    assert completed.returncode == 0, completed.stderr
    assert "adalovelace,11," in table.read_text()
    with zipfile.ZipFile(io.BytesIO(pages.read_bytes())) as whole:
        assert sorted(whole.namelist()) == [
            "adalovelace_11_500_tiny.html",
            "kimmin_LATE_13_501_tiny-1.html",
        ]


def test_setup_names_no_host() -> None:
    """What is installed comes from wherever pip looks."""
    assert "://" not in SETUP
    assert "index" not in SETUP
    checked = subprocess.run(["bash", "-n"], input=SETUP, text=True, capture_output=True, check=False)
    assert checked.returncode == 0


def test_no_results(tmp_path: Path) -> None:
    """A folder without reports is a sentence."""
    course = tmp_path / "course"
    write_tiny_course(course)
    completed = autograder("export", "csv", tmp_path, "--out", tmp_path / "x.csv", folder=course)
    assert completed.returncode == 2
    assert "holds no ledger" in completed.stderr


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "\n".join(["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{<<: [{f'*a{n - 1}, ' * 20}]}}" for n in range(1, 9))]),
        "submission_1:\n  :created_at: !!timestamp x",
    ],
    ids=["nested", "repeated", "odd"],
)
def test_hostile_metadata(tmp_path: Path, text: str) -> None:
    """A student may write such a file, too: it costs a sentence, neither the process nor its memory."""
    (tmp_path / "submission_1").mkdir()
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="not YAML"):
        GRADESCOPE.read(tmp_path, "tiny")
