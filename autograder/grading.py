"""Grading: submissions in, reports out.

A `Grader` holds what is made once a run: the assignment, the reference with its remembered answers,
and a worker of the sandbox. It judges one submission after another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType

import numpy as np

from autograder.ahead import Ahead, rehearse
from autograder.assignment import Assignment, Task
from autograder.backends import ReferenceBackend
from autograder.calls import Functions
from autograder.checks import Materials
from autograder.convergence import is_convergence
from autograder.cores import one_thread
from autograder.dataset import CHOICES, Images, load_images
from autograder.digests import Keys
from autograder.environment import environment
from autograder.errors import SandboxError, UsageError
from autograder.evaluate import evaluate, skipped, unread
from autograder.notebook import read_notebook
from autograder.report import CheckResult, Report, Score, Status, SubmissionFacts, TaskReport
from autograder.sandbox.session import Session
from autograder.sandbox.shared import shared
from autograder.sandbox.worker import Worker
from autograder.submission import Submission

__all__ = ["LEVELS", "Grader", "images_for", "materials_for", "why_refused"]

LEVELS = ("full", "good", "weak")  # that submissions may be run at, the best first


def images_for(assignment: Assignment, dataset: str = "") -> Images | None:
    """The images for an assignment's convergence checks; None when it has none.

    Nothing is downloaded unless MNIST is insisted on.
    """
    chosen = dataset or assignment.file.dataset
    if chosen not in CHOICES:
        raise UsageError(f"There is no data set {chosen!r}.", next_step=f"Take one of: {', '.join(CHOICES)}.")
    if not any(is_convergence(check.body) for check in assignment.hidden_checks):
        return None
    return load_images(chosen, download=chosen == "mnist")


def materials_for(assignment: Assignment, seed: int, dataset: str = "") -> Materials | None:
    """Images and calibration for the convergence checks, the pixels in a secret order; None without any."""
    if (images := images_for(assignment, dataset)) is None:
        return None
    hidden = images.permuted(np.random.default_rng([seed, 784]))
    return Materials(replace(hidden, scale_all=shared), assignment.calibration)


def why_refused(level: str, least: str = "good") -> UsageError | None:
    """Why strangers' code is not run at this level of the sandbox; None where it is."""
    if least not in LEVELS:
        return UsageError(
            f"There is no sandbox level {least!r}.", next_step=f"Take one of: {', '.join(LEVELS)}."
        )
    if level in LEVELS[: LEVELS.index(least) + 1]:
        return None
    held = {
        "good": "modules cannot be imported late, since there is no Landlock",
        "weak": "only limits on time and memory hold",
    }.get(level, "not even limits hold")
    return UsageError(
        f"Submissions cannot be shut in on this machine as asked: {held}.",
        next_step="`autograder doctor` says why. To grade people you trust, add --sandbox weak."
        if level == "weak"
        else "`autograder doctor` says why; grade on Linux or in a container.",
    )


ENDED_THE_SANDBOX = (
    "Running it ended the sandbox around it, twice, so it was not graded. Your instructor has been told."
)


class Grader:
    """Grades submissions of one assignment, one at a time; a context manager."""

    def __init__(
        self, assignment: Assignment, seed: int, dataset: str = "", *, sandbox: str = "good"
    ) -> None:
        """`dataset` overrides the assignment's own choice: "auto", "mnist" or "digits".

        `sandbox` is the least that has to hold; raises UsageError where it does not.
        """
        self.assignment, self.seed = assignment, seed
        self._materials = materials_for(assignment, seed, dataset)
        self._parameters = assignment.parameters
        #: The data set of the convergence checks, or "".
        self.dataset = self._materials.images.name if self._materials else ""
        self._keys = Keys(assignment, seed, self.dataset)
        self._backend = ReferenceBackend(assignment.reference)
        self._reference = Functions(self._backend, self._parameters)
        self._script = rehearse(assignment.hidden_checks, self._backend, self._parameters, seed)
        self._threads = one_thread()
        self._worker = self._start_worker()
        if refusal := why_refused(self._worker.level, sandbox):
            self.close()
            raise refusal

    def grade(self, submission: Submission, before: Report | None = None) -> Report:
        """The report on one submission; raises SandboxError when ours, not theirs, is the fault.

        Results of the report `before` that would come out the same today are kept.
        """
        for _ in range(2):
            try:
                return self._grade(submission, before)
            except SandboxError:  # nothing of it was kept; a fresh zygote may do better
                self._worker.close()
                self._worker = self._start_worker()  # raises where the machine itself is the trouble
        return self._grade(replace(submission, cells=(), problem=ENDED_THE_SANDBOX), None)

    @property
    def level(self) -> str:
        """How well submissions are shut in."""
        return self._worker.level

    def _start_worker(self) -> Worker:
        memory = int(self.assignment.file.limits.memory_gb * 1024**3)
        handout = [cell.source for cell in read_notebook(self.assignment.handout.read_bytes())]
        return Worker(memory, expected=handout)

    def _seconds(self, function: str) -> float:
        """Processor seconds a submission gets for one call."""
        return self.assignment.file.limits.seconds(function, self._backend.slowest.get(function, 0.0))

    def _grade(self, submission: Submission, before: Report | None) -> Report:
        kept = self._kept(before)
        cells = [(cell.number, cell.source) for cell in submission.cells]
        deaths = self.assignment.file.limits.deaths
        with Session(self._worker, cells, self.assignment.functions, deaths) as session:
            pace = self._backend.slowest
            ahead = Ahead(session, self._script, lambda function: pace.get(function, 0.0))
            student = Functions(ahead, self._parameters, self._seconds)
            tasks = [
                self._grade_task(task, student, kept, bool(submission.problem))
                for task in self.assignment.file.tasks
            ]
            notes = session.notes if session.loaded or before is None else before.submission.notes
        return Report(
            assignment=self.assignment.id,
            student=submission.student,
            submission=SubmissionFacts(
                sha256=submission.sha256, file=submission.file, problem=submission.problem, notes=notes
            ),
            dataset=self.dataset,
            seed=self.seed,
            sandbox=self._worker.level,
            score=Score(
                earned=sum(task.earned for task in tasks),
                possible=sum(task.possible for task in tasks if not task.extra),
            ),
            tasks=tasks,
            environment=environment(),
        )

    def _kept(self, before: Report | None) -> dict[str, CheckResult]:
        """The results of an earlier report that still hold, by check."""
        checks = {check.id: check for check in self.assignment.hidden_checks}
        results = before.results() if before else []
        return {one.id: one for one in results if one.id in checks and self._keys.holds(checks[one.id], one)}

    def _grade_task(
        self, task: Task, student: Functions, kept: Mapping[str, CheckResult], unreadable: bool
    ) -> TaskReport:
        results: dict[str, CheckResult] = {}
        for check in self.assignment.hidden_checks:
            if check.task != task.id:
                continue
            waits_for = next(
                (results[name].title for name in check.requires if results[name].status is not Status.PASSED),
                None,
            )
            if unreadable:
                result = unread(check)
            elif waits_for is not None:
                result = skipped(check, waits_for)
            elif check.id in kept:
                result = kept[check.id]
            else:
                result = evaluate(
                    check, student, self._reference, self.seed, self.assignment.mistakes, self._materials
                )
            results[check.id] = result.model_copy(update={"key": self._keys.key(check, result.status)})
        return TaskReport(
            task=task.id,
            title=task.title,
            functions=task.functions,
            earned=sum(result.earned for result in results.values()),
            possible=sum(result.possible for result in results.values()),
            extra=task.extra,
            checks=list(results.values()),
        )

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
