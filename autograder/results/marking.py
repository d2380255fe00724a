"""Marking written answers: what waits for a person, without names, and the line that a mark becomes.

An answer is known by a code that says nothing about its student, and answers come in the order of their
codes. `autograder mark` shows them one by one, and takes over marks from nbgrader.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from autograder.course.typed_number import typed_number
from autograder.errors import UsageError
from autograder.report import WrittenAnswer
from autograder.results.final_scores import GradedAssignment, MarkedAnswer
from autograder.results.ledger import Ledger, WrittenAnswerMarked, run_started
from autograder.results.results_folder import Results, read_report

__all__ = ["AnswerToMark", "answers_in", "mark_line", "points_in", "record_marks"]

PATIENCE = 10  # seconds to wait for another program that is writing


@dataclass(frozen=True)
class AnswerToMark:
    """A written answer as a person marks it."""

    code: str  # stands for student, task and words
    student: str  # for the ledger; never shown
    answer: WrittenAnswer
    marked: MarkedAnswer

    @property
    def waits(self) -> bool:
        """Whether nobody has marked it, or it is not the answer that was marked."""
        return self.marked.mark is None or self.marked.changed


def answers_in(graded: GradedAssignment) -> list[AnswerToMark]:
    """All answers that count or may count, by task and code; those of one student and wording are one."""
    seed = run_started(graded.lines, graded.results.ledger).seed
    order = {task.id: number for number, task in enumerate(graded.file.written_tasks)}
    answers = {
        answer.code: answer
        for student in graded.final_scores
        for answer in _answers_of(graded, student, seed)
        if answer.answer.task in order
    }
    return sorted(answers.values(), key=lambda answer: (order[answer.answer.task], answer.code))


def _answers_of(graded: GradedAssignment, student: str, seed: int) -> Iterator[AnswerToMark]:
    attempts, score = graded.attempts[student], graded.final_scores[student]
    best = (graded.course.extension(student, graded.id).attempts or graded.course.attempts) == "best"
    for number, attempt in enumerate(attempts, start=1):
        if not attempt.written or not (best or number == score.attempt):
            continue
        report = read_report(graded.results.reports / attempt.report)
        texts = {answer.task: answer for answer in report.written}
        for marked in graded.marked_answers(attempt):
            if marked.task in texts:
                words = f"{seed}\0{student}\0{marked.task}\0{marked.digest}"
                code = hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:8]
                yield AnswerToMark(code, student, texts[marked.task], marked)


def points_in(text: str, most: float) -> float:
    """The points a person typed; raises UsageError for anything that is not a number from 0 to `most`."""
    points = typed_number(text)
    if not 0 <= points <= most:
        raise UsageError(
            f"{text!r}: expected points from 0 to {most:g}.", next_step="Write a number such as 0.5."
        )
    return points or 0.0  # -0 is 0


def mark_line(
    answer: AnswerToMark, points: float, comment: str, author: str, origin: str = ""
) -> WrittenAnswerMarked:
    """The ledger's line for a mark."""
    return WrittenAnswerMarked(
        at=datetime.now(UTC),
        student=answer.student,
        task=answer.answer.task,
        answer=answer.marked.digest,
        earned=points,
        comment=comment,
        who=author,
        origin=origin,
    )


def record_marks(results: Results, lines: list[WrittenAnswerMarked]) -> None:
    """Append marks to the ledger; waits a few seconds for a run that is writing to it."""
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            with Ledger(results.ledger) as ledger:
                ledger.append(lines)
            return
        except UsageError as problem:
            if "Another run" not in problem.message or time.monotonic() > ends:
                raise
            time.sleep(0.2)
