"""The ledger: an append-only record of what was graded, by what, and what a person overrode; one line each.

A line is a JSON object. `previous` is the digest of the line before and `digest` that of the line itself,
so no line can be edited, removed or moved without breaking the chain. A person who kept the digest of the
last line (`autograder grade` prints it) can tell whether the end was cut off or rewritten. `runs` appends
to it; final scores, tables and pages are derived from it.

The ledger has two stores with the same lines: the file of a results directory, here, and the site's database
(`autograder.site.ledger`). A line of the site names people by pseudonyms; in a results directory
`pseudonyms.csv` says whose they are, and lines are read with the student IDs.

The values of `kind` and the names of the keys are those of the first version: old lines are read as they
are and never rewritten, since their digests chain them together.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidationError,
    model_serializer,
)

from autograder.errors import UsageError

__all__ = [
    "PSEUDONYMS",
    "START",
    "Graded",
    "Ledger",
    "Line",
    "MarkGiven",
    "Provenance",
    "RegradeSkipped",
    "RunStarted",
    "ScoreOverridden",
    "SubmittedAgain",
    "TaskMarked",
    "UnmatchedFile",
    "UnmatchedFiles",
    "WrittenAnswerMarked",
    "decode_lines",
    "digests_of",
    "encode_line",
    "read_ledger",
    "run_started",
    "unmatched_files",
    "with_people",
]

LEFT_OUT = (
    "marked_late",
    "attempt",
    "number",
    "origin",
    "time_problem",
    "others",
    "written",
    "seed",
)  # where they are the default
PSEUDONYMS = "pseudonyms.csv"  # beside a ledger that came from a site
START = "0" * 64  # `previous` of the first line


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    at: datetime = Field(description="When, with its zone.")


class RunStarted(_Line):
    """A results directory was created."""

    kind: Literal["opened"] = "opened"
    assignment: str
    seed: int = Field(description="Of all random inputs; the same for all that is graded into the directory.")


class Provenance(BaseModel):
    """All that a result depends on besides the submission and the seed, as digests."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bundle: str = Field(description="The assignment's files.")
    engine: str = Field(description="The files of the engine that take part in grading.")
    environment: str = Field(description="Python, NumPy and the machine's kind.")
    dataset: str = Field(description="The data set's name, or empty.")


class _Submission(_Line):
    """A line about a submission, and what is known of it besides its bytes."""

    kind: str  # here, because the order of the keys is that of the first version
    student: str
    submission: str = Field(description="Digest of the submitted file, or of the reason why it was not read.")
    file: str = Field(description="Its name as submitted.")
    submitted: datetime | None = Field(description="When it was submitted, where that is known.")
    marked_late: bool = Field(default=False, description="The platform marks it late; left out when not.")
    attempt: int = Field(
        default=1, description="Which of the student's, in the order collected; left out for 1."
    )
    number: int = Field(
        default=0, description="The platform's number, larger for a later one; left out without one."
    )
    origin: str = Field(
        default="", description="What the platform calls the submission; left out when it is not known."
    )
    time_problem: str = Field(
        default="",
        description="Why the time is not known, where the source should say it; left out otherwise.",
    )

    @model_serializer(mode="wrap")
    def _without_defaults(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Lines written before these keys existed stay the same bytes."""
        data: dict[str, Any] = handler(self)
        for key in LEFT_OUT:
            if not data.get(key) or (key, data[key]) == ("attempt", 1):
                data.pop(key, None)
        return data


class Graded(_Submission):
    """A submission was graded, or graded again."""

    kind: Literal["graded"] = "graded"
    others: list[str] = Field(
        default_factory=list, description="Names of files beside the graded one; left out without any."
    )
    report: str = Field(description="The report's file name.")
    report_digest: str = Field(description="SHA-256 of the report.")
    earned: float
    possible: float
    problem: str = ""
    sandbox: str
    basis: Provenance
    written: dict[str, tuple[float, str]] = Field(
        default_factory=dict,
        description="Answers that a person marks: points and digest by task; left out without any.",
    )
    seed: int | None = Field(
        default=None, description="Of its random inputs, if not the first line's; left out otherwise."
    )


class SubmittedAgain(_Submission):
    """Bytes that the ledger knows were submitted another time, or more is known of their submission.

    How they were graded is in their line of kind "graded".
    """

    kind: Literal["submitted again"] = "submitted again"


class RegradeSkipped(_Line):
    """A submission was regraded and would have lost points; the earlier report stays."""

    kind: Literal["kept"] = "kept"
    student: str
    submission: str
    earned: float = Field(description="What it would have earned.")
    basis: Provenance


class ScoreOverridden(_Line):
    """A person set a score or wrote a comment; `earned: null` withdraws an earlier override.

    Without an attempt it is the score of the whole assignment, whichever attempt counts.
    """

    kind: Literal["changed"] = "changed"
    student: str
    earned: float | None
    comment: str = ""
    who: str
    why: str
    attempt: int = Field(default=0, description="Which of the student's; left out for all.")

    @model_serializer(mode="wrap")
    def _without_attempt(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Lines written before this key existed stay the same bytes."""
        data: dict[str, Any] = handler(self)
        if not self.attempt:
            data.pop("attempt", None)
        return data


class WrittenAnswerMarked(_Line):
    """A person marked a written answer; the latest line of a student and a task counts.

    `earned: null` takes the marks of an answer back.
    """

    kind: Literal["marked"] = "marked"
    student: str
    task: str
    answer: str = Field(description="Digest of the answer that was read.")
    earned: float | None
    comment: str = Field(default="", description="For the student.")
    who: str
    origin: str = Field(default="", description="Where the mark comes from, if not from this program.")


class TaskMarked(_Line):
    """A person marked a task of one attempt, in place of its checks; `earned: null` lets the checks count."""

    kind: Literal["task marked"] = "task marked"
    student: str
    attempt: int = Field(description="Which of the student's.")
    task: str
    earned: float | None
    who: str
    why: str


class MarkGiven(_Line):
    """A person marked a question of an attempt at a quiz, or withdrew their mark (`points: null`)."""

    kind: Literal["mark"] = "mark"
    student: str
    attempt: str
    part: str = Field(description="The position of the question.")
    points: str | None
    source: Literal["manual", "import"]
    who: str
    why: str
    answer: int = Field(description="The revision of the answer that was read; 0 for none.")
    detail: str = Field(description="Digest of what else the mark says.")


class UnmatchedFile(BaseModel):
    """A file, a directory or a person that was collected and not graded."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    reason: str = Field(description="Why it was not graded, and what to do.")


class UnmatchedFiles(_Line):
    """What was collected from a place and not graded; an earlier line of the same place no longer holds."""

    kind: Literal["unmatched"] = "unmatched"
    source: str = Field(description="The directory or the archive, as an absolute path.")
    files: list[UnmatchedFile]


Line: TypeAlias = (
    RunStarted
    | Graded
    | SubmittedAgain
    | RegradeSkipped
    | ScoreOverridden
    | WrittenAnswerMarked
    | TaskMarked
    | MarkGiven
    | UnmatchedFiles
)

_LINES: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="kind")])


class Ledger:
    """A ledger that is open for writing, by one process at a time; a context manager."""

    def __init__(self, path: Path) -> None:
        """Open or create a ledger; a line that was cut off by a crash is removed.

        Raises UsageError when another process writes to it, or when it was edited.
        """
        self.path = path
        self._file = open(path, "a+b")  # noqa: SIM115  # closed by close
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            self._file.close()
            raise UsageError(
                f"Another run is writing to {path.parent}.",
                next_step="Wait until it ends, or name another directory.",
            ) from problem
        self._file.seek(0)
        data = self._file.read()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            self._file.truncate(len(whole))
        try:
            lines, self.head = decode_lines(whole, str(path))
            self.lines = with_people(lines, _people_beside(path))
        except UsageError:
            self._file.close()
            raise

    def append(self, lines: Sequence[Line]) -> None:
        """Append lines; they are on disk when this returns."""
        if not lines:
            return
        written = b""
        for line in lines:
            data, self.head = encode_line(line, self.head)
            written += data
            self.lines.append(line)
        self._file.write(written)
        self._file.flush()
        os.fsync(self._file.fileno())

    def extend(self, data: bytes) -> None:
        """Add the rest of a ledger whose bytes begin with this one's; it is on disk when this returns."""
        self._file.seek(0)
        known = self._file.read()
        assert data.startswith(known)
        lines, self.head = decode_lines(data, str(self.path))
        self.lines = with_people(lines, _people_beside(self.path))
        self._file.write(data[len(known) :])
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file and release the lock."""
        self._file.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_ledger(path: Path) -> tuple[list[Line], str]:
    """A ledger's lines and the digest of the last one; raises UsageError where the chain is broken."""
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as problem:
        raise UsageError(
            f"{path.parent} holds no {path.name}.",
            next_step="Name a directory that `autograder grade` wrote.",
        ) from problem
    except OSError as problem:
        raise UsageError(
            f"{path} cannot be read: {problem.strerror}.",
            next_step="Check its permissions, or name another directory that `autograder grade` wrote.",
        ) from problem
    if data and not data.endswith(b"\n"):
        raise UsageError(
            f"{path}: the last line is cut off.",
            next_step="An interrupted run leaves this: rerun it with the same --out to repair it.",
        )
    lines, head = decode_lines(data, str(path))
    return with_people(lines, _people_beside(path)), head


def run_started(lines: Sequence[Line], path: Path) -> RunStarted:
    """A ledger's first line; raises UsageError for an empty ledger."""
    if lines and isinstance(lines[0], RunStarted):
        return lines[0]
    raise UsageError(f"{path} is empty.", next_step="Run `autograder grade` into this directory first.")


def unmatched_files(lines: Sequence[Line]) -> dict[str, list[UnmatchedFile]]:
    """What is not graded, by the place that it was collected from; places without any are left out."""
    latest = {line.source: line.files for line in lines if isinstance(line, UnmatchedFiles)}
    return {source: files for source, files in latest.items() if files}


def digests_of(path: Path) -> set[str]:
    """The digests of the lines of a ledger whose chain is sound."""
    return {json.loads(raw)["digest"] for raw in path.read_bytes().splitlines()}


def decode_lines(data: bytes, where: str) -> tuple[list[Line], str]:
    """The lines in the bytes of a whole ledger, and the digest of the last one.

    `where` names it in messages. Raises UsageError where the chain is broken.
    """
    lines: list[Line] = []
    head = START
    for number, raw in enumerate(data.splitlines(keepends=True), start=1):
        try:
            body = json.loads(raw)
            digest, previous = body.pop("digest"), body.pop("previous")
            line = _LINES.validate_python(body)
            # Encoding the line again has to give the same bytes: not a space may differ.
            sound = previous == head and encode_line(line, head) == (raw, digest)
        except (ValueError, KeyError, AttributeError, TypeError, ValidationError):
            sound = False
        if not sound:
            raise UsageError(
                f"{where}, line {number}: the line was changed, or a line before it was removed.",
                next_step="Restore the file from a backup: this one proves nothing any more.",
            )
        head = digest
        lines.append(line)
    if lines and not isinstance(lines[0], RunStarted):
        raise UsageError(
            f"{where}, line 1: it does not say which assignment and seed the ledger is of.",
            next_step="Restore the file from a backup.",
        )
    return lines, head


def with_people(lines: Sequence[Line], people: Mapping[str, str]) -> list[Line]:
    """Lines with student IDs in place of the pseudonyms that `people` knows."""
    if not people:
        return list(lines)
    named = []
    for line in lines:
        known = {
            key: people[value]
            for key in ("student", "who")
            if (value := str(getattr(line, key, ""))) in people
        }
        named.append(line.model_copy(update=known) if known else line)
    return named


def encode_line(line: BaseModel, previous: str) -> tuple[bytes, str]:
    """A line's bytes, with a line feed, and its digest."""
    body = {"previous": previous, **line.model_dump(mode="json")}
    digest = _digest(body)
    return json.dumps({**body, "digest": digest}, ensure_ascii=False).encode() + b"\n", digest


def _people_beside(ledger: Path) -> dict[str, str]:
    """Student IDs by pseudonym, as the table beside a ledger has them; none without one."""
    try:
        with (ledger.parent / PSEUDONYMS).open(encoding="utf-8", newline="") as file:
            return {row["pseudonym"]: row["student"] for row in csv.DictReader(file)}
    except FileNotFoundError:
        return {}
    except (KeyError, UnicodeDecodeError, csv.Error) as problem:
        raise UsageError(
            f"{ledger.parent / PSEUDONYMS} cannot be read.",
            next_step="Its columns are pseudonym and student; `autograder ledger export` writes it.",
        ) from problem


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, ensure_ascii=False).encode()).hexdigest()
