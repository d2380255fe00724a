"""`autograder lti`: register this server with a learning platform and enrol the platform's members."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.site.audit import Act, record_act
from autograder.site.lti.client import PlatformError
from autograder.site.lti.platforms import FILE, read_platforms
from autograder.site.lti.services import Tool
from autograder.site.lti.users import links_of, person_of
from autograder.site.people import COURSE, add_course
from autograder.site.server import FOLDER, open_site

__all__ = ["app"]

app = typer.Typer(help="Connect the course to a learning platform (LTI 1.3).", no_args_is_help=True)


@app.command()
def register(
    address: Annotated[str, typer.Option(help="The https address where students reach this server.")],
    course: CourseOption = None,
) -> None:
    """Print what to enter in the platform, and the platforms that lti.yaml names."""
    root = find_course(course)
    known = read_platforms(root.root).platforms
    address = address.rstrip("/")
    typer.echo(f"Login URL (OIDC):  {address}/lti/login")
    typer.echo(f"Redirect URI:      {address}/lti/launch")
    typer.echo(f"Public keys:       {address}/lti/keys")
    typer.echo(f"Target link:       {address}/quizzes/QUIZ, or the custom field quiz=QUIZ")
    typer.echo("Opens in a new window; services: scores (score, lineitem), names and roles.")
    typer.echo(f"In {FILE}: {', '.join(platform.issuer for platform in known) or 'no platform yet'}.")


@app.command()
def members(
    quiz: Annotated[str, typer.Argument(metavar="QUIZ", help="A quiz that the platform has launched once.")],
    course: CourseOption = None,
) -> None:
    """Enrol the members of the platform's courses that link to a quiz; enrolled people are not changed."""
    root = find_course(course)
    with open_site(root.root) as server:
        with server.database.transaction() as connection:
            add_course(connection, COURSE, root.title, root.zone.key)
            links = [link for link in links_of(connection, quiz) if link.members]
        if not links:
            raise UsageError(
                f"No learning platform offers its members for quiz {quiz!r}.",
                next_step="Launch the quiz there once, with `names and roles` enabled for this tool.",
            )
        tool, found = Tool(root.root, root.root / FOLDER, server.signer), 0
        for link in links:
            try:
                users = list(tool.members(link))
            except PlatformError as problem:
                raise UsageError(
                    f"{problem}.",
                    next_step="Compare the registration on both sides: see `autograder lti register`.",
                ) from problem
            with server.database.transaction() as connection:
                for user in users:
                    person_of(connection, COURSE, user)
                act = Act(server.clock.now(), "terminal", "members import", quiz, {"people": len(users)})
                record_act(connection, act)
            found += len(users)
    typer.echo(f"{found} members of {len(links)} courses. Import a roster to give them extra time.")
