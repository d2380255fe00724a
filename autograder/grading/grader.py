"""The grader: from a submission to its report.

A `Grader` holds what is made once per run: the assignment, the reference with its cached answers, and a
worker of the sandbox. It grades one submission after another. Runs, nbgrader's converter, Gradescope's
autograder and the authoring tools use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import TracebackType

import numpy as np
from threadpoolctl import threadpool_limits

from autograder.checks.calls import Call, Functions
from autograder.checks.convergence_checks import hidden_images, is_convergence, reference_training
from autograder.checks.datasets.images import Images
from autograder.checks.datasets.loading import CHOICES, load_images
from autograder.checks.definition import Check, Materials
from autograder.checks.input_generators import Generator
from autograder.checks.memory import limited_memory
from autograder.checks.values import Value, fingerprint
from autograder.course.assignment import Assignment, Task, input_generators
from autograder.environment import environment, one_thread
from autograder.errors import ContentError, SandboxError, UsageError, choose_one
from autograder.grading.backends import ReferenceBackend
from autograder.grading.cache_keys import CacheKeys
from autograder.grading.causes import Answers
from autograder.grading.diagnosis import TaskEvidence, signature_of
from autograder.grading.evaluation import CheckRun, explain, run_check, skipped, unread
from autograder.grading.near_misses import load_near_misses
from autograder.grading.prefetch import PrefetchingBackend, answer_recorded, record_calls
from autograder.grading.repairs import SandboxRepairs
from autograder.grading.student_source import find_source
from autograder.report import (
    CheckResult,
    FunctionSource,
    Note,
    Report,
    Score,
    Status,
    SubmissionFacts,
    TaskReport,
    WrittenAnswer,
)
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.session import Session
from autograder.sandbox.shared import shared
from autograder.submissions.notebook import cell_source, raw_cells, read_notebook
from autograder.submissions.stubs import definitions_in_text_cells
from autograder.submissions.submission import Submission
from autograder.submissions.written_answers import written_text

__all__ = ["LEVELS", "Grader", "check_isolation", "images_for", "materials_for"]

LEVELS = ("full", "good", "weak")  # of isolation that submissions may run at, the strongest first


def images_for(assignment: Assignment, dataset: str = "") -> Images | None:
    """The images for an assignment's convergence checks; None when it has none.

    Downloads only for "mnist". Raises UsageError for an unknown data set.
    """
    chosen = dataset or assignment.file.dataset
    if chosen not in CHOICES:
        raise UsageError(f"Unknown data set {chosen!r}.", next_step=choose_one(CHOICES))
    if not any(is_convergence(check.body) for check in assignment.hidden_checks):
        return None
    return load_images(chosen, download=chosen == "mnist")


def materials_for(assignment: Assignment, seed: int, dataset: str = "") -> Materials | None:
    """Hidden images and the calibration for the convergence checks; None without any."""
    if (images := images_for(assignment, dataset)) is None:
        return None
    hidden = hidden_images(images, assignment.hidden_checks, np.random.default_rng([seed, 784]))
    return Materials(replace(hidden, scale_all=shared), assignment.calibration)


def check_isolation(level: str, minimum: str = "good") -> UsageError | None:
    """The error to raise where the sandbox's level is below the minimum; None where it is not."""
    if minimum not in LEVELS:
        return UsageError(f"Unknown isolation level {minimum!r}.", next_step=choose_one(LEVELS))
    if level in LEVELS[: LEVELS.index(minimum) + 1]:
        return None
    available = {
        "good": "without Landlock, submissions cannot import modules late",
        "weak": "only limits on time and memory are available",
    }.get(level, "not even limits on time and memory are available")
    return UsageError(
        f'This machine cannot isolate submissions at level "{minimum}": {available}.',
        next_step="`autograder doctor` says why. To grade people you trust, add --sandbox weak."
        if level == "weak"
        else "`autograder doctor` says why; grade on Linux or in a container.",
    )


SETTLED = (Status.PASSED, Status.ERROR)  # a broken check keeps no other from being run
ENDED_THE_SANDBOX = (
    "Running it ended the sandbox around it, twice, so it was not graded. Your instructor has been told."
)


@dataclass
class GradedTask:
    """The checks of a task after they were run, before anything is told."""

    task: Task
    runs: dict[str, CheckRun] = field(default_factory=dict)
    kept: list[Check] = field(default_factory=list)  # whose results an earlier report had


class Grader:
    """Grades submissions of one assignment, one at a time; a context manager."""

    def __init__(
        self,
        assignment: Assignment,
        seed: int,
        dataset: str = "",
        *,
        sandbox: str = "good",
        predecessor: Grader | None = None,
    ) -> None:
        """`dataset` overrides the assignment's own choice: "auto", "mnist" or "digits".

        `sandbox` is the minimum isolation level; raises UsageError where it is not available. A `predecessor`
        is one of the same assignment and level, whose sandbox this one takes over.
        """
        self.assignment, self.seed = assignment, seed
        self._options = dataset, sandbox
        self._materials = materials_for(assignment, seed, dataset)
        self._parameters = assignment.parameters
        #: The data set of the convergence checks, or "".
        self.dataset = self._materials.images.name if self._materials else ""
        self._keys: CacheKeys = (
            predecessor._keys.with_seed(seed) if predecessor else CacheKeys(assignment, seed, self.dataset)
        )
        self._backend = ReferenceBackend(assignment.reference)
        self._reference = Functions(self._backend, self._parameters)
        self._answers = Answers(
            self._reference, assignment.alternatives, assignment.canonical_forms, _generators(assignment)
        )
        self._near_misses = load_near_misses(assignment)
        self._signatures = {name: signature_of(assignment.reference[name]) for name in assignment.functions}
        self._recorded_calls = record_calls(assignment.hidden_checks, self._backend, self._reference, seed)
        self._is_settled = False
        self._threads: threadpool_limits = predecessor._threads if predecessor else one_thread()
        self._worker: SandboxProcess = predecessor._worker if predecessor else self._start_worker()
        if refusal := check_isolation(self._worker.level, sandbox):
            self.close()
            raise refusal

    def with_seed(self, seed: int) -> Grader:
        """One that grades with another seed. It takes over the sandbox, so this one is not used any more."""
        dataset, sandbox = self._options
        return Grader(self.assignment, seed, dataset, sandbox=sandbox, predecessor=self)

    def grade(self, submission: Submission, earlier: Report | None = None) -> Report:
        """The report on one submission; raises SandboxError when ours, not theirs, is the fault.

        Results of the report `earlier` that would come out the same today are kept.
        """
        self._settle_reference()
        cells = [(cell.number, cell.source) for cell in submission.cells]
        for _ in range(2):
            try:
                return self._grade(submission, cells, submission.problem, earlier)
            except SandboxError:  # nothing of it was kept; a fresh zygote may succeed
                self._worker.close()
                self._worker = self._start_worker()  # raises where the machine itself is at fault
        return self._grade(submission, [], ENDED_THE_SANDBOX, None)

    def _settle_reference(self) -> None:
        """Measure what the reference takes, training too, before anything is graded by it.

        Limits would grow otherwise while the first submissions are graded, and later ones get more time.
        """
        if not self._is_settled and self._materials is not None:
            for check in self.assignment.hidden_checks:
                if is_convergence(check.body):
                    with suppress(Exception):  # a broken check: grading by it says so
                        reference_training(check, self._reference, self.seed, self._materials)
        self._backend.settle()
        self._is_settled = True

    def seconds_of_call(self, function: str) -> float:
        """Processor seconds a submission gets for one call."""
        return self.assignment.file.limits.seconds(function, self._backend.slowest.get(function, 0.0))

    @property
    def level(self) -> str:
        """The isolation level that submissions run at."""
        return self._worker.level

    def _start_worker(self) -> SandboxProcess:
        memory = int(self.assignment.file.limits.memory_gb * 1024**3)
        handout = [cell.source for cell in read_notebook(self.assignment.handout.read_bytes())]
        return SandboxProcess(memory, expected=handout)

    def _grade(
        self, submission: Submission, cells: list[tuple[int, str]], problem: str, earlier: Report | None
    ) -> Report:
        kept = self._kept(earlier)
        limits = self.assignment.file.limits
        slowest = self._backend.slowest
        budget = limits.budget(lambda: self._backend.seconds, lambda function: slowest.get(function, 0.0))
        session = Session(
            self._worker,
            cells,
            self.assignment.functions,
            limits.restarts,
            budget,
            python=submission.python,
        )
        with limited_memory(), session:
            backend = PrefetchingBackend(
                session, self._recorded_calls, lambda function: slowest.get(function, 0.0)
            )
            student = Functions(backend, self._parameters, self.seconds_of_call)
            graded = [
                self._run_task(task, student, kept, bool(problem)) for task in self.assignment.file.tasks
            ]
            # Afterwards, since the diagnosis may call functions that keep something between calls.
            tasks = [self._report_on(each, student, session, cells) for each in graded]
            notes = session.notes if session.loaded or earlier is None else earlier.submission.notes
        notes = [*notes, *(note for note in self._text_cells(submission, tasks) if note not in notes)]
        written = self._written_answers(submission, bool(problem))
        return Report(
            assignment=self.assignment.id,
            student=submission.student,
            submission=SubmissionFacts(
                sha256=submission.sha256,
                file=submission.file,
                problem=problem,
                others=list(submission.others),
                notes=notes,
            ),
            dataset=self.dataset,
            seed=self.seed,
            sandbox=self._worker.level,
            score=Score(
                earned=sum(task.earned for task in tasks),
                possible=sum(task.possible for task in tasks if not task.extra)
                + sum(answer.points for answer in written if answer.blank),
                unmarked=sum(answer.points for answer in written if not answer.blank),
            ),
            tasks=tasks,
            written=written,
            environment=environment(),
        )

    def _text_cells(self, submission: Submission, tasks: Sequence[TaskReport]) -> Iterator[Note]:
        """A note on each missing function that stands in a cell which is text, and so is not run."""
        if submission.problem or not any(
            check.status == Status.MISSING for task in tasks for check in task.checks
        ):
            return
        for found in definitions_in_text_cells(
            raw_cells(submission.notebook),
            [cell.source for cell in submission.cells],
            self.assignment.functions,
        ):
            yield Note(
                cell=found.cell,
                line=found.line,
                text=f"{found.function} is not run: this is a {found.kind} cell. "
                "Make it a code cell (in Jupyter: Esc, then Y), and run it.",
            )

    def _written_answers(self, submission: Submission, unreadable: bool) -> list[WrittenAnswer]:
        """The written answers as they were found; an unreadable submission has none."""
        tasks = self.assignment.file.written_tasks
        cells = [] if unreadable or not tasks else raw_cells(submission.notebook)
        given = self._handout_texts if cells else []
        answers = []
        for task in tasks:
            answer = WrittenAnswer(task=task.id, title=task.title, points=task.points, blank=unreadable)
            found = written_text(cells, given, task.id, task.title)
            if found is not None:
                answer.text, answer.digest, answer.cell = found.text, found.digest, found.cell
                answer.blank = not re.search(r"\w", found.text)
            answers.append(answer)
        return answers

    @cached_property
    def _handout_texts(self) -> list[str]:
        """The texts of the handout's cells."""
        return [cell_source(cell) or "" for cell in raw_cells(self.assignment.handout.read_bytes())]

    def _kept(self, earlier: Report | None) -> dict[str, CheckResult]:
        """The results of an earlier report that still hold, by check."""
        checks = {check.id: check for check in self.assignment.hidden_checks}
        results = earlier.results() if earlier else []
        return {
            result.id: result
            for result in results
            if result.id in checks and self._keys.holds(checks[result.id], result)
        }

    def _run_task(
        self, task: Task, student: Functions, kept: Mapping[str, CheckResult], unreadable: bool
    ) -> GradedTask:
        graded = GradedTask(task)
        for check in self.assignment.hidden_checks:
            if check.task != task.id:
                continue
            waits_for = next(
                (
                    graded.runs[name].result.title
                    for name in check.requires
                    if graded.runs[name].result.status not in SETTLED
                ),
                None,
            )
            if unreadable:
                run = CheckRun(check, unread(check))
            elif waits_for is not None:
                run = CheckRun(check, skipped(check, waits_for))
            elif check.id in kept:
                run = CheckRun(check, kept[check.id])
                graded.kept.append(check)
            else:
                run = run_check(check, student, self._reference, self.seed, self._materials)
            graded.runs[check.id] = run
        return graded

    def _report_on(
        self, graded: GradedTask, student: Functions, session: Session, cells: list[tuple[int, str]]
    ) -> TaskReport:
        task, runs = graded.task, list(graded.runs.values())
        sources = {name: source for name in task.functions if (source := find_source(cells, name))}
        if any(run.failure for run in runs):
            for (
                check
            ) in graded.kept:  # a cause agrees with all calls of the task, so these are made once more
                if not is_convergence(check.body):
                    again = run_check(check, student, self._reference, self.seed, self._materials)
                    runs = [replace(run, calls=again.calls) if run.check is check else run for run in runs]
        evidence = TaskEvidence(
            self._answers,
            self.assignment.mistakes,
            self._signatures,
            sources,
            self._near_misses,
            lambda function, made: self._more_calls(task.id, function, made, session),
            lambda function: (
                SandboxRepairs(session, sources[function], function, self._backend.usual_work(function))
                if function in sources
                else None
            ),
        )
        results = [
            result.model_copy(update={"key": self._keys.key(run.check, result.status)})
            for run, result in zip(runs, explain(runs, evidence), strict=True)
        ]
        failed = {
            result.function or result.evidence.call.split("(")[0]
            for result in results
            if result.status.needs_work
        }
        return TaskReport(
            task=task.id,
            title=task.title,
            functions=task.functions,
            earned=sum(result.earned for result in results),
            possible=sum(result.possible for result in results),
            extra=task.extra,
            checks=results,
            sources=[
                FunctionSource(function=name, cell=source.cell, line=source.line, text=source.text)
                for name, source in sources.items()
                if name in failed
            ],
        )

    def _more_calls(self, task: str, function: str, made: Sequence[Call], session: Session) -> Sequence[Call]:
        """The calls that a correct submission is asked for and this one was not, since a check had failed."""
        known = {_fingerprint(call.arguments) for call in made} - {b""}
        recorded = self._recorded_calls.of_task.get(task, {}).get(function, [])
        missing = [arguments for arguments in recorded if _fingerprint(arguments) not in known]
        return answer_recorded(session, function, missing, self._backend)

    def close(self) -> None:
        """End the sandbox's processes."""
        self._worker.close()
        self._threads.restore_original_limits()

    def __enter__(self) -> Grader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _generators(assignment: Assignment) -> Mapping[str, Generator]:
    """The generators of arguments; none where their file is at fault, as lint says."""
    with suppress(ContentError):
        return input_generators(assignment)
    return {}


def _fingerprint(arguments: tuple[Value, ...]) -> bytes:
    """A call's digest; empty where a callable is among its arguments."""
    try:
        return fingerprint(arguments)
    except TypeError:
        return b""
