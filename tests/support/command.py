"""Running the `autograder` and `quizzes` commands in processes of their own."""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tiny_course import ASSIGNMENT

COMMAND = Path(sys.executable).with_name("autograder")
HANDOUT = f"assignments/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"  # in the tiny course
SERVER = Path(__file__).with_name("command_server.py")
# What Python, NumPy and the terminal's library read once, when they are imported.
READ_ONCE = ("PYTHON", "LC_", "LANG", "OPENBLAS", "OMP_", "MPL", "TERM", "NO_COLOR", "FORCE_", "COV")
WIDE = {"COLUMNS": "400"}  # a terminal wide enough for any sentence


def autograder(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `autograder` in a folder."""
    return run_command("autograder", *arguments, folder=folder)


def run_command(
    program: str, *arguments: object, folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one of the programs in a folder; the environment is this process's if left out."""
    environment = {**(os.environ if environment is None else environment), **WIDE}
    words = [str(COMMAND.with_name(program)), *map(str, arguments)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        if sys.platform == "linux" and _read_once(environment) == _read_once(ENVIRONMENT):
            code = _run_in_child(program, words, folder, environment, (out.fileno(), errors.fileno()))
        else:
            code = subprocess.run(
                words, cwd=folder, env=environment, stdout=out, stderr=errors, check=False
            ).returncode
        printed = [_text_of(file) for file in (out, errors)]
    return subprocess.CompletedProcess(words, code, *printed)


def _read_once(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(READ_ONCE)}


ENVIRONMENT = dict(os.environ)  # before any test changes it


def _text_of(file: Any) -> str:
    """What was printed, with the ends of lines as text has them."""
    file.seek(0)
    return str(file.read().decode(errors="strict")).replace("\r\n", "\n").replace("\r", "\n")


@cache
def _command_server() -> socket.socket:
    """The connection to a process that has imported what commands need; it ends with this one."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        process = subprocess.Popen(
            [sys.executable, "-P", SERVER, str(there.fileno())],
            pass_fds=[there.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**ENVIRONMENT, **WIDE},
        )

    def end() -> None:
        here.close()
        process.terminate()
        process.wait()

    atexit.register(end)
    return here


def _run_in_child(
    program: str, words: list[str], folder: Path, environment: Mapping[str, str], printed: tuple[int, int]
) -> int:
    """The exit code of a command that a child of the command server runs."""
    mask = os.umask(0o77)
    os.umask(mask)
    request = {
        "program": program,
        "words": words,
        "folder": str(folder),
        "environment": dict(environment),
        "umask": mask,
    }
    reading_end, writing_end = os.pipe()
    try:
        socket.send_fds(_command_server(), [json.dumps(request).encode()], [*printed, writing_end])
    finally:
        os.close(writing_end)
    with open(reading_end, "rb") as codes:
        code = codes.read()
    assert code, f"{words} came to no end: the process that runs the tests' commands has ended"
    return int(code)


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder but the ledger, which holds times, by path."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "ledger.jsonl"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
