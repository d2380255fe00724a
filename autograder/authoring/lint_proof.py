"""Proof by grading: the stubs earn nothing, the reference everything, mistakes are caught and named.

All of it goes through the real sandbox, as students' notebooks do.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

from autograder.authoring.lint_files import Fault
from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.checks.calls import Functions
from autograder.checks.variants import Variant
from autograder.course.assignment import Assignment
from autograder.grading.evaluation import evaluate
from autograder.grading.grader import Grader
from autograder.jupyter.local import PUBLIC_SEED
from autograder.report import CheckResult, Report, Status
from autograder.sandbox.session import Session
from autograder.sandbox.worker import Worker
from autograder.submissions.notebook import read_notebook
from autograder.submissions.submission import Submission
from autograder.yaml_source import source_location

__all__ = ["SEEDS", "Proof"]


SEEDS = (15, 2, 71)  # of the random inputs; the reference has to pass with each


class Proof:
    """Grades an assignment's own variants; a context manager. Each method returns what it found."""

    def __init__(self, assignment: Assignment, dataset: str = "") -> None:
        self.assignment, self.dataset = assignment, dataset
        self._graders: dict[int, Grader] = {}

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

    def reference(self, seed: int = SEEDS[0]) -> list[Fault]:
        """The solved notebook passes every check."""
        place = str(self.assignment.solution / "reference.py")
        return [
            Fault(place, f"the reference does not pass {one.id} (seed {seed}): {_said(one)}")
            for one in _lost(self.grade(seed=seed))
        ]

    def untouched(self) -> list[Fault]:
        """The handout as it is given out passes no check and earns nothing."""
        report = self.grade(self.assignment.handout.read_bytes())
        return [
            Fault(str(self.assignment.handout), f"passes {one.id} untouched, for {one.earned:g} points.")
            for one in report.results()
            if one.earned or one.status not in (Status.MISSING, Status.SKIPPED)
        ]

    def public(self) -> list[Fault]:
        """Solved, all public checks pass; untouched, each says that the function is missing."""
        solved, untouched = to_bytes(filled_in(self.assignment)), self.assignment.handout.read_bytes()
        wanted = {Status.PASSED: solved, Status.MISSING: untouched}
        where = str(self.assignment.folder / "checks.py")
        found = []
        with Worker() as worker:
            for status, data in wanted.items():
                for one in self._public_results(worker, data):
                    if one.status is not status:
                        kind = "solved" if status is Status.PASSED else "untouched"
                        found.append(Fault(where, f"{one.id} on the {kind} notebook: {_said(one)}"))
        return found

    def mistake(self, mistake: Variant) -> list[Fault]:
        """It loses points, in its own task only, and at least one check names it."""
        place, name = source_location(mistake.body), f"mistake {mistake.name} of {mistake.of}"
        report = self.grade(replace={mistake.of: mistake.source()})
        own = self.assignment.task_of(mistake.of)
        losing = {task.task for task in report.tasks if task.earned < task.possible}
        found = [] if own in losing else [Fault(place, f"{name} loses no points.")]
        if others := sorted(losing - {own}):
            found.append(Fault(place, f"{name} loses points in {', '.join(others)}, not only in {own}."))
        lost = _lost(report)
        if losing and f"{mistake.of}: {mistake.name}" not in {one.mistake for one in lost}:
            named = sorted({one.mistake for one in lost if one.mistake})
            found.append(
                Fault(place, f"{name} is caught but not named{f' (but {named[0]})' if named else ''}.")
            )
        found += [Fault(place, f"{name} breaks {one.id}.") for one in lost if one.status is Status.ERROR]
        return found

    def alternative(self, alternative: Variant) -> list[Fault]:
        """A right answer in another style keeps full marks."""
        place = source_location(alternative.body)
        return [
            Fault(place, f"alternative {alternative.name} loses {one.id}: {_said(one)}")
            for one in _lost(self.grade(replace={alternative.of: alternative.source()}))
        ]

    def _public_results(self, worker: Worker, data: bytes) -> list[CheckResult]:
        cells = [(cell.number, cell.source) for cell in read_notebook(data)]
        with Session(worker, cells, self.assignment.functions) as session:
            student = Functions(session, self.assignment.parameters)
            return [evaluate(one, student, None, PUBLIC_SEED) for one in self.assignment.public_checks]

    def __enter__(self) -> Proof:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for grader in self._graders.values():
            grader.close()


def _lost(report: Report) -> list[CheckResult]:
    return [one for one in report.results() if one.status is not Status.PASSED]


def _said(result: CheckResult) -> str:
    """What a result says; for a broken check the end of its traceback."""
    text = result.evidence.trace.strip().splitlines()[-1:] if result.status is Status.ERROR else []
    return f"{result.status.value}. {' '.join(text) or result.message}"
