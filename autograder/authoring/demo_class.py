"""A demo class: sample submissions of every kind, and a table of the expected results.

The first twelve submissions are one of each kind, so any class of twelve or more has them all. From
then on a round of twenty repeats, which is half right, as a class is a day before the deadline:
eight plain or restyled solutions and two odd notebooks against six single mistakes, one of several,
one partly done, one blank, and one that gives trouble. Troubles, odd notebooks, known mistakes and
alternatives are each taken in turn, mistakes task by task.

Right notebooks have the model answers to written tasks, others the first sentence of each; a task that is not
begun has no answer. A person marks answers, so a right notebook has full marks so far.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, cycle, zip_longest
from pathlib import Path

from autograder.authoring.solved_notebook import filled_in, handout, library, to_bytes, with_answers
from autograder.authoring.unusual_notebooks import ODD
from autograder.checks.variants import Variant
from autograder.course.assignment import Assignment
from autograder.course.csv_table import write_table
from autograder.course.python_source import with_body
from autograder.errors import ContentError, UsageError

__all__ = ["TROUBLE", "DemoSubmission", "Kind", "first_sentence", "make_class", "rotation"]


class Kind(StrEnum):
    """The kinds of sample submissions. The set is closed."""

    CORRECT = "correct"  # as the reference, or one function in another style
    ODD = "odd"  # right, in an unusual notebook
    MISTAKEN = "mistaken"  # one known mistake
    SEVERAL = "several mistakes"
    PARTLY = "partly done"  # some functions are still stubs
    BLANK = "blank"  # the handout as it was given out
    HANGING = "hanging"
    RAISING = "raising"
    CRASHING = "crashing"
    MEMORY = "memory"
    FORGING = "forging"
    UNREADABLE = "unreadable"


ONE_OF_EACH = (
    Kind.CORRECT,
    Kind.MISTAKEN,
    Kind.ODD,
    Kind.PARTLY,
    Kind.SEVERAL,
    Kind.HANGING,
    Kind.BLANK,
    Kind.RAISING,
    Kind.CRASHING,
    Kind.UNREADABLE,
    Kind.MEMORY,
    Kind.FORGING,
)
TROUBLES = (Kind.RAISING, Kind.HANGING, Kind.UNREADABLE, Kind.MEMORY, Kind.CRASHING, Kind.FORGING)
ROUND = (
    *(Kind.CORRECT, Kind.MISTAKEN, Kind.CORRECT, Kind.MISTAKEN, Kind.ODD),
    *(Kind.PARTLY, Kind.CORRECT, Kind.SEVERAL, Kind.CORRECT, Kind.MISTAKEN),
    *(Kind.CORRECT, Kind.BLANK, Kind.ODD, Kind.MISTAKEN, Kind.CORRECT),
    *(None, Kind.CORRECT, Kind.MISTAKEN, Kind.CORRECT, Kind.MISTAKEN),  # None: the next trouble
)


def rotation() -> Iterator[Kind]:
    """The kinds of a class's submissions, endlessly."""
    yield from ONE_OF_EACH
    troubles = cycle(TROUBLES)
    for kind in cycle(ROUND):
        yield next(troubles) if kind is None else kind


HANG = "while True: pass"
RAISE = 'raise ValueError("operands could not be broadcast together with shapes (3,) (4,)")'
CRASH = """
import os
os._exit(0)
"""
HOARD = """
import numpy as np
return np.zeros(10 * 2**30 // 8)
"""
# A frame as the runner would send it, with a perfect score beside a made-up answer.
FORGE = """
import json, os, struct
answer = {"kind": "value", "value": ["f"], "changed": [], "dtypes": [], "warnings": [], "printed": ""}
header = json.dumps({"op": "answers", "answers": [answer], "score": 100}).encode()
os.write(3, struct.pack("<IQI", len(header), 8, 1) + header + struct.pack("<d", 1.0))
return 1.0
"""

TROUBLE: dict[Kind, tuple[str, str]] = {
    Kind.HANGING: (HANG, "Calls of the function end at the time limit."),
    Kind.RAISING: (RAISE, "The exception is shown with the student's own line."),
    Kind.CRASHING: (CRASH, "The process ends; the checks of the function say so."),
    Kind.MEMORY: (HOARD, "The memory limit stops the function."),
    Kind.FORGING: (FORGE, "A forged answer earns nothing."),
}

EXPECTED = "expected.csv"
PDF = (
    b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
)


@dataclass(frozen=True)
class DemoSubmission:
    """One sample submission and its expected result."""

    student: str
    kind: Kind
    detail: str  # which form, mistake or function
    path: Path
    expect: str  # in words


def make_class(assignment: Assignment, students: int, out: Path) -> list[DemoSubmission]:
    """Write a class of submissions and `expected.csv` to an empty or new directory.

    Student n gets the same notebook however large the class is.
    """
    if students < 1:
        raise UsageError(
            f"Expected at least 1 student, got {students}.", next_step="Give --students a number from 1 up."
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            f"{out} exists and is not empty.", next_step="Name a new directory; nothing is overwritten."
        )
    maker = _Maker(assignment)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(
            f"{out} cannot be created: {problem.strerror}.", next_step="Name another directory with --out."
        ) from problem
    samples = []
    for number, kind in zip(range(1, students + 1), rotation(), strict=False):
        student = f"student-{number:03}"
        detail, expect, data = maker.make(kind, random.Random(f"{assignment.id} {number}"))
        path = out / f"{student}.ipynb"
        path.write_bytes(data)
        samples.append(DemoSubmission(student, kind, detail, path, expect))
    rows = [["student", "kind", "detail", "expect"]]
    rows += [[sample.student, sample.kind, sample.detail, sample.expect] for sample in samples]
    (out / EXPECTED).write_text(write_table(rows[0], rows[1:]), encoding="utf-8", newline="")
    return samples


Made = tuple[str, str, bytes]  # detail, what to expect, the file


class _Maker:
    """Makes the submissions in order, taking variants and forms in turn."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.library = library(assignment)
        self.mistakes = cycle(_round_the_tasks(assignment))
        self.styles = cycle([None, *assignment.alternatives])
        self.forms = cycle(ODD.items())
        self.files = cycle(["a file that is cut off", "a PDF"])
        self.full = _full_marks(assignment)

    def make(self, kind: Kind, rng: random.Random) -> Made:
        """The next submission of a kind."""
        if kind in TROUBLE:
            return self._trouble(kind, rng)
        return {
            Kind.CORRECT: self._correct,
            Kind.ODD: self._odd,
            Kind.MISTAKEN: self._mistaken,
            Kind.SEVERAL: self._several,
            Kind.PARTLY: self._partly,
            Kind.BLANK: self._blank,
            Kind.UNREADABLE: self._unreadable,
        }[kind](rng)

    def _correct(self, rng: random.Random) -> Made:
        style = next(self.styles)
        if style is None:
            return "the reference", self.full, self._solved(whole_answers=True)
        source = {style.function: style.source()}
        return f"another style: {_name(style)}", self.full, self._solved(source, whole_answers=True)

    def _odd(self, rng: random.Random) -> Made:
        name, form = next(self.forms)
        right = with_answers(filled_in(self.assignment), self._answers(whole=True))
        return name, self.full, to_bytes(form(right, self.assignment.functions, rng))

    def _mistaken(self, rng: random.Random) -> Made:
        mistake = next(self.mistakes)
        expect = f"{self._loses(mistake.function)} The feedback says: {mistake.feedback}"
        return _name(mistake), expect, self._solved({mistake.function: mistake.source()})

    def _several(self, rng: random.Random) -> Made:
        known = sorted({mistake.function for mistake in self.assignment.mistakes})
        functions = rng.sample(known, k=min(len(known), rng.choice([2, 2, 3])))
        chosen = [
            rng.choice([m for m in self.assignment.mistakes if m.function == name]) for name in functions
        ]
        chosen.sort(key=lambda mistake: self.assignment.functions.index(mistake.function))
        detail = "; ".join(map(_name, chosen))
        return (
            detail,
            self._loses(*(m.function for m in chosen)),
            self._solved({m.function: m.source() for m in chosen}),
        )

    def _partly(self, rng: random.Random) -> Made:
        functions = self.assignment.functions
        # Students work from the top: what is missing is at the end.
        done = rng.randint(min(1, len(functions) - 1), len(functions) - 1)
        missing = functions[done:]
        unfinished = {self.assignment.task_of(name) for name in missing}
        notebook = with_answers(filled_in(self.assignment, stubs=missing), self._answers(unfinished))
        return ", ".join(missing), f"Nothing for what is missing. {self._loses(*missing)}", to_bytes(notebook)

    def _blank(self, rng: random.Random) -> Made:
        return (
            "the handout",
            "No points; every function is reported as not written.",
            to_bytes(handout(self.assignment)),
        )

    def _trouble(self, kind: Kind, rng: random.Random) -> Made:
        function = rng.choice(self.assignment.functions)
        body, expect = TROUBLE[kind]
        source = with_body(self.library.function(function), body)
        return function, f"{expect} {self._loses(function)}", self._solved({function: source})

    def _unreadable(self, rng: random.Random) -> Made:
        detail = next(self.files)
        expect = f"No points; the report says that this is {detail}."
        if detail == "a PDF":
            return detail, expect, PDF
        whole = self._solved()
        return detail, expect, whole[: rng.randint(len(whole) // 4, len(whole) * 3 // 4)]

    def _solved(self, replace: dict[str, str] | None = None, *, whole_answers: bool = False) -> bytes:
        notebook = filled_in(self.assignment, replace)
        return to_bytes(with_answers(notebook, self._answers(whole=whole_answers)))

    def _answers(self, unfinished: Collection[str] = (), *, whole: bool = False) -> dict[str, str]:
        """Answers to the written tasks: the model answer, or its first sentence; none in unfinished tasks."""
        return {
            task.id: answer if whole else first_sentence(answer)
            for task in self.assignment.file.written_tasks
            if task.part_of not in unfinished
            and (answer := self.assignment.model_answers[task.id].answer.strip())
        }

    def _loses(self, *functions: str) -> str:
        tasks = list(dict.fromkeys(self.assignment.task_of(name) for name in functions))
        named = f"Task {tasks[0]} loses" if len(tasks) == 1 else f"Tasks {', '.join(tasks)} lose"
        return f"{named} points; all other tasks keep theirs."


def _full_marks(assignment: Assignment) -> str:
    """What a right notebook has: all points, or all but those of the answers that a person has to mark."""
    waiting = sum(task.points for task in assignment.file.written_tasks)
    if not waiting:
        return "Full marks."
    possible = f"{assignment.file.points - waiting:g}"
    earned = f"{sum(task.points for task in assignment.file.tasks):g}"  # with extra credit
    count = len(assignment.file.written_tasks)
    answers = "a written answer waits" if count == 1 else f"{count} written answers wait"
    return f"{earned} of {possible} so far: {answers} for a person to mark."


def first_sentence(text: str) -> str:
    """A text up to its first full stop; the whole of it where there is none."""
    first = re.match(r".*?[.?!](?=\s|$)", " ".join(text.split()))
    return first[0] if first else text


def _round_the_tasks(assignment: Assignment) -> Iterator[Variant]:
    """The known mistakes: the first of each task, then the second of each, and so on."""
    if not assignment.mistakes:
        raise ContentError(
            f"{assignment.id} has no known mistake to make a class from.",
            next_step=f"Add one to {assignment.solution / 'mistakes.py'}.",
        )
    tasks = [
        [m for m in assignment.mistakes if m.function in task.functions] for task in assignment.file.tasks
    ]
    return (mistake for mistake in chain.from_iterable(zip_longest(*tasks)) if mistake is not None)


def _name(variant: Variant) -> str:
    return f"{variant.function}: {variant.name}"
