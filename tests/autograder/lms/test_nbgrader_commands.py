"""nbgrader's stock commands, from generate_assignment to export, on a course that this engine made."""

from __future__ import annotations

import csv
import json

import pytest
from nbgrader_class import ANSWERS
from nbgrader_commands import SEED, Taken, database, grades, nbgrader, run, scores
from tiny_course import ASSIGNMENT, HIDDEN_CHECKS

from autograder.report import Report

pytestmark = [pytest.mark.xdist_group("nbgrader"), pytest.mark.full]


@pytest.fixture(scope="module")
def reports(taken: Taken, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """What `autograder grade` says of the same submissions, with the same seed."""
    out = tmp_path_factory.mktemp("graded")
    run(
        "autograder",
        "grade",
        ASSIGNMENT,
        taken.folder,
        "--out",
        out,
        "--seed",
        SEED,
        folder=taken.course.root,
    )
    read = [Report.from_json(path.read_bytes()) for path in (out / "reports").iterdir()]
    return {report.student: report for report in read}


def test_the_handout(taken: Taken) -> None:
    """What students get has stubs, tests that show their source, and nothing of the solution."""
    release = taken.folder / "release" / ASSIGNMENT
    assert {path.name for path in release.iterdir()} == {
        f"{ASSIGNMENT}.ipynb",
        "checks.py",
        "assignment.yaml",
    }
    notebook = json.loads((release / f"{ASSIGNMENT}.ipynb").read_text(encoding="utf-8"))
    cells = {
        c["metadata"]["nbgrader"]["grade_id"]: c for c in notebook["cells"] if "nbgrader" in c["metadata"]
    }
    assert list(cells) == ["double", "double-backward", "test-double", "mean-square", "test-mean_square"]
    for name in ANSWERS:
        assert "".join(cells[name]["source"]).endswith(
            "    # YOUR CODE HERE\n    raise NotImplementedError()"
        )
    assert [
        cells[f"test-{task}"]["metadata"]["nbgrader"]["points"] for task in ("double", "mean_square")
    ] == [4, 0]
    assert "".join(cells["test-double"]["source"]) == 'check("double")'
    assert "FACTOR" not in json.dumps(notebook)
    assert "squares(" not in json.dumps(notebook)


def test_the_same_scores_as_grade(taken: Taken, reports: dict[str, Report]) -> None:
    """Every submission scores what `autograder grade` gives it, extra credit included."""
    earned = {student: report.score.earned for student, report in reports.items()}
    assert scores(database(taken.folder), ASSIGNMENT) == pytest.approx(earned)
    assert len(earned) == 14
    assert set(earned.values()) > {0.0, 6.0}


def test_extra_credit(taken: Taken, reports: dict[str, Report]) -> None:
    """Extra credit stands in nbgrader's column for it, and adds nothing to what is possible."""
    cell = grades(database(taken.folder), ASSIGNMENT)["copied"]["test-mean_square"]
    assert cell == {"auto": 0.0, "manual": None, "extra": 2.0, "most": 0.0, "look": False}


def test_the_table(taken: Taken, reports: dict[str, Report]) -> None:
    """`nbgrader export` has everybody, the roster too, with lateness by the assignment's own rule."""
    with (taken.folder / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert rows.keys() == reports.keys() | {"absent"}
    assert (rows["absent"]["last_name"], rows["absent"]["email"]) == ("Lastname", "absent@example.org")
    assert {row["max_score"] for row in rows.values()} == {"4.0"}
    assert rows[taken.exchanger]["late_submission_penalty"] == "3.0"  # the only one with a time: years late
    assert (rows[taken.exchanger]["score"], rows["copied"]["score"]) == ("3.0", "6.0")


def test_everybody_has_feedback(taken: Taken) -> None:
    """A page for each submission says what the engine found, and names known mistakes."""
    pages = {path.parent.parent.name: path for path in taken.folder.glob("feedback/*/*/*.html")}
    assert len(pages) == 14
    assert "You square x; doubling multiplies it by 2." in pages["mistaken"].read_text(encoding="utf-8")
    assert "could not be read" in pages["broken"].read_text(encoding="utf-8")
    assert "Everything" not in pages["blank"].read_text(encoding="utf-8")


def test_hidden_checks_stay_hidden(taken: Taken) -> None:
    """No line of a hidden check is in anything that students get: release, autograded copies, feedback."""
    secrets = [line.strip() for line in HIDDEN_CHECKS.splitlines() if "reference" in line or "rng" in line]
    assert len(secrets) > 5
    given = [
        path for step in ("release", "autograded", "feedback") for path in (taken.folder / step).rglob("*.*")
    ]
    assert len(given) > 40
    for path in given:
        text = path.read_text(encoding="utf-8")
        assert [line for line in secrets if line in text] == [], path


def test_grading_again(taken: Taken) -> None:
    """Autograding again without --force passes over what is done, as nbgrader does."""
    assert "Skipping existing assignment" in nbgrader("autograde", ASSIGNMENT, folder=taken.folder)
