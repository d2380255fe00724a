"""Every assignment in the folders: right answers keep full marks, wrong ones lose them and are named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from examples import shared_out
from repository_assignments import NAMES, assignment

from autograder.authoring.lint_files import faults_in_files
from autograder.authoring.lint_handout import faults_in_handout
from autograder.authoring.lint_proof import SEEDS, Proof
from autograder.checks.variants import Variant
from autograder.report import Status

# The quick suite has one of each function, but for those of the network; the full one has them all.
SLOW = ("train", "loss_and_gradients", "predict", "forward", "init_params", "numerical_gradient")


def variants(kind: str) -> list[Any]:
    """The assignments' mistakes or alternatives, as parameters."""
    found, seen = [], Counter[tuple[str, str]]()
    for name in NAMES:
        for variant in getattr(assignment(name), kind):
            seen[name, variant.function] += 1
            is_quick = seen[name, variant.function] == 1 and variant.function not in SLOW
            found.append(pytest.param(name, variant, marks=() if is_quick else pytest.mark.full))
    return found


MISTAKES, ALTERNATIVES = variants("mistakes"), variants("alternatives")
# What the course asks for; an assignment that is not listed needs one for each task.
FEWEST_MISTAKES = {
    "hw1-activations": 14,
    "hw2-losses": 12,
    "hw3-minibatch": 12,
    "hw4-optimizers": 14,
    "hw5-mnist": 8,
}

ProofOf = Callable[[str], Proof]


def label(value: str | Variant) -> str:
    """A readable name for a parameter."""
    return value if isinstance(value, str) else f"{value.function}-{value.name}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", shared_out(SEEDS, SEEDS[:1]))
def test_the_reference_gets_full_marks(proof: ProofOf, name: str, seed: int) -> None:
    """The reference, filled into the released notebook, passes every check whatever the seed."""
    report = proof(name).grade(seed=seed)
    assert [result.id for result in report.results() if result.status is not Status.PASSED] == []
    assert report.score.earned == sum(task.possible for task in report.tasks)
    assert report.score.possible == assignment(name).file.points


@pytest.mark.parametrize("name", NAMES)
def test_the_untouched_notebook_gets_nothing(proof: ProofOf, name: str) -> None:
    """The handout as it is given out earns 0, and every function is reported as missing."""
    assert proof(name).untouched() == []


@pytest.mark.parametrize(("name", "mistake"), MISTAKES, ids=label)
def test_a_known_mistake_is_caught_and_named(proof: ProofOf, name: str, mistake: Variant) -> None:
    """It loses points, in its own task only, and the feedback says which mistake it is."""
    assert proof(name).mistake(mistake) == []


@pytest.mark.parametrize(("name", "alternative"), ALTERNATIVES, ids=label)
def test_a_right_answer_in_another_style_keeps_full_marks(
    proof: ProofOf, name: str, alternative: Variant
) -> None:
    """Loops, masks, Python floats, other values at a kink, warnings and prints cost nothing."""
    assert proof(name).alternative(alternative) == []


@pytest.mark.parametrize("name", NAMES)
def test_public_checks_tell_done_from_to_do(proof: ProofOf, name: str) -> None:
    """In the sandbox, as `autograder check` runs them: all pass when solved, none with the stubs."""
    assert proof(name).public() == []


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_sound(name: str) -> None:
    """Titles, docstrings, stubs, check cells, metadata and calibrations are complete."""
    assert [*faults_in_files(assignment(name)), *faults_in_handout(assignment(name))] == []


@pytest.mark.parametrize("name", NAMES)
def test_there_are_enough_mistakes(name: str) -> None:
    """Every assignment knows as many mistakes as the course asks for."""
    assert len(assignment(name).mistakes) >= FEWEST_MISTAKES.get(name, 1)


@pytest.mark.parametrize("name", NAMES)
def test_hidden_checks_stay_hidden(name: str) -> None:
    """No hidden check, nor a line of the reference's code, stands in what students get."""
    public = " ".join(path.read_text() for path in assignment(name).folder.iterdir() if path.is_file())
    assert not [check.id for check in assignment(name).hidden_checks if f"def {check.id}(" in public]
