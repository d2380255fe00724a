"""Trials of mutants: whether one differs from its base, and which check rejects it.

A trial runs in a child process, because a mutant may loop, take all memory or end the process: then the
trial says so, and the next mutant gets a new child. Functions answer as in a notebook, in
the child itself, so that thousands of trials take minutes. Convergence checks are left out: a network learns
with a slightly wrong piece, too.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import multiprocessing
import signal
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.connection import Connection
from typing import Any, Literal

import numpy as np

from autograder.authoring.mutation import Base, Mutant
from autograder.checks.calls import Answer, Functions, quiet
from autograder.checks.convergence_checks import is_convergence
from autograder.checks.definition import Check
from autograder.checks.failures import Failure
from autograder.checks.input_generators import Generator
from autograder.checks.memory import limited_memory
from autograder.checks.values import Array, Value, to_array
from autograder.course.assignment import Assignment, input_generators
from autograder.errors import ContentError
from autograder.grading.backends import NotebookBackend, ReferenceBackend, copied
from autograder.sandbox import frames

__all__ = ["INPUTS", "Trial", "Verdict", "inputs_of", "run_trials"]

INPUTS = 1000  # calls that an equal mutant has to answer alike
FIRST = 24  # of them tell most mutants apart
SECONDS = 4.0  # processor time of a mutant's calls, beside many times what the base took
TIMES = 20.0
WALL_SECONDS = 120.0  # without any word from the child: it sleeps, or waits for ever
MEMORY = 1024**3

Outcome = Literal["equal", "killed", "survives"]


@dataclass(frozen=True)
class Verdict:
    """What a trial found."""

    outcome: Outcome
    check: str = ""  # the check that rejected it, or how it ended
    behaviour: str = ""  # a digest of its first answers: mutants with the same one behave alike


class _OutOfTime(BaseException):
    """A mutant's processor time is over; no `except Exception` of a check or a function catches it."""


def inputs_of(assignment: Assignment) -> dict[str, Generator]:
    """The generators of inputs.py; raises ContentError where a function has none."""
    generators, path = input_generators(assignment), assignment.solution / "inputs.py"
    if missing := [name for name in assignment.functions if name not in generators]:
        raise ContentError(
            f"{path} has no generator for {missing[0]}.",
            next_step=f'Add a function with @inputs(function="{missing[0]}") that returns arguments.',
        )
    return generators


class Trial:
    """Puts mutants of one function to its inputs and to the hidden checks of its task."""

    def __init__(
        self, assignment: Assignment, function: str, generator: Generator, seed: int, count: int = INPUTS
    ) -> None:
        """`seed` is that of the checks; `count` calls have to agree before two functions are called equal."""
        self.assignment, self.function, self.seed = assignment, function, seed
        rng = np.random.default_rng([seed, 1000])
        self._calls = [generator(rng) for _ in range(count)]
        self._reference = Functions(ReferenceBackend(assignment.reference), assignment.parameters)
        task = assignment.task_of(function)
        self._checks = [
            check
            for check in assignment.hidden_checks
            if check.task == task and not is_convergence(check.body)
        ]
        self._known: dict[str, Verdict] = {}
        self._right: dict[str, list[Answer]] = {}

    @cached_property
    def _check_seconds(self) -> float:
        """Processor time of the checks with the reference."""
        timer = _Timer()
        with timer.limited(600.0):
            self._rejection(self.assignment.reference[self.function])
        return timer.taken

    def judge(self, mutant: Mutant) -> Verdict:
        """Equal to its base, killed by a check, or a survivor."""
        timer = _Timer()
        try:
            body = mutant.body()
            right = self._right_answers(mutant.base)
            with timer.limited(SECONDS + TIMES * self._base_seconds(mutant.base)):
                first = self._answers(body, self._calls[:FIRST])
                if all(map(_agree, first, right)):
                    rest = self._answers(body, self._calls[FIRST:], right[FIRST:])
                    if all(map(_agree, rest, right[FIRST:])):
                        return Verdict("equal")
                    behaviour = ""
                else:
                    behaviour = _digest(first)
            if behaviour in self._known:
                return self._known[behaviour]
            with timer.limited(SECONDS + TIMES * self._check_seconds):
                rejected = self._rejection(body)
        except _OutOfTime:
            return Verdict("killed", "out of time")
        except Exception as problem:  # no program, or one that ends before its first call
            return Verdict("killed", type(problem).__name__)
        verdict = Verdict("killed" if rejected else "survives", rejected, behaviour)
        if behaviour:
            self._known[behaviour] = verdict
        return verdict

    def behaviour(self, mutant: Mutant) -> str:
        """A digest of a mutant's first answers, "" where it is equal to its base or answers nothing."""
        try:
            with _Timer().limited(SECONDS):
                body, right = mutant.body(), self._right_answers(mutant.base)
                first = self._answers(body, self._calls[:FIRST])
        except (_OutOfTime, Exception):
            return ""
        if all(map(_agree, first, right)) or all(answer.kind != "value" for answer in first):
            return ""
        return _digest(first)

    def _base_seconds(self, base: Base) -> float:
        self._right_answers(base)
        return self._seconds[base.name]

    @cached_property
    def _seconds(self) -> dict[str, float]:
        return {}

    def _right_answers(self, base: Base) -> list[Answer]:
        if base.name not in self._right:
            timer = _Timer()
            with timer.limited(600.0):
                self._right[base.name] = self._answers(base.body_of(base.definitions), self._calls)
            self._seconds[base.name] = timer.taken
        return self._right[base.name]

    def _answers(
        self, body: Callable[..., Any], calls: Sequence[tuple[Value, ...]], like: Sequence[Answer] = ()
    ) -> list[Answer]:
        """The answers to calls; with `like`, up to the first that differs from these."""
        answers: list[Answer] = []
        with contextlib.redirect_stdout(io.StringIO()), quiet():
            for number, call in enumerate(calls):
                answers.append(_answer(body, call))
                if like and not _agree(answers[-1], like[number]):
                    break
        return answers

    def _rejection(self, body: Callable[..., Any]) -> str:
        """The first check that does not pass, "" where all do; it comes first for the next mutant."""
        namespace = {**self.assignment.reference, self.function: body}
        for check in self._checks:
            student = Functions(NotebookBackend(namespace), self.assignment.parameters)
            if not self._passes(check, student):
                self._checks.remove(check)
                self._checks.insert(0, check)
                return check.id
        return ""

    def _passes(self, check: Check, student: Functions) -> bool:
        with (
            np.errstate(all="ignore"),
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            try:
                check.run(student, self._reference, self.seed)
            except (Failure, AssertionError):
                return False
            except Exception:  # a check that breaks on a submission's values is that submission's failure
                return False
        return True


class _Timer:
    """Processor time of a block; beyond the limit the block is ended by `_OutOfTime`."""

    def __init__(self) -> None:
        self.taken = 0.0

    @contextlib.contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        def end(number: int, frame: types.FrameType | None) -> None:
            raise _OutOfTime

        before = signal.signal(signal.SIGPROF, end)
        outer, _ = signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            yield
        finally:
            left, _ = signal.setitimer(signal.ITIMER_PROF, outer)
            signal.signal(signal.SIGPROF, before)
            self.taken = seconds - left


def run_trials(trial: Trial, mutants: Sequence[Mutant]) -> Iterator[Verdict]:
    """The verdicts in order; a mutant that ends or hangs the child is killed by that."""
    start = 0
    while start < len(mutants):
        context = multiprocessing.get_context("fork")  # the trial and the mutants are inherited, not sent
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=_serve, args=(trial, mutants[start:], sender), daemon=True)
        child.start()
        sender.close()
        try:
            while start < len(mutants):
                try:
                    verdict: Verdict = (
                        receiver.recv() if receiver.poll(WALL_SECONDS) else Verdict("killed", "hangs")
                    )
                    hangs = verdict.check == "hangs"
                except EOFError:
                    verdict, hangs = Verdict("killed", "ends the process"), True
                start += 1
                yield verdict
                if hangs:
                    break
        finally:
            receiver.close()
            child.kill()
            child.join()


def _serve(trial: Trial, mutants: Sequence[Mutant], sender: Connection) -> None:
    with limited_memory(MEMORY):
        for mutant in mutants:
            sender.send(trial.judge(mutant))


def _answer(body: Callable[..., Any], call: tuple[Value, ...]) -> Answer:
    """As a notebook answers, with less ceremony: it is asked hundreds of thousands of times."""
    copies = copied(call)
    try:
        value, dtypes = frames.plain(body(*copies))
    except frames.FrameError:
        return Answer("unusable")
    except Exception as problem:
        return Answer("raised", text=type(problem).__name__)
    changed = tuple(i for i, (a, b) in enumerate(zip(call, copies, strict=True)) if not _unchanged(a, b))
    return Answer("value", value, changed=changed, dtypes=tuple(dtypes))


def _unchanged(before: Value, after: Value) -> bool:
    if isinstance(before, np.ndarray):
        return bool(before.shape == after.shape and before.tobytes() == after.tobytes())
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(_unchanged, before, after))
    return True


def _agree(answer: Answer, other: Answer) -> bool:
    """Whether two answers are the same, rounding aside."""
    if (answer.kind, answer.changed, answer.dtypes) != (other.kind, other.changed, other.dtypes):
        return False
    return (
        answer.text == other.text
        if answer.kind == "raised"
        else answer.kind != "value" or _equal(answer.value, other.value)
    )


def _equal(left: Value, right: Value) -> bool:
    left_array, right_array = to_array(left), to_array(right)
    if left_array is not None and right_array is not None:
        # An integer is as good as a float, but no label is a float.
        return (
            (left_array.dtype.kind == right_array.dtype.kind or right_array.dtype.kind == "f")
            and left_array.shape == right_array.shape
            and _close(left_array, right_array)
        )
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(_equal, left, right))
    return left_array is None and right_array is None and bool(left == right)


def _close(left: Array, right: Array) -> bool:
    if left.dtype == bool or right.dtype == bool:
        return bool(np.array_equal(left, right))
    with np.errstate(all="ignore"):
        near = np.abs(left - right) <= 1e-9 + 1e-6 * np.abs(right)
    return bool(near.all()) or np.allclose(left, right, rtol=1e-6, atol=1e-9, equal_nan=True)


def _digest(answers: Sequence[Answer]) -> str:
    """A digest of answers to seven digits."""
    digest = hashlib.blake2b(digest_size=12)
    for answer in answers:
        digest.update(f"{answer.kind}{answer.changed}{answer.dtypes}{answer.text}".encode())
        _feed(digest, answer.value)
    return digest.hexdigest()


def _feed(digest: Any, value: Value) -> None:
    if isinstance(value, (list, tuple)) and to_array(value) is None:
        for item in value:
            _feed(digest, item)
    elif (array := to_array(value)) is not None:
        digest.update(f"{array.shape}".encode())
        digest.update(" ".join(f"{number:.6e}" for number in array.astype(float).ravel()).encode())
    else:
        digest.update(repr(value).encode())
