"""`quizzes crashtest`: does a server that is killed lose anything it acknowledged?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.course.course import find_course
from quizzes.loadtest.crash import CrashPlan, crash
from quizzes.loadtest.fixture import fixture_for, scratch
from quizzes.loadtest.server import allow_connections, ended_in_order

__all__ = ["crashtest"]


def crashtest(
    rounds: Annotated[int, typer.Option(help="How often the server is killed under load.", min=1)] = 3,
    takers: Annotated[int, typer.Option(help="How many save all the time.", min=1, max=2_000)] = 50,
    quiz: Annotated[str, typer.Option(help="Which quiz; the first one, if not said.")] = "",
    life: Annotated[float, typer.Option(help="The longest a server lives, in seconds.", min=0.1)] = 4,
    seed: Annotated[int, typer.Option(help="Another one kills at other moments.")] = 1,
    folder: Annotated[
        Path | None, typer.Option(help="On the disk to be tested; else a temporary one.")
    ] = None,
    database: Annotated[
        str, typer.Option(help="postgresql://… of an empty database, instead of a SQLite file.")
    ] = "",
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Kill a server under load with SIGKILL, start it again, and look for every save it acknowledged.

    Everything happens on a copy that is thrown away. Ends with 1 when anything is missing.
    """
    root = find_course(course)
    allow_connections(takers)
    with ended_in_order(), scratch(folder) as place:
        stage = fixture_for(root, quiz, place, database)
        result = crash(stage, stage.admit(takers), CrashPlan(rounds, life, seed=seed), typer.echo)
    typer.echo(
        f"attempts {result.attempts}: handed in {result.handed_in}, ended by the server "
        f"{result.attempts - result.handed_in - result.left_open}, open {result.left_open}"
    )
    misses = result.misses()
    for said in misses:
        typer.echo(f"MISSED  {said}")
    if misses:
        raise typer.Exit(1)
    typer.echo(
        f"{len(result.books) - 1} kills, {result.books[-1].acknowledged} acknowledged saves, none missing."
    )
