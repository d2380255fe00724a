"""The graders beside the server: programs that lease gradings over loopback."""

from __future__ import annotations

import os
import socket
from functools import partial

from sqlalchemy import func, select

from autograder.course.local_time import counted
from autograder.environment import module_command
from autograder.site.app_context import AppContext
from autograder.site.background import PeriodicTask
from autograder.site.homework.context import PART, HomeworkContext, context_of
from autograder.site.homework.grader_api import grader_token
from autograder.site.homework.marking import homework_marking
from autograder.site.homework.queue import release_leases
from autograder.site.homework.regrades import apply_regrades
from autograder.site.homework.releases import announce_results
from autograder.site.homework.tables import grading
from autograder.site.supervised_process import SupervisedProcess

__all__ = ["Graders", "here", "is_of_an_ended_server", "start_graders"]

RELEASE_INTERVAL = 1.0  # seconds: whoever released a regrade waits for it
COUNT_INTERVAL = 30.0  # seconds: so few submissions come meanwhile that a page counts them at once
INTERVAL = 0.2  # seconds: a student waits for the first grader to start


def here() -> str:
    """How the names of graders begin that belong to a server on this machine; its process id follows."""
    return f"{socket.gethostname()} server "


def is_of_an_ended_server(name: str) -> bool:
    """Whether a grader of this name belonged to a server on this machine that has ended."""
    number = name.removeprefix(here()).partition(" ")[0]
    if (
        not name.startswith(here())
        or not (number.isascii() and number.isdigit())
        or int(number) == os.getpid()
    ):
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False  # somebody else's process: the lease ends by itself
    return False


class Graders:
    """The graders of one server and its other background work on homework, stopped together."""

    def __init__(self, site: AppContext, processes: list[SupervisedProcess]) -> None:
        self._site, self._processes = site, processes
        self._tasks = [PeriodicTask(process.start_if_needed, every=INTERVAL) for process in processes]
        self._tasks.append(PeriodicTask(partial(apply_regrades, site), every=RELEASE_INTERVAL))
        self._tasks.append(PeriodicTask(partial(_count_waiting, site), every=COUNT_INTERVAL))
        self._tasks.append(PeriodicTask(lambda: announce_results(context_of(site), site.now())))

    def stop(self) -> None:
        """Stop them after the submissions they are grading."""
        for task in self._tasks:
            task.stop()
        for process in self._processes:
            process.close()
        context: HomeworkContext | None = self._site.parts.get(PART)
        if context is not None:
            context.previews.close()


def _count_waiting(site: AppContext) -> int:
    """Count the answers that wait for a person, so that the home page of staff finds the classes read."""
    if site.crowd.is_large:
        return 0
    with site.database.reading() as connection:
        return len(homework_marking(site).waiting(connection))


def start_graders(site: AppContext) -> Graders:
    """As many graders as the server was told to start; with none, other machines grade."""

    def waiting() -> int:
        with site.database.reading() as connection:
            unfinished = grading.c.course == site.course, grading.c.state.in_(["waiting", "leased"])
            return int(connection.execute(select(func.count()).where(*unfinished)).scalar_one())

    with site.database.transaction() as connection:
        release_leases(connection, site.course, is_of_an_ended_server)
    command = module_command("autograder", "grader", "--attached", "--site", site.address, "--name")
    processes = [
        SupervisedProcess(
            [*command, f"{here()}{os.getpid()} grader {number}"],
            waiting,
            lambda ended, many: (
                f"Homework is not being graded: a grader ended {ended}, "
                f"and {counted(many, 'submission waits', 'submissions wait')}."
            ),
            environment={"AUTOGRADER_TOKEN": grader_token(site.signer)},
        )
        for number in range(1, site.graders + 1)
    ]
    site.warnings.extend(process.warning for process in processes)
    return Graders(site, processes)
