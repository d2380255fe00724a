"""The sandbox, tried for real: a submission in a throw-away child attempts what it must not be able to do.

Each attempt examines the outcome and never a return code: a layer that silently does nothing is
a known failure of such systems.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from autograder.checks.calls import Answer
from autograder.doctor.finding import Finding, State
from autograder.errors import SandboxError
from autograder.sandbox import landlock
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.session import Session
from autograder.sandbox.shared import shared
from autograder.sandbox.usage import ProcessUsage

__all__ = ["examine_sandbox"]

AREA = "sandbox"
MEMORY = 1024**3
MEANINGS = {
    "full": "Submissions are isolated.",
    "good": "Submissions are isolated; modules cannot be imported late.",
    "weak": "Only limits hold: a submission can read files and open connections.",
    "none": "Not even limits hold: submissions are not run.",
}
REMEDIES = {
    "good": "Use a kernel from 5.13 on with Landlock.",
    "weak": "Grade on Linux or in the container; --sandbox weak only for people you trust.",
    "none": "Grade on Linux or in the container.",
}
# Each returns whether it got through; an exception means that it did not.
ATTEMPTS = """
import os, signal, socket, subprocess

def read_a_file(path):
    with open(path) as file:
        return file.read() != ""

def read_the_parent_s_environment():
    with open(f"/proc/{os.getppid()}/environ", "rb") as file:
        return file.read() != b""

def write_a_file(path):
    import posix  # the system's own functions: those of `os` keep what is written in memory
    file = posix.open(path, os.O_WRONLY | os.O_CREAT)
    return posix.write(file, b"x") == 1

def start_a_process():
    if os.fork() == 0:
        os._exit(0)
    return True

def run_a_program():
    subprocess.run(["true"], check=True)
    return True

def open_a_connection(port):
    with socket.socket() as client:
        client.connect((b"127.0.0.1", port))  # as bytes: text would need a late import first
    return True

def signal_another_process():
    os.kill(os.getppid(), 0)
    return True

def use_more_memory(size):
    return len(bytearray(size)) == size

def run_without_end():
    while True: pass

def change_shared_data(images):
    images[0, 0] = 7.0
    return images[0, 0]

def import_late():
    import xml.dom.minidom
    return True
"""


def examine_sandbox() -> Iterator[Finding]:
    """The layers that this machine has, what a submission can do within them, and the resulting level."""
    yield from _layers()
    try:
        with SandboxProcess(MEMORY) as worker:
            yield _bubblewrap(worker)
            yield _waiting(worker)
            yield from _attempts(worker)
            state = State.GOOD if worker.level == "full" else State.LACKING
            bad = worker.level in ("weak", "none")
            yield Finding(
                AREA,
                f"level {worker.level}",
                State.BAD if bad else state,
                MEANINGS[worker.level],
                REMEDIES.get(worker.level, ""),
            )
    except SandboxError as problem:
        yield Finding(AREA, "level none", State.BAD, problem.message, REMEDIES["none"])


def _layers() -> Iterator[Finding]:
    if sys.platform != "linux":
        remedy = "Grade on Linux or in the container."
        yield Finding(AREA, "Landlock and seccomp", State.BAD, f"{sys.platform} has neither of them.", remedy)
        return
    if abi := landlock.abi():
        yield Finding(AREA, "Landlock", State.GOOD, f"Available, ABI {abi}.")
    else:
        yield Finding(AREA, "Landlock", State.LACKING, *_why_no_landlock())
    if os.geteuid() == 0:
        text = "Running as root: submissions run under a separate account, 64999."
        yield Finding(AREA, "account", State.GOOD, text)
    else:
        text = "Submissions run under your own account, within the layers above."
        yield Finding(AREA, "account", State.GOOD, text)


def _why_no_landlock() -> tuple[str, str]:
    try:
        landlock.syscall(landlock.CREATE_RULESET, None, 0, landlock.VERSION)
    except OSError as problem:
        if problem.errno == errno.ENOSYS:
            return "This kernel does not have it.", "Use a kernel from 5.13 on."
        if problem.errno == errno.EOPNOTSUPP:
            return "It is disabled at boot.", "Add landlock to the kernel's parameter lsm=."
    return (
        "It is not allowed here.",
        "In a container this is a matter of its seccomp profile; the default one allows it.",
    )


def _bubblewrap(worker: SandboxProcess) -> Finding:
    if worker.in_bubblewrap:
        return Finding(AREA, "bubblewrap", State.GOOD, "Used for every worker.")
    if os.geteuid() == 0:
        return Finding(AREA, "bubblewrap", State.GOOD, "Left out as root; the other layers suffice.")
    return Finding(
        AREA,
        "bubblewrap",
        State.GOOD if worker.level == "full" else State.LACKING,
        "Not installed, or user namespaces are not allowed; the other layers suffice.",
        "Install bubblewrap; on Ubuntu use the distribution's own, whose AppArmor profile allows it.",
    )


def _waiting(worker: SandboxProcess) -> Finding:
    """Whether a submission that waits for a core can be told from one that sleeps."""
    with Session(worker, [(1, "import os\ndef pid(): return os.getpid()")], ["pid"]) as session:
        answer = session.answer("pid", [()], 5.0)[0]
        tells_waiting = answer.kind == "value" and ProcessUsage(int(answer.value)).tells_waiting
    if tells_waiting:
        return Finding(AREA, "waiting for a core", State.GOOD, "Told from sleep: load takes no points.")
    return Finding(
        AREA,
        "waiting for a core",
        State.LACKING,
        "Looks like sleep here, so a submission may sleep ten times as long.",
        "Linux counts it in /proc/PID/schedstat; mount /proc without hidepid.",
    )


def _attempts(worker: SandboxProcess) -> Iterator[Finding]:
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        canary = Path(folder, "canary")
        canary.write_text("secret")
        Path(folder).chmod(0o777)  # so that only the sandbox keeps a submission out
        tries: list[tuple[str, tuple[object, ...], str]] = [
            ("read_a_file", (str(canary),), "raised"),
            ("read_the_parent_s_environment", (), "raised"),
            ("write_a_file", (str(Path(folder, "written")),), "raised"),
            ("start_a_process", (), "raised"),
            ("run_a_program", (), "raised"),
            ("open_a_connection", (server.getsockname()[1],), "raised"),
            ("signal_another_process", (), "raised"),
            ("use_more_memory", (2 * MEMORY,), "memory"),
            ("run_without_end", (), "timeout"),
        ]
        functions = [name for name, _, _ in tries] + ["change_shared_data", "import_late"]
        with Session(worker, [(1, ATTEMPTS)], functions) as session:
            for name, arguments, wanted in tries:
                answer = session.answer(name, [arguments], 0.5)[0]
                yield _refused(name, answer, wanted)
            yield _shared_data(session)
            yield _late_import(session)


def _refused(name: str, answer: Answer, wanted: str) -> Finding:
    sentence = name.replace("parent_s", "parent's").replace("_", " ")
    if answer.kind == wanted:
        return Finding(AREA, sentence, State.GOOD, "Refused." if wanted == "raised" else "Stopped.")
    text = f"A submission can do this (it {answer.kind})."
    return Finding(AREA, sentence, State.BAD, text, "See the level below for what would stop it.")


def _shared_data(session: Session) -> Finding:
    images = shared(np.full((64, 64), 255, np.uint8), 255.0)
    answer = session.answer("change_shared_data", [(images,)], 5.0)[0]
    if answer.kind == "value" and images[0, 0] == 1.0:
        return Finding(AREA, "change shared data", State.GOOD, "Changes only the submission's own view.")
    return Finding(AREA, "change shared data", State.BAD, f"{answer.kind} {answer.text}")


def _late_import(session: Session) -> Finding:
    answer = session.answer("import_late", [()], 5.0)[0]
    if answer.kind == "value":
        return Finding(AREA, "late imports", State.GOOD, "The standard library can be imported at any time.")
    return Finding(
        AREA,
        "late imports",
        State.LACKING,
        f"Only what is loaded beforehand can be imported: {answer.text}.",
        "Install Python where every account can read it, not under /root.",
    )
