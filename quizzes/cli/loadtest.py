"""`quizzes loadtest`: does this machine hold the class?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from autograder.course import find_course
from autograder.errors import UsageError
from quizzes.proof.load import Plan, load
from quizzes.proof.process import allow_connections, ended_in_order
from quizzes.proof.stage import serving, stage_for
from quizzes.proof.verdict import machine

__all__ = ["loadtest"]

SHORTEST = 1.0  # seconds


def loadtest(
    takers: Annotated[int, typer.Option(help="How many take the quiz at once.", min=1, max=20_000)] = 100,
    quiz: Annotated[str, typer.Option(help="Which quiz.")] = "quiz4",
    herd: Annotated[float, typer.Option(help="Seconds in which all of them start.", min=0)] = 10,
    steady: Annotated[float, typer.Option(help="Seconds of a save in 15 s each.", min=0)] = 60,
    burst: Annotated[float, typer.Option(help="Seconds of a save in 5 s each.", min=0)] = 60,
    deadline: Annotated[float, typer.Option(help="Seconds in which all hand in.", min=0)] = 5,
    grace: Annotated[float, typer.Option(help="The quiz's grace, in seconds.", min=0)] = 20,
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Put a server on this machine under the load of a whole class, on a copy that is thrown away.

    Server and takers share the machine's cores. Ends with 1 when a limit is missed.
    """
    root = find_course(course)
    allow_connections(takers)
    plan = Plan(herd, steady, burst=burst, deadline=deadline, grace=grace)
    if plan.whole < SHORTEST:
        raise UsageError(
            "A class needs a second at least from the opening to the deadline.",
            next_step="Give --herd, --steady, --burst or --deadline more seconds.",
        )
    with ended_in_order(), tempfile.TemporaryDirectory(prefix="quizzes-load-") as folder:
        stage = stage_for(root, quiz, Path(folder))
        stage.publish(stage.plan())
        cookies = stage.admit(takers)
        with serving(stage) as server:
            result = load(stage, server, cookies, plan, typer.echo)
        said = server.said()
    typer.echo("\n".join(["", machine(), "", *result.lines()]))
    if said:
        typer.echo(f"\nThe server said:\n{said}")
    missed = sum(not one.kept for one in result.verdicts())
    if missed:
        typer.echo(f"\n{missed} {'limit is' if missed == 1 else 'limits are'} missed.")
        raise typer.Exit(1)
    typer.echo("\nEvery limit is kept.")
