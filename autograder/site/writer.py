"""One thread that writes: many small writes share one transaction and one wait for the disk.

A write is a function of a connection. The thread takes what has queued up, runs each in a savepoint of its
own, commits once, and only then tells the callers. So a reply means "on the disk", a write that fails is
rolled back alone, and a burst costs as many disk waits as it has batches.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from autograder.errors import Busy
from autograder.site.database import Database

__all__ = ["LockRows", "Writer"]


T = TypeVar("T")
LockRows = Callable[[Connection, Collection[str]], None]
BATCH = 256
QUEUE = 10_000  # more than this many waiting: the caller is told to come again
TRIES = 3
# A database driver lets go of the interpreter at every statement. At Python's usual 5 ms a busy thread of the
# web server would hold it that long each time: measured, 35 saves a second instead of 400.
SWITCH = 0.0002


@dataclass(slots=True)
class Job:
    """A write, the ids of the rows it changes, and whoever waits for it."""

    work: Callable[[Connection], Any]
    rows: Collection[str]
    future: Future[Any]


@dataclass(slots=True)
class Done:
    """How a write ended, before its caller is told."""

    value: Any = None
    problem: BaseException | None = None


class Writer:
    """The writing thread of one server process."""

    def __init__(self, database: Database, lock_rows: LockRows | None = None) -> None:
        """`lock_rows` locks the rows of a batch, in one order for all servers that share the database."""
        self._database, self._lock_rows = database, lock_rows
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()  # nothing is put in after the end
        self._closed = False
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH))
        self._thread = threading.Thread(target=self._run, name="quiz-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T], rows: Collection[str] = ()) -> Future[T]:
        """Queue a write; its result comes after the commit.

        `rows` are the ids of the rows it changes: servers that share a database lock them in one order.
        Raises Busy when too many wait or the writer was closed; the future raises it when the database
        cannot be written just now.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed or self._queue.qsize() >= QUEUE:
                raise Busy("The server cannot take more at this moment.", next_step="It is tried again soon.")
            self._queue.put(Job(work, rows, future))
        return future

    def waiting(self) -> int:
        """How many writes are queued."""
        return self._queue.qsize()

    def close(self) -> None:
        """Write what is queued and end the thread."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            jobs, last = self._drained()
            if jobs:
                # A cancelled caller's write is written all the same: it may have been received.
                for job, done in zip(jobs, self._written(jobs), strict=True):
                    if job.future.set_running_or_notify_cancel():
                        _tell(job.future, done)
            if last:
                return

    def _drained(self) -> tuple[list[Job], bool]:
        jobs: list[Job] = []
        job = self._queue.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == BATCH:
                return jobs, False
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return jobs, False
        return jobs, True

    def _written(self, jobs: list[Job]) -> list[Done]:
        """All of them in one transaction; when the database fails it, each in its own, in the same order."""
        try:
            return self._tried(jobs)
        except Exception as failed:
            problem = failed
        if len(jobs) == 1:
            busy = Busy("The database cannot be written just now.", next_step="It is tried again soon.")
            busy.__cause__ = problem
            return [Done(problem=busy)]
        done: list[Done] = []
        for job in jobs:
            down = len(done) >= TRIES and all(isinstance(one.problem, Busy) for one in done[-TRIES:])
            done.append(done[-1] if down else self._written([job])[0])
        return done

    def _tried(self, jobs: list[Job]) -> list[Done]:
        for _ in range(TRIES):
            try:
                return self._transaction(jobs)
            except DBAPIError as problem:
                if not _other_writer(problem):
                    raise
        return self._transaction(jobs)

    def _transaction(self, jobs: list[Job]) -> list[Done]:
        with self._database.transaction() as connection:
            if connection.dialect.name == "postgresql" and self._lock_rows is not None:
                self._lock_rows(connection, sorted({row for job in jobs for row in job.rows}))
            return [_one(job, connection) for job in jobs]


def _one(job: Job, connection: Connection) -> Done:
    """One write in a savepoint; what the database itself cannot do fails the whole transaction."""
    try:
        with connection.begin_nested():
            return Done(job.work(connection))
    except DBAPIError as problem:
        # A full disk or a lost connection may have rolled everything back already. Wrong data has not.
        if not isinstance(problem, DataError | IntegrityError | ProgrammingError):
            raise
        return Done(problem=problem)
    except Exception as problem:
        return Done(problem=problem)


def _other_writer(problem: DBAPIError) -> bool:
    """Whether another server's transaction was in the way: the same batch may well succeed now."""
    return getattr(problem.orig, "sqlstate", None) in ("40P01", "40001", "55P03")


def _tell(future: Future[Any], done: Done) -> None:
    if done.problem is not None:
        future.set_exception(done.problem)
    else:
        future.set_result(done.value)
