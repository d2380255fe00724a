"""Arguments and options that several commands share, each with its help text once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.environment import account_name
from autograder.errors import AutograderError, UsageError

__all__ = [
    "LISTEN_HOST",
    "LISTEN_PORT",
    "AssignmentArgument",
    "CourseOption",
    "DatasetOption",
    "GradedOption",
    "HostOption",
    "LogOption",
    "OutFileOption",
    "PersonArgument",
    "PortFileOption",
    "PortOption",
    "ProxyOption",
    "ReasonOption",
    "ResultsArgument",
    "SandboxOption",
    "SchedulerOption",
    "SeedOption",
    "WorkersOption",
    "author_name",
]


def author_name(given: str) -> str:
    """The author of what a command records: as given, or the name of the account."""
    if name := given or account_name():
        return name
    raise UsageError(
        "Your account has no name on this machine, and what you do is recorded with your name.",
        next_step="Give your name with --author.",
    )


def _filled(reason: str) -> str:
    """A decision is recorded with who, when and why: the reason is a few words."""
    if not reason.strip():
        raise UsageError("The reason is missing; it is recorded.", next_step="Give --reason a few words.")
    return reason.strip()


def _assignments(incomplete: str) -> list[str]:
    """The assignments of the course around the working directory, for a shell's completion."""
    from autograder.course.course import find_course

    try:
        return [name for name in find_course().assignment_ids() if name.startswith(incomplete)]
    except AutograderError:  # outside a course nothing can be offered
        return []


AssignmentArgument = Annotated[
    str,
    typer.Argument(help="Name of a directory in assignments/.", autocompletion=_assignments),
]
CourseOption = Annotated[
    Path | None,
    typer.Option(
        help="The course's directory; by default the one that the working directory is in.",
        show_default=False,
    ),
]
DatasetOption = Annotated[
    str, typer.Option(help="Images to train on: mnist, digits, or auto (MNIST if it is available).")
]
OutFileOption = Annotated[Path, typer.Option(help="The file to write.")]
PersonArgument = Annotated[str, typer.Argument(help="A student ID of the roster.")]
ReasonOption = Annotated[
    str, typer.Option(callback=_filled, help="The reason, which is recorded with your name.")
]
ResultsArgument = Annotated[Path, typer.Argument(help="A results directory, written by `autograder grade`.")]
SandboxOption = Annotated[
    str,
    typer.Option(
        help="Minimum isolation level to accept: full, good or weak (weak: only for people you trust)."
    ),
]
SchedulerOption = Annotated[
    str,
    typer.Option(
        help="Grade on the workers of the scheduler at this address, such as tcp://host:8786.",
        show_default=False,
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option(min=0, help="Seed of the random inputs; by default a new random one.", show_default=False),
]
LISTEN_HOST, LISTEN_PORT = "127.0.0.1", 8080
HostOption = Annotated[
    str, typer.Option(help="The address to listen on; 0.0.0.0 for a whole network.", show_default=True)
]
PortOption = Annotated[int, typer.Option(help="The port; 0 chooses a free one.", min=0, max=65535)]
PortFileOption = Annotated[
    Path | None, typer.Option(help="A file to write the port to when the server is ready.")
]
LogOption = Annotated[
    Path | None, typer.Option(help="A file for a JSON line per request and error.", show_default=False)
]
ProxyOption = Annotated[
    list[str] | None,
    typer.Option(
        help="The address of a reverse proxy, whose X-Forwarded-For is believed; may be repeated.",
        envvar="FORWARDED_ALLOW_IPS",
    ),
]
GradedOption = Annotated[
    Path | None,
    typer.Option(
        help="Results of `autograder grade`, for links of learning platforms to assignments that are not "
        "published here; else the course's `graded`."
    ),
]
WorkersOption = Annotated[
    int, typer.Option(min=0, help="Number of worker processes; 0 starts one per processor core.")
]
