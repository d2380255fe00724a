"""`quizzes publish`: publish the current version of a quiz file."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.course.local_time import shown
from autograder.errors import ContentError
from autograder.site.audit import terminal_user
from autograder.site.people import COURSE
from autograder.site.server import open_site
from quizzes.cli.common import QuizFileArgument
from quizzes.content.bank import load_bank
from quizzes.content.lint import faults_in_bank
from quizzes.content.quiz_file import load_quiz
from quizzes.services.enrolment import add_the_course, publish_plan
from quizzes.store.quizzes import published_in

__all__ = ["publish_quiz"]

LOOKED_AT = 25  # variants of each item; `quizzes lint` looks at more


def publish_quiz(
    name: QuizFileArgument,
    force: Annotated[
        bool, typer.Option("--force", help="Publish even if a student cannot get their full time.")
    ] = False,
    slack: Annotated[
        int,
        typer.Option(
            help="Minutes after opening at which a student can still start and get their full time.", min=0
        ),
    ] = 0,
    course: CourseOption = None,
) -> None:
    """Publish the current version of a quiz file.

    Students on the roster can start the quiz when it opens. Open attempts keep the version they began with.
    """
    root = find_course(course)
    plan = load_quiz(root, name)
    topics = {reference.split("/")[0] for pool in plan.quiz.pools for reference in pool.items}
    for topic in sorted(topics):
        faults = faults_in_bank(load_bank(root.root / "quizzes" / "banks" / f"{topic}.yaml"), LOOKED_AT)
        if faults:
            raise ContentError(f"{faults[0]}", next_step="Correct what `quizzes lint` lists, then publish.")
    with open_site(root.root) as site:
        with site.database.transaction() as connection:
            add_the_course(connection, root)
            before = {old.id: old for old in published_in(connection, COURSE)}.get(name)
            short = publish_plan(
                connection, plan, at=site.clock.now(), who=terminal_user(), slack=slack * 60_000, force=force
            )
            after = {new.id: new for new in published_in(connection, COURSE)}[name].schedule.closes_at
        closes, moved = plan.schedule.closes_at, before.schedule.closes_at if before else None
    typer.echo(f"{plan.quiz.title} is published. It opens {shown(plan.schedule.opens_at, plan.zone)}.")
    if closes is not None and after is not None and after > closes:
        typer.echo(
            f"It closes {shown(after, plan.zone)}: the extension for everybody stands, though its file says "
            f"{shown(closes, plan.zone)}."
        )
    elif moved is not None and closes is not None and moved > closes:
        typer.echo(
            f"Note: it was to close {shown(moved, plan.zone)}, perhaps after an extension for everybody, and "
            f"now closes {shown(closes, plan.zone)} again, as its file says."
        )
    for missed in short:
        typer.echo(f"{missed.person} misses {missed.missing / 60_000:.4g} minutes when it closes.")
