"""`autograder serve` and `autograder publish`: the course in a browser, and what students see of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import (
    LISTEN_HOST,
    LISTEN_PORT,
    AssignmentArgument,
    CourseOption,
    GradedOption,
    HostOption,
    LogOption,
    PortFileOption,
    PortOption,
    ProxyOption,
)
from autograder.cli.show import say
from autograder.course.course import Course, find_course

__all__ = ["publish_assignment", "serve_course", "tell_port"]


def serve_course(
    host: HostOption = LISTEN_HOST,
    port: PortOption = LISTEN_PORT,
    graders: Annotated[
        int, typer.Option(help="Programs that grade homework beside the server; 0 for none.", min=0, max=64)
    ] = 2,
    demo: Annotated[
        bool, typer.Option(help="A course with a class in all states, in a temporary directory.")
    ] = False,
    port_file: PortFileOption = None,
    log: LogOption = None,
    proxy: ProxyOption = None,
    graded: GradedOption = None,
    course: CourseOption = None,
) -> None:
    """Serve the course's homework and quizzes until Ctrl-C."""
    from autograder.site.homework.grader_api import grader_token, is_chosen_token
    from autograder.site.people import COURSE, add_course
    from autograder.site.request_log import LogFile
    from autograder.site.server import address_here, listening, open_site, serve

    found = find_course(course)
    if demo:
        from autograder.cli.demo_site import demo_site, say_how_to_sign_in

        with demo_site(found) as (site, folder):
            waiting = listening(host, port)
            say_how_to_sign_in(site, found, address_here(waiting))
            tell_port(port_file, waiting.getsockname()[1])
            serve(site, waiting, folder, course_file=True, graders=graders)
        return
    with open_site(found.root) as site:
        with site.database.transaction() as connection:
            add_course(connection, COURSE, found.title, str(found.zone))
        waiting = listening(host, port)
        say(f"{found.title}: {address_here(waiting)}")
        if not graders and is_chosen_token():
            say("Graders elsewhere need the AUTOGRADER_TOKEN that this server was started with.")
        elif not graders:
            say(f"Graders elsewhere need AUTOGRADER_TOKEN={grader_token(site.signer)}")
        say("Ctrl-C ends the server; nothing is lost.")
        tell_port(port_file, waiting.getsockname()[1])
        proxies = [address.strip() for given in proxy or () for address in given.split(",")]
        if log is None:
            serve(site, waiting, found.root, proxies=proxies, graders=graders, graded=graded)
            return
        with LogFile(log) as lines, lines.for_all():
            serve(site, waiting, found.root, log=lines, proxies=proxies, graders=graders, graded=graded)


def tell_port(file: Path | None, port: int) -> None:
    """Write a server's port to a file, if there is one, when it is ready: whole or not at all."""
    if file is not None:
        part = file.with_name(f"{file.name}.part")
        part.write_text(str(port), encoding="utf-8")
        part.replace(file)


def publish_assignment(
    assignment: AssignmentArgument,
    author: Annotated[str, typer.Option(help="Who publishes, for the log; else the account's name.")] = "",
    course: CourseOption = None,
) -> None:
    """Publish the current version of an assignment on the course's site."""
    from autograder.course.assignment import load_assignment
    from autograder.site.audit import terminal_user
    from autograder.site.file_store import FileStore
    from autograder.site.homework.assignments import Facts, bundle_of, due_of, publish
    from autograder.site.homework.context import files_address
    from autograder.site.people import COURSE, add_course
    from autograder.site.server import open_site

    found = find_course(course)
    file = load_assignment(found, assignment).file  # contradictions are found before students see it
    handout = _handout(found, assignment)
    with open_site(found.root) as site:
        files = FileStore(files_address(found.root))
        digest, handout_digest = files.put(bundle_of(found, assignment)), files.put(handout)
        with site.database.transaction() as connection:
            add_course(connection, COURSE, found.title, str(found.zone))
            publish(
                connection,
                COURSE,
                assignment,
                digest=digest,
                handout=handout_digest,
                facts=Facts.of(file),
                due_at=due_of(found, file),
                at=site.clock.now(),
                who=author or terminal_user(),
            )
    say(f"“{file.title}” is published: students see it on the home page of `autograder serve`.")


def _handout(found: Course, assignment: str) -> bytes:
    """The ZIP that `autograder release` writes."""
    from autograder.authoring.release import release

    with tempfile.TemporaryDirectory() as folder:
        release(found, assignment, Path(folder))
        return (Path(folder) / f"{assignment}.zip").read_bytes()
