"""An answer known by heart is no training: what a notebook has stored about the images earns next to nothing.

On the digits here; `make fuzz` takes MNIST too, where it is at hand.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from correct_notebook import notebook
from examples import shared_out
from known_by_heart import ATTACKS, LARGEST, attack_source
from repository_assignments import assignment

from autograder.checks.datasets.images import Images
from autograder.checks.datasets.loading import load_images
from autograder.errors import UsageError
from autograder.grading.grader import Grader
from autograder.report import CheckResult, Status, TaskReport
from autograder.submissions.submission import Submission

NAME = "hw5-mnist"
MOST = 0.2  # of train's points


def data_sets() -> Iterator[str]:
    """The digits; in `make fuzz` also MNIST."""
    yield "digits"
    if "FUZZ" in os.environ:
        try:
            yield load_images("mnist", download=False).name
        except UsageError:
            return


@pytest.fixture(scope="module", params=list(data_sets()))
def grader(request: pytest.FixtureRequest) -> Iterator[Grader]:
    """A grader of homework 5 on one data set."""
    # What is told of a failure is not asked here, and finding it takes half a minute.
    untold = replace(assignment(NAME), mistakes=[])
    with Grader(untold, 15, request.param, sandbox="weak") as made:
        yield made


def graded(grader: Grader, source: str) -> tuple[TaskReport, CheckResult]:
    """The report on train, and the result of the check that trains on the images."""
    data = notebook(source).encode()
    assert len(data) < LARGEST
    report = grader.grade(Submission("student", "hw5.ipynb", data))
    task = next(task for task in report.tasks if task.task == "train")
    return task, next(check for check in task.checks if check.id == "train_reads_the_test_images")


def accuracy(source: str, images: Images) -> float:
    """How many test images the network of an attack reads, run in this process."""
    names: dict[str, Any] = {}
    exec(source, names)  # written by these tests
    params = names["train"](images.train_x, images.train_y, 1)
    logits = assignment(NAME).reference["forward"](params, images.test_x)
    return float(np.mean(logits.argmax(axis=1) == images.test_y))


@pytest.mark.parametrize("name", shared_out(ATTACKS, {*ATTACKS} - {"stored_network"}))
def test_it_reads_images_in_a_mere_order(name: str, grader: Grader) -> None:
    """Each attack is one: where only the order of the pixels is secret, it reads most images untrained."""
    images = load_images(grader.dataset)
    assert accuracy(attack_source(name, images), images.permuted(np.random.default_rng(3))) > 0.65


@pytest.mark.parametrize("name", shared_out(ATTACKS, {*ATTACKS} - {"stored_network"}))
def test_without_training_it_earns_a_fifth(name: str, grader: Grader) -> None:
    """A notebook that knows the images and trains nothing earns at most a fifth of train's points."""
    task, _ = graded(grader, attack_source(name, load_images(grader.dataset)))
    assert task.earned <= MOST * task.possible


@pytest.mark.parametrize("name", shared_out(ATTACKS, {*ATTACKS} - {"stored_network", "label_histogram"}))
def test_it_earns_a_fifth_with_class_means(name: str, grader: Grader) -> None:
    """One that follows the labels of images that it does not know gets at most that for its reading."""
    images = load_images(grader.dataset)
    task, trained = graded(grader, attack_source(name, images, "what is not known"))
    assert trained.status is Status.FAILED  # it was let in
    assert trained.earned <= MOST * task.possible


@pytest.mark.full
def test_exchanged_labels_are_asked_for(grader: Grader) -> None:
    """One that follows labels in small examples only does not learn those of exchanged images."""
    images = load_images(grader.dataset)
    _, trained = graded(grader, attack_source("pixel_sums", images, "other sizes"))
    assert (trained.status, trained.earned) == (Status.FAILED, 0)
    assert "labels exchanged" in trained.message
