"""A grader of the course's site: leases submissions over HTTP, grades them, and brings the reports back.

It runs beside the server or on another machine and opens no database. What it grades with is the bundle that
the server names by its digest, fetched once and kept in a temporary folder; a fault of ours is reported, and
the submission is leased again later. The command `autograder grader` runs it.
"""

from __future__ import annotations

import io
import logging
import os
import socket
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import httpx

from autograder.errors import AutograderError, SandboxError, UsageError
from autograder.grading.cache_keys import engine_digest, environment_digest
from autograder.runs.worker import GradedSubmission, GradingJob, LatestWorker, RunConfig
from autograder.submissions.submission import Submission

__all__ = ["Grade", "SiteGrader", "grade_in_parallel"]

log = logging.getLogger(__name__)
PATIENCE = 2000  # milliseconds that the site lets a request wait for a submission
PAUSE = 0.05  # seconds until an empty queue is asked again
TIMEOUT = 60.0  # seconds for a request
UNREACHABLE = 5.0  # seconds until a server that does not answer is asked again
CLUSTER_LOOK = 2.0  # seconds between looks at the number of a cluster's workers
#: Grades a job with what is in a directory; a SandboxError is a fault of ours.
Grade: TypeAlias = Callable[[RunConfig, GradingJob], GradedSubmission | SandboxError]


def grade_in_parallel(
    address: str,
    token: str,
    name: str,
    grade: Grade,
    slots: Callable[[], int],
    stopped: threading.Event,
) -> None:
    """Grade for a site with as many graders as there are `slots`, until `stopped`; workers come and go.

    Each has a lease and a name of its own. Raises what ended one of them.
    """
    name = name or f"{socket.gethostname()} {os.getpid()}"
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            with SiteGrader(address, token, name=f"{name} {number}", grade=grade) as grader:
                grader.run(lambda: stopped.is_set() or bool(failures) or number > max(1, slots()))
        except Exception as problem:
            failures.append(problem)

    graders: dict[int, threading.Thread] = {}
    try:
        while not stopped.is_set() and not failures:
            for number in range(1, max(1, slots()) + 1):
                if number not in graders or not graders[number].is_alive():
                    graders[number] = threading.Thread(target=work, args=(number,), daemon=True)
                    graders[number].start()
            stopped.wait(CLUSTER_LOOK)
    finally:
        stopped.set()
        for thread in graders.values():
            thread.join(TIMEOUT)
    if failures:
        raise failures[0]


class SiteGrader:
    """Grades for one site until it is told to stop; a context manager."""

    def __init__(self, address: str, token: str, *, name: str = "", grade: Grade | None = None) -> None:
        """Without `grade`, submissions are graded in this process."""
        self._http = httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT
        )
        self._name = name or f"{socket.gethostname()} {os.getpid()}"
        self._folder = tempfile.TemporaryDirectory(prefix="autograder-grader-")
        self._bundles: list[str] = []
        self._here = LatestWorker()
        self._grade_with = grade or self._here.grade

    def run(self, stopped: Callable[[], bool]) -> None:
        """Grade what the site leases; raises UsageError where it refuses the token."""
        while not stopped():
            try:
                lease = self._lease(stopped)
                if lease is None:
                    _sleep(PAUSE, stopped)
                else:
                    self._grade(lease)
            except httpx.TransportError as problem:
                if stopped():
                    return  # with the server
                log.warning(
                    "The site does not answer (%s); it is asked again in %.0f s.", problem, UNREACHABLE
                )
                _sleep(UNREACHABLE, stopped)

    def close(self) -> None:
        """Close the connection, end the sandbox and remove the temporary folder."""
        self._http.close()
        self._here.close()
        self._folder.cleanup()

    def __enter__(self) -> SiteGrader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _lease(self, stopped: Callable[[], bool]) -> dict[str, Any] | None:
        reply = self._http.post("/graders/lease", json={"grader": self._name, "wait": PATIENCE})
        if reply.status_code == 403:
            raise UsageError(
                "The site refuses this grader's token.",
                next_step="Set AUTOGRADER_TOKEN to what `autograder serve --graders 0` prints.",
            )
        if reply.status_code == 204:
            return None
        if reply.status_code != 200:  # a server that is overloaded or restarting
            log.warning("The site answered %s.", reply.status_code)
            _sleep(UNREACHABLE, stopped)
            return None
        lease: dict[str, Any] = reply.json()
        return lease

    def _grade(self, lease: dict[str, Any]) -> None:
        try:
            result = self._graded(lease)
        except AutograderError as problem:
            self._bring(lease, "fault", json={"problem": f"{problem.message} {problem.next_step}".strip()})
        except Exception as problem:
            log.exception("Submission %s could not be graded.", lease["submission"])
            self._bring(lease, "fault", json={"problem": f"{type(problem).__name__}: {problem}"})
        else:
            basis = {"engine": engine_digest(), "environment": environment_digest()}
            self._bring(lease, "report", params=basis, content=result.report)

    def _graded(self, lease: dict[str, Any]) -> GradedSubmission:
        course = self._bundle(lease["bundle"])
        submission = Submission(
            lease["student"], lease["file"], self._file(lease["digest"]), assignment=lease["assignment"]
        )
        config = RunConfig(course, lease["assignment"], lease["seed"])
        graded = self._grade_with(config, GradingJob(submission, lease["number"]))
        if isinstance(graded, SandboxError):
            raise graded
        return graded

    def _bring(
        self, lease: dict[str, Any], what: str, params: Mapping[str, str] | None = None, **body: Any
    ) -> None:
        if what == "fault":
            body["json"]["lease"] = lease["secret"]
        address = f"/graders/gradings/{lease['id']}/{what}"
        reply = self._http.post(address, params={"lease": lease["secret"], **(params or {})}, **body)
        if reply.status_code == 409:
            log.warning("Submission %s was leased to another grader meanwhile.", lease["submission"])
        elif reply.status_code != 204:
            raise httpx.TransportError(f"the site answered {reply.status_code}")

    def _bundle(self, digest: str) -> Path:
        folder = Path(self._folder.name) / digest
        if digest not in self._bundles:
            with zipfile.ZipFile(io.BytesIO(self._file(digest))) as archive:
                archive.extractall(folder)  # ours: its digest was verified
            self._bundles.append(digest)
        return folder

    def _file(self, digest: str) -> bytes:
        reply = self._http.get(f"/graders/files/{digest}")
        if reply.status_code != 200 or sha256(reply.content).hexdigest() != digest:
            raise SandboxError(
                f"The file {digest[:12]}… is missing at the site.", next_step="Restore its files."
            )
        return reply.content


def _sleep(seconds: float, stopped: Callable[[], bool]) -> None:
    """Sleep, but not longer than until the grader is told to stop."""
    until = time.monotonic() + seconds
    while not stopped() and (left := until - time.monotonic()) > 0:
        time.sleep(min(PAUSE, left))
