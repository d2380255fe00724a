"""The report: everything the grader found about one submission, as data.

One JSON file per submission. The grader writes it; pages, tables and the gradebook are derived from it.
Every field is documented here and in `autograder/REPORT.md` (a test compares the two). Numbers are
finite; a NaN or an infinity in evidence is the text "nan", "inf" or "-inf".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "CauseKind",
    "CheckResult",
    "CheckSummary",
    "Curve",
    "Evidence",
    "FunctionSource",
    "Note",
    "Report",
    "ReportSummary",
    "Score",
    "Status",
    "SubmissionFacts",
    "TaskPoints",
    "TaskReport",
    "Worst",
    "WrittenAnswer",
    "mistake_in_words",
    "summarize_report",
]

#: What a cause rests on; see `grading.causes`.
CauseKind = Literal["", "named", "looks like", "idiom", "pattern"]
Number = float | Literal["nan", "inf", "-inf"]


class Status(StrEnum):
    """How a check ended. The set is closed."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"  # the check's own bug: counts for nobody, never a zero
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASHED = "crashed"
    MISSING = "missing"  # no such function, or still the stub
    SKIPPED = "skipped"  # a check it depends on did not pass

    @property
    def needs_work(self) -> bool:
        """Whether there is something in the submission to repair, as far as the check can tell."""
        return self not in (Status.PASSED, Status.SKIPPED, Status.ERROR)


class Model(BaseModel):
    """A part of the report; unknown fields are refused so that a typing error is noticed."""

    model_config = ConfigDict(extra="forbid")


class Worst(Model):
    """The entry that is furthest off."""

    index: list[int] = Field(description="Where it is; empty for a single number.")
    got: Number = Field(description="What the submission returned there.")
    expected: Number = Field(description="What is right there.")
    relative_error: Number = Field(description="|got - expected| / max(|got|, |expected|).")


class Curve(Model):
    """A function of one variable, the submission's beside the reference's."""

    label: str = Field(description="What is drawn, such as `relu(x)`.")
    x: list[float] = Field(description="Where the function was called, increasing.")
    got: list[Number] = Field(description="What the submission returned, same length as x.")
    expected: list[Number] = Field(description="What is right, same length as x.")


class Evidence(Model):
    """What a check saw; every part is optional."""

    call: str = Field(default="", description="The call, such as `relu_backward(x, grad_out)`.")
    arguments: dict[str, str] = Field(
        default_factory=dict, description="The call's arguments by name, shortened, as text."
    )
    got: str = Field(default="", description="What came back, shortened, as text.")
    expected: str = Field(default="", description="What is right, shortened, as text.")
    worst: Worst | None = Field(default=None, description="The entry that is furthest off.")
    parameter: str = Field(
        default="", description="Which result is wrong when there are several, such as grad_alpha."
    )
    wrong: list[list[bool]] = Field(
        default_factory=list,
        description="Which entries are wrong, as rows of the last two axes (at most 24 x 24).",
    )
    curves: list[Curve] = Field(default_factory=list, description="Curves to draw.")
    trace: str = Field(
        default="", description="For an exception: its type and text and the student's own line."
    )
    printed: str = Field(default="", description="What the call printed, at most 2,000 characters.")


class CheckResult(Model):
    """What one check found."""

    id: str = Field(description="The check's name in its file.")
    title: str = Field(description="One sentence: what is checked.")
    status: Status = Field(description="How the check ended.")
    earned: float = Field(description="Points earned.")
    possible: float = Field(description="Points possible; 0 when the check itself is broken.")
    key: str = Field(
        default="", description="Digest of all that the result depends on besides the submission."
    )
    message: str = Field(default="", description="What is wrong, in one or two sentences.")
    hint: str = Field(default="", description="What to do about it.")
    cause: CauseKind = Field(
        default="",
        description='What the hint rests on: "named", "looks like", "idiom" or "pattern" where a cause was '
        "worked out from all calls of `function`; empty for the check's own words.",
    )
    function: str = Field(default="", description="The function that the cause was found in.")
    mistake: str = Field(default="", description="The known mistake that is proven, if any.")
    place: str = Field(
        default="", description="The line of the submission that the hint is about, with its cell."
    )
    flag: str = Field(default="", description="For the instructor: what a person should look at.")
    evidence: Evidence = Field(default_factory=Evidence, description="What the check saw.")


class FunctionSource(Model):
    """A function of the submission as its author wrote it, to be shown beside a failure."""

    function: str = Field(description="The function's name.")
    cell: int = Field(description="The cell, counted from 1 over all cells.")
    line: int = Field(description="Its first line in the cell, counted from 1.")
    text: str = Field(description="The source, shortened.")


class TaskReport(Model):
    """A task: a few functions that belong together, and the checks on them."""

    task: str = Field(description="The task's id.")
    title: str = Field(default="", description="The task's title.")
    functions: list[str] = Field(description="The functions the task asks for.")
    earned: float = Field(description="Sum over the checks.")
    possible: float = Field(description="Sum over the checks.")
    extra: bool = Field(default=False, description="Extra credit: adds to earned, not to possible.")
    checks: list[CheckResult] = Field(description="In the order of the file.")
    sources: list[FunctionSource] = Field(
        default_factory=list, description="The functions that did not pass, as they were submitted."
    )


class WrittenAnswer(Model):
    """An answer in words: a person marks it, and the mark is in the ledger, not here."""

    task: str = Field(description="The written task's id.")
    title: str = Field(description="The written task's title.")
    points: float = Field(description="What a full answer earns.")
    text: str = Field(default="", description="The answer, at most 20,000 characters.")
    digest: str = Field(default="", description="Digest of the text; a mark is for these words.")
    cell: int = Field(default=0, description="Its cell, counted from 1; 0 when there is none to be found.")
    blank: bool = Field(default=False, description="Nothing was written: it earns 0 and waits for nobody.")


class Score(Model):
    """Points earned and possible."""

    earned: float = Field(description="Points earned, extra credit included.")
    possible: float = Field(description="Points possible, extra credit and unmarked answers left out.")
    unmarked: float = Field(default=0.0, description="Points of answers that a person has to mark.")


class Note(Model):
    """Something about the notebook that cost nothing by itself."""

    cell: int = Field(description="The cell, counted from 1 over all cells.")
    line: int = Field(description="The line in the cell, counted from 1.")
    text: str = Field(description="What was noticed.")


class SubmissionFacts(Model):
    """Which file was graded."""

    sha256: str = Field(description="Digest of the file's bytes; empty when it cannot be read.")
    file: str = Field(description="The file's name as submitted.")
    problem: str = Field(default="", description="Why it could not be read, if so.")
    others: list[str] = Field(
        default_factory=list, description="Other files of the submission, which are not graded."
    )
    notes: list[Note] = Field(default_factory=list, description="What was left out or failed.")


class Report(Model):
    """Everything the grader found about one submission."""

    format_version: Literal[1] = Field(default=1, description="The version of this format.")
    assignment: str = Field(description="The assignment's id.")
    student: str = Field(description="The student, as the submission names them.")
    submission: SubmissionFacts = Field(description="Which file was graded.")
    dataset: str = Field(default="", description="The data set of the convergence checks, if any.")
    seed: int = Field(description="The run's seed; the same seed draws the same inputs.")
    sandbox: str = Field(description="The level of isolation the submission ran under.")
    score: Score = Field(description="Sum over the tasks.")
    tasks: list[TaskReport] = Field(description="In the order of assignment.yaml.")
    written: list[WrittenAnswer] = Field(
        default_factory=list, description="The written tasks, in the order of assignment.yaml."
    )
    environment: dict[str, str] = Field(description="Versions that a result may depend on.")

    def results(self) -> list[CheckResult]:
        """Every check's result, in order."""
        return [result for task in self.tasks for result in task.checks]

    def to_json(self) -> str:
        """The report as indented JSON with a newline at the end."""
        return self.model_dump_json(indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Report:
        """Read a report back; raises pydantic.ValidationError for anything else."""
        return cls.model_validate_json(text)


LONGEST_TEXT = 1000  # characters of a text


@dataclass(frozen=True, slots=True)
class CheckSummary:
    """How one check ended; texts are kept for those that did not pass."""

    task: str
    id: str
    title: str
    status: Status
    mistake: str = ""
    hint: str = ""
    flag: str = ""
    trace: str = ""  # of a broken check, for the instructor


@dataclass(frozen=True, slots=True)
class TaskPoints:
    """Points of one task."""

    task: str
    title: str
    earned: float
    possible: float
    extra: bool


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """What the class page and the command line need of a report."""

    student: str
    file: str
    problem: str
    dataset: str
    earned: float
    possible: float
    headline: str  # one sentence: what lost the most, or that nothing did
    tasks: tuple[TaskPoints, ...]
    checks: tuple[CheckSummary, ...]
    written: tuple[tuple[str, float, str], ...] = ()  # task, points, digest of answers that wait for a mark

    @property
    def unmarked(self) -> float:
        """Points of answers that a person has to mark."""
        return sum(points for _, points, _ in self.written)

    @property
    def broken(self) -> list[str]:
        """The ids of checks that are broken."""
        return [check.id for check in self.checks if check.status is Status.ERROR]

    def shared(self) -> ReportSummary:
        """The same, with parts that are equal between reports held once, to save memory."""
        return replace(
            self,
            tasks=tuple(_shared_task(task) for task in self.tasks),
            checks=tuple(_shared_check(check) for check in self.checks),
        )


@lru_cache(maxsize=10_000)
def _shared_task(task: TaskPoints) -> TaskPoints:
    return task


@lru_cache(maxsize=10_000)
def _shared_check(check: CheckSummary) -> CheckSummary:
    return check


def summarize_report(report: Report) -> ReportSummary:
    """The summary of a report."""
    return ReportSummary(
        student=report.student,
        file=report.submission.file,
        problem=report.submission.problem[:LONGEST_TEXT],
        dataset=report.dataset,
        earned=report.score.earned,
        possible=report.score.possible,
        headline=_headline(report)[:LONGEST_TEXT],
        tasks=tuple(
            TaskPoints(task.task, task.title or task.task, task.earned, task.possible, task.extra)
            for task in report.tasks
        ),
        checks=tuple(_summarize_check(task.task, result) for task in report.tasks for result in task.checks),
        written=tuple(
            (answer.task, answer.points, answer.digest) for answer in report.written if not answer.blank
        ),
    )


def _summarize_check(task: str, result: CheckResult) -> CheckSummary:
    if result.status is Status.PASSED and not result.flag:
        return CheckSummary(task, result.id, result.title, result.status)
    broken = result.status is Status.ERROR
    return CheckSummary(
        task,
        result.id,
        result.title,
        result.status,
        result.mistake,
        result.hint[:LONGEST_TEXT],
        result.flag[:LONGEST_TEXT],
        (result.evidence.trace or result.message)[-2 * LONGEST_TEXT :] if broken else "",
    )


def _headline(report: Report) -> str:
    if report.submission.problem:
        return report.submission.problem
    lost = [result for result in report.results() if result.status is not Status.PASSED]
    if not lost:
        blank = sum(answer.blank for answer in report.written)
        words = "a written answer is" if blank == 1 else f"{blank} written answers are"
        return f"everything passed, and {words} blank" if blank else "everything passed"
    named = list(dict.fromkeys(mistake_in_words(result.mistake) for result in lost if result.mistake))
    if named:
        return "; ".join(named[:2]) + (f" and {len(named) - 2} more" if len(named) > 2 else "")
    first = next((result for result in lost if result.status is not Status.SKIPPED), lost[0])
    return first.message or first.title


def mistake_in_words(mistake: str) -> str:
    """A known mistake as words: `relu_backward: no_mask` is "relu_backward: no mask"."""
    function, colon, name = mistake.rpartition(": ")
    return f"{function}{colon}{name.replace('_', ' ')}"
