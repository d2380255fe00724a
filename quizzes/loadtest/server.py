"""The server processes of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from autograder.environment import module_command
from autograder.site.loadtest.server_process import (
    Server,
    allow_connections,
    start_process,
    stops_on_sigterm,
)
from quizzes.loadtest.fixture import Fixture

__all__ = ["Server", "allow_connections", "running_servers", "start_server", "stops_on_sigterm"]


@contextmanager
def running_servers(fixture: Fixture, how_many: int = 1) -> Iterator[list[Server]]:
    """Server processes on free ports, stopped at the end; raises UsageError if one does not start."""
    with ExitStack() as running:
        servers = []
        for _ in range(how_many):
            servers.append(start_server(fixture))
            running.callback(servers[-1].stop)
        yield servers


def start_server(fixture: Fixture) -> Server:
    """A server process that accepts connections; raises UsageError if it does not start."""
    where = [] if fixture.address else ["--course-file"]
    command = module_command("quizzes", "serve", *where, "--course", str(fixture.folder))
    return start_process(command, fixture.folder, fixture.environment())
