"""An assignment: its two directories, read, checked for contradictions and ready to grade with.

assignments/<id>/   assignment.yaml, <id>.ipynb, checks.py (public)
solutions/<id>/     reference.py, checks.py (hidden), mistakes.py, alternatives.py
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from autograder.checks.budget import (
    MOST_PROCESSOR_SECONDS,
    PROCESSOR_SECONDS,
    RESTARTS,
    SLEEP_SECONDS,
    Budget,
)
from autograder.checks.calibration import CalibrationFile, read_calibration
from autograder.checks.definition import Check, collect
from autograder.checks.values import exception_text
from autograder.checks.variants import Variant, collect_variants
from autograder.course.course import Course
from autograder.course.local_time import LocalTime
from autograder.errors import ContentError
from autograder.yaml_source import line_of, read_yaml, source_location

__all__ = [
    "Assignment",
    "AssignmentFile",
    "Late",
    "Limits",
    "Task",
    "assignment_file",
    "load_assignment",
    "load_file",
]

NOTEBOOK_MODULES = ("autograder", "autograder.jupyter", "autograder.jupyter.local")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Task(_Part):
    """A few functions that belong together."""

    id: str = Field(description="Short name; checks refer to it.")
    title: str = Field(description="As pages show it.")
    functions: list[str] = Field(min_length=1, description="What the student writes.")
    points: float = Field(ge=0, description="The sum of its checks' points.")
    extra: bool = Field(default=False, description="Extra credit: adds to earned, not to possible.")


class Late(_Part):
    """The late penalty; applied when scores are reported, never stored in them."""

    per_day: float = Field(
        default=0.0, ge=0, le=1, description="Share of the score that each started day costs."
    )
    at_most: float = Field(default=1.0, ge=0, le=1, description="The largest share that lateness may cost.")
    grace_minutes: int = Field(default=0, ge=0, description="Minutes after the due date that cost nothing.")


class Limits(_Part):
    """What a submission may use. Processor time counts; waiting for a busy machine does not."""

    memory_gb: float = Field(default=2.0, ge=0.5, le=256, description="Address space of its process.")
    call_seconds: float = Field(default=5.0, gt=0, le=3600, description="What a call may take at least.")
    call_times: float = Field(
        default=20.0, ge=1, description="Or so many times what the reference took for its longest call."
    )
    restarts: int = Field(
        default=RESTARTS,
        ge=1,
        validation_alias=AliasChoices("restarts", "deaths"),  # its name in version 0.1
        description="How often its process may end or hang; then it is over.",
    )
    all_seconds: float = Field(
        default=PROCESSOR_SECONDS,
        gt=0,
        description="What all calls may take above the reference, or call_times what it takes for each.",
    )
    most_seconds: float = Field(
        default=MOST_PROCESSOR_SECONDS, gt=0, le=3600, description="And never more than this."
    )
    sleep_seconds: float = Field(
        default=SLEEP_SECONDS, gt=0, le=3600, description="How long it may sleep in all."
    )
    times: dict[str, float] = Field(
        default_factory=dict,
        description="Functions with a factor of their own, such as a whole training run.",
    )

    def seconds(self, function: str, reference: float) -> float:
        """Processor seconds for a call of a function that took the reference so long."""
        return max(self.call_seconds, self.times.get(function, self.call_times) * reference)

    def budget(self, reference: Callable[[], float], slowest: Callable[[str], float]) -> Budget:
        """What all calls of a submission share.

        `reference` says what the reference took for them in all, `slowest` what it took for its longest call
        of a function.
        """
        return Budget(
            processor=self.all_seconds,
            most_processor=self.most_seconds,
            sleep=self.sleep_seconds,
            reference=reference,
            share=lambda function: self.times.get(function, self.call_times) * slowest(function),
        )


class AssignmentFile(_Part):
    """The content of assignment.yaml."""

    title: str = Field(description="As pages show it.")
    due: LocalTime | None = Field(
        default=None, description="Local time in the course's zone; a date alone means the end of that day."
    )
    points: float = Field(gt=0, description="The sum of the tasks' points, extra credit left out.")
    dataset: Literal["auto", "mnist", "digits"] = Field(
        default="auto", description="What its convergence checks train on; auto takes MNIST if it is there."
    )
    late: Late = Field(default_factory=Late)
    limits: Limits = Field(default_factory=Limits)
    tasks: list[Task] = Field(min_length=1)

    @model_validator(mode="after")
    def _adds_up(self) -> AssignmentFile:
        total = sum(task.points for task in self.tasks if not task.extra)
        if abs(total - self.points) > 1e-9:
            raise ValueError(f"the tasks add up to {total:g} points, not {self.points:g}")
        functions = [name for task in self.tasks for name in task.functions]
        twice = sorted({name for name in functions if functions.count(name) > 1})
        if twice:
            raise ValueError(f"{twice[0]} is in two tasks")
        unknown = sorted(self.limits.times.keys() - set(functions))
        if unknown:
            raise ValueError(f"limits.times names {unknown[0]}, which no task asks for")
        return self


@dataclass(frozen=True)
class Assignment:
    """Everything about one assignment."""

    id: str
    file: AssignmentFile
    folder: Path
    solution: Path
    public_checks: list[Check]
    hidden_checks: list[Check]
    reference: Mapping[str, Any]
    calibration: CalibrationFile
    mistakes: list[Variant]
    alternatives: list[Variant]

    @property
    def handout(self) -> Path:
        """The notebook that students get."""
        return self.folder / f"{self.id}.ipynb"

    @property
    def functions(self) -> list[str]:
        """All functions that students write, in the order of the tasks."""
        return [name for task in self.file.tasks for name in task.functions]

    @property
    def parameters(self) -> dict[str, tuple[str, ...]]:
        """The parameter names of each function, from the reference."""
        return {name: tuple(inspect.signature(self.reference[name]).parameters) for name in self.functions}

    def task_of(self, function: str) -> str:
        """The id of the task that asks for a function."""
        return next(task.id for task in self.file.tasks if function in task.functions)


def assignment_file(course: Course, name: str) -> AssignmentFile:
    """The content of assignment.yaml alone: nothing of the solution is read."""
    return read_yaml(course.folders(name)[0] / "assignment.yaml", AssignmentFile)


def load_assignment(course: Course, name: str) -> Assignment:
    """Read both directories of an assignment; raises ContentError for contradictions between their files."""
    folder, solution = course.folders(name)
    file = assignment_file(course, name)
    reference = load_file(solution / "reference.py", "reference")
    for function in (name for task in file.tasks for name in task.functions):
        if not callable(getattr(reference, function, None)):
            raise ContentError(
                f"{reference.__file__} has no function {function}.",
                next_step="Add it, or remove it from assignment.yaml.",
            )
    importable = {"reference": reference}
    assignment = Assignment(
        id=name,
        file=file,
        folder=folder,
        solution=solution,
        public_checks=collect(load_file(folder / "checks.py", "public_checks")),
        hidden_checks=collect(load_file(solution / "checks.py", "hidden_checks", importable)),
        reference=vars(reference),
        calibration=read_calibration(solution),
        mistakes=collect_variants(load_file(solution / "mistakes.py", "mistakes", importable)),
        alternatives=collect_variants(load_file(solution / "alternatives.py", "alternatives", importable)),
    )
    _fits_together(assignment)
    return assignment


def load_file(path: Path, name: str, importable: Mapping[str, ModuleType] | None = None) -> ModuleType:
    """Run a content file as a module; `beside` are modules that it may import by plain name.

    Raises ContentError when the file is missing, uses the notebook's `check`, or raises.
    """
    if not path.is_file():
        raise ContentError(f"{path} is missing.", next_step="Add the file; every assignment has it.")
    _refuse_notebook_check(path)
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}.{name}", path)
    assert spec is not None and spec.loader is not None  # a .py path always has both
    module = importlib.util.module_from_spec(spec)
    before = {key: sys.modules.get(key) for key in importable or {}}
    sys.modules.update(importable or {})
    try:
        spec.loader.exec_module(module)
    except ContentError:
        raise
    except Exception as problem:
        line = next(
            (f.lineno for f in traceback.extract_tb(problem.__traceback__) if f.filename == str(path)), None
        )
        location = f", line {line}" if line else ""
        raise ContentError(f"{path}{location}: {exception_text(problem)}") from problem
    finally:
        for key, old in before.items():
            if old is None:
                del sys.modules[key]
            else:
                sys.modules[key] = old
    return module


def _refuse_notebook_check(path: Path) -> None:
    """Raise ContentError where a content file takes `check` from `autograder`, which runs checks.

    It is found in the source, before it is called: from a checks file it would load that file again.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return  # running the file says where
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            is_notebook_check = node.module in NOTEBOOK_MODULES and "check" in {
                alias.name for alias in node.names
            }
        else:
            is_notebook_check = isinstance(node, ast.Attribute) and ast.unparse(node) == "autograder.check"
        if is_notebook_check and isinstance(node, (ast.ImportFrom, ast.Attribute)):
            raise ContentError(
                f"{path}, line {node.lineno}: expected the decorator `check` of autograder.checks, "
                "found the notebook's function `check` of autograder.",
                next_step="Write: from autograder.checks import check",
            )


def _fits_together(assignment: Assignment) -> None:
    """Names and points agree between the files."""
    if not assignment.handout.is_file():
        raise ContentError(
            f"{assignment.handout} is missing.", next_step="Add the notebook that students get."
        )
    tasks = {task.id: task for task in assignment.file.tasks}
    for check in [*assignment.public_checks, *assignment.hidden_checks]:
        if check.task not in tasks:
            raise ContentError(
                f"{source_location(check.body)}: check {check.id} is for an unknown task {check.task!r}."
            )
    for public in assignment.public_checks:
        if public.points:
            raise ContentError(
                f"{source_location(public.body)}: public check {public.id} carries points, "
                "but students can read it."
            )
    yaml = assignment.folder / "assignment.yaml"
    for number, task in enumerate(tasks.values()):
        points = sum(check.points for check in assignment.hidden_checks if check.task == task.id)
        if abs(points - task.points) > 1e-9:
            line = line_of(yaml.read_text(encoding="utf-8"), ("tasks", number, "points"))
            raise ContentError(
                f"{yaml}, line {line}: task {task.id} is worth {task.points:g} points, "
                f"its hidden checks add up to {points:g}."
            )
    for variant in [*assignment.mistakes, *assignment.alternatives]:
        if variant.function not in assignment.functions:
            raise ContentError(
                f"{source_location(variant.body)}: variant {variant.name} names "
                f"an unknown function {variant.function!r}."
            )
