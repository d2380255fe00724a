"""The lecture's experiments, shown by a course's references: runs, figures, page."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from command import autograder
from tiny_course import ASSIGNMENT

from autograder.authoring.experiments import (
    Measured,
    experiments_figure,
    experiments_page,
    load_experiments,
)
from autograder.checks.experiments import Experiment, Run
from autograder.course.course import Course, find_course

EXPERIMENTS = f'''\
"""Claims."""

from autograder.checks import Run, experiment


@experiment(better=["doubling"], than="staying")
def doubling_grows(references, images, rng):
    """Doubling grows faster.

    Starting from 0.1, three times.
    """
    double = references["{ASSIGNMENT}"].double
    start = 0.1 + 0.0001 * rng.random()
    return {{
        "doubling": Run([0, 1, 2, 3], [start, double(start), double(double(start)), 0.8]),
        "staying": Run([0, 1, 2, 3], [start] * 4),
    }}
'''


@pytest.fixture
def course(tiny_course: Course, tmp_path: Path) -> Path:
    """A copy of the tiny course with one experiment."""
    root = shutil.copytree(tiny_course.root, tmp_path / "course")
    (root / "solutions" / "experiments.py").write_text(EXPERIMENTS)
    return root


def test_the_command_writes_page_and_picture(course: Path) -> None:
    """Figures in the terminal, a self-contained `experiments.html`, and `experiments.svg` for other pages."""
    completed = autograder("experiments", "--out", "out", "--dataset", "digits", folder=course)
    assert (completed.returncode, completed.stderr) == (0, "")
    assert "Doubling grows faster: doubling 0.800 ± 0.000, staying 0.100 ± 0.000." in completed.stdout
    assert "Holds for 3 of 3 seeds." in completed.stdout
    page = (course / "out" / "experiments.html").read_text()
    assert "Starting from 0.1, three times." in page
    assert set(re.findall(r"https?://([^/\"]+)", page)) <= {"www.w3.org", "purl.org", "creativecommons.org"}
    assert "<script" not in page and "src=" not in page and '<link rel="stylesheet' not in page
    assert (course / "out" / "experiments.svg").read_text().startswith("<svg")


def test_a_course_without_claims_says_so(tiny_course: Course, tmp_path: Path) -> None:
    """The file that is missing is named."""
    completed = autograder("experiments", "--out", tmp_path / "out", folder=tiny_course.root)
    assert completed.returncode == 3
    assert "experiments.py" in completed.stderr
    assert not (tmp_path / "out").exists()


def test_a_run_that_nobody_named(course: Path) -> None:
    """Names in the mark and in the result have to agree."""
    path = course / "solutions" / "experiments.py"
    path.write_text(path.read_text().replace('than="staying"', 'than="resting"'))
    completed = autograder("experiments", "--out", "out", "--dataset", "digits", folder=course)
    assert completed.returncode == 3
    assert "resting" in completed.stderr


def measured(*pairs: tuple[float, float]) -> Measured:
    """A experiment with such final accuracies, better and other, a pair a seed."""
    experiment = Experiment("New beats old", "It does.", ("new",), "old", lambda references, images, rng: {})
    return Measured(experiment, [{"new": Run([0], [a]), "old": Run([0], [b])} for a, b in pairs])


def test_a_claim_holds_where_all_better_ones_end_higher() -> None:
    """It is counted seed by seed; a tie is not better."""
    assert measured((0.9, 0.8), (0.7, 0.8), (0.8, 0.8)).holds == 1
    assert measured((0.9, 0.8), (0.7, 0.6)).figures()[0] == (
        "new",
        pytest.approx(0.8),
        pytest.approx(0.1414, rel=1e-3),
    )


def test_the_same_numbers_make_the_same_picture() -> None:
    """The picture holds no date and no random name, so a committed one changes only with its numbers."""
    comparison = measured((0.9, 0.8), (0.7, 0.6))
    assert experiments_figure([comparison]) == experiments_figure([comparison])
    assert "2 seeds" in experiments_page("Course", "digits", [comparison])


def test_the_lecture_s_claims_are_there() -> None:
    """This course experiments what its lecture says about loss, activation and update rules."""
    experiments = load_experiments(find_course(Path(__file__).parent))
    assert [experiment.than for experiment in experiments] == ["squared error", "sigmoid", "plain SGD"]
