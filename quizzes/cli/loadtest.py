"""`quizzes loadtest`: measure whether this machine can serve the whole class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.errors import UsageError
from quizzes.loadtest.fixture import fixture_for, temporary_folder
from quizzes.loadtest.limits import file_system_of, machine, on_real_disk
from quizzes.loadtest.load import LoadPlan, run_load_test
from quizzes.loadtest.server import allow_connections, running_servers, stops_on_sigterm
from quizzes.loadtest.staff_work import StaffWork

__all__ = ["loadtest"]

SHORTEST = 1.0  # seconds


def loadtest(
    students: Annotated[
        int, typer.Option(help="Number of students who take the quiz at once.", min=1, max=20_000)
    ] = 100,
    quiz: Annotated[str, typer.Option(help="The quiz; by default the first one.")] = "",
    herd: Annotated[float, typer.Option(help="Seconds in which all students start.", min=0)] = 10,
    steady: Annotated[float, typer.Option(help="Seconds with one save per student every 15 s.", min=0)] = 60,
    burst: Annotated[float, typer.Option(help="Seconds with one save per student every 5 s.", min=0)] = 60,
    deadline: Annotated[float, typer.Option(help="Seconds in which all students submit.", min=0)] = 5,
    grace: Annotated[float, typer.Option(help="Grace period of the quiz, in seconds.", min=0)] = 20,
    regrade: Annotated[
        int,
        typer.Option(
            help="Attempts at an earlier quiz that staff regrade in each phase while they import the roster "
            "and write an analysis; 0 for no work of staff.",
            min=0,
        ),
    ] = 300,
    folder: Annotated[
        Path | None, typer.Option(help="A directory on the disk to test; by default a temporary one.")
    ] = None,
    database: Annotated[
        str,
        typer.Option(
            help="Address of an empty PostgreSQL database (postgresql://…) to use instead of SQLite."
        ),
    ] = "",
    servers: Annotated[
        int, typer.Option(help="Server processes that share the database.", min=1, max=64)
    ] = 1,
    course: CourseOption = None,
) -> None:
    """Put a server on this machine under the load of a whole class and check its response times.

    It runs on a copy of the course that is deleted afterwards. Staff regrade an earlier quiz, import the
    roster and write an analysis meanwhile. The server, the simulated students and staff share the machine's
    cores. The exit code is 1 if a limit is missed.
    """
    root = find_course(course)
    allow_connections(students)
    plan = LoadPlan(herd, steady, burst=burst, deadline=deadline, grace=grace)
    if plan.whole < SHORTEST:
        raise UsageError(
            "The load lasts less than a second.",
            next_step="Give --herd, --steady, --burst or --deadline more seconds.",
        )
    if servers > 1 and not database:
        raise UsageError(
            "Several servers need a PostgreSQL database.",
            next_step="Name an empty PostgreSQL database with --database, or omit --servers.",
        )
    with stops_on_sigterm(), temporary_folder(folder) as place:
        kind = file_system_of(place)
        fixture = fixture_for(root, quiz, place, database)
        cookies = fixture.admit(students)
        with running_servers(fixture, servers) as running:
            work = None
            if many := min(regrade, students):
                typer.echo(f"before: {many} students take the quiz that staff regrade")
                work = StaffWork.of(fixture, running[0])
                work.take_earlier_quiz(cookies[:many])
            result = run_load_test(fixture, running, cookies, plan, typer.echo, work)
        log_tail = running[0].log_tail()  # all of them write into one log
    typer.echo(f"\n{machine()}")
    if database:
        typer.echo(f"The database was PostgreSQL, with server processes: {servers}.")
    elif kind:
        typer.echo(f"The database was SQLite on {kind}.")
    if not database and not on_real_disk(kind):
        typer.echo("That is memory, so no disk was measured: name a directory on a disk with --folder.")
    typer.echo("\n".join(["", *result.lines()]))
    if log_tail:
        typer.echo(f"\nThe server said:\n{log_tail}")
    missed = sum(not limit.kept for limit in result.limits())
    if missed:
        typer.echo(f"\n{missed} {'limit is' if missed == 1 else 'limits are'} missed.")
        raise typer.Exit(1)
    typer.echo("\nEvery limit is kept.")
