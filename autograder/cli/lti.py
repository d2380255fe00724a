"""`autograder lti`: register this server with a learning platform and enrol the platform's members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.course.local_time import counted
from autograder.errors import UsageError
from autograder.site.audit import terminal_user
from autograder.site.lti.contexts import connect, contexts
from autograder.site.lti.deliveries import send_scores_again
from autograder.site.lti.members import follow_members, member_links
from autograder.site.lti.platform_guides import CLIENT_ID, DEPLOYMENT, GUIDES, NUMBER, guide_of, yaml_entry
from autograder.site.lti.platforms import FILE, is_safe_address, read_platforms
from autograder.site.lti.registration import (
    CONTENT_PATH,
    KEYS_PATH,
    LAUNCH_PATH,
    LOGIN_PATH,
    REGISTRATION_PATH,
    new_secret,
)
from autograder.site.lti.services import Tool
from autograder.site.lti.users import Context
from autograder.site.people import COURSE, add_course
from autograder.site.server import FOLDER, open_site

__all__ = ["app"]

app = typer.Typer(
    help="Connect the course to a learning platform (LTI 1.3).", no_args_is_help=True, add_completion=False
)


@app.command()
def register(
    address: Annotated[str, typer.Option(help="The https address where students reach this server.")],
    platform: Annotated[str, typer.Option(help=f"One of: {', '.join(GUIDES)}.")] = "",
    url: Annotated[
        str, typer.Option(help="The platform's own address, such as https://moodle.example.edu.")
    ] = "",
    client_id: Annotated[str, typer.Option(help="The client ID that the platform gave this tool.")] = "",
    deployment: Annotated[
        list[str] | None, typer.Option(help="A deployment ID of the platform; may be repeated.")
    ] = None,
    number: Annotated[str, typer.Option(help="The tool's number in Sakai's token URL.")] = "",
    course: CourseOption = None,
) -> None:
    """Print what to enter in a learning platform, and its entry for lti.yaml, filled in."""
    root = find_course(course)
    address = address.rstrip("/")
    if not is_safe_address(address):
        raise UsageError(f"{address} is not an https address.", next_step="Correct --address.")
    known = read_platforms(root.root).platforms
    guide = guide_of(platform) if platform else None
    if guide is None:
        typer.echo(f"Login URL (OIDC):   {address}{LOGIN_PATH}")
        typer.echo(f"Redirect URI:       {address}{LAUNCH_PATH}")
        typer.echo(f"Public keys:        {address}{KEYS_PATH}")
        typer.echo(f"Choosing content:   {address}{CONTENT_PATH}  (Deep Linking)")
        typer.echo(
            f"Target link:        {address}/quizzes/QUIZ or {address}/assignments/ASSIGNMENT, or a custom"
        )
        typer.echo("                    field quiz=QUIZ or assignment=ASSIGNMENT")
        typer.echo("Opens in a new window; services: scores (score, lineitem), names and roles.")
        typer.echo(f"With --platform ({', '.join(GUIDES)}) each of them is named as that platform names it.")
        typer.echo(f"In {FILE}: {', '.join(entry.issuer for entry in known) or 'no platform yet'}.")
        return
    entry = yaml_entry(guide, url, client=client_id, deployments=tuple(deployment or ()), number=number)
    if guide.dynamic:
        with open_site(root.root) as server:
            secret = new_secret(server.signer, server.clock.now())
        typer.echo(f"{guide.title} can register by itself. Paste this address, once, within a week:")
        typer.echo(f"  {address}{REGISTRATION_PATH}/{secret}")
        typer.echo(f"  at {guide.dynamic}.\n\nOr by hand:")
    places = {"site": address, "login": f"{address}{LOGIN_PATH}", "launch": f"{address}{LAUNCH_PATH}"}
    places |= {"keys": f"{address}{KEYS_PATH}", "content": f"{address}{CONTENT_PATH}"}
    for step, text in enumerate(guide.steps, start=1):
        typer.echo(f"{step:3}. {text.format(**places)}")
    if extra := guide.extra(root.title, address):
        typer.echo(f"\n{extra}")
    if known:
        typer.echo(f"\nAdd to the list `platforms` in {root.root / FILE}:\n")
    else:
        typer.echo(f"\nWrite into {root.root / FILE}:\n\nplatforms:")
    typer.echo(entry, nl=False)
    missing = [word for word in (CLIENT_ID, DEPLOYMENT, NUMBER) if word in entry]
    if missing:
        typer.echo(f"\nReplace {' and '.join(missing)} by what {guide.title} shows.")
    typer.echo(f"A running server reads {FILE} again by itself.")


@app.command("send-again")
def send_again(
    work: Annotated[str, typer.Option(help="Only the scores of this quiz or assignment.")] = "",
    student: Annotated[str, typer.Option(help="Only the scores of this student.")] = "",
    course: CourseOption = None,
) -> None:
    """Let a running server send the scores again now that did not arrive."""
    root = find_course(course)
    with open_site(root.root) as server, server.database.transaction() as connection:
        many = send_scores_again(connection, server.clock.now(), terminal_user(), work=work, student=student)
    typer.echo(f"{counted(many, 'score')} will be sent again within seconds, while a server runs.")


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
    work: Annotated[
        str, typer.Argument(metavar="QUIZ", help="Only the courses that link to this quiz or assignment.")
    ] = "",
    course: CourseOption = None,
) -> None:
    """Follow the members of the connected courses: new ones, roles, names, who left."""
    root = find_course(course)
    with open_site(root.root) as server:
        with server.database.transaction() as connection:
            add_course(connection, COURSE, root.title, root.zone.key)
            links = member_links(connection, work)
        if not links:
            raise UsageError(
                f"No learning platform offers its members{f' for {work!r}' if work else ''}.",
                next_step="Connect the platform's course (autograder lti connect) and launch a link there "
                "once, with `names and roles` enabled for this tool.",
            )
        tool = Tool(root.root, root.root / FOLDER, server.signer, server.database)

        def write(work: Callable[[Connection], Any]) -> Any:
            with server.database.transaction() as connection:
                return work(connection)

        read = [
            follow_members(tool, write, COURSE, context, link, at=server.clock.now(), who="terminal")
            for context, link in links.items()
        ]
    for each in read:
        name = each.context.title or _shown(each.context.context)
        done = len(each.sentences) - each.to_do
        for position, sentence in enumerate(each.sentences):
            typer.echo(f"{name}: {sentence}", err=position >= done)
    problems = [each for each in read if each.problem]
    if problems:
        raise UsageError(
            " ".join(
                f"{each.context.title or _shown(each.context.context)}: {each.problem}." for each in problems
            ),
            next_step="Compare the registration on both sides: see `autograder lti register`.",
        )
    typer.echo(f"{counted(len(read), 'course')} read. Import a roster to give members extra time.")


def _shown(context: str) -> str:
    return context or "-"
