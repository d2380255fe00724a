"""The place where attacks happen: a grader with small limits, and targets that the tests made themselves."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from correct_notebook import SOURCE, notebook
from processes import open_descriptors
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.course.assignment import Assignment, load_assignment
from autograder.grading.grader import Grader
from autograder.report import Report
from autograder.submissions.submission import Submission

CASES = Path(__file__).parents[1] / "attacks" / "cases"
LIMITS = "limits:\n  call_seconds: 0.4\n  memory_gb: 0.75\n  sleep_seconds: 4\n"
SECRET = {"COURSE_SECRET": "42"}


@dataclass(frozen=True)
class Case:
    """A folder: what is handed in, and what is to come of it."""

    folder: Path
    expected: dict[str, Any]

    @property
    def name(self) -> str:
        """The kind and the name."""
        return f"{self.folder.parent.name}/{self.folder.name}"


def cases(kind: str = "*") -> list[Case]:
    """All cases of a kind."""
    folders = sorted(path.parent for path in CASES.glob(f"{kind}/*/expected.yaml"))
    return [Case(folder, yaml.safe_load((folder / "expected.yaml").read_text())) for folder in folders]


@dataclass(frozen=True)
class Targets:
    """What an attack may aim at, all of it the test's own: a folder with a file, a server, a process."""

    folder: Path
    port: int
    pid: int

    @property
    def canary(self) -> Path:
        """A file that every account may read and write."""
        return self.folder / "canary"

    def aimed(self, source: str) -> str:
        """A submission with its targets filled in."""
        for name in ("canary", "folder", "port", "pid"):
            source = source.replace("{{" + name + "}}", str(getattr(self, name)))
        return source

    def untouched(self) -> bool:
        """Whether everything is as it was."""
        files = {path.name: path.read_text() for path in self.folder.iterdir()}
        alive = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] in "SR"
        return files == {"canary": "secret"} and self.canary.stat().st_mode & 0o777 == 0o666 and alive


@contextmanager
def targets(folder: Path) -> Iterator[Targets]:
    """Fresh targets in an empty folder."""
    folder.mkdir()
    folder.chmod(0o777)  # so that nothing but the sandbox keeps an attack out
    canary = folder / "canary"
    canary.write_text("secret")
    canary.chmod(0o666)
    victim = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield Targets(folder, server.getsockname()[1], victim.pid)
    finally:
        victim.kill()
        victim.wait()


def assignment_with_limits(folder: Path) -> Assignment:
    """The tiny assignment, with limits that make hanging and eating short."""
    course = write_tiny_course(folder)
    path = folder / "assignments" / ASSIGNMENT / "assignment.yaml"
    path.write_text(path.read_text() + LIMITS)
    return load_assignment(course, ASSIGNMENT)


def grade(grader: Grader, source: str = SOURCE) -> Report:
    """The report on a submission; cells are separated by lines `# %%`."""
    data = notebook(*source.split("# %%\n")).encode()
    return grader.grade(Submission("student", "tiny.ipynb", data))


def judge() -> dict[str, object]:
    """What an attack on the judge's process would change."""
    import resource
    import signal

    limits = {
        name: resource.getrlimit(getattr(resource, name))
        for name in dir(resource)
        if name.startswith("RLIMIT_")
    }
    handlers = [str(signal.getsignal(number)) for number in range(1, 32)]
    return {
        "limits": limits,
        "handlers": handlers,
        "cores": os.sched_getaffinity(0),
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
        "folder": os.getcwd(),
        "descriptors": open_descriptors(),
    }
