"""`autograder passcode` and `autograder sign-in-link`: two ways for a person to sign in."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import Connection

from autograder.cli.options import CourseOption, PersonArgument, ReasonOption
from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.site.audit import terminal_user
from autograder.site.people import COURSE, names_in
from autograder.site.server import open_site
from autograder.site.sessions import end_sessions_of, new_link, new_passcode

__all__ = ["end_sessions", "passcode", "sign_in_link"]


def passcode(person: PersonArgument, course: CourseOption = None) -> None:
    """Give a person a new passcode; the old one stops working, open sessions stay signed in."""
    root = find_course(course)
    with open_site(root.root) as server, server.database.transaction() as connection:
        _require_person(connection, person)
        code = new_passcode(connection, person, server.signer)
    typer.echo(code)


def sign_in_link(
    person: PersonArgument,
    url: Annotated[
        str, typer.Option(help="The address of the server, as students reach it.")
    ] = "http://127.0.0.1:8080",
    course: CourseOption = None,
) -> None:
    """Print a link that signs a person in once, within a week."""
    root = find_course(course)
    with open_site(root.root) as server, server.database.transaction() as connection:
        _require_person(connection, person)
        secret = new_link(connection, person, server.signer, server.clock.now())
    typer.echo(f"{url.rstrip('/')}/sign-in/{secret}")


def end_sessions(
    person: PersonArgument,
    reason: ReasonOption,
    course: CourseOption = None,
) -> None:
    """End all sessions and unused sign-in links of a person; a running server notices within 15 seconds."""
    root = find_course(course)
    with open_site(root.root) as server, server.database.transaction() as connection:
        _require_person(connection, person)
        at = server.clock.now()
        ended = end_sessions_of(connection, person, at=at, who=terminal_user(), reason=reason)
    typer.echo(
        f"{ended} {'session' if ended == 1 else 'sessions'} of {person} ended. The passcode still works."
    )


def _require_person(connection: Connection, person: str) -> None:
    if person not in names_in(connection, COURSE):
        raise UsageError(
            f"{person} is not in this course.",
            next_step="Correct the student ID, or add the person with `autograder roster import`.",
        )
