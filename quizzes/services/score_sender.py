"""Scores from the outbox to the platforms, until they arrive.

A message only says that a score is new. What is sent is the score as it stands then, of the attempt that
counts, and not before the quiz lets its student see it; so a message that comes late, or twice, does no harm.
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
from autograder.site.lti.users import Link, keep_link, links_of, subjects_of
from autograder.site.outbox import Message, claim, failed, later, sent
from autograder.site.writer import Writer
from quizzes.attempts.visibility import Visibility
from quizzes.content.quiz import Quiz
from quizzes.services.scores import Score, scores_at
from quizzes.store.quizzes import current_version, is_closed_for_everyone, published_in

__all__ = ["Sender"]


log = logging.getLogger(__name__)
BATCH = 5  # so many can fail by silence before others may take them, too
HIDDEN = 60_000  # milliseconds until it is looked again whether a score may be seen
Counted = Callable[[str, str], str]  # which attempt counts, by student and quiz: best, last or first


@dataclass(frozen=True)
class _Ready:
    """A score that may go out, and where it goes."""

    score: Score
    title: str
    links: list[tuple[Link, str]]  # with what the student is called there


class Sender:
    """Sends what waits; `look` is called every few seconds."""

    def __init__(
        self,
        database: Database,
        writer: Writer,
        lti: Lti,
        course: str,
        content: Callable[[str], Quiz],
        counted: Counted,
    ) -> None:
        self._database, self._writer, self._lti = database, writer, lti
        self._course, self._content, self._counted = course, content, counted

    def look(self, now: int) -> int:
        """Send what is due; how many scores arrived."""
        messages = self._writer.submit(lambda connection: claim(connection, now, BATCH)).result()
        arrived = 0
        for message in messages:
            arrived += self._send(message, now)
        return arrived

    def _send(self, message: Message, now: int) -> int:
        with self._database.reading() as connection:
            ready = self._ready(connection, message, now)
        if ready is None:
            self._write(lambda connection: later(connection, message, now + HIDDEN))
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
            self._write(lambda connection: failed(connection, message, now, "; ".join(problems)))
        else:
            self._write(lambda connection: sent(connection, message, now))
        return arrived

    def _ready(self, connection: Connection, message: Message, now: int) -> _Ready | None:
        """What a message comes to; None while the student may not see it. No platform, no links."""
        quiz, student = str(message.payload["quiz"]), str(message.payload["person"])
        subjects = subjects_of(connection, student)
        links = [
            (link, subjects[link.issuer])
            for link in links_of(connection, quiz)
            if link.issuer in subjects and (link.line_item or link.line_items)
        ]
        own = [
            one for one in scores_at(connection, self._course, quiz) if one.student == student and one.attempt
        ]
        marked = [one for one in own if one.points is not None and one.finished_at is not None]
        title = next((one.title for one in published_in(connection, self._course) if one.id == quiz), quiz)
        if message.kind != "grade" or not links or not marked:
            return _Ready(Score(student, quiz, title, None), title, [])
        release = self._content(current_version(connection, quiz)).release
        which = self._counted(student, quiz)
        best = max(marked, key=lambda one: one.points or 0.0)
        score = {"best": best, "first": marked[0], "last": marked[-1]}[which]
        due = score.due_at is None or score.due_at <= now
        closed = is_closed_for_everyone(connection, quiz, now)
        if not Visibility.of(release, over=True, due=due, closed=closed).score:
            return None
        return _Ready(score, title, links)

    def _post(self, link: Link, subject: str, ready: _Ready, now: int) -> None:
        score = ready.score
        if not link.line_item:
            made = self._lti.make_line_item(link, ready.title, score.out_of)
            link = replace(link, line_item=made)
            self._write(lambda connection: keep_link(connection, link))
        posted = Posted(
            subject=subject,
            given=score.points or 0.0,
            most=score.out_of,
            started_at=score.started_at or 0,
            finished_at=score.finished_at or 0,
            at=now,
            whole=score.waiting == 0,
        )
        self._lti.post_score(link, posted)

    def _write(self, work: Callable[[Connection], None]) -> None:
        self._writer.submit(work).result()
