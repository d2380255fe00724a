"""A fault of an assignment's files: where it is, and what is wrong."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import get_args

from autograder.authoring.solved_notebook import filled_in
from autograder.checks.convergence_checks import is_convergence
from autograder.checks.datasets.loading import DATA_SETS
from autograder.checks.definition import Check
from autograder.checks.variants import Seeding
from autograder.course.assignment import Assignment, repeated_definitions
from autograder.course.python_source import syntax_tree
from autograder.errors import ContentError, SubmissionError, choose_one, place_and_words
from autograder.submissions.notebook import read_notebook
from autograder.yaml_source import source_location

__all__ = ["Fault", "faults_before_proof", "faults_in_files"]


@dataclass(frozen=True, order=True)
class Fault:
    """Something an author has to mend."""

    place: str  # file, and where it helps a line or a cell
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


STAFF = ("checks", "mistakes", "alternatives")  # files of the solution with decorated functions
SEEDS = {"seed", "rng"}  # parameters that decide about chance
SHORTEST_SENTENCE = 15  # characters of a check's title or a mistake's advice


def faults_in_files(assignment: Assignment) -> Iterator[Fault]:
    """Look through checks, reference, variants and calibration."""
    yield from _checks(assignment)
    yield from _reference(assignment)
    yield from _variants(assignment)
    yield from _calibration(assignment)


def faults_before_proof(assignment: Assignment) -> Iterator[Fault]:
    """What makes a proof by grading fail for a reason that its results do not say."""
    for name, folder in (("checks", assignment.folder), *((name, assignment.solution) for name in STAFF)):
        for problem in repeated_definitions(folder / f"{name}.py"):
            yield Fault(*place_and_words(problem))
    try:
        read_notebook(assignment.handout.read_bytes())
        filled_in(assignment)
    except SubmissionError as problem:
        yield Fault(str(assignment.handout), f"{problem.message} Open it in Jupyter and save it.")
    except ContentError as problem:
        yield Fault(*place_and_words(problem))
    yield from _unknown_functions(assignment)
    yield from _parameters_of_variants(assignment)


def _unknown_functions(assignment: Assignment) -> Iterator[Fault]:
    """Checks that call a function which students do not write, or which the reference does not have."""
    known: dict[str, Collection[str]] = {"student": assignment.functions, "reference": assignment.reference}
    for check in [*assignment.public_checks, *assignment.hidden_checks]:
        lines, first = inspect.getsourcelines(check.body)
        for node in ast.walk(syntax_tree(textwrap.dedent("".join(lines)))):
            if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
                continue
            owner, name = node.value.id, node.attr
            if owner in known and not name.endswith("_") and name not in known[owner]:
                yield Fault(
                    f"{inspect.getsourcefile(check.body)}, line {first + node.lineno - 1}",
                    f"{owner}.{name} is not a function of the assignment. {choose_one(assignment.functions)}",
                )


def _parameters_of_variants(assignment: Assignment) -> Iterator[Fault]:
    """Variants that cannot be called as their function is: by position, with and without its defaults."""
    for variant in [*assignment.mistakes, *assignment.alternatives]:
        wanted = inspect.signature(assignment.reference[variant.function])
        of_variant = inspect.signature(variant.body)
        required = sum(p.default is p.empty for p in wanted.parameters.values())
        try:
            for count in range(required, len(wanted.parameters) + 1):
                of_variant.bind(*range(count))
        except TypeError:
            yield Fault(
                source_location(variant.body),
                f"{variant.name} takes {of_variant}, {variant.function} takes {wanted}. "
                "Give it the same parameters.",
            )


def _checks(assignment: Assignment) -> Iterator[Fault]:
    where = str(assignment.folder / "assignment.yaml")
    for task in assignment.file.tasks:
        for kind, checks in (("public", assignment.public_checks), ("hidden", assignment.hidden_checks)):
            if not any(check.task == task.id for check in checks):
                yield Fault(where, f"task {task.id} has no {kind} check.")
    checks = [*assignment.public_checks, *assignment.hidden_checks]
    for check in checks:
        if not _is_sentence(check.title):
            yield Fault(
                source_location(check.body), f"the title of {check.id} is not a sentence: “{check.title}”."
            )
    seen: dict[str, Check] = {}
    for check in checks:
        if check.title in seen:
            twin = seen[check.title].id
            yield Fault(
                source_location(check.body), f"{check.id} has the title of {twin}; students see both."
            )
        seen.setdefault(check.title, check)
    for check in assignment.hidden_checks:
        if check.points <= 0:
            yield Fault(source_location(check.body), f"hidden check {check.id} carries no points.")


def _reference(assignment: Assignment) -> Iterator[Fault]:
    for name in assignment.functions:
        body = assignment.reference[name]
        if not (body.__doc__ or "").strip():
            yield Fault(source_location(body), f"{name} has no docstring.")


def _variants(assignment: Assignment) -> Iterator[Fault]:
    for mistake in assignment.mistakes:
        if not _is_sentence(mistake.feedback):
            yield Fault(
                source_location(mistake.body),
                f"mistake {mistake.name} has no sentence as feedback: “{mistake.feedback}”.",
            )
    known = {assignment.task_of(mistake.function) for mistake in assignment.mistakes}
    for task in assignment.file.tasks:
        if task.id not in known:
            where = str(assignment.solution / "mistakes.py")
            yield Fault(
                where,
                f"task {task.id} has no known mistake, so nothing proves its checks. Add a wrong version of "
                f'{task.functions[0]} below @mistake(function="{task.functions[0]}", severity="slip", '
                'feedback="What you would tell the student.").',
            )
    yield from _seeds(assignment)


def _seeds(assignment: Assignment) -> Iterator[Fault]:
    """Every seeded function has the known mistakes with a seed: they prove that checks make real calls."""
    where = str(assignment.solution / "mistakes.py")
    for name, parameters in assignment.parameters.items():
        if SEEDS & set(parameters):
            known = {mistake.seeding for mistake in assignment.mistakes if mistake.function == name}
            for seeding in get_args(Seeding):
                if seeding not in known:
                    yield Fault(where, f"{name} has a seed, and no known mistake has seeding={seeding!r}.")


def _calibration(assignment: Assignment) -> Iterator[Fault]:
    bands = assignment.calibration.bands
    where = str(assignment.solution / "calibration.yaml")
    trained = {check.id for check in assignment.hidden_checks if is_convergence(check.body)}
    for name in sorted(trained):
        for dataset in sorted(set(DATA_SETS) - bands.get(name, {}).keys()):
            yield Fault(
                where,
                f"{name} was never calibrated on {dataset}; "
                f"run: autograder calibrate {assignment.id} --dataset {dataset}",
            )
    for name in sorted(bands.keys() - trained):
        yield Fault(where, f"{name} is not a convergence check any more; remove it.")


def _is_sentence(text: str) -> bool:
    return len(text) >= SHORTEST_SENTENCE and text.endswith((".", "?", "!"))
