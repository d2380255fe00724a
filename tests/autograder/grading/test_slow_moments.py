"""A slow moment of the machine while the reference is asked changes nothing that a student is told."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from examples import one_in
from repository_assignments import assignment

from autograder.authoring.lint_proof import Proof
from autograder.course.assignment import Assignment

SPUN = 1.5  # seconds of processor time; 400 calls are asked for where an ordinary one takes 2 ms or less
RAREST = ("theta_of_the_start", "one_update_an_epoch", "epoch_drops_the_short_batch", "epoch_shuffles_apart")


def slow_once(name: str, function: str) -> Assignment:
    """An assignment whose reference takes long in the first call of one function."""
    course = assignment(name)
    right, spun = course.reference[function], list[bool]()

    def slow(*arguments: Any, **named: Any) -> Any:
        if not spun:
            spun.append(True)
            end = time.process_time() + SPUN
            while time.process_time() < end:
                pass
        return right(*arguments, **named)

    return replace(course, reference={**course.reference, function: slow})


@pytest.mark.full
@pytest.mark.xdist_group("slow moments")
@pytest.mark.parametrize("mistake", one_in(4, RAREST))
def test_a_mistake_is_named_after_a_slow_moment(mistake: str, slow_proof: Proof) -> None:
    """Mistakes that only the calls behind the first few tell apart are named all the same."""
    (variant,) = [each for each in slow_proof.assignment.mistakes if each.name == mistake]
    assert slow_proof.mistake(variant) == []


@pytest.fixture(scope="module")
def slow_proof() -> Any:
    """Proofs of hw3 with a reference that is slow once."""
    with Proof(slow_once("hw3-minibatch", "train_epoch"), dataset="digits") as proof:
        yield proof
