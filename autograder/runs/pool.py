"""A crew of stations on this machine: jobs in, graded submissions out, in whatever order they are done.

With one worker the jobs are graded in this very process. With more, each has a process, a zygote and a
core of its own, and at most two jobs are on their way to it, so memory does not grow with the class. A
process that ends is replaced and its job given to another; after the third time the job is given up.
Workers end when their pipe does: nothing is left when this process is killed.
"""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from autograder.environment import one_core
from autograder.errors import AutograderError, SandboxError
from autograder.runs.worker import GradedSubmission, GradingJob, GradingWorker, RunConfig

__all__ = ["AbandonedJob", "grade_here", "grade_on_workers"]


IN_FLIGHT = 2  # jobs a worker holds: it never waits for the next one
TRIES = 3


@dataclass(frozen=True)
class AbandonedJob:
    """A job that could not be graded, by no fault that could be laid on the submission."""

    job: GradingJob
    why: str


@dataclass
class _WorkerProcess:
    process: BaseProcess
    pipe: Connection
    jobs: deque[GradingJob] = field(default_factory=deque)


def grade_here(setup: RunConfig, jobs: Iterable[GradingJob]) -> Iterator[GradedSubmission | AbandonedJob]:
    """Grade the jobs in this process, one after another."""
    with one_core(0), GradingWorker(setup) as station:
        for job in jobs:
            try:
                yield station.handle(job)
            except SandboxError as problem:
                yield AbandonedJob(job, problem.message)


def grade_on_workers(
    setup: RunConfig, workers: int, jobs: Iterable[GradingJob]
) -> Iterator[GradedSubmission | AbandonedJob]:
    """Grade the jobs on so many processes."""
    crew = _Pool(setup)
    try:
        yield from crew.run(iter(jobs), workers)
    finally:
        crew.dismiss()


class _Pool:
    def __init__(self, setup: RunConfig) -> None:
        self._setup, self._started = setup, 0
        self._workers: list[_WorkerProcess] = []
        self._again: deque[GradingJob] = deque()
        self._tries: dict[int, int] = {}

    def run(self, jobs: Iterator[GradingJob], workers: int) -> Iterator[GradedSubmission | AbandonedJob]:
        for _ in range(workers):
            if (job := self._next(jobs)) is None:
                break
            self._hand(self._hire(), job)
        while self._workers:
            for worker in list(self._workers):
                while len(worker.jobs) < IN_FLIGHT and (job := self._next(jobs)) is not None:
                    self._hand(worker, job)
                if not worker.jobs:
                    self._let_go(worker)
            pipes = [worker.pipe for worker in self._workers]
            ready = set(wait(pipes)) if pipes else set()
            for worker in [one for one in self._workers if one.pipe in ready]:
                yield from self._hear(worker)

    def _next(self, jobs: Iterator[GradingJob]) -> GradingJob | None:
        return self._again.popleft() if self._again else next(jobs, None)

    def _hire(self) -> _WorkerProcess:
        context = get_context("spawn")  # a fork would share the judge's locks and open files
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self._setup, self._started), daemon=True)
        process.start()
        theirs.close()
        self._started += 1
        worker = _WorkerProcess(process, ours)
        self._workers.append(worker)
        return worker

    def _hand(self, worker: _WorkerProcess, job: GradingJob) -> None:
        worker.jobs.append(job)
        with contextlib.suppress(BrokenPipeError):  # it has ended; hearing it will tell
            worker.pipe.send(job)

    def _hear(self, worker: _WorkerProcess) -> Iterator[GradedSubmission | AbandonedJob]:
        try:
            said = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._replace(worker)
            return
        if isinstance(said, AutograderError):
            raise said  # the assignment's fault, or the machine's: it concerns every job
        worker.jobs.popleft()
        yield said

    def _replace(self, worker: _WorkerProcess) -> Iterator[AbandonedJob]:
        """A worker has ended by itself: its first job may be the reason, the others are not."""
        self._let_go(worker)
        first, *others = worker.jobs
        self._tries[first.number] = self._tries.get(first.number, 0) + 1
        if self._tries[first.number] < TRIES:
            others.insert(0, first)
        else:
            yield AbandonedJob(
                first, "The process that graded it ended, three times: is there enough memory?"
            )
        self._again.extend(others)
        if self._again:
            self._hand(self._hire(), self._again.popleft())

    def _let_go(self, worker: _WorkerProcess) -> None:
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.join(timeout=10)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()

    def dismiss(self) -> None:
        """End the workers, whatever they are at."""
        for worker in self._workers:
            worker.process.kill()
        for worker in list(self._workers):
            self._let_go(worker)


def _work(pipe: Connection, setup: RunConfig, number: int) -> None:
    """A worker's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the writer decides
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError), one_core(number):
        try:
            with GradingWorker(setup) as station:
                for job in _arriving(pipe):
                    try:
                        pipe.send(station.handle(job))
                    except SandboxError as problem:
                        pipe.send(AbandonedJob(job, problem.message))
        except AutograderError as problem:
            pipe.send(problem)


def _arriving(pipe: Connection) -> Iterator[GradingJob]:
    """The jobs, read by a thread: the writer never waits until a job is done, so neither waits for ever."""
    jobs: queue.SimpleQueue[GradingJob | None] = queue.SimpleQueue()

    def read() -> None:
        try:
            with contextlib.suppress(EOFError, OSError):
                while True:
                    jobs.put(pipe.recv())
        finally:  # also when the memory that judging may take is gone: another process gets the jobs
            jobs.put(None)

    threading.Thread(target=read, daemon=True).start()
    while (job := jobs.get()) is not None:
        yield job
