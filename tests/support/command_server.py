"""Runs commands in children of one process that has imported the engine already.

A command's imports take a second or two of processor time, and tests run hundreds of commands. What
`command.py` starts here is still a process of its own, with its own directory, environment, output and
exit code.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
import sys
import time
from typing import Any

LARGEST_REQUEST = 1 << 20  # bytes
PROGRAMS = ("autograder", "quizzes")
ALSO = (
    *("autograder.runs.run", "autograder.site.server", "autograder.site.application"),
    *("quizzes.web.routes", "quizzes.analysis.analysis_route"),
)


def load() -> None:
    """Import what commands import, but for what few of them need."""
    for program in PROGRAMS:
        commands = importlib.import_module(f"{program}.cli").COMMANDS
        for command in commands:
            importlib.import_module(command.target.partition(":")[0])
    for name in ALSO:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def next_command(requests: socket.socket) -> dict[str, Any]:
    """Wait for requests; returns in the child that shall run one."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, LARGEST_REQUEST, 3)
        if not message:
            sys.exit(0)
        if os.fork() == 0:  # it waits for the command and tells its exit code
            requests.close()
            child = os.fork()
            if child == 0:
                prepare(json.loads(message), descriptors)
                return dict(json.loads(message))
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            os.write(descriptors[2], str(code).encode())
            os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)
        while ended():
            pass


def ended() -> bool:
    """Let a child go that has ended; whether there was one."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def prepare(request: dict[str, Any], descriptors: list[int]) -> None:
    """Be the process that was asked for."""
    out, errors, ends = descriptors
    os.close(ends)
    os.dup2(out, 1)
    os.dup2(errors, 2)
    os.close(out)
    os.close(errors)
    os.umask(request["umask"])
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.argv = request["words"]


if __name__ == "__main__":
    load()
    asked = next_command(socket.socket(fileno=int(sys.argv[1])))
    importlib.import_module(f"{asked['program']}.cli").main()
