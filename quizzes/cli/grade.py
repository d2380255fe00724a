"""`quizzes grade`: give the marks that wait for the sandbox, once or for as long as a quiz is held."""

from __future__ import annotations

import os
import select
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from autograder.course.course import find_course
from autograder.errors import ContentError
from autograder.site.server import opened
from quizzes.services.function_queue import FunctionMarks, Settled, dealt_again

__all__ = ["grade_functions"]

EVERY = 5.0  # seconds between two rounds


def grade_functions(
    watch: Annotated[bool, typer.Option(help="Go on until Ctrl-C, beside a server.")] = False,
    again: Annotated[bool, typer.Option(help="Try those again whose check was broken.")] = False,
    sandbox: Annotated[str, typer.Option(help="The least that has to hold: full, good or weak.")] = "good",
    beside: Annotated[bool, typer.Option(hidden=True, help="Go on until the standard input ends.")] = False,
    own: Annotated[bool, typer.Option(help="The course's own file, whatever DATABASE_URL says.")] = False,
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Grade the functions of attempts that are over, in the sandbox; the server itself never runs them."""
    root = find_course(course)
    os.nice(10)  # a server on the same machine comes first
    with (
        opened(root.root, own=own) as one,
        FunctionMarks(one.database, dealt_again(one.database), one.clock.now, sandbox=sandbox) as queue,
    ):
        done = _told(queue.round(again=again), always=not beside)
        while beside or watch:
            if beside and select.select([sys.stdin], [], [], EVERY)[0]:
                break
            if not beside:
                time.sleep(EVERY)
            _told(queue.round(), always=False)
    if done.troubles and not beside:
        many = len(done.troubles)
        raise ContentError(
            f"{many} {'mark waits' if many == 1 else 'marks wait'} for you.",
            next_step="Mend the checks, publish and regrade the quiz; where nothing was broken, use --again.",
        )


def _told(done: Settled, *, always: bool) -> Settled:
    if done.given or always:
        typer.echo(f"{done.given} {'function' if done.given == 1 else 'functions'} graded.")
    for one, said in done.troubles:
        typer.echo(f"Attempt {one.attempt}, question {one.pos + 1}: {said}")
    return done
