"""`quizzes crashtest`: check that a server that is killed loses no acknowledged save."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from quizzes.loadtest.crash import CrashPlan, run_crash_test
from quizzes.loadtest.fixture import fixture_for, temporary_folder
from quizzes.loadtest.server import allow_connections, stops_on_sigterm

__all__ = ["crashtest"]


def crashtest(
    rounds: Annotated[int, typer.Option(help="Number of times the server is killed under load.", min=1)] = 3,
    students: Annotated[
        int, typer.Option(help="Number of students who save all the time.", min=1, max=2_000)
    ] = 50,
    quiz: Annotated[str, typer.Option(help="The quiz; by default the first one.")] = "",
    life: Annotated[float, typer.Option(help="Longest life of a server, in seconds.", min=0.1)] = 4,
    seed: Annotated[int, typer.Option(help="Seed of the moments at which it is killed.")] = 1,
    folder: Annotated[
        Path | None, typer.Option(help="A directory on the disk to test; by default a temporary one.")
    ] = None,
    database: Annotated[
        str,
        typer.Option(
            help="Address of an empty PostgreSQL database (postgresql://…) to use instead of SQLite."
        ),
    ] = "",
    course: CourseOption = None,
) -> None:
    """Kill a server under load, restart it, and check that every acknowledged save is stored.

    It runs on a copy of the course that is deleted afterwards. The exit code is 1 if a save is missing.
    """
    root = find_course(course)
    allow_connections(students)
    with stops_on_sigterm(), temporary_folder(folder) as place:
        fixture = fixture_for(root, quiz, place, database)
        result = run_crash_test(
            fixture, fixture.admit(students), CrashPlan(rounds, life, seed=seed), typer.echo
        )
    typer.echo(
        f"attempts {result.attempts}: submitted {result.submitted}, ended by the server "
        f"{result.attempts - result.submitted - result.left_open}, open {result.left_open}"
    )
    misses = result.broken_promises()
    for message in misses:
        typer.echo(f"MISSED  {message}")
    if misses:
        raise typer.Exit(1)
    saves = result.ledgers[-1].acknowledged
    typer.echo(f"{len(result.ledgers) - 1} kills, {saves} saves acknowledged, none lost.")
