"""Grading a class in parallel, on all cores, while nbgrader takes the submissions one by one."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cached_property, partial
from multiprocessing import get_context, parent_process
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from zoneinfo import ZoneInfo

from traitlets import Integer, Unicode
from traitlets.config import LoggingConfigurable

from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import Course, find_course
from autograder.environment import one_core
from autograder.errors import AutograderError
from autograder.grading.grader import Grader
from autograder.lms.nbgrader.cells import tasks_by_cell
from autograder.report import Report
from autograder.submissions.submission import read_submission

__all__ = ["Autograder", "EarlyReports"]


PR_SET_PDEATHSIG = 1


class EarlyReports:
    """Reports on submissions that are being graded by other processes."""

    def __init__(self, make: Callable[[], Grader], students: Mapping[Path, str]) -> None:
        """Start grading; `students` are the submitted files with whose they are.

        The processes are forked, since nbgrader alone takes seconds to import: so this is to be done
        before anything of ours runs in this one, and elsewhere than on Linux there are none.
        Raises the AutograderError with which no grader can be made.
        """
        workers = min(len(students), len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1)
        self._futures: dict[Path, Future[Report]] = {}
        self._pool: ProcessPoolExecutor | None = None
        if workers < 2:
            return
        context = get_context("fork")
        self._pool = ProcessPoolExecutor(workers, context, _start, (make, context.Value("i", 0)))
        try:
            with _uninterrupted():
                refused = self._pool.submit(_refusal)  # which starts the processes
            if refusal := refused.result():
                raise refusal
            self._futures = {path: self._pool.submit(_grade, name, path) for path, name in students.items()}
        except (AutograderError, KeyboardInterrupt):
            self.close()
            raise

    @property
    def running(self) -> bool:
        """Whether there are other processes."""
        return self._pool is not None

    def report(self, path: Path) -> Report | None:
        """The report on a file, as soon as it is there; None when nobody grades it."""
        future = self._futures.pop(path, None)
        try:
            return None if future is None else future.result()
        except BrokenProcessPool:  # a process was killed; what it had is still to be graded
            return None

    def close(self) -> None:
        """End the processes, giving up what has not been asked for."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits: a pool that was stopped half started would never end its processes."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# One for each process, made by its initializer, or why there is none.
_grader: Grader | AutograderError | None = None


def _start(make: Callable[[], Grader], counter: Synchronized[int]) -> None:
    global _grader
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; nbgrader decides
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    _end_with_the_parent()
    with counter.get_lock():
        number = counter.value
        counter.value += 1
    one_core(number).__enter__()  # for as long as the process lives
    try:
        _grader = make()
    except AutograderError as problem:
        _grader = problem


def _end_with_the_parent() -> None:
    """A process of a pool waits for work on a pipe that it holds the other end of: nothing else ends it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    parent = parent_process()
    if parent is None or os.getppid() != parent.pid:  # it has ended already
        os._exit(1)


def _refusal() -> AutograderError | None:
    return _grader if isinstance(_grader, AutograderError) else None


def _grade(student: str, path: Path) -> Report:
    if isinstance(_grader, AutograderError):
        raise _grader
    assert _grader is not None  # the initializer ran first
    assignment = _grader.assignment
    return _grader.grade(read_submission(student, path, assignment.id, functions=assignment.functions))


class Autograder(LoggingConfigurable):
    """Grades the notebooks of one assignment; made once per command, closed with it."""

    course = Unicode(help="The directory with course.yaml.").tag(config=True)
    seed = Integer(help="The seed of the checks' inputs.").tag(config=True)
    dataset = Unicode(help="mnist to insist on it, digits, or auto.").tag(config=True)
    sandbox = Unicode("good", help="The least that must hold: full, good or weak.").tag(config=True)

    assignment: Assignment | None = None  # None when it is not one of ours
    tasks: dict[str, str]  # each task's id by its test cell's
    found: Course  # the course at `course`
    _early: EarlyReports | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The course's time zone."""
        return self.found.zone

    def open(self, name: str) -> None:
        """Load the assignment, if the course has it; raises AutograderError for a broken one."""
        self.tasks = {}
        self.found = find_course(Path(self.course))
        if name not in self.found.assignment_ids():
            return
        assignment = load_assignment(self.found, name)
        self.tasks = tasks_by_cell(assignment.file.tasks)
        self.assignment = assignment
        # Without a reference to this object: processes that hold one would keep it from being closed.
        self._make = partial(Grader, assignment, self.seed, self.dataset, sandbox=self.sandbox)

    def grades(self, assignment: str, notebook: str) -> bool:
        """Whether a notebook of nbgrader's is ours to grade: the one named after the assignment."""
        return self.assignment is not None and self.assignment.id == assignment == notebook

    def expect(self, students: Mapping[Path, str]) -> None:
        """Begin with submitted files that will be asked for, each with whose it is.

        Raises AutograderError when the sandbox does not hold, or a data set is missing.
        """
        self._early = EarlyReports(self._make, students)
        weakref.finalize(self, self._early.close)
        if not self._early.running and students:
            _ = self._grader  # made now, so that it complains now

    def grade(self, student: str, path: Path) -> Report:
        """The report on a submitted file."""
        report = self._early.report(path) if self._early else None
        if report is None:
            assignment = self._grader.assignment
            report = self._grader.grade(
                read_submission(student, path, assignment.id, functions=assignment.functions)
            )
        return report

    def give_up(self) -> None:
        """Expect nothing any more; without this, a command that was stopped would see its class graded."""
        if self._early:
            self._early.close()

    @cached_property
    def _grader(self) -> Grader:
        """The one in this process, for files that no other one grades."""
        grader = self._make()
        weakref.finalize(self, grader.close)  # when the command is done, at the latest at exit
        return grader
