"""The exam service: starts attempts, saves answers, closes what is overdue, and marks what is submitted.

The pages of students and staff, the background tasks, the commands and the load test call it. A call that
changes something returns a future that resolves after the commit: `.result()` waits for it, and
`asyncio.wrap_future` awaits it. The call itself may read the database, which takes a millisecond. The instant
is taken when a call arrives, before any queue. Students' calls name the student, and another student's
attempt does not exist for them; what staff look at does not change by it.
"""

from __future__ import annotations

import logging
import secrets
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from threading import Lock
from typing import Any, TypeVar

from cachetools import LRUCache, cached
from sqlalchemy import Connection

from autograder.errors import Busy, Forbidden, NotFound
from autograder.site.background import Crowd, Pace
from autograder.site.backup import has_disk_space
from autograder.site.clock import Clock
from autograder.site.database import Database
from autograder.site.signer import Signer
from autograder.site.writer import BACKGROUND_BATCH, Writer
from quizzes.attempts.edit_lock import checked_lock
from quizzes.attempts.events import Event, FinishedBy, State
from quizzes.attempts.response import response_from
from quizzes.attempts.save_rules import Save, SaveResult, StoredAnswer
from quizzes.content.question import Answer
from quizzes.content.version import AttemptItem, QuizVersion
from quizzes.schedule.timing import remaining
from quizzes.services.held_back import HeldBack
from quizzes.services.regrading import Regrades, marks_of
from quizzes.store.answers import save
from quizzes.store.attempts import (
    AttemptRow,
    NewAttempt,
    VersionChanged,
    answers_of,
    find_attempt,
    lock_attempts,
    open_attempt,
    start_attempt,
    take_lock,
)
from quizzes.store.endings import Ending, close_if_overdue, close_overdue, finish, overdue, overdue_attempts
from quizzes.store.events import events_of
from quizzes.store.marks import MarkRow, record_marks, unmarked_attempts
from quizzes.store.quizzes import Availability, availability_for, content_of, current_version
from quizzes.store.receipts import Receipt, last_receipt
from quizzes.store.regrades import key_for

__all__ = ["ExamService", "PreparedAttempt", "View"]


T = TypeVar("T")
log = logging.getLogger(__name__)
GRADER = "1"  # the version of the rules in `content.marking`
CLOSED_AT_ONCE = 50  # attempts
CACHED_ATTEMPTS = 8192  # attempts whose questions are kept in memory


@dataclass(frozen=True, slots=True)
class View:
    """An attempt at one instant, as its page shows it."""

    attempt: AttemptRow
    items: Sequence[AttemptItem]
    answers: dict[int, StoredAnswer]
    remaining: int | None  # milliseconds on the timer; None without one
    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class PreparedAttempt:
    """The questions of an attempt that nobody has started yet."""

    id: str
    version: str
    seed: str
    items: Sequence[AttemptItem]


class ExamService:
    """The attempts of all quizzes in one server process; `read_version` makes a quiz of a version's bytes."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        signer: Signer,
        read_version: Callable[[bytes], QuizVersion],
        *,
        has_disk_space: Callable[[Database], bool] = has_disk_space,
        writer: Writer | None = None,
        crowd: Crowd | None = None,
    ) -> None:
        """`crowd`: the requests under way, for which long work waits."""
        self.database, self.clock = database, clock
        self.crowd = crowd or Crowd()
        self.writer = writer or Writer(database, lock_attempts)
        self._signer, self._read_version, self._has_disk_space = signer, read_version, has_disk_space
        self._versions = lru_cache(64)(self._load_version)
        self.regrades = Regrades(self, GRADER)
        self._unclosed, self._unmarked = HeldBack(clock, "closed"), HeldBack(clock, "marked")
        self._items_cache: LRUCache[str, tuple[str, Sequence[AttemptItem]]] = LRUCache(CACHED_ATTEMPTS)
        self._items_lock, self._prepared_lock = Lock(), Lock()
        self._prepared: dict[str, tuple[str, deque[PreparedAttempt]]] = {}  # by quiz, with the version
        self._items = cached(self._items_cache, key=str, lock=self._items_lock)(self._load_items)

    def pace(self) -> Pace:
        """The pace of long work at the attempts of a class."""
        return Pace(self.crowd, written=lambda: self.writer.background_seconds)

    def close(self) -> None:
        """Write what is queued and close the database."""
        self.writer.close()
        self.database.close()

    # For students

    def availability(self, quiz: str, person: str) -> Availability:
        """Whether a student may start a quiz now, with their own time and end."""
        with self.database.reading() as connection:
            return availability_for(connection, quiz, person, self.clock.now())

    def start(self, quiz: str, person: str, lock: str, *, preview: bool = False) -> Future[AttemptRow]:
        """Start an attempt or return the open one.

        Raises NotFound before the opening, Forbidden after the close or the last attempt, Busy when the disk
        has no room for more.
        """
        at = self.clock.now()
        checked_lock(lock)
        with self.database.reading() as connection:
            version = current_version(connection, quiz)
            running = open_attempt(connection, quiz, person)
        if running is None and not self._has_disk_space(self.database):
            raise Busy("The server's disk is nearly full.", next_step="Tell the course's staff at once.")
        prepared = self._take_prepared(quiz, version) or self._prepare(version)
        new_attempt = self._new_attempt(prepared, person, lock, preview=preview)
        if running is not None and overdue(running, at):
            # In its own transaction: it has ended, whether or not another one may start.
            self.writer.submit(
                partial(close_if_overdue, attempt_id=running.id, now=at, signer=self._signer), [running.id]
            )
        started = self.writer.submit(
            partial(
                start_attempt,
                quiz_id=quiz,
                person=person,
                new_attempt=new_attempt,
                arrived=at,
                now=self.clock.now,
            )
        )
        return self._keeping_unused(quiz, prepared, started)

    def start_prepared(self, quiz: str, person: str, lock: str) -> Future[AttemptRow | None] | None:
        """The same without a read before the write, for a class that starts at once.

        None where no attempt is prepared, and None as the result where `start` has more to do than to write
        one: a new version is out, an open attempt has to be closed first, or the disk is nearly full.
        """
        at = self.clock.now()
        checked_lock(lock)
        if (prepared := self._take_prepared(quiz)) is None:
            return None
        new_attempt = self._new_attempt(prepared, person, lock)
        started = self.writer.submit(
            partial(self._start_prepared, quiz=quiz, person=person, new_attempt=new_attempt, at=at)
        )
        return self._keeping_unused(quiz, prepared, started)

    def _start_prepared(
        self, connection: Connection, quiz: str, person: str, new_attempt: NewAttempt, at: int
    ) -> AttemptRow | None:
        if not self._has_disk_space(self.database):
            return None
        try:
            row = start_attempt(connection, quiz, person, new_attempt, at, self.clock.now)
        except VersionChanged:
            return None
        return None if overdue(row, at) else row

    def _new_attempt(
        self, prepared: PreparedAttempt, person: str, lock: str, *, preview: bool = False
    ) -> NewAttempt:
        with self._items_lock:
            self._items_cache[prepared.id] = person, prepared.items  # its page is asked for next
        return NewAttempt(prepared.id, prepared.version, prepared.seed, lock, prepared.items, preview)

    def prepare(self, quiz: str, version: str, wanted: int, limit: int) -> list[PreparedAttempt]:
        """Build the questions of attempts before they start: `wanted` in all, `limit` now; returns the new.

        A prepared attempt belongs to nobody yet: its id and seed are random, and a start takes any of them.
        Those of another version are dropped.
        """
        with self._prepared_lock:
            known, prepared = self._prepared.get(quiz, (version, deque()))
            if known != version:
                prepared = deque()
            self._prepared[quiz] = version, prepared
        new = [self._prepare(version) for _ in range(min(limit, wanted - len(prepared)))]
        prepared.extend(new)
        return new

    def _take_prepared(self, quiz: str, version: str | None = None) -> PreparedAttempt | None:
        """One of a version, or of the version that was the newest when they were prepared."""
        with self._prepared_lock:
            known, prepared = self._prepared.get(quiz, (version, None))
            return prepared.popleft() if prepared and version in (None, known) else None

    def _keeping_unused(self, quiz: str, prepared: PreparedAttempt, started: Future[T]) -> Future[T]:
        """A start, after which its prepared attempt is there again if it was not used."""
        started.add_done_callback(lambda done: self._keep_unused(quiz, prepared, done))
        return started

    def _keep_unused(self, quiz: str, prepared: PreparedAttempt, done: Future[Any]) -> None:
        """Keep an attempt for others if a start has not used it: nobody uses up the class's by trying."""
        if done.cancelled():
            return  # it may be written all the same
        problem = done.exception()
        if problem is None:
            is_unused = done.result() is not None and done.result().id != prepared.id
        else:  # of other problems it is not known what was written
            is_unused = isinstance(problem, Forbidden | NotFound)
        with self._prepared_lock:
            known, waiting = self._prepared.get(quiz, ("", deque()))
            if is_unused and known == prepared.version:
                waiting.appendleft(prepared)

    def _prepare(self, version: str) -> PreparedAttempt:
        attempt_id = secrets.token_urlsafe(16)
        seed = self._signer.of("seed", f"{version}\n{attempt_id}")
        return PreparedAttempt(attempt_id, version, seed, self._versions(version).build_questions(seed))

    def view(self, attempt_id: str, person: str, *, closes: bool = True) -> View:
        """A student's own attempt, closed first if it is overdue, which waits for a commit.

        Without `closes` it is shown as it is stored.
        """
        at = self.clock.now()
        with self.database.reading() as connection:
            row = find_attempt(connection, attempt_id, person)
            if not (closes and overdue(row, at)):
                return self._view(connection, row, at)
        self.writer.submit(
            partial(close_if_overdue, attempt_id=attempt_id, now=at, signer=self._signer), [attempt_id]
        ).result()
        with self.database.reading() as connection:
            return self._view(connection, find_attempt(connection, attempt_id, person), at)

    def save(
        self,
        attempt_id: str,
        person: str,
        pos: int,
        answer: Answer,
        *,
        base_rev: int,
        save_id: str,
        lock: str,
        clear: bool = False,
        client: str = "",
        at: int | None = None,
        began_at: int | None = None,
    ) -> Future[SaveResult]:
        """Save an answer; `at` is when the request was complete, by default now, `began_at` when it began.

        Raises NotFound for another student's attempt, TooLarge for a huge answer, Busy for a full queue.
        """
        arrived = self.clock.now() if at is None else at
        owner, items = self._items(attempt_id)
        if owner != person or not 0 <= pos < len(items):
            raise NotFound("There is no such question in this attempt.", next_step="Reload the page.")
        response = response_from(answer)
        try:
            problem = items[pos].question.problem_with(answer)
        except Exception:  # a broken question must not cost an answer: staff can look at it later
            with suppress(Exception):  # nor may a log that fails
                log.exception("Question %s on /staff/attempts/%s cannot read an answer.", pos + 1, attempt_id)
            problem = ""
        sent = Save(
            arrived, pos, response, base_rev, save_id, checked_lock(lock), problem, clear, client, began_at
        )
        return self.writer.submit(
            partial(save, attempt_id=attempt_id, person=person, sent=sent), [attempt_id]
        )

    def take_lock(self, attempt_id: str, person: str, lock: str) -> Future[AttemptRow]:
        """Give the edit lock to this tab; the others become read-only."""
        at = self.clock.now()
        self._require_owner(attempt_id, person)
        return self.writer.submit(
            partial(take_lock, attempt_id=attempt_id, lock=checked_lock(lock), at=at), [attempt_id]
        )

    def finish(self, attempt_id: str, person: str, *, timer: bool = False) -> Future[Ending]:
        """Submit an attempt; a second time returns the first receipt. `timer`: the page's timer ran out."""
        at = self.clock.now()
        self._require_owner(attempt_id, person)
        by = FinishedBy.TIMER if timer else FinishedBy.STUDENT
        return self.writer.submit(
            partial(finish, attempt_id=attempt_id, at=at, by=by, signer=self._signer), [attempt_id]
        )

    # For staff

    def inspect(self, attempt_id: str) -> tuple[View, list[Event]]:
        """Any attempt and its log; nothing changes by it."""
        with self.database.reading() as connection:
            row = find_attempt(connection, attempt_id)
            return self._view(connection, row, self.clock.now()), events_of(connection, attempt_id)

    def items_of(self, attempt_id: str) -> Sequence[AttemptItem]:
        """The questions of any attempt."""
        return self._items(attempt_id)[1]

    def has_items(self, attempt_id: str) -> bool:
        """Whether the questions of an attempt are at hand, without reading or building them."""
        with self._items_lock:
            return attempt_id in self._items_cache

    def version(self, version: str) -> QuizVersion:
        """A published version of a quiz by its hash."""
        return self._versions(version)

    def questions(self, row: AttemptRow, key: str) -> Sequence[AttemptItem]:
        """The questions that an attempt showed, with the key of this version."""
        if key == row.version:
            return self._items(row.id)[1]
        return self._versions(key).correct_questions(row.seed, self._versions(row.version))

    # For the background tasks

    def sweep(self) -> int:
        """Close every attempt whose deadline and grace are over; returns how many.

        Each is a write of its own: one that cannot be closed waits, and the others are closed.
        """
        now, closed = self.clock.now(), 0
        with self.database.reading() as connection:
            due = self._unclosed.due(overdue_attempts(connection, now))
        for first in range(0, len(due), CLOSED_AT_ONCE):
            closing = [
                (
                    attempt_id,
                    self.writer.submit(
                        partial(close_overdue, attempt_id=attempt_id, now=now, signer=self._signer),
                        [attempt_id],
                    ),
                )
                for attempt_id in due[first : first + CLOSED_AT_ONCE]
            ]
            for attempt_id, future in closing:
                try:
                    closed += future.result()
                except Busy:
                    raise
                except Exception:
                    log.exception("The attempt on /staff/attempts/%s cannot be closed.", attempt_id)
                    self._unclosed.add(attempt_id)
        return closed

    def mark(self, limit: int | None = None) -> int:
        """Mark up to `limit` submitted attempts; returns how many. One that changes meanwhile waits."""
        with self.database.reading() as connection:
            attempt_ids = self._unmarked.due(unmarked_attempts(connection))[:limit]
        marked, pace = 0, self.pace()
        for first in range(0, len(attempt_ids), BACKGROUND_BATCH):
            marked += self._mark_together(attempt_ids[first : first + BACKGROUND_BATCH])
            pace.step()
        return marked

    def mark_one(self, attempt_id: str) -> bool:
        """Mark one submitted attempt; False if it was marked meanwhile, or cannot be."""
        return self._mark_together([attempt_id], in_background=False) == 1  # its student waits

    def _mark_together(self, attempt_ids: Sequence[str], *, in_background: bool = True) -> int:
        """Mark some submitted attempts, whose writes wait for the disk once; returns how many."""
        marking: dict[str, Future[bool]] = {}
        for attempt_id in attempt_ids:
            with self._others_are_marked(attempt_id), self.database.reading() as connection:
                row = find_attempt(connection, attempt_id)
                key = key_for(connection, row)
                marks = marks_of(connection, row, self.questions(row, key), key, GRADER)
                work = partial(self._record, seen=row, key=key, marks=marks, at=self.clock.now())
                marking[attempt_id] = self.writer.submit(work, [attempt_id], in_background=in_background)
        marked = 0
        for attempt_id, future in marking.items():
            with self._others_are_marked(attempt_id):
                marked += future.result()
        return marked

    @contextmanager
    def _others_are_marked(self, attempt_id: str) -> Iterator[None]:
        """Hold back an attempt that cannot be marked; raises Busy alone, which concerns all."""
        try:
            yield
        except Busy:
            raise
        except Exception:
            log.exception("The attempt on /staff/attempts/%s cannot be marked.", attempt_id)
            self._unmarked.add(attempt_id)

    def warning(self) -> str:
        """What staff should know of attempts that cannot be closed or marked; empty if nothing."""
        return " ".join(filter(None, (self._unclosed.warning(), self._unmarked.warning())))

    @staticmethod
    def _record(
        connection: Connection, seen: AttemptRow, key: str, marks: Sequence[MarkRow], at: int
    ) -> bool:
        """Record marks, unless another key counts since they were computed: then it is marked again."""
        return key_for(connection, seen) == key and record_marks(connection, seen, marks, at)

    def _require_owner(self, attempt_id: str, person: str) -> None:
        if self._items(attempt_id)[0] != person:
            raise NotFound("There is no such attempt.", next_step="Start the quiz from its page.")

    def _view(self, connection: Connection, row: AttemptRow, at: int) -> View:
        answers = answers_of(connection, row.id)
        receipt = None if row.state is State.OPEN else last_receipt(connection, row.id)
        return View(row, self._items(row.id)[1], answers, remaining(at, row.deadline_at), receipt)

    def _load_version(self, version: str) -> QuizVersion:
        with self.database.reading() as connection:
            return self._read_version(content_of(connection, version))

    def _load_items(self, attempt_id: str) -> tuple[str, Sequence[AttemptItem]]:
        """The owner and the questions of an attempt; neither ever changes."""
        with self.database.reading() as connection:
            row = find_attempt(connection, attempt_id)
        return row.person, self._versions(row.version).build_questions(row.seed)
