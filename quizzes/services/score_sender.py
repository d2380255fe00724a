"""Sends scores from the outbox to learning platforms until they arrive.

A message only says that a score has changed. The current score of the attempt that counts is sent, and not
before the quiz shows it to its student; so a message that comes late or twice does no harm. The background
tasks of the server run it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from autograder.site.database import Database
from autograder.site.lti.client import PlatformError
from autograder.site.lti.services import Lti
from autograder.site.lti.services import Score as Posted
from autograder.site.lti.users import Link, keep_link, recipients_of
from autograder.site.outbox import Message, claim, mark_failed, mark_sent, postpone
from autograder.site.writer import Writer
from quizzes.attempts.visibility import Visibility
from quizzes.content.quiz import Quiz
from quizzes.services.scores import Score, scores_at
from quizzes.store.quizzes import current_version, is_closed_for_everyone, published_in

__all__ = ["ScoreSender"]


log = logging.getLogger(__name__)
KINDS = ("score", "grade")  # of messages; version 0.1 wrote the second
BATCH = 5  # few enough that all can time out before another server may claim them
HIDDEN = 60_000  # milliseconds until a score that is not visible yet is looked at again
CountedAttempt = Callable[[str, str], str]  # by student and quiz: best, last or first


@dataclass(frozen=True)
class _Ready:
    """A score to send, and the links to send it to."""

    score: Score
    title: str
    links: list[tuple[Link, str]]  # with the student's id on the platform


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

    def send_due(self, now: int) -> int:
        """Send the messages that are due; returns how many scores arrived."""
        messages = self._writer.submit(lambda connection: claim(connection, now, BATCH)).result()
        arrived = 0
        for message in messages:
            arrived += self._send(message, now)
        return arrived

    def _send(self, message: Message, now: int) -> int:
        with self._database.reading() as connection:
            ready = self._ready(connection, message, now)
        if ready is None:
            self._write(lambda connection: postpone(connection, message, now + HIDDEN))
            return 0
        arrived, problems = 0, []
        for link, subject in ready.links:
            try:
                self._post(link, subject, ready, now)
                arrived += 1
            except PlatformError as problem:
                problems.append(str(problem))
        if problems:
            log.warning("A score of %s did not arrive: %s", message.payload.get("quiz"), problems[0])
            self._write(lambda connection: mark_failed(connection, message, now, "; ".join(problems)))
        else:
            self._write(lambda connection: mark_sent(connection, message, now))
        return arrived

    def _ready(self, connection: Connection, message: Message, now: int) -> _Ready | None:
        """The score of a message, without links if there is no platform; None while it is hidden."""
        quiz, student = str(message.payload["quiz"]), str(message.payload["person"])
        links = [
            (link, subject)
            for link, subject in recipients_of(connection, student, quiz)
            if link.line_item or link.line_items
        ]
        scores = [score for score in scores_at(connection, self._course, quiz, student) if score.attempt]
        marked = [score for score in scores if score.points is not None and score.finished_at is not None]
        title = next(
            (published.title for published in published_in(connection, self._course) if published.id == quiz),
            quiz,
        )
        if message.kind not in KINDS or not links or not marked:
            return _Ready(Score(student, quiz, title, None), title, [])
        release = self._content(current_version(connection, quiz)).release
        which = self._counted(student, quiz)
        best = max(marked, key=lambda score: score.points or 0)
        score = {"best": best, "first": marked[0], "last": marked[-1]}[which]
        due = score.due_at is None or score.due_at <= now
        closed = is_closed_for_everyone(connection, quiz, now)
        if not Visibility.of(release, over=True, due=due, closed=closed).score:
            return None
        return _Ready(score, title, links)

    def _post(self, link: Link, subject: str, ready: _Ready, now: int) -> None:
        score = ready.score
        if not link.line_item:
            line_item = self._lti.make_line_item(link, ready.title, float(score.out_of))
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
