"""The lecture's experiments, shown by a course's references: runs, figures, page."""

from __future__ import annotations

import html
import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from command import autograder
from hypothesis import given
from hypothesis import strategies as st
from tiny_course import ASSIGNMENT

from autograder.authoring.experiments import (
    Choice,
    Measured,
    experiments_figure,
    experiments_page,
    load_experiments,
    load_learning_curves,
    measure,
    measure_curves,
    validation_split,
)
from autograder.checks.datasets.images import Images
from autograder.checks.datasets.loading import load_images
from autograder.checks.experiments import Experiment, Method, Run
from autograder.course.course import Course, find_course

EXPERIMENTS = f'''\
"""Claims."""

from autograder.checks import Run, experiment, learning_curve


@experiment(better=["doubling"], than="staying", rates=[0.1, 0.2, 0.4])
def doubling_grows(references, images, rng):
    """Doubling grows faster.

    Starting from a rate, three times; a rate of 0.4 is too large.
    """
    double = references["{ASSIGNMENT}"].double
    noise = 0.0001 * rng.random()

    def doubling(rate):
        end = double(double(rate)) + noise if rate < 0.3 else 0.0
        return Run([0, 1, 2], [rate, double(rate), end], training_accuracies=[0.9])

    return {{"doubling": doubling, "staying": lambda rate: Run([0, 1, 2], [rate / 4] * 3)}}


@learning_curve
def more_and_more(references, images, rng):
    """Better and better.

    On what it has seen.
    """
    return Run([0, 10, 20], [0.1, 0.6, 0.5], [0.1, 0.8, 1.0], [2.3, 0.5, 0.9], [2.3, 0.3, 0.01])
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
    text = " ".join(completed.stdout.split())
    assert (
        "Doubling grows faster: doubling (rate 0.2) 0.800 ± 0.000, staying (rate 0.4) 0.100 ± 0.000." in text
    )
    assert "Holds for 3 of 3 seeds." in text
    assert "doubling ends 70.0 percentage points above staying on test data" in text
    assert "The validation loss is lowest after 10 updates (0.50) and 0.90 in the end." in text
    page = (course / "out" / "experiments.html").read_text()
    assert "Starting from a rate, three times" in page and "On what it has seen." in page
    assert "0.4 (the largest tried)" in page
    assert "90.0 %" in page and "not measured" in page
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


def measured(*pairs: tuple[float, float], new: Choice | None = None, old: Choice | None = None) -> Measured:
    """An experiment with such final accuracies, better and other, a pair per seed."""
    same = Choice((0.1, 1.0), [[0.5, 0.9]] * len(pairs))
    experiment = Experiment(
        "New beats old", "It does.", ("new",), "old", same.rates, lambda references, images, rng: {}
    )
    return Measured(
        experiment,
        {"new": new or same, "old": old or same},
        [{"new": Run([0], [a]), "old": Run([0], [b])} for a, b in pairs],
    )


def test_a_claim_holds_where_all_better_ones_end_higher() -> None:
    """It is counted seed by seed; a tie is not better."""
    assert measured((0.9, 0.8), (0.7, 0.8), (0.8, 0.8)).holds == 1
    assert measured((0.9, 0.8), (0.7, 0.6)).figures()[0] == (
        "new",
        pytest.approx(0.8),
        pytest.approx(0.1414, rel=1e-3),
    )


@given(st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4), min_size=1, max_size=5))
def test_the_chosen_rate_is_the_best_one_tried(accuracies: list[list[float]]) -> None:
    """No rate has a higher mean over the seeds, and the chosen one is among those near the best."""
    choice = Choice((0.01, 0.1, 1.0, 10.0), accuracies)
    best = choice.means[choice.rates.index(choice.best)]
    assert all(mean <= best for mean in choice.means)
    assert choice.best in choice.near_best
    assert choice.at_an_end == (choice.best in (0.01, 10.0))


@pytest.mark.parametrize(
    ("pairs", "unfair", "sentence"),
    [
        ([(0.93, 0.92), (0.91, 0.92)], 0.4, "not more than what the seeds change"),
        ([(0.93, 0.92), (0.94, 0.93)], 0.4, "most of such a lead comes from the rate"),
        ([(0.93, 0.52), (0.94, 0.53)], 0.4, "Most of the lead is left"),
        ([(0.90, 0.92), (0.91, 0.93)], 0.4, "2.0 percentage points below old"),
    ],
)
def test_the_page_says_what_is_left_of_a_lead(
    pairs: list[tuple[float, float]], unfair: float, sentence: str
) -> None:
    """The lead at each one's best rate stands beside the largest one that one rate for both would show."""
    choice = Choice((0.1, 1.0), [[0.9, 0.9]] * len(pairs))
    slow = Choice((0.1, 1.0), [[0.9 - unfair, 0.9]] * len(pairs))
    text = measured(*pairs, new=choice, old=slow).leads[0].text
    assert sentence in text
    assert "as large as 40.0 percentage points (rate 0.1)" in text


def test_rates_are_chosen_without_test_images(course: Path) -> None:
    """While rates are tried a body sees the validation split in place of the test images.

    The split is a part of the training images that is never trained on. Test images are seen once for each
    method and seed.
    """
    images = load_images("digits")
    choosing, testing = validation_split(images)
    seen: list[tuple[bytes, bytes]] = []

    def body(references: object, images: Images, rng: np.random.Generator) -> dict[str, Method]:
        seen.append((images.train_pixels.tobytes(), images.test_pixels.tobytes()))
        return dict.fromkeys(("a", "b"), lambda rate: Run([0], [rate]))

    experiment = Experiment("Both", "", ("a",), "b", (0.1, 0.2, 0.3), body)
    list(measure(find_course(course), [experiment], images, 2))
    assert seen == [
        *[(choosing.train_pixels.tobytes(), choosing.test_pixels.tobytes())] * (2 * 2 * 3),
        *[(testing.train_pixels.tobytes(), testing.test_pixels.tobytes())] * (2 * 2),
    ]
    parts = [row.tobytes() for row in (*testing.train_pixels, *choosing.test_pixels)]
    assert Counter(parts) == Counter(row.tobytes() for row in images.train_pixels)
    assert testing.test_pixels is images.test_pixels


def test_the_same_numbers_make_the_same_picture() -> None:
    """The picture holds no date and no random name, so a committed one changes only with its numbers."""
    comparison = measured((0.9, 0.8), (0.7, 0.6))
    assert experiments_figure([comparison]) == experiments_figure([comparison])
    assert "2 seeds" in experiments_page("Course", "digits", [comparison])


def test_the_lecture_s_claims_are_there() -> None:
    """This course tries what its lecture says about loss, activation and steps, and shows overfitting."""
    course = find_course(Path(__file__).parent)
    experiments = load_experiments(course)
    assert [experiment.than for experiment in experiments] == ["squared error", "sigmoid", "plain SGD"]
    assert [curve.title for curve in load_learning_curves(course)] == [
        "Overfitting: better and better on what it has seen"
    ]


def test_the_overfitting_curve_overfits() -> None:
    """On digits, too, training loss falls on after validation loss has turned; a second run is the same."""
    course = find_course(Path(__file__).parent)
    first, again = (
        measure_curves(course, load_learning_curves(course), load_images("digits"))[0] for _ in range(2)
    )
    assert first.run == again.run
    turn = first.run.updates.index(first.turn)
    assert 0 < turn < len(first.run.updates) - 1
    assert first.run.losses[-1] > first.run.losses[turn]
    assert first.run.training_losses[-1] < first.run.training_losses[turn]
    assert first.run.training_accuracies[-1] > first.run.accuracies[-1]


def test_the_readme_shows_the_committed_picture() -> None:
    """The picture has every method of every experiment, at the rate that was chosen."""
    root = find_course(Path(__file__).parent).root
    assert "(assignments/experiments.svg)" in (root / "README.md").read_text(encoding="utf-8")
    picture = html.unescape((root / "assignments" / "experiments.svg").read_text(encoding="utf-8"))
    for experiment in load_experiments(find_course(root)):
        for name in experiment.names:
            chosen = re.search(rf"{re.escape(name)}, rate ([0-9.]+): [0-9.]+%", picture)
            assert chosen and float(chosen[1]) in experiment.rates
    for curve in load_learning_curves(find_course(root)):
        assert curve.title.split(":")[0] in picture
