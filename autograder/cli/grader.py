"""`autograder grader`: grade what a course's site has queued, on this machine."""

from __future__ import annotations

import sys
import threading
from typing import Annotated

import typer

from autograder.errors import UsageError

__all__ = ["run_grader"]


def run_grader(
    site: Annotated[str, typer.Option(help="The site's address, such as http://127.0.0.1:8080.")],
    token: Annotated[
        str,
        typer.Option(envvar="AUTOGRADER_TOKEN", help="The token that `autograder serve --graders 0` prints."),
    ] = "",
    name: Annotated[
        str, typer.Option(help="A name that no other grader of the site has; by default machine and process.")
    ] = "",
    attached: Annotated[
        bool, typer.Option(hidden=True, help="End with the standard input, which is a server's pipe.")
    ] = False,
) -> None:
    """Grade what a site has queued, until Ctrl-C."""
    from autograder.runs.site_grader import SiteGrader

    if not token:
        raise UsageError("The grader has no token.", next_step="Set AUTOGRADER_TOKEN, or give --token.")
    stopped = threading.Event()
    if attached:
        threading.Thread(target=_wait_for_the_end, args=(stopped,), daemon=True).start()
    with SiteGrader(site, token, name=name) as grader:
        grader.run(stopped.is_set)


def _wait_for_the_end(stopped: threading.Event) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    stopped.set()
