"""The proof's own process: as many connections as takers, and an orderly end when it is told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UsageError
from quizzes.loadtest.fixture import Fixture

__all__ = ["Server", "allow_connections", "ended_in_order", "serving", "started"]


SPARE = 200  # open files beyond the connections


def allow_connections(takers: int) -> None:
    """Let each taker be an open file, here and in the server, which inherits it; raises UsageError."""
    if sys.platform == "win32":
        return  # sockets are not counted as files there
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = takers + SPARE
    if soft >= needed or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise UsageError(
            f"This machine allows {hard} open files; {takers} takers need {needed}.",
            next_step="Raise the limit (ulimit -n), or test with fewer takers.",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Whoever ends this process by SIGTERM ends its server and its folder, too."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears signals
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


READY = 60.0  # seconds a server may take to be there
PATIENCE = 30.0  # seconds it may take to end


@dataclass
class Server:
    """A server process, to be measured or killed."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def peak(self) -> float:
        """The most memory it ever had, in MB; 0 where the system does not say."""
        try:
            lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        except OSError:
            return 0.0
        return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)

    def busy(self) -> float:
        """Seconds of a core it has used; 0 where the system does not say."""
        try:
            text = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        except OSError:
            return 0.0
        fields = text.rpartition(")")[2].split()  # the name before it may have spaces
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def said(self, most: int = 2000) -> str:
        """The end of what it complained about."""
        return self.log.read_bytes()[-most:].decode(errors="replace").strip()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(timeout=PATIENCE)

    def stop(self) -> None:
        """Let it write what is under way and end; one that does not is killed."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()


@contextmanager
def serving(stage: Fixture, how_many: int = 1) -> Iterator[list[Server]]:
    """Server processes on free ports, ended at the end; raises UsageError if one does not begin."""
    with ExitStack() as running:
        servers = []
        for _ in range(how_many):
            servers.append(started(stage))
            running.callback(servers[-1].stop)
        yield servers


def started(stage: Fixture) -> Server:
    """A server process that students may come to; raises UsageError if it does not begin."""
    told, said = stage.folder / "port", stage.folder / "server.log"
    told.unlink(missing_ok=True)
    command = [sys.executable, "-m", "quizzes", "serve", "--port", "0", "--port-file", str(told)]
    where = [] if stage.address else ["--own"]
    with said.open("ab") as log:  # a file: a server that complains a lot must not wait for a reader
        process = subprocess.Popen(
            [*command, *where, "--course", str(stage.folder)],
            env={**os.environ, **({"DATABASE_URL": stage.address} if stage.address else {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    server = Server(process, 0, said)
    try:
        deadline = time.monotonic() + READY
        while not told.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if not told.exists():
            words = server.said() or "it said nothing"
            raise UsageError(
                f"The server did not begin: {words}", next_step="Try `quizzes serve --demo` on this machine."
            )
        server.port = int(told.read_text(encoding="ascii"))
    except BaseException:
        server.kill()
        raise
    return server
