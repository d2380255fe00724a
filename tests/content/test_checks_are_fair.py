"""Hidden checks are fair: right answers keep full marks, whatever numbers are drawn at grading time.

In this very process, without the sandbox and without training on images; `make fuzz` takes 2,000 seeds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from examples import shared_out
from repository_assignments import NAMES, assignment

from autograder.checks.calls import Functions
from autograder.checks.convergence_checks import is_convergence
from autograder.checks.definition import Check
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.evaluation import evaluate
from autograder.report import Status

SEEDS = int(os.environ.get("FUZZ", "8"))
QUICK = 2  # seeds in the quick suite; the full one takes the others
COSTLY = {"train": 50}  # tasks whose every check trains a network: one seed in so many

Lost = list[tuple[int, str, str, str]]


def right_answers(name: str) -> Iterator[tuple[str, dict[str, Any], set[str]]]:
    """The reference and every alternative: a label, the functions, and the tasks to look at."""
    tested = assignment(name)
    yield "reference", dict(tested.reference), {task.id for task in tested.file.tasks}
    for alternative in tested.alternatives:
        functions = {**tested.reference, alternative.function: alternative.body}
        yield f"{alternative.function}: {alternative.name}", functions, {tested.task_of(alternative.function)}


def lost_points(name: str, seeds: Callable[[Check], range]) -> Lost:
    """What right answers lose with the seeds of each check: seed, whose answer, check, and what it said."""
    tested = assignment(name)
    checks = [check for check in tested.hidden_checks if not is_convergence(check.body)]
    lost: Lost = []
    for seed in sorted({seed for check in checks for seed in seeds(check)}):
        reference = Functions(ReferenceBackend(tested.reference), tested.parameters)
        for label, functions, tasks in right_answers(name):
            student = Functions(NotebookBackend(functions), tested.parameters)
            for check in checks:
                if check.task not in tasks or seed not in seeds(check):
                    continue
                result = evaluate(check, student, reference, seed)
                if result.status is not Status.PASSED:
                    lost.append((seed, label, check.id, result.message or result.evidence.trace))
    return lost


@pytest.mark.parametrize("name", shared_out(NAMES, {*NAMES} - {"hw5-mnist"}))
@pytest.mark.parametrize("seeds", shared_out([range(QUICK), range(QUICK, SEEDS)], [range(QUICK)]), ids=str)
def test_right_answers_keep_full_marks_whatever_the_seed(name: str, seeds: range) -> None:
    """The reference and all alternatives pass every check that does not train on images, seed after seed."""

    def seeds_of(check: Check) -> range:
        return range(seeds.start, min(seeds.stop, -(-SEEDS // COSTLY.get(check.task, 1))))

    assert lost_points(name, seeds_of) == []
