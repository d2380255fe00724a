"""The grader process: grades functions outside the web server, since the sandbox forks."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

from autograder.site.database import Database
from quizzes.store.marks import pending_marks

__all__ = ["FunctionProcess"]


log = logging.getLogger(__name__)
TIMEOUT = 30  # seconds to stop


class FunctionProcess:
    """`quizzes grade --attached`: started when the first function waits, ends with its standard input.

    So it does not outlive this process. If this machine cannot isolate submissions, it stops at once with a
    message, and the answers wait. It is started once.
    """

    def __init__(self, database: Database, folder: Path, *, course_file: bool) -> None:
        self._database = database
        self._command = [sys.executable, "-m", "quizzes", "grade", "--attached", "--course", str(folder)]
        self._command += ["--course-file"] if course_file else []
        self._process: subprocess.Popen[bytes] | None = None

    def start_if_needed(self) -> int:
        """Start the process if functions wait for it; returns how many wait."""
        if self._process is not None:
            return 0
        with self._database.reading() as connection:
            pending = len(pending_marks(connection))
        if pending:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE)
        return pending

    def close(self) -> None:
        """Stop it after the function it is grading."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        try:
            self._process.wait(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            log.warning("The grader process took longer than %s s to stop.", TIMEOUT)
            self._process.kill()
            self._process.wait()
