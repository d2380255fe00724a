"""`quizzes loadtest`: does this machine hold the class?"""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from autograder.course import find_course
from autograder.errors import UsageError
from quizzes.proof.load import Plan, load
from quizzes.proof.stage import serving, stage_for

__all__ = ["loadtest"]

SPARE = 200  # open files beyond the connections


def loadtest(
    takers: Annotated[int, typer.Option(help="How many take the quiz at once.", min=1, max=20_000)] = 100,
    quiz: Annotated[str, typer.Option(help="Which quiz.")] = "quiz4",
    herd: Annotated[float, typer.Option(help="Seconds in which all of them start.", min=0)] = 10,
    steady: Annotated[float, typer.Option(help="Seconds of a save in 15 s each.", min=0)] = 60,
    burst: Annotated[float, typer.Option(help="Seconds of a save in 5 s each.", min=0)] = 20,
    deadline: Annotated[float, typer.Option(help="Seconds in which all hand in.", min=0)] = 5,
    grace: Annotated[float, typer.Option(help="The quiz's grace, in seconds.", min=0)] = 20,
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Put a server on this machine under the load of a whole class, on a copy that is thrown away.

    Server and takers share the machine's cores. Ends with 1 when a limit is missed.
    """
    root = find_course(course)
    _allow_connections(takers)
    plan = Plan(takers, herd, steady, burst=burst, deadline=deadline, grace=grace)
    with tempfile.TemporaryDirectory(prefix="quizzes-load-") as folder:
        stage = stage_for(root, quiz, Path(folder))
        stage.publish(stage.plan())
        cookies = stage.admit(takers)
        with serving(stage) as server:
            result = load(stage, server, cookies, plan, typer.echo)
    typer.echo("\n".join(["", *result.measured.lines(), ""]))
    typer.echo(f"acknowledged saves {result.saves}, missing {result.lost}; refused {result.refused}")
    problems = ", ".join(f"{kind}: {number}" for kind, number in result.measured.problems.items()) or "none"
    typer.echo(f"server errors and lost connections: {problems}")
    typer.echo(
        f"attempts open at the end: {result.left_open}; server's memory at most {result.memory:.0f} MB"
    )
    for said in dict.fromkeys(result.failed[:3]):
        typer.echo(f"gave up: {said}")
    misses = result.misses()
    for said in misses:
        typer.echo(f"MISSED  {said}")
    if misses:
        raise typer.Exit(1)
    typer.echo("Every limit is kept.")


def _allow_connections(takers: int) -> None:
    """Each taker is an open file; the server inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = takers + SPARE
    if soft >= needed or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise UsageError(
            f"This machine allows {hard} open files; {takers} takers need {needed}.",
            next_step="Raise the limit (ulimit -n), or test with fewer takers.",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
