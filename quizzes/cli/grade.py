"""`quizzes grade`: mark the function items of finished attempts in the sandbox, once or continuously."""

from __future__ import annotations

import select
import sys
import time
from functools import partial
from typing import Annotated

import typer

from autograder.cli.options import CourseOption, SandboxOption
from autograder.course.course import find_course
from autograder.environment import give_way_except_writes
from autograder.errors import ContentError
from autograder.site.people import COURSE, names_in
from autograder.site.server import OpenSite, open_site
from quizzes.services.function_queue import FunctionQueue, RoundResult, question_builder
from quizzes.store.attempts import find_attempt

__all__ = ["grade_functions"]

EVERY = 5.0  # seconds between two rounds


def grade_functions(
    watch: Annotated[bool, typer.Option(help="Keep grading until Ctrl-C, beside a server.")] = False,
    again: Annotated[bool, typer.Option(help="Retry functions whose check was broken.")] = False,
    sandbox: SandboxOption = "good",
    attached: Annotated[bool, typer.Option(hidden=True, help="Go on until the standard input ends.")] = False,
    course_file: Annotated[
        bool, typer.Option(help="Use the course's own database file and ignore DATABASE_URL.")
    ] = False,
    course: CourseOption = None,
) -> None:
    """Grade the functions of finished attempts in the sandbox; the server itself never runs them."""
    root = find_course(course)
    give_way_except_writes()
    with (
        open_site(root.root, course_file=course_file) as site,
        FunctionQueue(
            site.database, question_builder(site.database), site.clock.now, sandbox=sandbox
        ) as queue,
    ):
        report = partial(_report, site)
        done = report(queue.round(again=again), always=not attached)
        while attached or watch:
            if attached and select.select([sys.stdin], [], [], EVERY)[0]:
                break
            if not attached:
                time.sleep(EVERY)
            report(queue.round(), always=False)
    if done.troubles and not attached:
        many = len(done.troubles)
        raise ContentError(
            f"{many} {'mark waits' if many == 1 else 'marks wait'} for you.",
            next_step="Correct the checks, publish and regrade the quiz; if none was broken, use --again.",
        )


def _report(site: OpenSite, done: RoundResult, *, always: bool) -> RoundResult:
    if done.marked or always:
        typer.echo(f"{done.marked} {'function' if done.marked == 1 else 'functions'} graded.")
    with site.database.reading() as connection:
        names = names_in(connection, COURSE) if done.troubles else {}
        for answer, trouble in done.troubles:
            row = find_attempt(connection, answer.attempt)
            who = f"{names[row.person]} ({row.person})" if row.person in names else row.person
            typer.echo(f"{who}, {row.quiz}, attempt {row.number}, question {answer.pos + 1}: {trouble}")
    return done
