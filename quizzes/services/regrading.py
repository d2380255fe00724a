"""Marks by the key of a version, and regrades: proposed for a whole class, released, and applied.

The exam service marks with it; the staff pages and `quizzes regrade` propose and release. Nothing is read or
marked inside a write: a proposal is one short write, and each attempt of a release is one of its own, so that
the saves of students never wait for a regrade.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection

from autograder.errors import Busy, Conflict, Refused
from autograder.site.marks import Mark, current_mark
from autograder.site.tables import points_text
from autograder.site.writer import BACKGROUND_BATCH
from quizzes.attempts.events import State
from quizzes.attempts.response import answer_from
from quizzes.attempts.save_rules import StoredAnswer
from quizzes.content.version import AttemptItem, QuizVersion
from quizzes.store.attempts import AttemptRow, answers_of, attempts_at, shown_items
from quizzes.store.marks import MarkRow, history_of, marks_in, total
from quizzes.store.quizzes import current_version, keep_version
from quizzes.store.regrades import (
    AttemptRegrade,
    ScoreChange,
    apply_change,
    key_for,
    release_run,
    require_none_running,
    skip_change,
    store_proposal,
    unapplied_changes,
)

if TYPE_CHECKING:
    from quizzes.services.exam import ExamService

__all__ = ["Regrades", "marks_of"]


T = TypeVar("T")
log = logging.getLogger(__name__)


def marks_of(
    connection: Connection,
    row: AttemptRow,
    items: Sequence[AttemptItem],
    key_version: str,
    grader_version: str,
) -> list[MarkRow]:
    """The marks of an attempt's answers; raises Conflict if `items` are not the questions that it showed."""
    built = [(item.params, item.option_order) for item in items]
    if built != shown_items(connection, row.id):
        raise Conflict(
            "The attempt showed other numbers or options than these questions have.",
            next_step="Mark it with the version it was taken with.",
        )
    answers = answers_of(connection, row.id)
    marks = []
    for pos, item in enumerate(items):
        stored_answer = answers.get(pos, StoredAnswer())
        mark = (
            item.question.full() if item.dropped else item.question.mark(answer_from(stored_answer.response))
        )
        key = row.version if item.kept_key else key_version
        marks.append(MarkRow(pos, stored_answer.rev, mark.points, mark.as_json(), key, grader_version))
    return marks


class Regrades:
    """The regrades of all quizzes in one server process."""

    def __init__(self, exam: ExamService, grader_version: str) -> None:
        self._exam, self._grader = exam, grader_version
        self._at_work = Lock()

    def propose(self, quiz: str, version: QuizVersion, *, who: str) -> tuple[int, list[ScoreChange]]:
        """Mark all marked attempts by a version's key; returns the run's number and the changes.

        Nothing counts before the release. Raises Conflict if no attempt can be marked by that version, and
        while another regrade of the quiz is being applied.
        """
        exam, at = self._exam, self._exam.clock.now()
        with exam.database.reading() as connection:
            require_none_running(connection, quiz)
            base = current_version(connection, quiz)
            rows = [
                row for row in attempts_at(connection, quiz) if row.state is State.GRADED and not row.preview
            ]
        regrades, refusals, pace = [], [], exam.pace()
        for row in rows:
            regrade, refusal = self._regraded(row, version)
            pace.step()
            regrades.append(regrade)
            refusals += [refusal] if refusal else []
        if rows and len(refusals) == len(rows):
            raise Conflict(
                "Every attempt showed other numbers, options or questions than this version has: "
                f"{refusals[0]}",
                next_step="Correct the key only; name a question that is wrong under `dropped`.",
            )

        def write(connection: Connection) -> int:
            keep_version(connection, version, at)
            return store_proposal(
                connection, quiz, regrades, version.hash, self._grader, base=base, at=at, who=who
            )

        run = exam.writer.submit(write, in_background=True).result()
        return run, [
            ScoreChange(regrade.attempt, regrade.before, regrade.after, regrade.note)
            for regrade in regrades
            if regrade.before != regrade.after or regrade.note
        ]

    def release(self, quiz: str, run: int, *, who: str) -> None:
        """Release a proposal; `apply` then gives each attempt its new marks."""
        at = self._exam.clock.now()
        work = partial(release_run, quiz_id=quiz, run=run, at=at, who=who)
        self._exam.writer.submit(work).result()

    def apply(self, run: int | None = None) -> int:
        """Apply what was released, one attempt after another; returns how many scores changed.

        After a crash the next call resumes. While another thread is at it, this one does nothing.
        """
        if not self._at_work.acquire(blocking=run is not None):
            return 0
        try:
            with self._exam.database.reading() as connection:
                due = unapplied_changes(connection, run)
            changed, pace = 0, self._exam.pace()
            for first in range(0, len(due), BACKGROUND_BATCH):
                pace.step()
                at = self._exam.clock.now()
                # Queued together, they wait for the disk once.
                applying = [
                    (
                        number,
                        attempt_id,
                        self._write(apply_change, run=number, attempt_id=attempt_id, at=at),
                    )
                    for number, attempt_id in due[first : first + BACKGROUND_BATCH]
                ]
                for number, attempt_id, future in applying:
                    try:
                        changed += future.result()
                    except Busy:
                        raise
                    except Exception as problem:  # the others are still regraded, and the run ends
                        log.exception("Regrade %s cannot change /staff/attempts/%s.", number, attempt_id)
                        why = problem.message if isinstance(problem, Refused) else "the server's log says why"
                        outcome = f"The attempt could not be regraded and keeps its marks: {why}"
                        self._write(
                            skip_change, run=number, attempt_id=attempt_id, outcome=outcome, at=at
                        ).result()
            return changed
        finally:
            self._at_work.release()

    def _write(self, work: Callable[..., T], *, attempt_id: str, **values: object) -> Future[T]:
        """Queue a write of one attempt; those of students go first."""
        return self._exam.writer.submit(
            partial(work, attempt_id=attempt_id, **values), [attempt_id], in_background=True
        )

    def _regraded(self, row: AttemptRow, version: QuizVersion) -> tuple[AttemptRegrade, str]:
        """What the version's key gives an attempt, and why not everywhere."""
        try:
            with self._exam.database.reading() as connection:
                return self._marked_again(connection, row, version)
        except Exception as problem:  # the others are still regraded
            log.exception("The attempt on /staff/attempts/%s cannot be regraded.", row.id)
            with self._exam.database.reading() as connection:
                before = total(marks_in(connection, row.id).values())
            sentence = f"It cannot be regraded: {problem}"
            return AttemptRegrade(row.id, row.version, before, before, note=sentence), sentence

    def _marked_again(
        self, connection: Connection, row: AttemptRow, version: QuizVersion
    ) -> tuple[AttemptRegrade, str]:
        taken = self._exam.version(row.version)
        key_before = key_for(connection, row)
        items = version.correct_questions(row.seed, taken)
        history = history_of(connection, row.id)
        rows, seen, sentences = [], [], []
        kept = [
            f"Question {pos + 1} keeps its mark: {item.kept_key}."
            for pos, item in enumerate(items)
            if item.kept_key
        ]
        currents_before, currents_after = [], []
        for new in marks_of(connection, row, items, version.hash, self._grader):
            known = history.get(new.pos, [])
            before = current_mark(known, new.answer_rev)
            after = before
            if not items[new.pos].kept_key and not self._sandbox_mark_stands(row, new, items, history):
                rows.append(new)
                seen.append(known[-1].id if known else 0)
                after = current_mark([*known, new.as_mark(0)], new.answer_rev)
                assert after is not None
                if after.mark.source.personal and not new.pending and new.points != after.points:
                    sentences.append(
                        f"Question {new.pos + 1} keeps the mark of {after.mark.who or 'a person'}, "
                        f"{points_text(after.points)}; the key gives {points_text(new.points)}."
                    )
                elif after.pending and not after.mark.pending:
                    sentences.append(f"Question {new.pos + 1} is graded again in the sandbox.")
            currents_before += [before] if before is not None else []
            currents_after += [after] if after is not None else []
        regrade = AttemptRegrade(
            row.id,
            key_before,
            total(currents_before),
            total(currents_after),
            rows,
            seen,
            " ".join([*kept, *sentences]),
        )
        return regrade, kept[0] if kept else ""

    def _sandbox_mark_stands(
        self,
        row: AttemptRow,
        new: MarkRow,
        items: Sequence[AttemptItem],
        history: dict[int, list[Mark]],
    ) -> bool:
        """Whether the sandbox has marked this answer by the same checks."""
        automatic = [marked for marked in history.get(new.pos, []) if not marked.source.personal]
        if not new.pending or not automatic or automatic[-1].answer_rev != new.answer_rev:
            return False
        newest = automatic[-1]
        marked_by = self._exam.questions(row, newest.key_version)[new.pos]
        return not newest.pending and marked_by.question_hash == items[new.pos].question_hash
