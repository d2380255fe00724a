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

from quizzes.attempt import Event, FinishedBy, State
from quizzes.clock import Clock
from quizzes.paper import Dealt, QuizVersion
from quizzes.pen import checked_pen
from quizzes.raw import Answer, as_raw
from quizzes.refusal import Busy, NotFound
from quizzes.regrade import marks_of
from quizzes.remembered import Remembered
from quizzes.revisions import Held, Save, SaveResult
from quizzes.store.answers import save
from quizzes.store.attempts import AttemptRow, Fresh, answers_of, begin, find, open_one, take_pen
from quizzes.store.backup import has_room
from quizzes.store.catalogue import content_of, current_version
from quizzes.store.database import Database
from quizzes.store.endings import Ending, close_overdue, finish, overdue, settle
from quizzes.store.grades import record, unmarked
from quizzes.store.log import events_of
from quizzes.store.offers import Offer, offer_to
from quizzes.store.receipts import Receipt, Seal, last_receipt
from quizzes.store.writer import Writer
from quizzes.timing import remaining

__all__ = ["Proctor", "View"]

log = logging.getLogger(__name__)
GRADER = "1"  # of the rules in `marking`; a new one marks anew


@dataclass(frozen=True, slots=True)
class View:
    """An attempt as its student finds it at one instant."""

    attempt: AttemptRow
    items: Sequence[Dealt]
    answers: dict[int, Held]
    remaining: int | None  # milliseconds on the timer; None without one
    receipt: Receipt | None


class Proctor:
    """One server process's hand on the quizzes; `read_version` makes a quiz of a version's bytes."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        seal: Seal,
        read_version: Callable[[bytes], QuizVersion],
        *,
        room: Callable[[Database], bool] = has_room,
    ) -> None:
        self.database, self.clock, self.writer = database, clock, Writer(database)
        self._seal, self._read_version, self._room = seal, read_version, room
        self._versions = lru_cache(64)(self._load_version)
        self._papers = Remembered(self._deal)

    def close(self) -> None:
        """Write what is queued and let the database go."""
        self.writer.close()
        self.database.close()

    # What students do

    def offer(self, quiz: str, person: str) -> Offer:
        """What a start page says: the student's own time and end, before the clock runs."""
        with self.database.reading() as connection:
            return offer_to(connection, quiz, person, self.clock.now())

    def start(self, quiz: str, person: str, pen: str, *, preview: bool = False) -> Future[AttemptRow]:
        """Start an attempt or return the open one.

        Raises NotFound before the opening, Forbidden after the close or the last attempt, Busy when the disk
        has no room for more.
        """
        at = self.clock.now()
        checked_pen(pen)
        with self.database.reading() as connection:
            version = current_version(connection, quiz)
            running = open_one(connection, quiz, person)
        if running is None and not self._room(self.database):
            raise Busy("The server's disk is nearly full.", next_step="Tell the course's staff at once.")
        one = secrets.token_urlsafe(16)
        seed = self._seal.of("seed", f"{version}\n{one}")
        items = self._versions(version).deal(seed)
        fresh = Fresh(one, version, seed, pen, items, preview)
        self._papers.put(one, (person, items))  # its page is asked for next
        if running is not None and overdue(running, at):
            # In a transaction of its own: it ended, whether or not another one may begin.
            self.writer.submit(partial(settle, one=running.id, now=at, seal=self._seal), [running.id])
        return self.writer.submit(
            partial(begin, quiz_id=quiz, person=person, fresh=fresh, arrived=at, now=self.clock.now)
        )

    def view(self, one: str, person: str) -> View:
        """A student's own attempt; ended by now if its time is over, which may wait for a commit."""
        if (seen := self.glance(one, person)) is not None:
            return seen
        at = self.clock.now()
        self.writer.submit(partial(settle, one=one, now=at, seal=self._seal), [one]).result()
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
        raw = as_raw(answer)
        try:
            problem = items[pos].question.problem_with(answer)
        except Exception:  # a broken question must not cost an answer: it is kept, and staff can look
            with suppress(Exception):  # nor must a log that fails
                log.exception("Question %s of attempt %s cannot read an answer.", pos, one)
            problem = ""
        given = Save(arrived, pos, raw, base_rev, save_id, checked_pen(pen), problem, clear, client)
        return self.writer.submit(partial(save, one=one, person=person, given=given), [one])

    def take_pen(self, one: str, person: str, pen: str) -> Future[AttemptRow]:
        """Let this window write; others are read-only from here on."""
        at = self.clock.now()
        self._owned(one, person)
        return self.writer.submit(partial(take_pen, one=one, pen=checked_pen(pen), at=at), [one])

    def finish(self, one: str, person: str, *, timer: bool = False) -> Future[Ending]:
        """Hand in; a second time returns the first receipt. `timer`: the page did it when its time was up."""
        at = self.clock.now()
        self._owned(one, person)
        by = FinishedBy.TIMER if timer else FinishedBy.STUDENT
        return self.writer.submit(partial(finish, one=one, at=at, by=by, seal=self._seal), [one])

    # What staff and the server do

    def look(self, one: str) -> tuple[View, list[Event]]:
        """Any attempt and its log, for staff: nothing changes by looking."""
        with self.database.reading() as connection:
            row = find(connection, one)
            return self._view(connection, row, self.clock.now()), events_of(connection, one)

    def paper(self, one: str) -> Sequence[Dealt]:
        """The questions of any attempt."""
        return self._papers(one)[1]

    def finish_for(self, one: str) -> Future[Ending]:
        """End an attempt, by staff."""
        at = self.clock.now()
        return self.writer.submit(
            partial(finish, one=one, at=at, by=FinishedBy.STAFF, seal=self._seal), [one]
        )

    def sweep(self) -> int:
        """End every attempt whose deadline and grace are over; how many. Calls from anywhere do no harm."""
        closed = 0
        while True:
            now = self.clock.now()
            some = self.writer.submit(partial(close_overdue, now=now, seal=self._seal)).result()
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

    def _deal(self, one: str) -> tuple[str, Sequence[Dealt]]:
        """Whose attempt it is and what it shows; neither ever changes."""
        with self.database.reading() as connection:
            row = find(connection, one)
        return row.person, self._versions(row.version).deal(row.seed)
