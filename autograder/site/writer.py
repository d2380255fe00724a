"""The writer: one thread that runs many small writes in one transaction, with one wait for the disk.

A write is a function of a connection. The thread takes the queued writes, runs each in its own savepoint,
commits once, and only then resolves their futures. So a reply means "on the disk", a failed write is rolled
back alone, and a burst waits for the disk once per batch. Writes in the background, such as a regrade's, go
when no others wait, and after a bounded time with them.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from autograder.environment import at_usual_priority
from autograder.errors import Busy
from autograder.site.database import Database

__all__ = ["BACKGROUND_BATCH", "LockRows", "Writer"]


T = TypeVar("T")
LockRows = Callable[[Connection, Collection[str]], None]
BATCH = 256
BACKGROUND_BATCH = 4  # writes in the background; whoever comes meanwhile waits for them
BACKGROUND_WAIT = 0.25  # seconds that such a write waits for others; then one goes with each batch
LONGEST_QUEUE = 10_000  # writes; beyond it callers get Busy
TRIES = 3
# A database driver lets go of the interpreter at every statement. At Python's usual 5 ms a busy thread of the
# web server would hold it that long each time: measured, 35 saves a second instead of 400.
SWITCH = 0.0002


@dataclass(slots=True)
class Job:
    """A write, the ids of the rows that it changes, and its future."""

    work: Callable[[Connection], Any]
    rows: Collection[str]
    future: Future[Any]
    queued_at: float = 0.0  # by the monotonic clock, of a write in the background


@dataclass(slots=True)
class JobResult:
    """The result of a write, before its future is resolved."""

    value: Any = None
    problem: BaseException | None = None


class Writer:
    """The writing thread of one server process."""

    def __init__(self, database: Database, lock_rows: LockRows | None = None) -> None:
        """`lock_rows` locks the rows of a batch, in one order for all servers that share the database."""
        self._database, self._lock_rows = database, lock_rows
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()  # None: look whether it ends
        self._background: deque[Job] = deque()
        self.background_seconds = 0.0  # of the processor, for writes in the background
        self._lock = threading.Lock()  # nothing is queued after the end
        self._closed = False
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH))
        self._thread = threading.Thread(target=self._run, name="quiz-writer", daemon=True)
        at_usual_priority(self._thread.start)

    def submit(
        self,
        work: Callable[[Connection], T],
        rows: Collection[str] = (),
        *,
        in_background: bool = False,
    ) -> Future[T]:
        """Queue a write; its result comes after the commit.

        `rows` are the ids of the rows it changes: servers that share a database lock them in one order. A
        write `in_background` lets others go first, for a quarter of a second.
        Raises Busy if the queue is full or the writer is closed; the future raises it if the database cannot
        be written.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed or self.waiting() >= LONGEST_QUEUE:
                raise Busy("The server is overloaded.", next_step="The page tries again soon.")
            if not in_background:
                self._queue.put(Job(work, rows, future))
            else:
                self._background.append(Job(work, rows, future, time.monotonic()))
                if len(self._background) == 1:
                    self._queue.put(None)
        return future

    def waiting(self) -> int:
        """How many writes are queued."""
        return self._queue.qsize() + len(self._background)

    def close(self) -> None:
        """Run the queued writes and stop the thread."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while jobs := self._take_batch():
            began = time.thread_time()
            # The write of a cancelled caller is still run.
            for job, done in zip(jobs, self._run_all(jobs), strict=True):
                if job.future.set_running_or_notify_cancel():
                    _resolve(job.future, done)
            if jobs[0].queued_at:
                self.background_seconds += time.thread_time() - began

    def _take_batch(self) -> list[Job]:
        """The writes of the next transaction; none when the writer is closed and everything is written."""
        while True:
            jobs: list[Job] = []
            with suppress(queue.Empty):
                while len(jobs) < BATCH:
                    idle = not jobs and not self._background and not self._closed
                    job = self._queue.get() if idle else self._queue.get_nowait()
                    jobs += [] if job is None else [job]
            many = BACKGROUND_BATCH if not jobs else int(self._has_waited_long())
            jobs += [self._background.popleft() for _ in range(min(many, len(self._background)))]
            if jobs or self._closed:
                return jobs

    def _has_waited_long(self) -> bool:
        """Whether the oldest write in the background has waited for others long enough."""
        first = next(iter(self._background), None)
        return first is not None and time.monotonic() - first.queued_at >= BACKGROUND_WAIT

    def _run_all(self, jobs: list[Job]) -> list[JobResult]:
        """Run all in one transaction; if the database fails it, run each in its own, in the same order."""
        try:
            return self._run_with_retries(jobs)
        except Exception as failed:
            problem = failed
        if len(jobs) == 1:
            busy = Busy("The database cannot be written now.", next_step="The page tries again soon.")
            busy.__cause__ = problem
            return [JobResult(problem=busy)]
        done: list[JobResult] = []
        for job in jobs:
            down = len(done) >= TRIES and all(isinstance(ended.problem, Busy) for ended in done[-TRIES:])
            done.append(done[-1] if down else self._run_all([job])[0])
        return done

    def _run_with_retries(self, jobs: list[Job]) -> list[JobResult]:
        for _ in range(TRIES):
            try:
                return self._transaction(jobs)
            except DBAPIError as problem:
                if not _is_conflict(problem):
                    raise
        return self._transaction(jobs)

    def _transaction(self, jobs: list[Job]) -> list[JobResult]:
        with self._database.transaction() as connection:
            rows = sorted({row for job in jobs for row in job.rows})
            if rows and connection.dialect.name == "postgresql" and self._lock_rows is not None:
                self._lock_rows(connection, rows)
            return [_run_job(job, connection) for job in jobs]


def _run_job(job: Job, connection: Connection) -> JobResult:
    """Run one write in a savepoint; a failure of the database itself fails the whole transaction."""
    # By the driver: SQLAlchemy compiles a savepoint anew each time, which took a quarter of a save.
    driver: Any = connection.connection.driver_connection
    driver.execute("SAVEPOINT one_write")
    try:
        done = JobResult(job.work(connection))
    except DBAPIError as problem:
        # A full disk or a lost connection may have rolled everything back already; wrong data has not.
        if not isinstance(problem, DataError | IntegrityError | ProgrammingError):
            raise
        done = JobResult(problem=problem)
    except Exception as problem:
        done = JobResult(problem=problem)
    if done.problem is not None:
        driver.execute("ROLLBACK TO SAVEPOINT one_write")
    driver.execute("RELEASE SAVEPOINT one_write")
    return done


def _is_conflict(problem: DBAPIError) -> bool:
    """Whether another server's transaction conflicted: the same batch may succeed now."""
    return getattr(problem.orig, "sqlstate", None) in ("40P01", "40001", "55P03")


def _resolve(future: Future[Any], done: JobResult) -> None:
    if done.problem is not None:
        future.set_exception(done.problem)
    else:
        future.set_result(done.value)
