"""Grading workers on other machines, over dask.distributed: the same jobs and results, no shared disk.

The assignment travels once to each worker, as a bundle known by its digest; a job brings its notebook
along. A worker with another engine, other versions or a weaker sandbox than requested refuses. A worker
that is killed costs time: its jobs go to others. Results are written by the process that started the run.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count, islice
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
from autograder.runs.pool import GradingResults
from autograder.runs.worker import GradedSubmission, GradingJob, GradingWorker, RunConfig
from autograder.submissions.submission import digest

__all__ = ["ClusterGrader", "grade_on_cluster"]


CONNECT_SECONDS = 10
IN_FLIGHT = 2  # jobs per thread of the cluster: none waits for the next one


@dataclass(frozen=True)
class Bundle:
    """All a worker needs besides notebooks, and what it has to have itself."""

    files: dict[str, bytes]  # by path inside the course
    config: RunConfig  # its course is the worker's own directory
    engine: str
    environment: dict[str, str]
    digest: str


def bundle_of(config: RunConfig) -> Bundle:
    """The bundle of a run."""
    course = find_course(config.course)
    files = {
        FILE: (course.root / FILE).read_bytes(),
        **bundle_files(load_assignment(course, config.assignment)),
    }
    parts = (part for item in files.items() for part in item)
    whole = digest(*parts, config.assignment, str(config.seed), config.dataset, config.sandbox)
    return Bundle(files, replace(config, course=Path()), engine_digest(), environment(), whole)


def grade_on_cluster(config: RunConfig, address: str, jobs: Iterable[GradingJob]) -> GradingResults:
    """Grade the jobs on the workers of a scheduler; raises UsageError when none can be reached."""
    waiting = iter(jobs)
    first = next(waiting, None)
    if first is None:
        return
    with _connected(address) as client:
        run = uuid4().hex[:8]
        bundle = client.submit(_unchanged, bundle_of(config), key=f"bundle-{run}", pure=False)
        sent: dict[Any, GradingJob] = {}
        numbers = count()

        def submit(job: GradingJob) -> Any:
            future = client.submit(_grade, bundle, job, key=f"grade-{run}-{next(numbers)}", pure=False)
            sent[future.key] = job
            return future

        threads = _require_workers(client, address)
        started = [submit(first), *map(submit, islice(waiting, IN_FLIGHT * threads - 1))]
        done = as_completed(started, loop=client.loop)
        for future in done:
            yield sent.pop(future.key), _result(future)
            wanted = IN_FLIGHT * max(1, sum(client.nthreads().values())) - done.count()
            for job in islice(waiting, max(0, wanted)):  # workers may come and go
                done.add(submit(job))


class ClusterGrader:
    """Grades single jobs on the workers of a scheduler, for several threads at once; a context manager."""

    def __init__(self, address: str) -> None:
        """Raises UsageError where no scheduler answers, or where it has no workers."""
        self._address, self._client = address, _connected(address)
        self._run, self._numbers, self._lock = uuid4().hex[:8], count(), threading.Lock()
        self._bundles: dict[RunConfig, Any] = {}
        try:
            _require_workers(self._client, address)
        except UsageError:
            self._client.close()
            raise

    def slots(self) -> int:
        """How many jobs the workers of now want at once."""
        return int(IN_FLIGHT * sum(self._client.nthreads().values()))

    def grade(self, config: RunConfig, job: GradingJob) -> GradedSubmission | SandboxError:
        """Grade a job with the content of a directory, which travels once to each worker."""
        # Jobs of one directory differ in their seeds: those travel with them.
        bundle = self._bundle(replace(config, seed=0))
        job = replace(job, seed=config.seed if job.seed is None else job.seed)
        key = f"grade-{self._run}-{next(self._numbers)}"
        return _result(self._client.submit(_grade, bundle, job, key=key, pure=False))

    def close(self) -> None:
        """Leave the cluster; what it was grading is given up."""
        self._client.close()

    def __enter__(self) -> ClusterGrader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _bundle(self, config: RunConfig) -> Any:
        with self._lock:
            if config not in self._bundles:
                content = bundle_of(config)
                key = f"bundle-{self._run}-{content.digest}"  # the same content travels once
                self._bundles[config] = self._client.submit(_unchanged, content, key=key, pure=False)
            return self._bundles[config]


def _connected(address: str) -> Any:
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as problem:
        raise UsageError(
            f"No scheduler answers at {address}.",
            next_step="Start one with `dask scheduler`, and workers with `autograder worker ADDRESS`.",
        ) from problem


def _require_workers(client: Any, address: str) -> int:
    """The number of the workers' threads; raises UsageError without any."""
    threads = int(sum(client.nthreads().values()))
    if not threads:
        raise UsageError(
            f"The scheduler at {address} has no workers.",
            next_step=f"Start some with `autograder worker {address}`.",
        )
    return threads


def _result(future: Any) -> GradedSubmission | SandboxError:
    try:
        result: GradedSubmission | SandboxError = future.result()
    except KilledWorker:
        return SandboxError(
            "The workers that graded it were killed, each time.",
            next_step="Give each worker more memory and rerun the command.",
        )
    finally:
        future.release()
    return result


class _ProcessWorker:
    """The one grading worker of a cluster's worker process, and the directory of its course."""

    def __init__(self) -> None:
        self.lock = threading.Lock()  # it grades one submission at a time
        self.digest = ""
        self.worker: GradingWorker | None = None
        self.folder: tempfile.TemporaryDirectory[str] | None = None

    def worker_for(self, bundle: Bundle) -> GradingWorker:
        if self.worker is None or self.digest != bundle.digest:
            self.close()
            _require_same_versions(bundle)
            self.folder = tempfile.TemporaryDirectory()
            for name, data in bundle.files.items():
                path = Path(self.folder.name, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            self.worker = GradingWorker(replace(bundle.config, course=Path(self.folder.name)))
            self.digest = bundle.digest
        return self.worker

    def close(self) -> None:
        if self.worker is not None:
            self.worker.close()
        if self.folder is not None:
            self.folder.cleanup()
        self.worker, self.folder = None, None


_process_worker = _ProcessWorker()


def _require_same_versions(bundle: Bundle) -> None:
    if bundle.engine != engine_digest():
        raise UsageError(
            "A worker has another version of the autograder than this machine.",
            next_step="Install the same version on both.",
        )
    if (here := environment()) != bundle.environment:
        raise UsageError(
            f"A worker has {_versions(here)}, this machine {_versions(bundle.environment)}.",
            next_step="Install the same versions on both; constraints.txt names them.",
        )


def _versions(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _unchanged(bundle: Bundle) -> Bundle:
    """The bundle as a task: if it is lost with its worker, the scheduler computes it again."""
    return bundle


def _grade(bundle: Bundle, job: GradingJob) -> GradedSubmission | SandboxError:
    """What runs on a worker."""
    with _process_worker.lock:
        try:
            result = _process_worker.worker_for(bundle).grade(job)
        except SandboxError as problem:
            result = problem
        if isinstance(result, SandboxError):
            with contextlib.suppress(OSError):
                _process_worker.close()
        return result
