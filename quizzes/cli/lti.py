"""`quizzes lti`: what to register with a learning platform, and who is in its course."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.site.audit import Act, note
from autograder.site.lti.client import PlatformError
from autograder.site.lti.platforms import FILE, read_platforms
from autograder.site.lti.services import Tool
from autograder.site.lti.users import links_of, person_of
from autograder.site.people import COURSE
from autograder.site.server import FOLDER, opened
from quizzes.services.enrolment import add_the_course

__all__ = ["app"]

app = typer.Typer(help="Quizzes as a tool of a learning platform (LTI 1.3).", no_args_is_help=True)
InCourse = Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")]


@app.command()
def register(
    address: Annotated[str, typer.Option(help="Where students reach this server, with https.")],
    course: InCourse = None,
) -> None:
    """Say what a platform wants to know of us, and what lti.yaml wants to know of it."""
    root = find_course(course)
    known = read_platforms(root.root).platforms
    address = address.rstrip("/")
    typer.echo(f"Login URL (OIDC):  {address}/lti/login")
    typer.echo(f"Redirect URI:      {address}/lti/launch")
    typer.echo(f"Public keys:       {address}/lti/keys")
    typer.echo(f"Target link:       {address}/quizzes/QUIZ, or the custom field quiz=QUIZ")
    typer.echo("Opens in a new window; services: scores (score, lineitem), names and roles.")
    typer.echo(f"In {FILE}: {', '.join(one.issuer for one in known) or 'no platform yet'}.")


@app.command()
def members(
    quiz: Annotated[str, typer.Argument(metavar="QUIZ", help="A quiz that was launched once.")],
    course: InCourse = None,
) -> None:
    """Enrol everybody of the platform's courses that lead to a quiz; who is there stays as they are."""
    root = find_course(course)
    with opened(root.root) as one:
        with one.database.transaction() as connection:
            add_the_course(connection, root)
            links = [link for link in links_of(connection, quiz) if link.members]
        if not links:
            raise UsageError(
                f"No learning platform has told who is in its course for {quiz!r}.",
                next_step="Launch the quiz there once, with names and roles switched on for our tool.",
            )
        tool, found = Tool(root.root, root.root / FOLDER, one.signer), 0
        for link in links:
            try:
                users = list(tool.members(link))
            except PlatformError as problem:
                raise UsageError(
                    f"{problem}.", next_step="Look at the registration on both sides."
                ) from problem
            with one.database.transaction() as connection:
                for user in users:
                    person_of(connection, COURSE, user)
                act = Act(one.clock.now(), "terminal", "members import", quiz, {"people": len(users)})
                note(connection, act)
            found += len(users)
    typer.echo(f"{found} members of {len(links)} courses; set their extra time as ever, or with the roster.")
