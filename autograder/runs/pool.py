"""A pool of grading workers on this machine: jobs in, results out, in whatever order they are done.

With one worker the jobs are graded in this very process. With more, each has a process, a zygote and a
core of its own, and holds at most two jobs, so memory does not grow with the class. A process that ends is
replaced and its jobs go to another; after the third time a job is abandoned. Workers end when their pipe
does: none is left running when this process is killed. `runs.run` chooses between these and the cluster.

A worker is a fresh process, or a fork of this one, which has imported the engine and loaded the assignment:
forked while this process has one thread and no file of the run open, so that nothing but memory is shared.
"""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

from autograder.course.assignment import Assignment
from autograder.environment import one_core
from autograder.errors import AutograderError, SandboxError
from autograder.runs.worker import GradedSubmission, GradingJob, GradingWorker, RunConfig
from autograder.sandbox.zygote_process import give_away, keep_one

__all__ = ["ForkedWorkers", "GradingResults", "grade_here", "grade_on_workers"]

IN_FLIGHT = 2  # jobs a worker holds: it never waits for the next one
MOST_TRIES = 3

#: Each job with its result; a SandboxError is nobody's result: the submission was not graded.
GradingResults: TypeAlias = Generator[tuple[GradingJob, GradedSubmission | SandboxError], None, None]


@dataclass
class _WorkerProcess:
    process: BaseProcess
    pipe: Connection
    jobs: deque[GradingJob] = field(default_factory=deque)  # in the order in which it grades them

    def stop(self) -> None:
        """Hang up; it ends when its job is done, or is ended."""
        self.pipe.close()
        self.process.join(timeout=10)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


@dataclass(frozen=True)
class _Fault:
    """A fault of the assignment or the machine, which concerns every job."""

    error: AutograderError


def grade_here(config: RunConfig, jobs: Iterable[GradingJob]) -> GradingResults:
    """Grade the jobs in this process, one after another."""
    with one_core(0), GradingWorker(config) as worker:
        for job in jobs:
            yield job, worker.grade(job)


class ForkedWorkers:
    """Forks of this process that wait for their first job; a context manager that ends those left over.

    There are none where this process has several threads: a fork would have the locks that the others hold.
    """

    def __init__(self, assignment: Assignment, count: int) -> None:
        self.workers: list[_WorkerProcess] = []
        if not _is_single_threaded():
            return
        context = get_context("fork")
        for number in range(count):
            ours, theirs = context.Pipe()
            unused = [*(worker.pipe for worker in self.workers), ours]
            process = context.Process(
                target=_work_forked, args=(theirs, unused, number, assignment), daemon=True
            )
            process.start()
            theirs.close()
            self.workers.append(_WorkerProcess(process, ours))
        give_away(count)

    def close(self) -> None:
        """End those that nobody took."""
        for worker in self.workers:
            worker.stop()
        self.workers.clear()

    def __enter__(self) -> ForkedWorkers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def grade_on_workers(
    config: RunConfig, workers: int, jobs: Iterable[GradingJob], forked: ForkedWorkers | None = None
) -> GradingResults:
    """Grade the jobs on this number of processes, taking those that are `forked` first."""
    pool = _Pool(config, forked.workers if forked else [])
    try:
        yield from pool.run(iter(jobs), workers)
    finally:
        pool.close()


class _Pool:
    def __init__(self, config: RunConfig, forked: list[_WorkerProcess]) -> None:
        self._config, self._started, self._forked = config, 0, forked
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
        if self._forked:
            worker = self._forked.pop(0)
        else:
            context = get_context("spawn")  # a fork would share locks and open files by now
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, self._started), daemon=True)
            process.start()
            theirs.close()
            worker = _WorkerProcess(process, ours)
        self._started += 1
        with contextlib.suppress(BrokenPipeError):
            worker.pipe.send(self._config)
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
                SandboxError(
                    "The process that graded it ended, three times.",
                    next_step="Free some memory, or use fewer --workers, and rerun the command.",
                ),
            )
        self._retries.extend(others)
        if self._retries:
            self._send(self._start_worker(), self._retries.popleft())

    def _stop(self, worker: _WorkerProcess) -> None:
        self._workers.remove(worker)
        worker.stop()

    def close(self) -> None:
        """End the workers, even in the middle of a job."""
        for worker in self._workers:
            worker.process.kill()
        for worker in list(self._workers):
            self._stop(worker)


def _work_forked(pipe: Connection, unused: list[Connection], number: int, assignment: Assignment) -> None:
    """What a forked worker does: let go of what it has of the others, then work."""
    for other in unused:
        other.close()
    keep_one(number)
    _work(pipe, number, assignment)


def _work(pipe: Connection, number: int, assignment: Assignment | None = None) -> None:
    """What a worker process does from start to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the writer decides
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError), one_core(number):
        config: RunConfig = pipe.recv()
        try:
            with GradingWorker(config, assignment) as worker:
                for job in _received(pipe):
                    pipe.send(worker.grade(job))
        except AutograderError as problem:
            pipe.send(_Fault(problem))


def _is_single_threaded() -> bool:
    """Whether this process can be forked without harm; not where that cannot be told."""
    try:
        return len(list(Path("/proc/self/task").iterdir())) == 1
    except OSError:
        return False


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
