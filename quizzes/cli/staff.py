"""`quizzes extend` and `quizzes regrade`: what staff do on their pages, from a terminal."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import Connection

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.course.local_time import shown
from autograder.errors import UsageError
from autograder.site.audit import terminal_user
from autograder.site.server import open_site
from quizzes.content.quiz_file import load_quiz
from quizzes.services.exam import GRADER
from quizzes.services.regrading import propose_regrade
from quizzes.store.attempts import attempts_at, open_attempt
from quizzes.store.extensions import extend as extend_one
from quizzes.store.extensions import extend_all
from quizzes.store.quizzes import keep_version, set_current_version
from quizzes.store.regrades import regrade_runs, release_run

__all__ = ["extend", "regrade"]

QuizName = Annotated[str, typer.Argument(metavar="QUIZ", help="The quiz's name.")]
MINUTE = 60_000


def extend(
    quiz: QuizName,
    reason: Annotated[str, typer.Option(help="The reason, for the audit log.")],
    minutes: Annotated[int, typer.Option(help="Additional minutes.", min=0)] = 0,
    percent: Annotated[
        int, typer.Option(help="Additional time in percent of a student's own time.", min=0)
    ] = 0,
    student: Annotated[list[str] | None, typer.Option(help="Only this student; may be repeated.")] = None,
    course: CourseOption = None,
) -> None:
    """Give open attempts more time: some students', or all together with due and closing times.

    Open pages show it within half a minute. A running server does not have to be stopped.
    """
    if minutes + percent == 0:
        raise UsageError("No time is given.", next_step="Give --minutes or --percent.")
    root = find_course(course)
    with open_site(root.root) as site, site.database.transaction() as connection:
        at = site.clock.now()
        if not student:
            done = extend_all(
                connection, quiz, at=at, who=terminal_user(), reason=reason, minutes=minutes, percent=percent
            )
            typer.echo(f"{done.extended} open attempts have more time; {done.over} had ended by themselves.")
            return
        for person in student:
            row = open_attempt(connection, quiz, person)
            if row is None or row.deadline_at is None:
                raise UsageError(
                    f"{person} has no open attempt with an end at {quiz}.",
                    next_step="Nobody was given time; correct the name, or reopen the attempt on its page.",
                )
            more = minutes * MINUTE + (row.deadline_at - row.started_at) * percent // 100
            moved = extend_one(
                connection, row.id, row.deadline_at + more, at=at, who=terminal_user(), reason=reason
            )
            typer.echo(f"{person}: until {shown(moved.deadline_at or 0, root.zone)}")


def regrade(
    quiz: QuizName,
    release_run: Annotated[
        int, typer.Option("--release", help="Release this regrade: its points count from now on.", min=0)
    ] = 0,
    course: CourseOption = None,
) -> None:
    """Mark a quiz again by its current files and list the changes; nothing counts before --release."""
    root = find_course(course)
    with open_site(root.root) as site, site.database.transaction() as connection:
        at = site.clock.now()
        if release_run:
            _release(connection, quiz, release_run, at)
            return
        version = load_quiz(root, quiz).quiz
        keep_version(connection, version, at)
        run, changes = propose_regrade(connection, quiz, version, GRADER, at=at, who=terminal_user())
        people = {row.id: row.person for row in attempts_at(connection, quiz)}
    for change in changes:
        typer.echo(f"{people[change.attempt]}: {change.before:g} → {change.after:g}")
    if changes:
        typer.echo(f"{len(changes)} attempts would change: quizzes regrade {quiz} --release {run}")
    else:
        typer.echo("Nobody's points would change.")


def _release(connection: Connection, quiz: str, number: int, at: int) -> None:
    run = next((run for run in regrade_runs(connection, quiz) if run.id == number), None)
    if run is None:
        raise UsageError(
            f"There is no regrade {number} of {quiz}.", next_step="Run it without --release first."
        )
    changed = release_run(connection, number, at=at, who=terminal_user())
    set_current_version(connection, quiz, run.key_version)
    typer.echo(f"{changed} attempts have other points now.")
