"""A helper for tests of sessions: a few cells in a real sandboxed process, asked one call at a time."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from patience import eventually

from autograder.checks.budget import Budget
from autograder.checks.calls import Answer
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.session import Session

ENOUGH = 10.0  # CPU seconds for a call that ends by itself
BRIEF = 0.3  # CPU seconds for one that does not

# Functions for cells that write to the connection themselves.
FORGE = """
import json, os, struct, sys

def frame(header, data=b"", number=0):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<IQI", len(text), len(data), number) + text + data

def request():
    step = sys._getframe()
    while step.f_code.co_name != "answer":
        step = step.f_back
    return step.f_locals["self"].number

def reply(*answers, data=b"", **more):
    os.write(3, frame({"op": "answers", "answers": list(answers), **more}, data, request()))
"""


class Student:
    """A submission made of cells; every function that they define can be asked for."""

    def __init__(
        self, worker: SandboxProcess, *cells: str, restarts: int = 100, budget: Budget | None = None
    ) -> None:
        texts = [textwrap.dedent(cell) for cell in cells]
        self.functions = sorted(set(re.findall(r"^(?:def |class )?(\w+)(?=\(| = )", "\n".join(texts), re.M)))
        self.session = Session(
            worker, list(enumerate(texts, 1)), [*self.functions, "unwritten"], restarts, budget
        )

    def ask(self, function: str, *arguments: Any, cpu: float = ENOUGH) -> Answer:
        """The answer to one call."""
        return self.session.answer(function, [arguments], cpu)[0]

    def value(self, function: str, *arguments: Any) -> Any:
        """The value of a call that has to bring one."""
        answer = self.ask(function, *arguments)
        assert answer.kind == "value", answer
        return answer.value


HandIn = Callable[..., Student]


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def children(pid: int) -> list[int]:
    """The processes whose parent is `pid`, ended ones that nobody reaped among them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == pid:
            found.append(int(path.parent.name))
    return found


def gone(*pids: int) -> bool:
    """Whether all these processes end; signals take a moment to arrive, so it waits."""
    return eventually(lambda: not any(map(alive, pids)))
