"""An assignment: its two directories, read, checked for contradictions and ready to grade with.

assignments/<id>/   assignment.yaml, <id>.ipynb, checks.py (public)
solutions/<id>/     reference.py, checks.py (hidden), mistakes.py, alternatives.py, written.yaml,
                    and canonical_forms.py if answers to some functions can be told apart in one form only
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from autograder.checks.budget import (
    MOST_PROCESSOR_SECONDS,
    PROCESSOR_SECONDS,
    RESTARTS,
    SLEEP_SECONDS,
    Budget,
)
from autograder.checks.calibration import CalibrationFile, read_calibration
from autograder.checks.canonical_forms import CanonicalForm, collect_canonical_forms
from autograder.checks.definition import Check, collect, malformed, marked_checks
from autograder.checks.input_generators import Generator, collect_inputs
from autograder.checks.values import exception_text
from autograder.checks.variants import Variant, collect_variants
from autograder.course.course import Course
from autograder.course.local_time import LocalTime
from autograder.course.python_source import SourceLoader, syntax_tree
from autograder.errors import ContentError, choose_one
from autograder.yaml_source import line_of, read_yaml, source_location

__all__ = [
    "Assignment",
    "AssignmentFile",
    "AttemptLimit",
    "Criterion",
    "Late",
    "Limits",
    "ModelAnswer",
    "ModelAnswers",
    "Task",
    "WrittenTask",
    "assignment_file",
    "input_generators",
    "load_assignment",
    "load_file",
    "loading_faults",
    "read_model_answers",
    "repeated_definitions",
]

T = TypeVar("T")
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


class WrittenTask(_Part):
    """A question that is answered in words, in a cell of its own, and marked by a person."""

    kind: Literal["written"]
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="Short name; it names the answer's cell.")
    title: str = Field(description="As pages show it; also the heading of the answer's cell.")
    points: float = Field(gt=0, description="What a full answer earns, taken from those of `part_of`.")
    part_of: str = Field(description="The task of functions that the question belongs to.")


class Late(_Part):
    """The late penalty; applied when scores are reported, never stored in them."""

    per_day: float = Field(
        default=0.0, ge=0, le=1, description="Share of the score that each started day costs."
    )
    at_most: float = Field(default=1.0, ge=0, le=1, description="The largest share that lateness may cost.")
    grace_minutes: int | None = Field(
        default=None,
        ge=0,
        description="Minutes after the due date that cost nothing; told afterwards only. Left out, they are "
        "5 on the course's site, where the last byte of an upload counts, and 0 for a platform's download.",
    )


class AttemptLimit(_Part):
    """How often a student may submit on the course's site: a bucket that refills."""

    burst: int = Field(default=3, ge=1, le=1000, description="So many submissions may follow each other.")
    every_minutes: float = Field(
        default=30, gt=0, le=60 * 24 * 30, description="One more is allowed each time this has passed."
    )
    total: int | None = Field(default=None, ge=1, description="And never more than this; none for no limit.")


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
    late: Late = Field(default_factory=Late, description="What lateness costs.")
    feedback: Literal["immediately", "after_due", "when_released"] = Field(
        default="immediately",
        description="When students see results on the course's site; after_due waits for the last extension.",
    )
    detail: Literal["full", "titles", "score"] = Field(
        default="full", description="What they see then: everything, how each check ended, or the score."
    )
    counts: Literal["best", "last", "last_on_time"] = Field(
        default="best", description="Which submission on the course's site counts, after the late penalty."
    )
    attempts: AttemptLimit | None = Field(
        default=None, description="How often a student may submit on the course's site; none for no limit."
    )
    limits: Limits = Field(
        default_factory=Limits, description="What a submission may use: time, memory, restarts."
    )
    written: bool | None = Field(
        default=None,
        description="Whether there are people to mark written answers; as in course.yaml, if left out. "
        "Without, their points stay with the functions.",
    )
    tasks: list[Task] = Field(min_length=1, description="Functions, and with `kind: written` questions.")
    written_tasks: list[WrittenTask] = Field(default_factory=list, description="Those of `kind: written`.")

    @model_validator(mode="before")
    @classmethod
    def _split_tasks(cls, data: Any) -> Any:
        """Tasks of functions and written ones are in one list of the file."""
        if not isinstance(data, dict) or not isinstance(data.get("tasks"), list):
            return data
        is_written = [isinstance(task, dict) and task.get("kind") == "written" for task in data["tasks"]]
        if not any(is_written):
            return data
        pairs = list(zip(data["tasks"], is_written, strict=True))
        return {
            **data,
            "tasks": [task for task, written in pairs if not written],
            "written_tasks": [task for task, written in pairs if written],
        }

    def resolved(self, *, written: bool) -> AssignmentFile:
        """The tasks as they are graded: written ones have their points from the functions, or are left out.

        `written` says whether the course has people to mark them, where the assignment does not say.
        """
        if not (self.written if self.written is not None else written):
            return self.model_copy(update={"written_tasks": []})
        return self.model_copy(
            update={
                "tasks": [
                    task.model_copy(update={"points": task.points - self._written_points(task.id)})
                    for task in self.tasks
                ]
            }
        )

    def _written_points(self, task: str) -> float:
        """The points that written answers take from a task of functions."""
        return sum(written.points for written in self.written_tasks if written.part_of == task)

    @model_validator(mode="after")
    def _written_fit(self) -> AssignmentFile:
        tasks = {task.id: task for task in self.tasks}
        ids = [*tasks, *(written.id for written in self.written_tasks)]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"two tasks have the id {twice[0]}")
        for written in self.written_tasks:
            task = tasks.get(written.part_of)
            if task is None or task.extra:
                raise ValueError(
                    f"{written.id}: part_of names {written.part_of}, which is not a required task"
                )
            if self._written_points(task.id) >= task.points:
                raise ValueError(f"{written.id}: nothing of {task.id}'s {task.points:g} points is left")
        return self

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


class Criterion(_Part):
    """One thing that a good answer says."""

    text: str = Field(min_length=1, description="What it says.")
    points: float = Field(gt=0, description="What that earns.")


class ModelAnswer(_Part):
    """How one written question is marked; for staff."""

    question: str = Field(default="", description="The question, as the handout asks it.")
    answer: str = Field(min_length=1, description="A good answer.")
    rubric: list[Criterion] = Field(default_factory=list, description="What earns the points of a task.")


class ModelAnswers(_Part):
    """The content of written.yaml: answers by the id of a written task, or of another question."""

    answers: dict[str, ModelAnswer]


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
    model_answers: Mapping[str, ModelAnswer]
    canonical_forms: Mapping[str, CanonicalForm] = field(default_factory=dict)

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
    """The content of assignment.yaml alone, as it is graded: nothing of the solution is read."""
    file = read_yaml(course.folders(name)[0] / "assignment.yaml", AssignmentFile)
    return file.resolved(written=course.written)


def load_assignment(course: Course, name: str) -> Assignment:
    """Read both directories of an assignment; raises ContentError for contradictions between their files."""
    folder, solution = course.folders(name)
    file = assignment_file(course, name)
    reference = load_file(solution / "reference.py", "reference")
    for problem in _missing_functions(file, reference):
        raise problem
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
        mistakes=_variants(solution / "mistakes.py", importable),
        alternatives=_variants(solution / "alternatives.py", importable),
        model_answers=_model_answers(solution, file),
        canonical_forms=_canonical_forms(solution / "canonical_forms.py", importable),
    )
    whole = read_yaml(folder / "assignment.yaml", AssignmentFile)
    for problem in _contradictions(assignment, whole):
        raise problem
    return _with_written_points(assignment, whole)


def loading_faults(course: Course, name: str) -> list[ContentError]:
    """All that keeps an assignment from being loaded, file by file; nothing where it loads."""
    folder, solution = course.folders(name)
    found: list[ContentError] = []

    def read(step: Callable[[], T]) -> T | None:
        try:
            return step()
        except ContentError as problem:
            found.append(problem)
            return None

    def checks(path: Path, kind: str, importable: Mapping[str, ModuleType]) -> list[Check]:
        module = read(lambda: load_file(path, kind, importable))
        if module is None:
            return []
        found.extend(repeated_definitions(path))
        found.extend(malformed(module))
        return marked_checks(module)

    file = read(lambda: assignment_file(course, name))
    reference = read(lambda: load_file(solution / "reference.py", "reference"))
    public = checks(folder / "checks.py", "public_checks", {})
    calibration = read(lambda: read_calibration(solution))
    if reference is None:  # what imports it could only be blamed for it
        return found
    importable = {"reference": reference}
    before = len(found)
    hidden = checks(solution / "checks.py", "hidden_checks", importable)
    whole_checks = len(found) == before  # or points that do not add up follow from what was found
    mistakes = read(lambda: _variants(solution / "mistakes.py", importable))
    alternatives = read(lambda: _variants(solution / "alternatives.py", importable))
    forms = read(lambda: _canonical_forms(solution / "canonical_forms.py", importable))
    if file is None:
        return found
    answers = read(lambda: _model_answers(solution, file))
    assignment = Assignment(
        id=name,
        file=file,
        folder=folder,
        solution=solution,
        public_checks=public,
        hidden_checks=hidden,
        reference=vars(reference),
        calibration=calibration or CalibrationFile(),
        mistakes=mistakes or [],
        alternatives=alternatives or [],
        model_answers=answers or {},
        canonical_forms=forms or {},
    )
    found += _missing_functions(file, reference)
    whole = read_yaml(folder / "assignment.yaml", AssignmentFile)
    return [*found, *_contradictions(assignment, whole, of_points=whole_checks)]


def _missing_functions(file: AssignmentFile, reference: ModuleType) -> Iterator[ContentError]:
    for function in (name for task in file.tasks for name in task.functions):
        if not callable(getattr(reference, function, None)):
            yield ContentError(
                f"{reference.__file__} has no function {function}.",
                next_step=f"Add `def {function}(…):` there, or remove {function} from assignment.yaml.",
            )


def read_model_answers(course: Course, name: str) -> dict[str, ModelAnswer]:
    """The model answers of an assignment, for whoever marks; nothing of its Python is run."""
    return _model_answers(course.folders(name)[1], assignment_file(course, name))


def _model_answers(solution: Path, file: AssignmentFile) -> dict[str, ModelAnswer]:
    """The model answers; raises ContentError where one of a written task is missing or does not add up."""
    path = solution / "written.yaml"
    answers = read_yaml(path, ModelAnswers).answers if path.is_file() else {}
    for task in file.written_tasks:
        if task.id not in answers:
            raise ContentError(
                f"{path} has no model answer for the written task {task.id}.",
                next_step="Add it under `answers`, with a rubric.",
            )
        points = sum(criterion.points for criterion in answers[task.id].rubric)
        if abs(points - task.points) > 1e-9:
            raise ContentError(
                f"{path}: {task.id}: the rubric adds up to {points:g} points, not {task.points:g}.",
                next_step="Correct the points of its criteria.",
            )
    return answers


def _with_written_points(assignment: Assignment, whole: AssignmentFile) -> Assignment:
    """The hidden checks with the points that written answers leave to their task."""
    given = {task.id: task.points for task in whole.tasks}
    left = {task.id: task.points / given[task.id] if given[task.id] else 1 for task in assignment.file.tasks}
    checks = [
        check if left[check.task] == 1 else replace(check, points=check.points * left[check.task])
        for check in assignment.hidden_checks
    ]
    return replace(assignment, hidden_checks=checks)


def _variants(path: Path, importable: Mapping[str, ModuleType]) -> list[Variant]:
    """Known mistakes or alternatives; none without their file."""
    return collect_variants(load_file(path, path.stem, importable)) if path.is_file() else []


def input_generators(assignment: Assignment) -> dict[str, Generator]:
    """The generators of arguments beside a solution, by function; none without their file."""
    path = assignment.solution / "inputs.py"
    if not path.is_file():
        return {}
    reference = ModuleType("reference")
    vars(reference).update(assignment.reference)
    return collect_inputs(load_file(path, "inputs", {"reference": reference}))


def _canonical_forms(path: Path, importable: Mapping[str, ModuleType]) -> dict[str, CanonicalForm]:
    """The canonical forms beside a solution, where it has any."""
    if not path.is_file():
        return {}
    return collect_canonical_forms(load_file(path, "canonical_forms", importable))


def load_file(path: Path, name: str, importable: Mapping[str, ModuleType] | None = None) -> ModuleType:
    """Run a content file as a module; `beside` are modules that it may import by plain name.

    Raises ContentError when the file is missing, uses the notebook's `check`, or raises.
    """
    if not path.is_file():
        raise ContentError(f"{path} is missing.", next_step="Add the file; every assignment has it.")
    _refuse_notebook_check(path)
    name = f"{path.parent.name}.{name}"
    spec = importlib.util.spec_from_file_location(name, path, loader=SourceLoader(name, str(path)))
    assert spec is not None and spec.loader is not None  # a .py path always has both
    module = importlib.util.module_from_spec(spec)
    before = {key: sys.modules.get(key) for key in importable or {}}
    sys.modules.update(importable or {})
    try:
        spec.loader.exec_module(module)
    except ContentError as problem:
        raise ContentError(
            f"{_raised_at(path, problem)}: {problem.message}", next_step=problem.next_step
        ) from problem
    except Exception as problem:
        raise ContentError(
            f"{_raised_at(path, problem)}: {exception_text(problem).removesuffix('.')}.",
            next_step="Correct the file until Python can run it.",
        ) from problem
    finally:
        for key, old in before.items():
            if old is None:
                del sys.modules[key]
            else:
                sys.modules[key] = old
    return module


def _raised_at(path: Path, problem: Exception) -> str:
    """The content file with the line of it that raised, where one did."""
    steps = traceback.extract_tb(problem.__traceback__)
    line = next((step.lineno for step in steps if step.filename == str(path)), None)
    return f"{path}, line {line}" if line else str(path)


def repeated_definitions(path: Path) -> Iterator[ContentError]:
    """Functions with a decorator that a later one of the same name replaces: nobody would run them.

    Nothing where the file is missing or not Python; running it says so.
    """
    try:
        tree = syntax_tree(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    first: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            if node.name in first:
                yield ContentError(
                    f"{path}, line {node.lineno}: {node.name} replaces the function of that name in line "
                    f"{first[node.name]}.",
                    next_step="Give each a name of its own.",
                )
            first.setdefault(node.name, node.lineno)


def _refuse_notebook_check(path: Path) -> None:
    """Raise ContentError where a content file takes `check` from `autograder`, which runs checks.

    It is found in the source, before it is called: from a checks file it would load that file again.
    """
    try:
        tree = syntax_tree(path.read_bytes())
    except (SyntaxError, ValueError):
        return  # running the file says where
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            is_notebook_check = node.module in NOTEBOOK_MODULES and "check" in {
                alias.name for alias in node.names
            }
        else:
            is_notebook_check = (
                isinstance(node, ast.Attribute)
                and node.attr == "check"  # few are, and writing an expression takes long
                and ast.unparse(node) == "autograder.check"
            )
        if is_notebook_check and isinstance(node, (ast.ImportFrom, ast.Attribute)):
            raise ContentError(
                f"{path}, line {node.lineno}: expected the decorator `check` of autograder.checks, "
                "found the notebook's function `check` of autograder.",
                next_step="Write: from autograder.checks import check",
            )


def _contradictions(
    assignment: Assignment, whole: AssignmentFile, *, of_points: bool = True
) -> Iterator[ContentError]:
    """Where names and points disagree between the files; `whole` has the points that checks add up to."""
    if not assignment.handout.is_file():
        yield ContentError(
            f"{assignment.handout} is missing.", next_step="Add the notebook that students get."
        )
    tasks = {task.id: task for task in whole.tasks}
    for check in [*assignment.public_checks, *assignment.hidden_checks]:
        if check.task not in tasks:
            yield ContentError(
                f"{source_location(check.body)}: check {check.id} is for an unknown task {check.task!r}.",
                next_step=choose_one(tasks, "Add the task to assignment.yaml."),
            )
    for public in assignment.public_checks:
        if beyond := {"reference", "materials"} & set(public.parameters):
            yield ContentError(
                f"{source_location(public.body)}: public check {public.id} asks for {min(beyond)}, "
                "which students do not have.",
                next_step=f"Write `def {public.id}(student, rng):` and compare with numbers of its own.",
            )
        if public.points:
            yield ContentError(
                f"{source_location(public.body)}: public check {public.id} carries points, "
                "but students can read it.",
                next_step=f'Write @check(task="{public.task}") without points; hidden checks give them.',
            )
    yaml = assignment.folder / "assignment.yaml"
    for number, task in enumerate(whole.tasks if of_points else ()):
        checks = [check for check in assignment.hidden_checks if check.task == task.id]
        points = sum(check.points for check in checks)
        if abs(points - task.points) > 1e-9:
            line = line_of(yaml.read_text(encoding="utf-8"), ("tasks", number, "points"))
            yield ContentError(
                f"{yaml}, line {line}: task {task.id} is worth {task.points:g} points, "
                f"its hidden checks add up to {points:g}.",
                next_step=f"Write `points: {points:g}` there, or change those of "
                f"{', '.join(check.id for check in checks)}."
                if checks
                else f"Add one to {assignment.solution / 'checks.py'}: "
                f'@check(task="{task.id}", points={task.points:g}).',
            )
    for function, form in assignment.canonical_forms.items():
        if function not in assignment.functions:
            yield ContentError(
                f"{source_location(form)}: a canonical form names an unknown function {function!r}.",
                next_step=choose_one(assignment.functions, "Add the function to a task."),
            )
    for variant in [*assignment.mistakes, *assignment.alternatives]:
        if variant.function not in assignment.functions:
            yield ContentError(
                f"{source_location(variant.body)}: variant {variant.name} names "
                f"an unknown function {variant.function!r}.",
                next_step=choose_one(assignment.functions, "Add the function to a task."),
            )
