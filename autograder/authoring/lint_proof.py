"""Proof by grading: the stubs earn nothing, the reference everything, mistakes are caught and named.

All of it goes through the real sandbox, as students' notebooks do. What every mistake keeps of its task's
points is noted in `credits`, and has to be in the range of its severity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType

from autograder.authoring.lint_files import Fault
from autograder.authoring.lint_odd_values import OddValueProof
from autograder.authoring.solved_notebook import filled_in, library, to_bytes
from autograder.checks.calls import Functions
from autograder.checks.variants import KEPT, Severity, Variant
from autograder.course.assignment import Assignment
from autograder.course.python_source import global_names
from autograder.grading.cause_probe import CauseProbe
from autograder.grading.evaluation import evaluate_public
from autograder.grading.grader import Grader, materials_for
from autograder.jupyter.local import PUBLIC_SEED
from autograder.report import CheckResult, Report, Status
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.session import Session
from autograder.submissions.notebook import read_notebook
from autograder.submissions.submission import Submission
from autograder.yaml_source import source_location

__all__ = ["SEEDS", "Credit", "Proof"]

ROUNDING = 1e-6  # points are sums of decimal fractions
UNDETECTED = "Correct it if it is right, or give a check inputs on which it differs from the reference."
SEEDS = (15, 2, 71)  # of the random inputs; the reference has to pass with each


@dataclass(frozen=True)
class Credit:
    """What a known mistake keeps of its task's points."""

    task: str
    mistake: str
    severity: Severity
    share: float  # 0 to 1

    @property
    def is_fair(self) -> bool:
        """Whether the share is in the range of its severity."""
        least, most = KEPT[self.severity]
        return least - ROUNDING <= self.share <= most + ROUNDING


class Proof:
    """Grades an assignment's own variants; a context manager. Each method returns what it found."""

    def __init__(self, assignment: Assignment, dataset: str = "") -> None:
        self.assignment, self.dataset = assignment, dataset
        self._graders: dict[int, Grader] = {}
        self.credits: list[Credit] = []  # of the mistakes that were graded, in their order
        self._odd_values: OddValueProof | None = None
        self._probe: CauseProbe | None = None  # made where a mistake is not named

    def grade(
        self, data: bytes | None = None, seed: int = SEEDS[0], replace: Mapping[str, str] | None = None
    ) -> Report:
        """The report on a notebook's bytes, or on the solved notebook with functions replaced."""
        if seed not in self._graders:
            self._graders[seed] = Grader(
                self.assignment, seed, self.dataset, sandbox="weak"
            )  # the course's own code
        data = to_bytes(filled_in(self.assignment, replace)) if data is None else data
        return self._graders[seed].grade(Submission("student", self.assignment.handout.name, data))

    def reference(self, seeds: Sequence[int] = SEEDS) -> list[Fault]:
        """The solved notebook passes every check with every seed; a check is named once."""
        lost = {
            result.id: (seed, result) for seed in reversed(seeds) for result in _lost(self.grade(seed=seed))
        }
        place = str(self.assignment.solution / "reference.py")
        return [
            Fault(place, f"the reference does not pass {name} (seed {seed}): {_text_of(result)}")
            for name, (seed, result) in lost.items()
        ]

    def untouched(self) -> list[Fault]:
        """The handout as it is given out passes no check and earns nothing."""
        report = self.grade(self.assignment.handout.read_bytes())
        return [
            Fault(
                str(self.assignment.handout), f"passes {result.id} untouched, for {result.earned:g} points."
            )
            for result in report.results()
            if result.earned or result.status not in (Status.MISSING, Status.SKIPPED)
        ]

    def public(self) -> list[Fault]:
        """Solved, all public checks pass; untouched, each says that the function is missing."""
        solved, untouched = to_bytes(filled_in(self.assignment)), self.assignment.handout.read_bytes()
        wanted = {Status.PASSED: solved, Status.MISSING: untouched}
        where = str(self.assignment.folder / "checks.py")
        found = []
        with SandboxProcess() as worker:
            for status, data in wanted.items():
                for result in self._public_results(worker, data):
                    if result.status is not status:
                        kind = "solved" if status is Status.PASSED else "untouched"
                        found.append(Fault(where, f"{result.id} on the {kind} notebook: {_text_of(result)}"))
        return found

    def mistake(self, mistake: Variant) -> list[Fault]:
        """It loses points as its severity says, in its own task only, and at least one check names it.

        Tasks whose right answers call the function may lose with it.
        A stateful mistake cannot be named: its answers differ from those of the body that would be asked.
        Nor can one of a function without arguments: a cause is named by two different calls at least.
        """
        place, name = source_location(mistake.body), f"mistake {mistake.name} of {mistake.function}"
        report = self.grade(replace={mistake.function: mistake.source()})
        task_id = self.assignment.task_of(mistake.function)
        losing = {task.task for task in report.tasks if task.earned < task.possible}
        found = [] if task_id in losing else [Fault(place, f"{name} loses no points. {UNDETECTED}")]
        if others := sorted(losing - {task_id} - _tasks_that_call(self.assignment, mistake.function)):
            found.append(Fault(place, f"{name} loses points in {', '.join(others)}, not only in {task_id}."))
        if task_id in losing:
            found += self._credit(mistake, report, task_id, place)
        lost = _lost(report)
        if (
            losing
            and not mistake.stateful
            and self.assignment.parameters[mistake.function]
            and f"{mistake.function}: {mistake.name}" not in {result.mistake for result in lost}
        ):
            named = sorted({result.mistake for result in lost if result.mistake})
            reason = f" (but {named[0]})" if named else ""
            if why := self._why_not_named(mistake):
                reason += f": {why}"
            found.append(Fault(place, f"{name} is caught but not named{reason}."))
        found += [
            Fault(place, f"{name} breaks {result.id}.") for result in lost if result.status is Status.ERROR
        ]
        return found

    def _why_not_named(self, mistake: Variant) -> str:
        try:
            self._probe = self._probe or CauseProbe(self.assignment, SEEDS[0])
            source = mistake.source()
            support = library(self.assignment).support([source], leave_out=set(self.assignment.functions))
            return self._probe.why_not_named(mistake, "\n\n".join([*support, source]))
        except Exception:  # the assignment's own code, in a process of ours
            return ""

    def _credit(self, mistake: Variant, report: Report, task_id: str, place: str) -> list[Fault]:
        task = next(task for task in report.tasks if task.task == task_id)
        assert mistake.severity is not None  # collect_variants takes no mistake without
        credit = Credit(
            task_id, mistake.name, mistake.severity, task.earned / task.possible if task.possible else 0
        )
        self.credits.append(credit)
        if credit.is_fair:
            return []
        least, most = KEPT[mistake.severity]
        fitting = [severity for severity in KEPT if replace(credit, severity=severity).is_fair]
        advice = "share the task's points among its checks otherwise"
        advice = f"say severity={fitting[0]!r}, or {advice}" if fitting else advice
        return [
            Fault(
                place,
                f"mistake {mistake.name} of {mistake.function} keeps {credit.share:.0%} of {task_id}; "
                f"severity {mistake.severity} keeps {least:.0%} to {most:.0%}: {advice}.",
            )
        ]

    def alternative(self, alternative: Variant) -> list[Fault]:
        """A right answer in another style keeps full marks."""
        place = source_location(alternative.body)
        return [
            Fault(place, f"alternative {alternative.name} loses {result.id}: {_text_of(result)}")
            for result in _lost(self.grade(replace={alternative.function: alternative.source()}))
        ]

    def odd_values(self, function: str) -> list[Fault]:
        """Whatever a function returns, no check ends in an error or passes; see `lint_odd_values`."""
        if self._odd_values is None:
            materials = materials_for(self.assignment, SEEDS[0], self.dataset)
            self._odd_values = OddValueProof(self.assignment, materials)
        return list(self._odd_values.faults(function))

    def _public_results(self, worker: SandboxProcess, data: bytes) -> list[CheckResult]:
        cells = [(cell.number, cell.source) for cell in read_notebook(data)]
        with Session(worker, cells, self.assignment.functions) as session:
            student = Functions(session, self.assignment.parameters)
            return evaluate_public(self.assignment.public_checks, student, PUBLIC_SEED)

    def __enter__(self) -> Proof:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for grader in self._graders.values():
            grader.close()


def _tasks_that_call(assignment: Assignment, function: str) -> set[str]:
    """The tasks whose right answers call a function, directly or through another one."""
    known = library(assignment)
    called = {}
    for name in assignment.functions:
        source = known.function(name)
        helpers = known.support([source], leave_out=assignment.functions)
        called[name] = global_names("\n".join([source, *helpers]))
    reached: set[str] = {function}
    while more := {name for name, names in called.items() if names & reached} - reached:
        reached |= more
    return {assignment.task_of(name) for name in reached - {function}}


def _lost(report: Report) -> list[CheckResult]:
    return [result for result in report.results() if result.status is not Status.PASSED]


def _text_of(result: CheckResult) -> str:
    """What a result says; for a broken check the end of its traceback."""
    text = result.evidence.trace.strip().splitlines()[-1:] if result.status is Status.ERROR else []
    return f"{result.status.value}. {' '.join(text) or result.message}"
