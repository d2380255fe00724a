"""Sends scores to learning platforms until they arrive.

A message in the outbox only says that a score has changed: it becomes one delivery for each recipient. The
current score of the attempt that counts is sent, and not before its student may see it; so a delivery that
comes late or twice does no harm. The background tasks of the server run it; what a score is, and whether it
is shown, says the source of its kind: quizzes, or assignments.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from sqlalchemy import Connection

from autograder.site.database import Database
from autograder.site.lti.client import PlatformError
from autograder.site.lti.deliveries import (
    Delivery,
    claim_deliveries,
    held_work,
    mark_delivered,
    mark_failed,
    mark_held,
    mark_retired,
    queue_deliveries,
    release_held,
)
from autograder.site.lti.services import Lti, Score
from autograder.site.lti.users import Link, keep_link, recipients_of
from autograder.site.outbox import claim, mark_sent
from autograder.site.people import COURSE
from autograder.site.roles import takes_part_in
from autograder.site.writer import Writer

__all__ = ["CurrentScore", "ScoreSender", "ScoreSource"]


log = logging.getLogger(__name__)
KINDS = ("score", "grade")  # of messages; version 0.1 wrote the second
BATCH = 20  # deliveries in one call, each claimed by itself
MESSAGES = 100  # at once
SILENCE = 30_000  # milliseconds in which a platform is not asked again that did not answer
HIDDEN = 15_000  # milliseconds between two looks at the work whose scores are held


@dataclass(frozen=True)
class CurrentScore:
    """A student's score as it stands now; `hidden` while its student may not see it."""

    title: str  # of the quiz or the assignment
    points: float
    out_of: float
    hidden: bool = False
    complete: bool = True  # no answer waits for a mark
    started_at: int | None = None
    finished_at: int | None = None
    due_at: int | None = None
    comment: str = ""  # for the student
    fingerprint: str = ""  # changes with whatever a platform is sent


class ScoreSource(Protocol):
    """The scores of one kind of work."""

    def score(self, connection: Connection, who: str, work: str, now: int) -> CurrentScore | None:
        """A person's score; None without one."""

    def shown(self, connection: Connection, work: str, now: int) -> tuple[bool, bool]:
        """Whether students see their scores before, and after, their own due date."""


class ScoreSender:
    """Sends the scores that wait; `send_due` is called every few seconds."""

    def __init__(
        self, database: Database, writer: Writer, lti: Lti, sources: Mapping[str, ScoreSource]
    ) -> None:
        """`sources` are by kind of work; a delivery of another kind waits."""
        self._database, self._writer, self._lti, self._sources = database, writer, lti, sources
        self._released_at = -HIDDEN
        self._silent: dict[str, int] = {}  # until when a platform is left alone that did not answer

    def send_due(self, now: int) -> int:
        """Send the scores that are due; returns how many arrived."""
        self._write(lambda connection: self._queue(connection, now))
        if not 0 <= now - self._released_at < HIDDEN:
            self._release(now)
            self._released_at = now
        arrived = 0
        for _ in range(BATCH):  # a platform that is silent costs the others one wait, not many
            self._silent = {issuer: until for issuer, until in self._silent.items() if now < until}
            due = self._writer.submit(partial(self._claim, now=now), in_background=True).result()
            if not due:
                break
            arrived += sum(self._deliver(delivery, now) for delivery in due if delivery.kind in self._sources)
        return arrived

    def _claim(self, connection: Connection, now: int) -> list[Delivery]:
        return claim_deliveries(connection, now, 1, without=self._silent)

    def _queue(self, connection: Connection, now: int) -> None:
        """Turn the messages that are due into deliveries."""
        for message in claim(connection, now, MESSAGES):
            if message.kind in KINDS:
                kind = "assignment" if "assignment" in message.payload else "quiz"
                work, student = str(message.payload[kind]), str(message.payload["person"])
                queue_deliveries(connection, student, work, now, kind=kind)
            mark_sent(connection, message, now)

    def _release(self, now: int) -> None:
        """Let the held scores wait that their students may see by now."""
        with self._database.reading() as connection:
            shown: list[tuple[str, str, bool]] = []
            for kind, work in held_work(connection):
                if (source := self._sources.get(kind)) is not None:
                    before_due, after_due = source.shown(connection, work, now)
                    shown += [(kind, work, True)] if before_due else []
                    shown += [(kind, work, False)] if after_due else []
        for kind, work, early in shown:
            self._write(partial(release_held, work=work, now=now, before_due=early, kind=kind))

    def _deliver(self, delivery: Delivery, now: int) -> int:
        with self._database.reading() as connection:
            recipients = recipients_of(connection, delivery.person, delivery.work, delivery.kind)
            link = next((link for link, subject in recipients if delivery.is_for(link, subject)), None)
            score = self._sources[delivery.kind].score(connection, delivery.person, delivery.work, now)
            # Canvas and Moodle answer a score of somebody who has left their course with an error.
            here = takes_part_in(connection, COURSE, delivery.person)
        if link is None or score is None or not here:
            self._write(lambda connection: mark_retired(connection, delivery))
            return 0
        if score.hidden:
            self._write(lambda connection: mark_held(connection, delivery, score.due_at))
            return 0
        try:
            self._post(link, delivery.subject, score, now)
        except PlatformError as problem:
            text = str(problem)
            if problem.silent:
                self._silent[link.issuer] = now + SILENCE
            log.warning("A score of %s did not arrive: %s", delivery.work, text)
            self._write(lambda connection: mark_failed(connection, delivery, now, text))
            return 0
        self._write(lambda connection: mark_delivered(connection, delivery, now, score.fingerprint))
        return 1

    def _post(self, link: Link, subject: str, score: CurrentScore, now: int) -> None:
        if not link.line_item and not link.line_items:
            raise PlatformError("The platform's launches of this link offer no gradebook (AGS)")
        if not link.line_item:
            line_item = self._lti.line_item(link, score.title, score.out_of)
            link = replace(link, line_item=line_item)
            self._write(lambda connection: keep_link(connection, link))
        posted = Score(
            subject=subject,
            points=score.points,
            out_of=score.out_of,
            at=now,
            complete=score.complete,
            started_at=score.started_at,
            finished_at=score.finished_at,
            comment=score.comment,
        )
        self._lti.post_score(link, posted)

    def _write(self, work: Callable[[Connection], None]) -> None:
        self._writer.submit(work, in_background=True).result()
