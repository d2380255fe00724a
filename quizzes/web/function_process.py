"""The process beside the server that grades functions: the sandbox forks, which a web server must not."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

from autograder.site.database import Database
from quizzes.store.marks import waiting

__all__ = ["FunctionProcess"]


log = logging.getLogger(__name__)
PATIENCE = 30  # seconds it may take to end


class FunctionProcess:
    """`quizzes grade --beside`, begun when the first function waits; it ends with its standard input.

    So nothing is left when this process is killed. On a machine whose sandbox is too weak it ends at once and
    says so, and the answers wait; it is begun once.
    """

    def __init__(self, database: Database, folder: Path, *, own: bool) -> None:
        self._database = database
        self._command = [sys.executable, "-m", "quizzes", "grade", "--beside", "--course", str(folder)]
        self._command += ["--own"] if own else []
        self._process: subprocess.Popen[bytes] | None = None

    def look(self) -> int:
        """Begin the process if something waits for it; how many do."""
        if self._process is not None:
            return 0
        with self._database.reading() as connection:
            found = len(waiting(connection))
        if found:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE)
        return found

    def close(self) -> None:
        """Let it end what it is at."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        try:
            self._process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            log.warning("Grading functions took longer than %s s to end.", PATIENCE)
            self._process.kill()
            self._process.wait()
