"""Sends scores to learning platforms until they arrive.

A message in the outbox only says that a score has changed: it becomes one delivery for each recipient. The
current score of the attempt that counts is sent, and not before the quiz shows it to its student; so a
delivery that comes late or twice does no harm. The background tasks of the server run it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from autograder.site.database import Database
from autograder.site.lti.client import PlatformError
from autograder.site.lti.deliveries import (
    Delivery,
    claim_deliveries,
    held_quizzes,
    mark_delivered,
    mark_failed,
    mark_held,
    mark_retired,
    queue_deliveries,
    release_held,
)
from autograder.site.lti.services import Lti
from autograder.site.lti.services import Score as Posted
from autograder.site.lti.users import Link, keep_link, recipients_of
from autograder.site.outbox import claim, mark_sent
from autograder.site.writer import Writer
from quizzes.attempts.visibility import Visibility
from quizzes.content.quiz import Quiz
from quizzes.services.scores import Score, scores_at
from quizzes.store.quizzes import current_version, is_closed_for_everyone, published_in

__all__ = ["ScoreSender"]


log = logging.getLogger(__name__)
KINDS = ("score", "grade")  # of messages; version 0.1 wrote the second
BATCH = 5  # few enough that all can time out before another server may claim them
MESSAGES = 100  # at once
HIDDEN = 60_000  # milliseconds between two looks at the quizzes whose scores are held
CountedAttempt = Callable[[str, str], str]  # by student and quiz: best, last or first


@dataclass(frozen=True)
class _Ready:
    """A score to send; `hidden` while its student may not see it."""

    score: Score
    title: str
    hidden: bool


class ScoreSender:
    """Sends the scores that wait; `send_due` is called every few seconds."""

    def __init__(
        self,
        database: Database,
        writer: Writer,
        lti: Lti,
        course: str,
        content: Callable[[str], Quiz],
        counted: CountedAttempt,
    ) -> None:
        self._database, self._writer, self._lti = database, writer, lti
        self._course, self._content, self._counted = course, content, counted
        self._released_at = -HIDDEN

    def send_due(self, now: int) -> int:
        """Send the scores that are due; returns how many arrived."""
        self._write(lambda connection: self._queue(connection, now))
        if not 0 <= now - self._released_at < HIDDEN:
            self._release(now)
            self._released_at = now
        due = self._writer.submit(lambda connection: claim_deliveries(connection, now, BATCH)).result()
        return sum(self._deliver(delivery, now) for delivery in due)

    def _queue(self, connection: Connection, now: int) -> None:
        """Turn the messages that are due into deliveries."""
        for message in claim(connection, now, MESSAGES):
            if message.kind in KINDS:
                quiz, student = str(message.payload["quiz"]), str(message.payload["person"])
                queue_deliveries(connection, student, quiz, now)
            mark_sent(connection, message, now)

    def _release(self, now: int) -> None:
        """Let the held scores of quizzes wait that show them by now."""
        with self._database.reading() as connection:
            shown: list[tuple[str, bool]] = []
            for quiz in held_quizzes(connection):
                release = self._content(current_version(connection, quiz)).release
                closed = is_closed_for_everyone(connection, quiz, now)
                shown += [
                    (quiz, not due)
                    for due in (False, True)
                    if Visibility.of(release, over=True, due=due, closed=closed).score
                ]
        for quiz, before_due in shown:
            self._write(partial(release_held, quiz=quiz, now=now, before_due=before_due))

    def _deliver(self, delivery: Delivery, now: int) -> int:
        with self._database.reading() as connection:
            recipients = recipients_of(connection, delivery.person, delivery.quiz)
            link = next((link for link, subject in recipients if delivery.is_for(link, subject)), None)
            ready = self._ready(connection, delivery, now)
        if link is None or ready is None:
            self._write(lambda connection: mark_retired(connection, delivery))
            return 0
        if ready.hidden:
            self._write(lambda connection: mark_held(connection, delivery, ready.score.due_at))
            return 0
        try:
            self._post(link, delivery.subject, ready, now)
        except PlatformError as problem:
            text = str(problem)
            log.warning("A score of %s did not arrive: %s", delivery.quiz, text)
            self._write(lambda connection: mark_failed(connection, delivery, now, text))
            return 0
        self._write(lambda connection: mark_delivered(connection, delivery, now))
        return 1

    def _ready(self, connection: Connection, delivery: Delivery, now: int) -> _Ready | None:
        """The score of a delivery; None without one."""
        quiz, student = delivery.quiz, delivery.person
        scores = [score for score in scores_at(connection, self._course, quiz, student) if score.attempt]
        marked = [score for score in scores if score.points is not None and score.finished_at is not None]
        title = next(
            (published.title for published in published_in(connection, self._course) if published.id == quiz),
            quiz,
        )
        if not marked:
            return None
        release = self._content(current_version(connection, quiz)).release
        which = self._counted(student, quiz)
        best = max(marked, key=lambda score: score.points or 0)
        score = {"best": best, "first": marked[0], "last": marked[-1]}[which]
        due = score.due_at is None or score.due_at <= now
        closed = is_closed_for_everyone(connection, quiz, now)
        return _Ready(score, title, not Visibility.of(release, over=True, due=due, closed=closed).score)

    def _post(self, link: Link, subject: str, ready: _Ready, now: int) -> None:
        score = ready.score
        if not link.line_item and not link.line_items:
            raise PlatformError("The platform's launches of this link offer no gradebook (AGS)")
        if not link.line_item:
            line_item = self._lti.line_item(link, ready.title, float(score.out_of))
            link = replace(link, line_item=line_item)
            self._write(lambda connection: keep_link(connection, link))
        posted = Posted(
            subject=subject,
            points=float(score.points or 0),
            out_of=float(score.out_of),
            started_at=score.started_at or 0,
            finished_at=score.finished_at or 0,
            at=now,
            complete=score.waiting == 0,
        )
        self._lti.post_score(link, posted)

    def _write(self, work: Callable[[Connection], None]) -> None:
        self._writer.submit(work).result()
