"""Stations on other machines, over dask.distributed: the same jobs, the same grading, no shared disk.

The assignment travels once to each worker, as a bundle known by its digest; a job brings its notebook
along. A worker with another engine, other versions or a weaker sandbox than asked refuses. One that is
killed costs time: its jobs go to others. Results are written here, by the one process that writes.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from distributed import Client, as_completed
from distributed.scheduler import KilledWorker

from autograder.course.assignment import load_assignment
from autograder.course.course import FILE, find_course
from autograder.environment import environment
from autograder.errors import SandboxError, UsageError
from autograder.grading.cache_keys import bundle_files, engine_digest
from autograder.runs.pool import AbandonedJob
from autograder.runs.worker import GradedSubmission, GradingJob, GradingWorker, RunConfig
from autograder.submissions.submission import digest

__all__ = ["grade_on_cluster"]


CONNECT_SECONDS = 10
IN_FLIGHT = 2  # jobs for each thread of the cluster: none waits for the next one


@dataclass(frozen=True)
class Bundle:
    """All a worker needs besides notebooks, and what it has to have itself."""

    files: dict[str, bytes]  # by path inside the course
    setup: RunConfig  # its course is the worker's own folder
    engine: str
    environment: dict[str, str]
    digest: str


def bundle_of(setup: RunConfig) -> Bundle:
    """The bundle of a run."""
    course = find_course(setup.course)
    files = {
        FILE: (course.root / FILE).read_bytes(),
        **bundle_files(load_assignment(course, setup.assignment)),
    }
    parts = (part for item in files.items() for part in item)
    whole = digest(*parts, setup.assignment, str(setup.seed), setup.dataset, setup.sandbox)
    return Bundle(files, replace(setup, course=Path()), engine_digest(), environment(), whole)


def grade_on_cluster(
    setup: RunConfig, address: str, jobs: Iterable[GradingJob]
) -> Iterator[GradedSubmission | AbandonedJob]:
    """Grade the jobs on the workers of a scheduler; raises UsageError when none can be reached."""
    waiting = iter(jobs)
    first = next(waiting, None)
    if first is None:
        return
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as problem:
        raise UsageError(
            f"No scheduler answers at {address}.",
            next_step="Start one with `dask scheduler`, and workers with `autograder worker ADDRESS`.",
        ) from problem
    with client:
        run = uuid4().hex[:8]
        bundle = client.submit(_as_it_is, bundle_of(setup), key=f"bundle-{run}", pure=False)
        sent: dict[Any, GradingJob] = {}

        def submit(job: GradingJob) -> Any:
            future = client.submit(_grade, bundle, job, key=f"grade-{run}-{job.number}", pure=False)
            sent[future.key] = job
            return future

        threads = sum(client.nthreads().values())
        if not threads:
            raise UsageError(
                f"The scheduler at {address} has no workers.",
                next_step=f"Start some with `autograder worker {address}`.",
            )
        started = [submit(first), *map(submit, islice(waiting, IN_FLIGHT * threads - 1))]
        done = as_completed(started, loop=client.loop)
        for future in done:
            yield _result(future, sent.pop(future.key))
            wanted = IN_FLIGHT * max(1, sum(client.nthreads().values())) - done.count()
            for job in islice(waiting, max(0, wanted)):  # workers may come and go
                done.add(submit(job))


def _result(future: Any, job: GradingJob) -> GradedSubmission | AbandonedJob:
    try:
        outcome: GradedSubmission | AbandonedJob = future.result()
    except KilledWorker:
        return AbandonedJob(job, "The workers that graded it were killed, each time: is there enough memory?")
    finally:
        future.release()
    return outcome


class _Held:
    """The one station of a worker process, and the folder that its course is in."""

    def __init__(self) -> None:
        self.lock = threading.Lock()  # a station does one thing at a time
        self.digest = ""
        self.station: GradingWorker | None = None
        self.folder: tempfile.TemporaryDirectory[str] | None = None

    def station_for(self, bundle: Bundle) -> GradingWorker:
        if self.station is None or self.digest != bundle.digest:
            self.close()
            _refuse_to_differ(bundle)
            self.folder = tempfile.TemporaryDirectory()
            for name, data in bundle.files.items():
                path = Path(self.folder.name, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            self.station = GradingWorker(replace(bundle.setup, course=Path(self.folder.name)))
            self.digest = bundle.digest
        return self.station

    def close(self) -> None:
        if self.station is not None:
            self.station.close()
        if self.folder is not None:
            self.folder.cleanup()
        self.station, self.folder = None, None


_held = _Held()


def _refuse_to_differ(bundle: Bundle) -> None:
    if bundle.engine != engine_digest():
        raise UsageError(
            "A worker has another version of the autograder than this machine.",
            next_step="Install the same version on both.",
        )
    if (own := environment()) != bundle.environment:
        raise UsageError(
            f"A worker has {_versions(own)}, this machine {_versions(bundle.environment)}.",
            next_step="Install the same versions on both; constraints.txt names them.",
        )


def _versions(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _as_it_is(bundle: Bundle) -> Bundle:
    """The bundle as a task: one that is lost with its worker is made again."""
    return bundle


def _grade(bundle: Bundle, job: GradingJob) -> GradedSubmission | AbandonedJob:
    """What runs on a worker."""
    with _held.lock:
        try:
            return _held.station_for(bundle).handle(job)
        except SandboxError as problem:
            with contextlib.suppress(OSError):
                _held.close()
            return AbandonedJob(job, problem.message)
