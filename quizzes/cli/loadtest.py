"""`quizzes loadtest`: does this machine hold the class?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.course.course import find_course
from autograder.errors import UsageError
from quizzes.loadtest.fixture import fixture_for, scratch
from quizzes.loadtest.limits import file_system_of, machine, on_real_disk
from quizzes.loadtest.load import Plan, load
from quizzes.loadtest.server import allow_connections, ended_in_order, serving

__all__ = ["loadtest"]

SHORTEST = 1.0  # seconds


def loadtest(
    takers: Annotated[int, typer.Option(help="How many take the quiz at once.", min=1, max=20_000)] = 100,
    quiz: Annotated[str, typer.Option(help="Which quiz; the first one, if not said.")] = "",
    herd: Annotated[float, typer.Option(help="Seconds in which all of them start.", min=0)] = 10,
    steady: Annotated[float, typer.Option(help="Seconds of a save in 15 s each.", min=0)] = 60,
    burst: Annotated[float, typer.Option(help="Seconds of a save in 5 s each.", min=0)] = 60,
    deadline: Annotated[float, typer.Option(help="Seconds in which all hand in.", min=0)] = 5,
    grace: Annotated[float, typer.Option(help="The quiz's grace, in seconds.", min=0)] = 20,
    folder: Annotated[
        Path | None, typer.Option(help="On the disk to be tested; else a temporary one.")
    ] = None,
    database: Annotated[
        str, typer.Option(help="postgresql://… of an empty database, instead of a SQLite file.")
    ] = "",
    servers: Annotated[int, typer.Option(help="Server processes that share it.", min=1, max=64)] = 1,
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
    if servers > 1 and not database:
        raise UsageError(
            "Several servers share a PostgreSQL database; a SQLite file has one.",
            next_step="Name an empty PostgreSQL database with --database, or leave --servers out.",
        )
    with ended_in_order(), scratch(folder) as place:
        kind = file_system_of(place)
        stage = fixture_for(root, quiz, place, database)
        cookies = stage.admit(takers)
        with serving(stage, servers) as running:
            result = load(stage, running, cookies, plan, typer.echo)
        said = running[0].said()  # all of them write into one log
    typer.echo(f"\n{machine()}")
    if database:
        typer.echo(f"The database was PostgreSQL, with server processes: {servers}.")
    elif kind:
        typer.echo(f"The database was SQLite on {kind}.")
    if not database and not on_real_disk(kind):
        typer.echo("That is memory, so no wait for a disk was measured: --folder names a folder on a disk.")
    typer.echo("\n".join(["", *result.lines()]))
    if said:
        typer.echo(f"\nThe server said:\n{said}")
    missed = sum(not one.kept for one in result.verdicts())
    if missed:
        typer.echo(f"\n{missed} {'limit is' if missed == 1 else 'limits are'} missed.")
        raise typer.Exit(1)
    typer.echo("\nEvery limit is kept.")
