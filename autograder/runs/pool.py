"""A pool of grading workers on this machine: jobs in, results out, in whatever order they are done.

With one worker the jobs are graded in this very process. With more, each has a process, a zygote and a
core of its own, and holds at most two jobs, so memory does not grow with the class. A process that ends is
replaced and its jobs go to another; after the third time a job is abandoned. Workers end when their pipe
does: none is left running when this process is killed. `runs.run` chooses between these and the cluster.
"""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TypeAlias

from autograder.environment import one_core
from autograder.errors import AutograderError, SandboxError
from autograder.runs.worker import GradedSubmission, GradingJob, GradingWorker, RunConfig
from autograder.runs.worker_server import worker_context

__all__ = ["GradingResults", "grade_here", "grade_on_workers"]

IN_FLIGHT = 2  # jobs a worker holds: it never waits for the next one
MOST_TRIES = 3

#: Each job with its result; a SandboxError is nobody's result: the submission was not graded.
GradingResults: TypeAlias = Generator[tuple[GradingJob, GradedSubmission | SandboxError], None, None]


@dataclass
class _WorkerProcess:
    process: BaseProcess
    pipe: Connection
    jobs: deque[GradingJob] = field(default_factory=deque)  # in the order in which it grades them


@dataclass(frozen=True)
class _Fault:
    """A fault of the assignment or the machine, which concerns every job."""

    error: AutograderError


def grade_here(config: RunConfig, jobs: Iterable[GradingJob]) -> GradingResults:
    """Grade the jobs in this process, one after another."""
    with one_core(0), GradingWorker(config) as worker:
        for job in jobs:
            yield job, worker.grade(job)


def grade_on_workers(config: RunConfig, workers: int, jobs: Iterable[GradingJob]) -> GradingResults:
    """Grade the jobs on this number of processes."""
    pool = _Pool(config)
    try:
        yield from pool.run(iter(jobs), workers)
    finally:
        pool.close()


class _Pool:
    def __init__(self, config: RunConfig) -> None:
        self._config, self._started = config, 0
        self._workers: list[_WorkerProcess] = []
        self._retries: deque[GradingJob] = deque()
        self._tries: dict[tuple[str, str], int] = {}  # by student and digest

    def run(self, jobs: Iterator[GradingJob], workers: int) -> GradingResults:
        for _ in range(workers):
            if (job := self._next(jobs)) is None:
                break
            self._send(self._start_worker(), job)
        while self._workers:
            for worker in list(self._workers):
                while len(worker.jobs) < IN_FLIGHT and (job := self._next(jobs)) is not None:
                    self._send(worker, job)
                if not worker.jobs:
                    self._stop(worker)
            pipes = [worker.pipe for worker in self._workers]
            ready = set(wait(pipes)) if pipes else set()
            for worker in [worker for worker in self._workers if worker.pipe in ready]:
                yield from self._receive(worker)

    def _next(self, jobs: Iterator[GradingJob]) -> GradingJob | None:
        return self._retries.popleft() if self._retries else next(jobs, None)

    def _start_worker(self) -> _WorkerProcess:
        context = worker_context()  # never a fork of this process: it would share locks and open files
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self._config, self._started), daemon=True)
        process.start()
        theirs.close()
        self._started += 1
        worker = _WorkerProcess(process, ours)
        self._workers.append(worker)
        return worker

    def _send(self, worker: _WorkerProcess, job: GradingJob) -> None:
        worker.jobs.append(job)
        with contextlib.suppress(BrokenPipeError):  # it has ended; receiving from it will tell
            worker.pipe.send(job)

    def _receive(self, worker: _WorkerProcess) -> GradingResults:
        try:
            message: GradedSubmission | SandboxError | _Fault = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._replace(worker)
            return
        if isinstance(message, _Fault):
            raise message.error
        yield worker.jobs.popleft(), message

    def _replace(self, worker: _WorkerProcess) -> GradingResults:
        """A worker has ended by itself: its first job may be the reason, the others are not."""
        self._stop(worker)
        first, *others = worker.jobs
        key = first.submission.student, first.submission.digest
        self._tries[key] = self._tries.get(key, 0) + 1
        if self._tries[key] < MOST_TRIES:
            others.insert(0, first)
        else:
            yield (
                first,
                SandboxError("The process that graded it ended, three times: is there enough memory?"),
            )
        self._retries.extend(others)
        if self._retries:
            self._send(self._start_worker(), self._retries.popleft())

    def _stop(self, worker: _WorkerProcess) -> None:
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.join(timeout=10)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()

    def close(self) -> None:
        """End the workers, even in the middle of a job."""
        for worker in self._workers:
            worker.process.kill()
        for worker in list(self._workers):
            self._stop(worker)


def _work(pipe: Connection, config: RunConfig, number: int) -> None:
    """What a worker process does from start to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the writer decides
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError), one_core(number):
        try:
            with GradingWorker(config) as worker:
                for job in _received(pipe):
                    pipe.send(worker.grade(job))
        except AutograderError as problem:
            pipe.send(_Fault(problem))


def _received(pipe: Connection) -> Iterator[GradingJob]:
    """The jobs, read by a thread: the writer never waits until a job is done, so there is no deadlock."""
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
