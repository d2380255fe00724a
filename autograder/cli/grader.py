"""`autograder grader`: grade what a course's site has queued, on this machine."""

from __future__ import annotations

import sys
import threading
from typing import Annotated

import typer

from autograder.cli.options import SchedulerOption
from autograder.environment import give_way
from autograder.errors import UsageError
from autograder.runs.run import INSTALL, NOT_INSTALLED

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
    scheduler: SchedulerOption = "",
    attached: Annotated[
        bool, typer.Option(hidden=True, help="End with the standard input, which is a server's pipe.")
    ] = False,
) -> None:
    """Grade what a site has queued, here or on a cluster, until Ctrl-C."""
    from autograder.runs.site_grader import SiteGrader

    give_way()  # graders beside a server, and their sandboxes, wait for its pages
    if not token:
        raise UsageError("The grader has no token.", next_step="Set AUTOGRADER_TOKEN, or give --token.")
    stopped = threading.Event()
    if attached:
        threading.Thread(target=_wait_for_the_end, args=(stopped,), daemon=True).start()
    if scheduler:
        _grade_on_cluster(site, token, name, scheduler, stopped)
        return
    with SiteGrader(site, token, name=name) as grader:
        grader.run(stopped.is_set)


def _grade_on_cluster(site: str, token: str, name: str, scheduler: str, stopped: threading.Event) -> None:
    """Hand what the site has queued to a cluster, as many at once as its workers take."""
    try:
        from autograder.runs.cluster import ClusterGrader  # its library is an extra
    except ImportError as problem:
        raise UsageError(NOT_INSTALLED, next_step=INSTALL) from problem
    from autograder.runs.site_grader import grade_in_parallel

    with ClusterGrader(scheduler) as cluster:
        grade_in_parallel(site, token, name, cluster.grade, cluster.slots, stopped)


def _wait_for_the_end(stopped: threading.Event) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    stopped.set()
