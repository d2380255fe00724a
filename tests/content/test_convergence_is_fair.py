"""Convergence checks: the reference always passes, plain mistakes lose most although they still learn."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import numpy as np
import pytest
from examples import shared_out
from repository_assignments import NAMES, assignment

from autograder.authoring.calibrate import convergence_checks
from autograder.authoring.lint_proof import Proof
from autograder.checks.calls import Functions
from autograder.checks.datasets.loading import load_images
from autograder.checks.definition import Check
from autograder.errors import UsageError
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.evaluation import evaluate
from autograder.grading.grader import materials_for
from autograder.report import Status

ProofOf = Callable[[str], Proof]
TRAINED = [
    pytest.param(name, check, marks=[pytest.mark.full] if name == "hw5-mnist" else [])
    for name in NAMES
    for check in convergence_checks(assignment(name))
]
# The quick suite takes the first five seeds, the full one the others.
GRADING_SEEDS = shared_out([range(5), range(5, 50)], [range(5)])
# `make fuzz` tries twenty disguises of both data sets.
DATA_SETS = ("digits", "mnist") if "FUZZ" in os.environ else ("digits",)
DISGUISES = 20 if "FUZZ" in os.environ else 3


def has_mnist() -> bool:
    """Whether MNIST is on this machine."""
    try:
        return load_images("mnist", download=False).name == "mnist"
    except UsageError:
        return False


@pytest.mark.parametrize(("name", "check"), TRAINED, ids=lambda value: getattr(value, "id", value))
@pytest.mark.parametrize("seeds", GRADING_SEEDS, ids=str)
def test_the_reference_passes_whatever_the_seed(name: str, check: Check, seeds: range) -> None:
    """Fifty grading runs with fifty seeds: full marks fifty times."""
    tested = assignment(name)
    lost = []
    for seed in seeds:
        materials = materials_for(tested, seed, "digits")
        student, reference = (
            Functions(ReferenceBackend(tested.reference), tested.parameters) for _ in range(2)
        )
        result = evaluate(check, student, reference, seed, (), materials)
        if result.status is not Status.PASSED:
            lost.append((seed, result.message))
    assert lost == []


def answers_for_train() -> dict[str, Callable[..., object]]:
    """The reference's train and every alternative."""
    tested = assignment("hw5-mnist")
    others = {each.name: each.body for each in tested.alternatives if each.function == "train"}
    return {"reference": tested.reference["train"], **others}


@pytest.mark.full
@pytest.mark.parametrize("dataset", DATA_SETS)
def test_right_answers_train_whatever_the_disguise(dataset: str) -> None:
    """The reference and every alternative read the test images, in as many disguises as there are seeds."""
    if dataset == "mnist" and not has_mnist():
        pytest.skip("MNIST is not on this machine")
    tested = assignment("hw5-mnist")
    (check,) = convergence_checks(tested)
    lost = []
    for seed in range(DISGUISES):
        materials = materials_for(tested, seed, dataset)
        reference = Functions(ReferenceBackend(tested.reference), tested.parameters)
        for answer, body in answers_for_train().items():
            student = Functions(NotebookBackend({**tested.reference, "train": body}), tested.parameters)
            result = evaluate(check, student, reference, seed, (), materials)
            if result.status is not Status.PASSED:
                lost.append((seed, answer, result.message))
    assert lost == []


@pytest.mark.parametrize(
    ("name", "function", "source"),
    [
        (
            "hw1-activations",
            "relu_backward",
            "def relu_backward(x, grad_out):\n    return grad_out.copy()",  # the mask is missing
        ),
        (
            "hw4-optimizers",
            "adagrad_update",
            "def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):\n    sum_sq = grad**2\n"
            "    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq",
        ),
        (
            "hw4-optimizers",
            "momentum_update",
            "def momentum_update(theta, grad, velocity, lr, mu=0.9):\n    velocity = -lr * grad\n"
            "    return theta + velocity, velocity",
        ),
    ],
)
def test_what_still_converges_loses_most(proof: ProofOf, name: str, function: str, source: str) -> None:
    """A network learns even so; values, gradients and traces take more than half of the task's points."""
    report = proof(name).grade(replace={function: source})
    task = next(task for task in report.tasks if function in task.functions)
    assert task.earned < task.possible / 2
    trained = next(result for result in task.checks if result.id.endswith("trains_a_network"))
    assert trained.earned > 0.5 * trained.possible


@pytest.mark.full
class TestTrainItself:
    """A student's own `train` is judged by the network that it returns, and by nothing else."""

    NAME = "hw5-mnist"

    # On the small problems of the other checks: the accuracy is asked for once train follows the rules.
    KEEPS_THE_RULES = (
        "    if x.shape[1] != 64:\n"
        "        rng = np.random.default_rng(seed)\n"
        "        params = he_layers((x.shape[1], 64, 10), rng)\n"
        "        for _, batch in zip(range(600), shuffled_batches(len(x), rng), strict=False):\n"
        "            _, gradients = backpropagate(params, x[batch], y[batch])\n"
        "            for pair, gradient in zip(params, gradients, strict=True):\n"
        "                for own, slope in zip(pair, gradient, strict=True):\n"
        "                    own -= 0.3 * slope\n"
        "        return params\n"
    )

    def judged(self, proof: Proof, source: str) -> tuple[Status, float, str]:
        """What the accuracy check says to a train."""
        report = proof.grade(replace={"train": source})
        task = next(task for task in report.tasks if task.task == "train")
        assert all(other.earned == other.possible for other in report.tasks if other is not task)
        last = task.checks[-1]
        return last.status, last.earned / last.possible, last.message

    def test_stored_weights(self, proof: ProofOf) -> None:
        """Weights learnt elsewhere know nothing of labels that are exchanged."""
        images = load_images("digits")
        params = assignment(self.NAME).reference["train"](images.train_x, images.train_y, 1)
        stored = [(np.round(W, 3).tolist(), np.round(b, 3).tolist()) for W, b in params]
        source = (
            "def train(x, y, seed):\n"
            f"    stored = {stored!r}\n"
            f"{self.KEEPS_THE_RULES}"
            "    return [(np.array(W), np.array(b)) for W, b in stored]"
        )
        status, share, message = self.judged(proof(self.NAME), source)
        assert (status, share) == (Status.FAILED, 0)
        assert "labels exchanged" in message

    def test_peeking(self, proof: ProofOf) -> None:
        """Nothing in the process holds test images, labels, the reference or the judge's frames."""
        source = (
            "def train(x, y, seed):\n"
            f"{self.KEEPS_THE_RULES}"
            "    import gc, sys\n"
            "    arrays = [o for o in gc.get_objects() if isinstance(o, np.ndarray)]\n"
            "    found = [a for a in arrays if a.dtype == np.int64 and a.size == 324]\n"
            "    frame, names = sys._getframe(), set()\n"
            "    while frame:\n"
            "        names |= set(frame.f_locals) | set(frame.f_globals)\n"
            "        frame = frame.f_back\n"
            "    try:\n"
            "        open('/etc/passwd')\n"
            "    except OSError:\n"
            "        pass\n"
            "    else:\n"
            "        raise SystemExit('read a file')\n"
            "    assert not found and not names & {'images', 'test_y', 'reference', 'materials'}\n"
            "    raise LookupError('nothing here')"
        )
        status, share, message = self.judged(proof(self.NAME), source)
        assert (status, share) == (Status.FAILED, 0)
        assert "nothing here" in message or "LookupError" in message

    def test_an_endless_one(self, proof: ProofOf) -> None:
        """It is stopped by processor time, costs its own task, and the message says how long it had."""
        source = f"def train(x, y, seed):\n{self.KEEPS_THE_RULES}    while True: pass"
        status, share, message = self.judged(proof(self.NAME), source)
        assert (status, share) == (Status.TIMEOUT, 0)
        limit = re.match(r"train used more than ([\d.]+) s\.", message)
        assert limit is not None and float(limit[1]) >= 5  # more where the reference itself is slow


class TestTrainEpoch:
    """theta is judged by where its own gradients lead."""

    def test_theta_from_elsewhere(self, proof: ProofOf) -> None:
        """A theta known beforehand earns nothing, also if the gradients of all batches are asked for."""
        source = (
            "def train_epoch(theta, x, y, batch_size, lr, seed, gradient):\n"
            "    start = theta\n"
            "    for rows in batch_indices(len(x), batch_size, seed):\n"
            "        theta = theta - lr * gradient(theta, x[rows], y[rows])\n"
            "    if theta.shape == (64, 10):\n"
            "        return start + np.linalg.lstsq(x, np.eye(10)[y], rcond=None)[0]\n"
            "    return theta"
        )
        report = proof("hw3-minibatch").grade(replace={"train_epoch": source})
        task = next(task for task in report.tasks if task.task == "train_epoch")
        trained = task.checks[-1]
        assert (trained.status, trained.earned) == (Status.FAILED, 0)
        assert "does not lie where its gradients lead" in trained.message
        assert all(check.status is Status.PASSED for check in task.checks[:-1])
