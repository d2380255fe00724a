"""`autograder maintenance` and `autograder new-term`: what staff also do on the page of settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.cli.show import say
from autograder.course.course import find_course
from autograder.course.local_time import counted
from autograder.errors import UsageError

__all__ = ["maintenance", "new_term_command"]


def maintenance(
    state: Annotated[str, typer.Argument(help="`on` or `off`.")],
    message: Annotated[str, typer.Option(help="What people read on every page.")] = "",
    course: CourseOption = None,
) -> None:
    """Let graders end what they have and take nothing new, while uploads go on; or end that."""
    from autograder.site.audit import terminal_user
    from autograder.site.server import open_site
    from autograder.site.settings.maintenance import set_maintenance

    if state not in ("on", "off"):
        raise UsageError(f"{state!r} is neither on nor off.", next_step="Write on or off.")
    found = find_course(course)
    with open_site(found.root) as site, site.database.transaction() as connection:
        set_maintenance(
            connection, on=state == "on", message=message, at=site.clock.now(), who=terminal_user()
        )
    say(
        "Maintenance begins within seconds: graders take nothing new, uploads go on."
        if state == "on"
        else "Maintenance is over: graders go on within seconds."
    )


def new_term_command(
    target: Annotated[Path, typer.Argument(help="The new course's directory.")],
    days: Annotated[int, typer.Option(help="By how many days all dates move; 364 keeps weekdays.")],
    title: Annotated[str, typer.Option(help="The new course's title; else the old one.")] = "",
    course: CourseOption = None,
) -> None:
    """Copy the course without its people into a new directory, all dates moved."""
    from autograder.site.settings.new_term import new_term, write_term

    files = new_term(find_course(course), days=days, title=title)
    write_term(files, target)
    say(f"{target}: {counted(len(files), 'file')}. Look at the dates, then run `autograder serve` there.")
