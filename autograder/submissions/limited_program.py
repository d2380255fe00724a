"""Programs that look at a stranger's file for the web server, within processor time and 512 MB.

`run_limited` runs a module of ours as a program: the file goes to its standard input, JSON comes back. What
needs more than the limits, or crashes, ends alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from subprocess import DEVNULL, PIPE
from typing import Any

from autograder.environment import all_cores, give_way, module_command

__all__ = ["run_limited", "serve_limited"]

PROCESSOR_SECONDS = 1
MEMORY = 512 * 1024**2  # bytes
WALL_SECONDS = 20.0  # on a loaded machine
LARGEST_REPLY = 64 * 1024**2  # bytes


def run_limited(
    module: str, content: bytes, *arguments: str, wall_seconds: float = WALL_SECONDS
) -> dict[str, Any] | None:
    """What a program says of a file; None where it needed more than it may use, or ended by itself."""
    # A NUL ends an argument of a program.
    command = module_command(module, *(argument.replace("\0", "") for argument in arguments))
    try:
        with all_cores(), subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as program:
            try:
                give_way(program.pid)  # from its first import on, which costs more than most looks
                output, _ = program.communicate(content, timeout=wall_seconds)
            finally:
                program.kill()
        values = json.loads(output[:LARGEST_REPLY])
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return values if program.returncode == 0 and isinstance(values, dict) else None


def serve_limited(
    look: Callable[[bytes, list[str]], dict[str, Any]],
    *,
    processor_seconds: int = PROCESSOR_SECONDS,
    memory: int = MEMORY,
) -> None:
    """What such a program does: read its standard input, look at it within the limits, write JSON."""
    content = sys.stdin.buffer.read()
    with suppress(ImportError):  # Windows has no such limits
        import resource

        used = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))  # by its own start
        resource.setrlimit(resource.RLIMIT_CPU, (used + processor_seconds, used + processor_seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    json.dump(look(content, sys.argv[1:]), sys.stdout)
