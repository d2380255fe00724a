"""Writing a class of sample submissions to a folder."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, cycle, zip_longest
from pathlib import Path

from autograder.checks.variants import Variant
from autograder.course.assignment import Assignment
from autograder.errors import ContentError, UsageError
from autograder.sample.bodies import TROUBLE
from autograder.sample.kinds import Kind, rotation
from autograder.sample.odd import ODD
from autograder.sample.solved import filled_in, handout, library, to_bytes
from autograder.sample.source import with_body

__all__ = ["Sample", "make_class"]

EXPECTED = "expected.csv"
PDF = (
    b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
)
FULL = "Full marks."


@dataclass(frozen=True)
class Sample:
    """One sample submission and what to expect of it."""

    student: str
    kind: Kind
    detail: str  # which form, mistake or function
    path: Path
    expect: str  # in words


def make_class(assignment: Assignment, students: int, out: Path) -> list[Sample]:
    """Write a class of submissions and `expected.csv` to an empty or new folder.

    Student n gets the same notebook however large the class is.
    """
    if students < 1:
        raise UsageError(f"A class of {students} has nobody in it.", next_step="Ask for 1 or more students.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            f"{out} exists and is not empty.", next_step="Name a new folder; nothing is overwritten."
        )
    maker = _Maker(assignment)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(
            f"{out} cannot be made: {problem.strerror}.", next_step="Name another folder with --out."
        ) from problem
    samples = []
    for number, kind in zip(range(1, students + 1), rotation(), strict=False):
        student = f"student-{number:03}"
        detail, expect, data = maker.make(kind, random.Random(f"{assignment.id} {number}"))
        path = out / f"{student}.ipynb"
        path.write_bytes(data)
        samples.append(Sample(student, kind, detail, path, expect))
    with (out / EXPECTED).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["student", "kind", "detail", "expect"])
        table.writerows([one.student, one.kind, one.detail, one.expect] for one in samples)
    return samples


Made = tuple[str, str, bytes]  # detail, what to expect, the file


class _Maker:
    """Makes one submission after the other, taking variants and forms in turn."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.library = library(assignment)
        self.mistakes = cycle(_round_the_tasks(assignment))
        self.styles = cycle([None, *assignment.alternatives])
        self.forms = cycle(ODD.items())
        self.files = cycle(["a file that is cut off", "a PDF"])

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
            return "the reference", FULL, self._solved()
        return f"another style: {_name(style)}", FULL, self._solved({style.of: style.source()})

    def _odd(self, rng: random.Random) -> Made:
        name, form = next(self.forms)
        return name, FULL, to_bytes(form(filled_in(self.assignment), self.assignment.functions, rng))

    def _mistaken(self, rng: random.Random) -> Made:
        mistake = next(self.mistakes)
        expect = f"{self._loses(mistake.of)} The feedback says: {mistake.says}"
        return _name(mistake), expect, self._solved({mistake.of: mistake.source()})

    def _several(self, rng: random.Random) -> Made:
        known = sorted({mistake.of for mistake in self.assignment.mistakes})
        functions = rng.sample(known, k=min(len(known), rng.choice([2, 2, 3])))
        chosen = [rng.choice([m for m in self.assignment.mistakes if m.of == name]) for name in functions]
        chosen.sort(key=lambda mistake: self.assignment.functions.index(mistake.of))
        detail = "; ".join(map(_name, chosen))
        return detail, self._loses(*(m.of for m in chosen)), self._solved({m.of: m.source() for m in chosen})

    def _partly(self, rng: random.Random) -> Made:
        functions = self.assignment.functions
        # Students work from the top: what is missing is at the end.
        done = rng.randint(min(1, len(functions) - 1), len(functions) - 1)
        missing = functions[done:]
        notebook = filled_in(self.assignment, leave=missing)
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

    def _solved(self, replace: dict[str, str] | None = None) -> bytes:
        return to_bytes(filled_in(self.assignment, replace))

    def _loses(self, *functions: str) -> str:
        tasks = list(dict.fromkeys(self.assignment.task_of(name) for name in functions))
        named = f"Task {tasks[0]} loses" if len(tasks) == 1 else f"Tasks {', '.join(tasks)} lose"
        return f"{named} points; all other tasks keep theirs."


def _round_the_tasks(assignment: Assignment) -> Iterator[Variant]:
    """The known mistakes: the first of each task, then the second of each, and so on."""
    if not assignment.mistakes:
        raise ContentError(
            f"{assignment.id} has no known mistake to make a class from.",
            next_step=f"Add one to {assignment.solution / 'mistakes.py'}.",
        )
    tasks = [[m for m in assignment.mistakes if m.of in task.functions] for task in assignment.file.tasks]
    return (mistake for mistake in chain.from_iterable(zip_longest(*tasks)) if mistake is not None)


def _name(variant: Variant) -> str:
    return f"{variant.of}: {variant.name}"
