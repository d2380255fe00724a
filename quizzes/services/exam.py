"""The proctor: hands out attempts, takes saves, watches the clock and collects; what a web server talks to.

Whatever changes something returns a future that resolves after the commit: `.result()` waits for it, and
`asyncio.wrap_future` awaits it; the call itself may read the database, which takes a millisecond. An instant
is taken when a call arrives, before any queue. Students' calls name the student, and a foreign attempt is no
attempt; staff's looks change nothing.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial

from sqlalchemy import Connection

from autograder.errors import Busy, NotFound
from autograder.site.backup import has_room
from autograder.site.clock import Clock
from autograder.site.database import Database
from autograder.site.signer import Signer
from autograder.site.writer import Writer
from quizzes.attempts.edit_lock import checked_lock
from quizzes.attempts.events import Event, FinishedBy, State
from quizzes.attempts.response import Answer, response_text
from quizzes.attempts.save_rules import Save, SaveResult, StoredAnswer
from quizzes.content.version import AttemptItem, QuizVersion
from quizzes.schedule.timing import remaining
from quizzes.services.regrading import marks_of
from quizzes.services.remembered import Remembered
from quizzes.store.answers import save
from quizzes.store.attempts import (
    AttemptRow,
    Fresh,
    answers_of,
    begin,
    find,
    lock_attempts,
    open_one,
    take_pen,
)
from quizzes.store.endings import Ending, close_if_overdue, close_overdue, finish, overdue
from quizzes.store.events import events_of
from quizzes.store.marks import record, unmarked
from quizzes.store.quizzes import Availability, availability_for, content_of, current_version
from quizzes.store.receipts import Receipt, last_receipt

__all__ = ["ExamService", "View"]


log = logging.getLogger(__name__)
GRADER = "1"  # of the rules in `marking`; a new one marks anew


@dataclass(frozen=True, slots=True)
class View:
    """An attempt as its student finds it at one instant."""

    attempt: AttemptRow
    items: Sequence[AttemptItem]
    answers: dict[int, StoredAnswer]
    remaining: int | None  # milliseconds on the timer; None without one
    receipt: Receipt | None


class ExamService:
    """One server process's hand on the quizzes; `read_version` makes a quiz of a version's bytes."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        signer: Signer,
        read_version: Callable[[bytes], QuizVersion],
        *,
        room: Callable[[Database], bool] = has_room,
        writer: Writer | None = None,
    ) -> None:
        self.database, self.clock = database, clock
        self.writer = writer or Writer(database, lock_attempts)
        self._signer, self._read_version, self._room = signer, read_version, room
        self._versions = lru_cache(64)(self._load_version)
        self._papers = Remembered(self._deal)

    def close(self) -> None:
        """Write what is queued and let the database go."""
        self.writer.close()
        self.database.close()

    # What students do

    def offer(self, quiz: str, person: str) -> Availability:
        """What a start page says: the student's own time and end, before the clock runs."""
        with self.database.reading() as connection:
            return availability_for(connection, quiz, person, self.clock.now())

    def start(self, quiz: str, person: str, pen: str, *, preview: bool = False) -> Future[AttemptRow]:
        """Start an attempt or return the open one.

        Raises NotFound before the opening, Forbidden after the close or the last attempt, Busy when the disk
        has no room for more.
        """
        at = self.clock.now()
        checked_lock(pen)
        with self.database.reading() as connection:
            version = current_version(connection, quiz)
            running = open_one(connection, quiz, person)
        if running is None and not self._room(self.database):
            raise Busy("The server's disk is nearly full.", next_step="Tell the course's staff at once.")
        one = secrets.token_urlsafe(16)
        seed = self._signer.of("seed", f"{version}\n{one}")
        items = self._versions(version).deal(seed)
        fresh = Fresh(one, version, seed, pen, items, preview)
        self._papers.put(one, (person, items))  # its page is asked for next
        if running is not None and overdue(running, at):
            # In a transaction of its own: it ended, whether or not another one may begin.
            self.writer.submit(
                partial(close_if_overdue, one=running.id, now=at, signer=self._signer), [running.id]
            )
        return self.writer.submit(
            partial(begin, quiz_id=quiz, person=person, fresh=fresh, arrived=at, now=self.clock.now)
        )

    def view(self, one: str, person: str) -> View:
        """A student's own attempt; ended by now if its time is over, which may wait for a commit."""
        if (seen := self.glance(one, person)) is not None:
            return seen
        at = self.clock.now()
        self.writer.submit(partial(close_if_overdue, one=one, now=at, signer=self._signer), [one]).result()
        with self.database.reading() as connection:
            return self._view(connection, find(connection, one, person), at)

    def glance(self, one: str, person: str) -> View | None:
        """The same without waiting: None if its time is over and it has yet to be ended."""
        at = self.clock.now()
        with self.database.reading() as connection:
            row = find(connection, one, person)
            return None if overdue(row, at) else self._view(connection, row, at)

    def save(
        self,
        one: str,
        person: str,
        pos: int,
        answer: Answer,
        *,
        base_rev: int,
        save_id: str,
        pen: str,
        clear: bool = False,
        client: str = "",
        at: int | None = None,
    ) -> Future[SaveResult]:
        """Save an answer; `at` is when the request arrived, if that was noted before this call.

        Raises NotFound for a foreign attempt, TooLarge for a huge answer, Busy when too many wait.
        """
        arrived = self.clock.now() if at is None else at
        owner, items = self._papers(one)
        if owner != person or not 0 <= pos < len(items):
            raise NotFound("There is no such question in this attempt.", next_step="Reload the page.")
        raw = response_text(answer)
        try:
            problem = items[pos].question.problem_with(answer)
        except Exception:  # a broken question must not cost an answer: it is kept, and staff can look
            with suppress(Exception):  # nor must a log that fails
                log.exception("Question %s of attempt %s cannot read an answer.", pos, one)
            problem = ""
        given = Save(arrived, pos, raw, base_rev, save_id, checked_lock(pen), problem, clear, client)
        return self.writer.submit(partial(save, one=one, person=person, given=given), [one])

    def take_pen(self, one: str, person: str, pen: str) -> Future[AttemptRow]:
        """Let this window write; others are read-only from here on."""
        at = self.clock.now()
        self._owned(one, person)
        return self.writer.submit(partial(take_pen, one=one, pen=checked_lock(pen), at=at), [one])

    def finish(self, one: str, person: str, *, timer: bool = False) -> Future[Ending]:
        """Hand in; a second time returns the first receipt. `timer`: the page did it when its time was up."""
        at = self.clock.now()
        self._owned(one, person)
        by = FinishedBy.TIMER if timer else FinishedBy.STUDENT
        return self.writer.submit(partial(finish, one=one, at=at, by=by, signer=self._signer), [one])

    # What staff and the server do

    def look(self, one: str) -> tuple[View, list[Event]]:
        """Any attempt and its log, for staff: nothing changes by looking."""
        with self.database.reading() as connection:
            row = find(connection, one)
            return self._view(connection, row, self.clock.now()), events_of(connection, one)

    def paper(self, one: str) -> Sequence[AttemptItem]:
        """The questions of any attempt."""
        return self._papers(one)[1]

    def finish_for(self, one: str) -> Future[Ending]:
        """End an attempt, by staff."""
        at = self.clock.now()
        return self.writer.submit(
            partial(finish, one=one, at=at, by=FinishedBy.STAFF, signer=self._signer), [one]
        )

    def sweep(self) -> int:
        """End every attempt whose deadline and grace are over; how many. Calls from anywhere do no harm."""
        closed = 0
        while True:
            now = self.clock.now()
            some = self.writer.submit(partial(close_overdue, now=now, signer=self._signer)).result()
            closed += len(some)
            if not some:
                return closed

    def mark(self, most: int | None = None) -> int:
        """Mark attempts that are over; how many. One that changes meanwhile is left to the next call."""
        with self.database.reading() as connection:
            waiting = unmarked(connection)[:most]
        return sum(self.mark_one(one) for one in waiting)

    def mark_one(self, one: str) -> bool:
        """Mark one attempt that is over; False if it was marked meanwhile, or cannot be."""
        try:
            with self.database.reading() as connection:
                row = find(connection, one)
                items = self._papers(one)[1]
                given = marks_of(connection, row, items, row.version, GRADER)
        except Exception:  # the others are marked all the same
            log.exception("Attempt %s cannot be marked.", one)
            return False
        work = partial(record, seen=row, marks=given, at=self.clock.now())
        return self.writer.submit(work, [one]).result()

    # How

    def _owned(self, one: str, person: str) -> None:
        if self._papers(one)[0] != person:
            raise NotFound("There is no such attempt.", next_step="Start the quiz from its page.")

    def _view(self, connection: Connection, row: AttemptRow, at: int) -> View:
        answers = answers_of(connection, row.id)
        receipt = None if row.state is State.OPEN else last_receipt(connection, row.id)
        return View(row, self._papers(row.id)[1], answers, remaining(at, row.deadline_at), receipt)

    def _load_version(self, version: str) -> QuizVersion:
        with self.database.reading() as connection:
            return self._read_version(content_of(connection, version))

    def _deal(self, one: str) -> tuple[str, Sequence[AttemptItem]]:
        """Whose attempt it is and what it shows; neither ever changes."""
        with self.database.reading() as connection:
            row = find(connection, one)
        return row.person, self._versions(row.version).deal(row.seed)
