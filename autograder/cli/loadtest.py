"""`autograder loadtest` and `crashtest`: can this machine take a class's homework, and is it ever lost?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.cli.show import say
from autograder.course.course import find_course
from autograder.errors import UsageError

__all__ = ["crashtest", "loadtest"]

AssignmentOption = Annotated[str, typer.Option(help="The assignment; by default the first one.")]
FolderOption = Annotated[
    Path | None, typer.Option(help="A directory on the disk to test; by default a temporary one.")
]
DatabaseOption = Annotated[
    str,
    typer.Option(help="Address of an empty PostgreSQL database (postgresql://…) to use instead of SQLite."),
]

ServersOption = Annotated[int, typer.Option(help="Server processes that share the database.", min=1, max=64)]


def _require_database_for(servers: int, database: str) -> None:
    if servers > 1 and not database:
        raise UsageError(
            "Several servers need a PostgreSQL database.",
            next_step="Name an empty PostgreSQL database with --database, or omit --servers.",
        )


def loadtest(
    students: Annotated[
        int, typer.Option(help="Number of students who submit before the deadline.", min=1, max=20_000)
    ] = 500,
    seconds: Annotated[float, typer.Option(help="Seconds in which they submit.", min=0.1)] = 60,
    size: Annotated[float, typer.Option(help="Size of a notebook in MB.", min=0, max=24)] = 2,
    quiz_students: Annotated[
        int, typer.Option(help="Number of students who take a quiz meanwhile; 0 for none.", min=0)
    ] = 200,
    class_size: Annotated[int, typer.Option(help="Number of students in the class.", min=3)] = 2000,
    graders: Annotated[int, typer.Option(help="Graders beside each server.", min=1, max=64)] = 2,
    graded_within: Annotated[
        float, typer.Option(help="Seconds after the deadline in which the last one must be graded.", min=1)
    ] = 900,
    hostile: Annotated[
        int, typer.Option(help="Number of submissions that are hard to parse; 0 for none.", min=0, max=5000)
    ] = 200,
    assignment: AssignmentOption = "",
    folder: FolderOption = None,
    database: DatabaseOption = "",
    servers: ServersOption = 1,
    course: CourseOption = None,
) -> None:
    """Let a class submit homework to a server on this machine, and check its response times.

    Where the course has a quiz, other students take it meanwhile, and their saves keep the quiz's limits.
    It runs on a copy of one assignment that is deleted afterwards. The exit code is 1 if a limit is missed.
    """
    from autograder.site.extensions import extensions
    from autograder.site.loadtest.fixture import fixture_for, temporary_folder
    from autograder.site.loadtest.load import LoadPlan, run_load_test
    from autograder.site.loadtest.measuring import file_system_of, machine, on_real_disk
    from autograder.site.loadtest.server_process import allow_connections, stops_on_sigterm

    root = find_course(course)
    _require_database_for(servers, database)
    allow_connections(2 * students + quiz_students)
    plan = LoadPlan(students, seconds, size, class_size, graded_within, hostile=hostile)
    with stops_on_sigterm(), temporary_folder(folder) as place:
        kind = file_system_of(place)
        loads = [each.load_beside(root, place, database) for each in extensions() if quiz_students]
        other_loads = [load for load in loads if load is not None]
        fixture = fixture_for(root, assignment, place, database)
        for load in other_loads:
            load.prepare(quiz_students)
        with fixture.servers(servers, graders) as running:
            result = run_load_test(fixture, running, plan, say, other_loads)
            log_tail = running[0].log_tail()
    say(f"\n{machine()}")
    if database:
        say(f"The database was PostgreSQL, with server processes: {servers}.")
    elif kind and not on_real_disk(kind):
        say("The database was in memory, so no disk was measured: name a directory with --folder.")
    say("\n".join(["", *result.lines()]))
    if log_tail:
        say(f"\nThe server said:\n{log_tail}")
    missed = sum(not limit.kept for limit in result.limits())
    if missed:
        say(f"\n{missed} {'limit is' if missed == 1 else 'limits are'} missed.")
        raise typer.Exit(1)
    say("\nEvery limit is kept.")


def crashtest(
    rounds: Annotated[int, typer.Option(help="Number of times the server is killed under load.", min=1)] = 10,
    students: Annotated[
        int, typer.Option(help="Number of students who submit all the time.", min=1, max=500)
    ] = 10,
    life: Annotated[float, typer.Option(help="Longest life of a server, in seconds.", min=0.2)] = 4,
    seed: Annotated[int, typer.Option(help="Seed of the moments at which it is killed.")] = 1,
    assignment: AssignmentOption = "",
    folder: FolderOption = None,
    database: DatabaseOption = "",
    servers: ServersOption = 1,
    course: CourseOption = None,
) -> None:
    """Kill servers and graders while students submit, and check that every receipt's bytes are stored.

    Every submission must be graded once, and the ledger must verify. Connections to PostgreSQL are cut, too.
    Of several servers one is killed at a time, and the others go on.
    It runs on a copy of one assignment that is deleted afterwards. The exit code is 1 if a promise is broken.
    """
    from autograder.site.loadtest.crash import CrashPlan, run_crash_test
    from autograder.site.loadtest.fixture import fixture_for, temporary_folder
    from autograder.site.loadtest.server_process import stops_on_sigterm

    root = find_course(course)
    _require_database_for(servers, database)
    with stops_on_sigterm(), temporary_folder(folder) as place:
        fixture = fixture_for(root, assignment, place, database)
        result = run_crash_test(fixture, CrashPlan(rounds, students, life, servers=servers, seed=seed), say)
    say(f"{len(result.receipts)} receipts, {result.graders_killed} graders killed beside {rounds} servers.")
    if result.problems:
        say(
            f"Requests that failed: {', '.join(f'{kind}: {many}' for kind, many in result.problems.items())}."
        )
    if database:
        say(f"Connections to PostgreSQL that were cut: {result.connections_cut}.")
    broken = result.broken_promises()
    if broken:
        say("\n".join(broken))
        raise typer.Exit(1)
    say("Every receipt's bytes are stored, every submission is graded once, and the ledger verifies.")
