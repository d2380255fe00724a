"""The grader process: grades functions outside the web server, since the sandbox forks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from autograder.course.local_time import counted
from autograder.environment import module_command
from autograder.site.database import Database
from autograder.site.supervised_process import SupervisedProcess
from quizzes.store.marks import pending_marks

__all__ = ["FunctionProcess"]


class FunctionProcess(SupervisedProcess):
    """`quizzes grade --attached`: started when functions wait, ends with its standard input."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        course_file: bool,
        command: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`command` replaces the command of the process, `clock` the clock of the delays, in seconds."""
        grade = module_command("quizzes", "grade", "--attached", "--course", str(folder))

        def count_waiting() -> int:
            with database.reading() as connection:
                return len(pending_marks(connection))

        super().__init__(
            list(command) or [*grade, *(["--course-file"] if course_file else [])],
            count_waiting,
            lambda ended, waiting: (
                f"Functions are not being graded: the grader ended {ended}, "
                f"and {counted(waiting, 'answer waits', 'answers wait')} for a mark."
            ),
            clock=clock,
        )
