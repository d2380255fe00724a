"""`quizzes extend` and `quizzes regrade`: what staff do on their pages, from a terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.cli.options import CourseOption, ReasonOption
from autograder.course.course import find_course
from autograder.course.local_time import counted, shown
from autograder.errors import UsageError
from autograder.site.audit import terminal_user
from autograder.site.server import open_site
from autograder.site.tables import points_text
from quizzes.cli.common import QuizNameArgument, require_published
from quizzes.content.quiz import Quiz
from quizzes.content.quiz_file import load_quiz
from quizzes.services.exam import ExamService
from quizzes.store.attempts import attempts_at, open_attempt
from quizzes.store.extensions import extend as extend_one
from quizzes.store.extensions import extend_all
from quizzes.store.regrades import ScoreChange, regrade_runs

__all__ = ["extend", "regrade"]

MINUTE = 60_000


def extend(
    quiz: QuizNameArgument,
    reason: ReasonOption,
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
        require_published(connection, quiz)
        at = site.clock.now()
        if not student:
            done = extend_all(
                connection, quiz, at=at, who=terminal_user(), reason=reason, minutes=minutes, percent=percent
            )
            extended = counted(done.extended, "open attempt has", "open attempts have")
            typer.echo(f"{extended} more time; {done.over} had ended by themselves.")
            schedule = require_published(connection, quiz).schedule
            dates = {"is due": schedule.due_at, "closes": schedule.closes_at}
            for verb, instant in dates.items():
                if instant is not None:
                    typer.echo(f"The quiz {verb} {shown(instant, root.zone)} now.")
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
    quiz: QuizNameArgument,
    release_run: Annotated[
        int, typer.Option("--release", help="Release this regrade: its points count from now on.", min=0)
    ] = 0,
    course: CourseOption = None,
) -> None:
    """Mark a quiz again by its current files and list the changes; nothing counts before --release."""
    root = find_course(course)
    version = None if release_run else load_quiz(root, quiz).quiz  # before the database is opened
    with open_site(root.root) as site:
        exam = ExamService(site.database, site.clock, site.signer, Quiz.read)
        try:
            with site.database.reading() as connection:
                require_published(connection, quiz)
                people = {row.id: row.person for row in attempts_at(connection, quiz)}
            if version is None:
                _release(exam, quiz, release_run, people)
                return
            run, changes = exam.regrades.propose(quiz, version, who=terminal_user())
        finally:
            exam.writer.close()
    for change in changes:
        typer.echo(_line(change, people, change.note))
    changed = sum(change.before != change.after for change in changes)
    if changed:
        typer.echo(f"{counted(changed, 'attempt')} would change: quizzes regrade {quiz} --release {run}")
    else:
        typer.echo("Nobody's points would change.")


def _line(change: ScoreChange, people: dict[str, str], remark: str) -> str:
    points = points_text(change.before)
    if change.before != change.after:
        points += f" → {points_text(change.after)}"
    return f"{people[change.attempt]}: {points}{f' ({remark})' if remark else ''}"


def _release(exam: ExamService, quiz: str, number: int, people: dict[str, str]) -> None:
    exam.regrades.release(quiz, number, who=terminal_user())
    changed = exam.regrades.apply(number)
    typer.echo(f"{changed} attempts have other points now.")
    with exam.database.reading() as connection:
        (run,) = [run for run in regrade_runs(connection, quiz) if run.id == number]
    for change in run.skipped:
        typer.echo(f"{people[change.attempt]}: {change.outcome}")
