"""A program beside the server that is kept running while there is work for it.

It runs for what the web server never does itself, such as grading. Its standard input is a pipe: it ends when
the server does. Where it ends although work waits, it is started again after a delay that grows, and staff
see why: a machine that cannot isolate submissions may be repaired meanwhile.
"""

from __future__ import annotations

import logging
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO

from autograder.course.local_time import counted, span
from autograder.environment import all_cores

__all__ = ["SupervisedProcess"]

log = logging.getLogger(__name__)
TIMEOUT = 30  # seconds to stop
FIRST_DELAY, LAST_DELAY = 5.0, 300.0  # seconds until it is started again
STABLE = 60.0  # seconds after which a start counts as a success
LONGEST_WORDS = 300  # characters of what it printed last


class SupervisedProcess:
    """One program, started by `start_if_needed`, which a periodic task calls."""

    def __init__(
        self,
        command: Sequence[str],
        count_waiting: Callable[[], int],
        describe: Callable[[str, int], str],
        *,
        environment: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`count_waiting` says how much work waits for it.

        `describe` makes a sentence for staff of how often it ended, as words, and of how much waits. The
        environment is added to the server's own; `clock` is the clock of the delays, in seconds.
        """
        self._command, self._count_waiting, self._describe = list(command), count_waiting, describe
        self._environment, self._clock = dict(environment or {}), clock
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._started = self._next = 0.0
        self._failures, self._waiting, self._words = 0, 0, ""

    def start_if_needed(self) -> int:
        """Start the program if work waits for it; returns how much waits where it was started."""
        now = self._clock()
        if self._process is not None:
            if self._process.poll() is None:
                if self._failures and now - self._started > STABLE:
                    self._failures = 0
                return 0
            self._ended(now)
        self._waiting = self._count_waiting()
        if not self._waiting:
            self._failures = 0
            return 0
        if now < self._next:
            return 0
        self._start(now)
        return self._waiting

    def warning(self) -> str:
        """What staff should know; empty while it runs, or where nothing waits."""
        if not self._failures or not self._waiting:
            return ""
        left = max(0.0, self._next - self._clock())
        again = (
            f"It is started again in {span(int(left) * 1000)}." if left >= 1 else "It is being started again."
        )
        last_words = f" It said: “{self._words}”" if self._words else ""
        ended = f"{counted(self._failures, 'time')} in a row"
        return f"{self._describe(ended, self._waiting)}{last_words} {again}"

    def close(self) -> None:
        """Stop it after the work in progress."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        try:
            self._process.wait(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            log.warning("%s took longer than %s s to stop.", self._command[-1], TIMEOUT)
            self._process.kill()
            self._process.wait()
        if self._errors is not None:
            self._errors.close()

    def _start(self, now: float) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process
        self._started = now
        try:
            with all_cores():
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stderr=self._errors,
                    env={**os.environ, **self._environment},
                )
        except OSError as problem:  # no memory, too many processes
            self._errors.close()
            self._errors = None
            self._failed(now, str(problem.strerror))

    def _ended(self, now: float) -> None:
        """Note why it ended, and when it is started again."""
        process, self._process = self._process, None
        assert process is not None
        if process.stdin is not None:
            process.stdin.close()
        words = ""
        if self._errors is not None:
            self._errors.seek(0)
            lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
            words = " ".join(line.strip() for line in lines[-2:])
            self._errors.close()
            self._errors = None
        self._failed(now, words or f"exit status {process.returncode}")

    def _failed(self, now: float, words: str) -> None:
        self._words = words[-LONGEST_WORDS:]
        self._failures += 1
        delay = min(LAST_DELAY, FIRST_DELAY * 2 ** (self._failures - 1))
        self._next = now + delay
        log.warning(
            "A process beside the server ended (%s); it is started again in %.0f s.", self._words, delay
        )
