"""`quizzes serve` and `quizzes preview`: the server of a course, of a demonstration, or of one quiz."""

from __future__ import annotations

import shutil
import tempfile
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import (
    LISTEN_HOST,
    LISTEN_PORT,
    CourseOption,
    GradedOption,
    HostOption,
    LogOption,
    PortFileOption,
    PortOption,
    ProxyOption,
)
from autograder.cli.serve import tell_port
from autograder.course.course import Course, find_course
from autograder.site.lti.platforms import FILE as LTI_FILE
from autograder.site.people import COURSE, add_person, enrol
from autograder.site.request_log import LogFile
from autograder.site.server import OpenSite, listening, open_site, serve
from autograder.site.sessions import new_link, new_passcode
from quizzes.cli.common import QuizFileArgument
from quizzes.content.quiz_file import QuizPlan, load_quiz, quiz_paths
from quizzes.schedule.accommodations import AccommodationRow
from quizzes.services.enrolment import accommodate, add_the_course, opened_now, publish_plan
from quizzes.store.quizzes import published_in

__all__ = ["preview_quiz", "serve_quizzes"]

DEMO = {"ana": "Ana", "bo": "Bo", "cy": "Cy, time and a half", "staff": "Staff"}


def serve_quizzes(
    host: HostOption = LISTEN_HOST,
    port: PortOption = LISTEN_PORT,
    demo: Annotated[
        bool, typer.Option(help="Demonstration: all quizzes open, made-up people, a temporary database.")
    ] = False,
    port_file: PortFileOption = None,
    course_file: Annotated[
        bool, typer.Option(help="Use the course's own database file and ignore DATABASE_URL.")
    ] = False,
    log: LogOption = None,
    proxy: ProxyOption = None,
    graded: GradedOption = None,
    course: CourseOption = None,
) -> None:
    """Serve the course's published quizzes until Ctrl-C."""
    root = find_course(course)
    if demo:
        with tempfile.TemporaryDirectory(prefix="quizzes-demo-") as folder:
            _show_round(root, Path(folder), host, port, port_file)
        return
    with open_site(root.root, course_file=course_file) as database:
        with database.database.transaction() as connection:
            add_the_course(connection, root)
            names = [quiz.title for quiz in published_in(connection, COURSE)]
        waiting = listening(host, port)
        proxies = [address.strip() for given in proxy or () for address in given.split(",")]
        typer.echo(f"{root.title}: {_address(host, waiting.getsockname()[1])}")
        titles = ", ".join(names) or "no quiz yet; publish one with `quizzes publish QUIZ`"
        typer.echo(f"Published: {titles}. Press Ctrl-C to stop the server; nothing is lost.")
        if problem := database.clock.state().problem:
            typer.echo(f"{problem} An instructor sets it right on the page /clock.")
        tell_port(port_file, waiting.getsockname()[1])
        run = partial(serve, course_file=course_file, proxies=proxies, graded=graded)
        if log is None:
            run(database, waiting, root.root)
            return
        with LogFile(log) as lines, lines.for_all():
            run(database, waiting, root.root, log=lines)


def preview_quiz(
    name: QuizFileArgument,
    port: PortOption = 0,
    port_file: PortFileOption = None,
    course: CourseOption = None,
) -> None:
    """Show a quiz as students will see it; nothing is stored."""
    root = find_course(course)
    plan = load_quiz(root, name)
    with (
        tempfile.TemporaryDirectory(prefix="quizzes-preview-") as folder,
        open_site(Path(folder), course_file=True) as site,
    ):
        _fill(site, Path(folder), root, [plan], {"staff": "Staff"})
        waiting = listening(LISTEN_HOST, port)
        typer.echo(f"{plan.quiz.title}, as many times as you like, with new numbers each time:")
        typer.echo(f"  {_link(site, 'staff', _address(LISTEN_HOST, waiting.getsockname()[1]))}")
        typer.echo("Ctrl-C ends the preview.")
        tell_port(port_file, waiting.getsockname()[1])
        serve(site, waiting, Path(folder), course_file=True)


def _show_round(root: Course, folder: Path, host: str, port: int, port_file: Path | None) -> None:
    with open_site(folder, course_file=True) as site:
        plans = [load_quiz(root, path.stem) for path in quiz_paths(root)]
        _fill(site, folder, root, [opened_now(plan, site.clock.now()) for plan in plans], DEMO)
        waiting = listening(host, port)
        address = _address(host, waiting.getsockname()[1])
        typer.echo(f"A demonstration of {root.title}: {address}\nSign in by a link, which works once:")
        for person, name in DEMO.items():
            with site.database.transaction() as connection:
                code = new_passcode(connection, person, site.signer)
            typer.echo(
                f"  {name}: {_link(site, person, address)}\n    or as {person} with the passcode {code}"
            )
        typer.echo(
            "Learning platforms: sign in as staff and open /platforms; a launch needs an https address."
        )
        typer.echo("Ctrl-C ends it; everything in it is thrown away.")
        tell_port(port_file, waiting.getsockname()[1])
        serve(site, waiting, folder, course_file=True)


def _fill(site: OpenSite, folder: Path, root: Course, plans: list[QuizPlan], people: dict[str, str]) -> None:
    shutil.copy(root.root / "course.yaml", folder)
    for name in (LTI_FILE, "roster.csv"):  # so that launches come in and scores find their students
        if (root.root / name).is_file():
            shutil.copy(root.root / name, folder)
    for path in sorted((root.root / "assignments").glob("*/assignment.yaml")):
        (copy := folder / path.relative_to(root.root)).parent.mkdir(parents=True)
        shutil.copy(path, copy)
    at = site.clock.now()
    accommodations = [AccommodationRow("the demonstration", "staff", role="instructor")]
    if "cy" in people:
        accommodations.append(AccommodationRow("the demonstration", "cy", multiplier=Fraction(3, 2)))
    with site.database.transaction() as connection:
        add_the_course(connection, root)
        for person, name in people.items():
            add_person(connection, person, name)
            enrol(connection, COURSE, person)
        accommodate(connection, accommodations, at=at, who="demo")
        for plan in plans:
            publish_plan(connection, plan, at=at, who="demo", force=True)


def _link(site: OpenSite, person: str, address: str) -> str:
    with site.database.transaction() as connection:
        return f"{address}/sign-in/{new_link(connection, person, site.signer, site.clock.now())}"


def _address(host: str, port: int) -> str:
    shown = {"0.0.0.0": LISTEN_HOST, "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"
