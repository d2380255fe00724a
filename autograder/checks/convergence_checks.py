"""Convergence checks: a network is trained with the student's pieces in the loop, and has to learn.

    @convergence(task="momentum", points=2)
    def it_learns(pieces, images, rng):
        \"\"\"A small network trained with your momentum_update reads the test images.\"\"\"
        ...
        return Training(network.accuracy(...), losses)

The body is the judge's training loop. `pieces` is the student's functions, or the reference's when
the threshold is calibrated; `images` have their pixels in a secret order. Where a submission sees the
images themselves, `disguised=True` makes all of an assignment's images unknowable: an order alone is
found again by statistics of each pixel. The body alone measures the accuracy, on labels that no
submission ever has. A miss is tried on two more seeds and the
second best of the three counts; points fall linearly from the threshold to the floor.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from autograder.checks.calibration import Band
from autograder.checks.calls import Functions, quiet
from autograder.checks.comparisons import draw_losses, structure_of
from autograder.checks.datasets.images import Images
from autograder.checks.definition import Check, Materials, check
from autograder.checks.failures import Failure
from autograder.checks.memory import unlimited_memory
from autograder.checks.pipeline import BatchingBackend, Pipeline, Unforeseen, settled
from autograder.checks.values import exception_text
from autograder.errors import SandboxError

__all__ = [
    "Training",
    "convergence",
    "hidden_images",
    "is_convergence",
    "reference_training",
    "training_of",
]

LEARNT_NOTHING = 0.2  # test accuracy below this is no better than guessing with some luck

Body = Callable[..., "Training"]


@dataclass(frozen=True)
class Training:
    """The result of a training run."""

    accuracy: float  # on the test images
    losses: list[float]  # one for each update; empty where the student's own loop trains


def convergence(
    *, task: str, points: float, floor: float = 0.5, requires: Iterable[str] = (), disguised: bool = False
) -> Callable[[Body], Callable[..., None]]:
    """Mark a training loop as a check; accuracy at or below `floor` earns nothing.

    `requires` is that of `check`. `disguised` is for a body that gives images to the student's functions.
    """

    def mark(body: Body) -> Callable[..., None]:
        @check(task=task, points=points, requires=requires)
        @functools.wraps(body)
        def trains(student: Functions, reference: Functions, seed: int, materials: Materials) -> None:
            band = materials.calibration.band(body.__name__, materials.images.name)
            _Judgement(body, student, reference, seed, materials, band, floor).pass_or_fail()

        # Its signature is the check's, not the body's.
        trains.__signature__ = inspect.signature(trains, follow_wrapped=False)  # type: ignore[attr-defined]
        trains.__training__ = body  # type: ignore[attr-defined]  # read by training_of
        trains.__disguised__ = disguised  # type: ignore[attr-defined]  # read by hidden_images
        return trains

    return mark


def is_convergence(body: Callable[..., object]) -> bool:
    """Whether a check's body is a convergence check."""
    return hasattr(body, "__training__")


def training_of(body: Callable[..., object]) -> Body:
    """The training loop of a convergence check."""
    loop: Body = body.__training__  # type: ignore[attr-defined]  # set by convergence
    return loop


def reference_training(
    check: Check, reference: Functions, seed: int, materials: Materials, attempt: int = 0
) -> Training:
    """What a convergence check compares with in a grading with this seed, made once for an attempt."""
    body, images = training_of(check.body), materials.images
    return _reference_training(body, reference, check.seed(seed), images, attempt)


def hidden_images(images: Images, checks: Iterable[Check], rng: np.random.Generator) -> Images:
    """The images as an assignment's checks get them: in disguise where a submission may look at them."""
    if any(getattr(check.body, "__disguised__", False) for check in checks):
        return images.disguised(rng)
    return images.permuted(rng)


@dataclass
class _Judgement:
    body: Body
    student: Functions
    reference: Functions
    seed: int
    materials: Materials
    band: Band
    floor: float

    def pass_or_fail(self) -> None:
        first = self._run(0)
        if first.accuracy >= self.band.threshold:
            self._look_at(first)
            return
        runs = [first, self._run(1), self._run(2)]
        middle = sorted(runs, key=lambda run: run.accuracy)[1]
        if middle.accuracy < self.band.threshold:
            raise self._missed(middle)

    def _run(self, attempt: int) -> Training:
        """One run of the student's pieces, its losses drawn beside the reference's from the same start."""
        expected = self._reference_run(attempt)
        context = self.student.context_
        context.training = True
        try:
            run = self._trained(attempt)
        except (Failure, AssertionError, SandboxError, MemoryError):
            raise
        except Exception as problem:
            # The same loop ran with the reference just before, so it is the student's piece that is wrong.
            raise self._unusable(problem) from None
        finally:
            context.training = False
            context.latest.clear()
        if attempt == 0 and run.losses:
            draw_losses(self.student, run.losses, expected.losses)
        return run

    def _trained(self, attempt: int) -> Training:
        """The body's result; calls are sent together where possible, and one by one where that fails.

        What goes wrong is judged by calls made one by one, whatever the others had done by then.
        """
        context = self.student.context_
        if isinstance(context.backend, BatchingBackend):
            pipeline = context.pipeline = Pipeline(context.backend)
            try:
                with quiet():
                    run = self.body(self.student, self.materials.images, self._generator(attempt))
                    pipeline.flush()
                return Training(settled(run.accuracy), settled(run.losses))
            except (SandboxError, MemoryError):
                raise
            except (Exception, Unforeseen):
                pipeline.abandon()
            finally:
                context.pipeline = None
        context.latest.clear()
        with quiet():
            return self.body(self.student, self.materials.images, self._generator(attempt))

    def _unusable(self, problem: Exception) -> Failure:
        latest = self.student.context_.latest
        returned = ", ".join(f"{name} returned {structure_of(value)}" for name, value in latest.items())
        what = f"what your functions return: {returned}" if returned else "what your functions return"
        reason = exception_text(problem)
        return Failure(
            f"Training cannot use {what} ({reason}).",
            hint="Look at the other checks of this task first: a shape or a type is wrong.",
        )

    def _reference_run(self, attempt: int) -> Training:
        return _reference_training(self.body, self.reference, self.seed, self.materials.images, attempt)

    def _generator(self, attempt: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, attempt])

    def _look_at(self, run: Training) -> None:
        if run.accuracy > self.band.suspicious:
            self.student.context_.findings.flags.append(
                f"{run.accuracy:.1%} right is better than every reference run "
                f"(best {self.band.highest:.1%}): look at how."
            )

    def _missed(self, run: Training) -> Failure:
        # A threshold can be measured below the floor; what is above the floor and missed it is not.
        is_above = run.accuracy > self.floor
        share = (run.accuracy - self.floor) / (self.band.threshold - self.floor) if is_above else 0.0
        wanted = f"{self.band.threshold:.1%} of the test images"
        finite = np.isfinite(run.losses)
        if not finite.all():
            update = int(np.argmin(finite)) + 1
            message = f"Training diverged: the loss is {run.losses[update - 1]} at update {update}."
            hint = "Too large a step, a wrong sign or a division by 0; the losses are drawn below."
        elif run.accuracy < LEARNT_NOTHING:
            message = f"The network learnt nothing: {run.accuracy:.1%} is guessing; {wanted} are expected."
            hint = "Does the loss fall at all?"
            hint += " It is drawn below beside the reference's." if run.losses else ""
        else:
            message = f"The network reads {run.accuracy:.1%} of the test images; {wanted} are expected."
            hint = "It learns, but not as it should; the other checks of this task say more exactly why."
        return Failure(message, hint=hint, share=min(max(share, 0.0), 1.0))


def _reference_training(
    body: Body, reference: Functions, seed: int, images: Images, attempt: int
) -> Training:
    def train() -> Training:
        reference.context_.training = True
        try:
            with unlimited_memory(stays=True):  # images are scaled once
                return body(reference, images, np.random.default_rng([seed, attempt]))
        finally:
            reference.context_.training = False

    return reference.remember_(("training", body.__name__, images.name, seed, attempt), train)
