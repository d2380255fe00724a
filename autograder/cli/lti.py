"""`autograder lti`: register this server with a learning platform and enrol the platform's members."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.course.local_time import counted
from autograder.errors import UsageError
from autograder.site.audit import Act, record_act
from autograder.site.lti.client import PlatformError
from autograder.site.lti.contexts import Tally, connect, contexts, is_connected, keep_members
from autograder.site.lti.platforms import FILE, read_platforms
from autograder.site.lti.services import Tool
from autograder.site.lti.users import Context, Link, links_of
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


@app.command("connect")
def connect_course(
    context: Annotated[
        str, typer.Argument(metavar="COURSE", help="The platform's course, as the list without it has it.")
    ] = "",
    course: CourseOption = None,
) -> None:
    """Connect a platform's course whose teachers opened a link once; without COURSE, list them."""
    root = find_course(course)
    with open_site(root.root) as server, server.database.transaction() as connection:
        rows = contexts(connection)
        if context:
            found = [row for row in rows if _shown(row.context) == context and row.connected_at is None]
            if len(found) != 1:
                raise UsageError(
                    f"{len(found)} courses that wait are called {context!r}.",
                    next_step="Let a teacher of the platform's course open the link once, "
                    "or connect it on the page /platforms.",
                )
            (row,) = found
            chosen = Context(row.issuer, row.client, row.deployment, row.context, row.title)
            connect(connection, chosen, at=server.clock.now(), who="terminal")
            rows = contexts(connection)
    for row in rows:
        state = "waits" if row.connected_at is None else "connected"
        typer.echo(f"{state}: {_shown(row.context)} ({row.title or 'no title'}) of {row.issuer}")
    if not rows:
        typer.echo("No course of a platform yet: let one of its teachers open the link once.")


@app.command()
def members(
    quiz: Annotated[str, typer.Argument(metavar="QUIZ", help="A quiz that the platform has launched once.")],
    course: CourseOption = None,
) -> None:
    """Follow the members of the connected courses that link to a quiz: new ones, roles, names, who left."""
    root = find_course(course)
    with open_site(root.root) as server:
        with server.database.transaction() as connection:
            add_course(connection, COURSE, root.title, root.zone.key)
            links = [link for link in links_of(connection, quiz) if link.members]
            links = [link for link in links if is_connected(connection, _context_of(link))]
        if not links:
            raise UsageError(
                f"No learning platform offers its members for quiz {quiz!r}.",
                next_step="Connect the platform's course (autograder lti connect) and launch the quiz there "
                "once, with `names and roles` enabled for this tool.",
            )
        tool = Tool(root.root, root.root / FOLDER, server.signer)
        courses = {_context_of(link): link for link in links}
        for context, link in courses.items():
            try:
                listed = tool.members(link)
            except PlatformError as problem:
                raise UsageError(
                    f"{problem}.",
                    next_step="Compare the registration on both sides: see `autograder lti register`.",
                ) from problem
            with server.database.transaction() as connection:
                tally = keep_members(connection, COURSE, context, listed, server.clock.now())
                detail: dict[str, object] = {"people": tally.enrolled, "left": tally.left}
                record_act(connection, Act(server.clock.now(), "terminal", "members import", quiz, detail))
            _report(tally, listed.unread)
    typer.echo(f"{counted(len(courses), 'course')} read. Import a roster to give members extra time.")


def _report(tally: Tally, unread: int) -> None:
    """Say what became of a list of members; what somebody has to do goes to the error stream."""
    typer.echo(f"{counted(tally.enrolled, 'member')}, {tally.left} left.")
    if tally.proposed:
        typer.echo(
            f"{counted(tally.proposed, 'member')} may be people on the roster, by e-mail address: "
            "an instructor says so on the page /platforms.",
            err=True,
        )
    if tally.refused:
        typer.echo(
            f"{counted(tally.refused, 'member')} have the ID of a member of staff here "
            "and are students there: left out.",
            err=True,
        )
    if unread:
        typer.echo(
            f"{counted(unread, 'row')} of the platform cannot be read, so nobody was taken to have left."
        )


def _context_of(link: Link) -> Context:
    return Context(link.issuer, link.client, link.deployment, link.context)


def _shown(context: str) -> str:
    return context or "-"
