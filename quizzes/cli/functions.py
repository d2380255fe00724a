"""`quizzes functions`: grade the answers that are code, in the sandbox; `serve` runs it beside itself."""

from __future__ import annotations

import select
import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.course import find_course
from quizzes.function_marks import FunctionMarks, Settled
from quizzes.proctor import Proctor
from quizzes.quiz import Quiz
from quizzes.web.serve import opened

__all__ = ["functions"]

PAUSE = 2.0  # seconds between two looks


def functions(
    again: Annotated[
        bool, typer.Option(help="Also those that could not be graded before, after a check was mended.")
    ] = False,
    watch: Annotated[bool, typer.Option(help="Go on until the standard input ends.")] = False,
    sandbox: Annotated[str, typer.Option(help="What must hold at least: full, good or weak.")] = "good",
    own: Annotated[bool, typer.Option(help="The course's own file, whatever DATABASE_URL says.")] = False,
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Mark functions of attempts that are over, and say which could not be marked and why."""
    root = find_course(course)
    with opened(root.root, own=own) as one:
        proctor = Proctor(one.database, one.clock, one.seal, Quiz.read)
        try:
            proctor.mark()
            with FunctionMarks(one.database, proctor.question, one.clock.now, sandbox=sandbox) as marks:
                done = marks.round(again=again)
                _say(done)
                while watch and not select.select([sys.stdin], [], [], PAUSE)[0]:
                    _say(marks.round())
        finally:
            proctor.writer.close()
    if not watch:
        typer.echo(f"{done.given} functions were marked.")


def _say(done: Settled) -> None:
    for waiting, why in done.troubles:
        typer.echo(f"Question {waiting.pos + 1} of attempt {waiting.attempt} waits: {why}")
