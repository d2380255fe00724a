"""Server processes of load tests, the limit of open files, and an orderly stop on SIGTERM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UsageError

__all__ = ["Server", "allow_connections", "start_process", "stops_on_sigterm"]


SPARE = 200  # open files beyond the connections


def allow_connections(students: int) -> None:
    """Raise the limit of open files to one per student; servers inherit it. Raises UsageError."""
    if sys.platform == "win32":
        return  # sockets do not count as files there
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = students + SPARE
    if soft >= needed or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise UsageError(
            f"This machine allows {hard} open files; {students} students need {needed}.",
            next_step="Raise the limit (ulimit -n), or test with fewer students.",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


@contextmanager
def stops_on_sigterm() -> Iterator[None]:
    """SIGTERM stops this process with its server and its folder."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread receives signals
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


START_TIMEOUT = 300.0  # seconds for a server to start, on a machine that has much else to do
STOP_TIMEOUT = 30.0  # seconds for a server to stop


@dataclass
class Server:
    """A server process, to be measured or killed."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    log_start: int = 0  # where in the log, which several servers may share, this one begins

    def peak(self) -> float:
        """The peak of its memory in MB; 0 where the system does not tell."""
        try:
            lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        except OSError:
            return 0.0
        return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)

    def busy(self) -> float:
        """The processor time that it used, in seconds; 0 where the system does not tell."""
        try:
            text = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        except OSError:
            return 0.0
        fields = text.rpartition(")")[2].split()  # the name before it may have spaces
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log_tail(self, limit: int = 2000) -> str:
        """The end of its log."""
        return self.log.read_bytes()[self.log_start :][-limit:].decode(errors="replace").strip()

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        self.process.kill()
        self.process.wait(timeout=STOP_TIMEOUT)

    def stop(self) -> None:
        """Stop it after the writes in progress; kill it if it does not stop."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                self.kill()


def start_process(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Server:
    """A server that accepts connections; raises UsageError if it does not start.

    The command gets `--port` and `--port-file`; port and log are files in the folder.
    """
    port_file, log_file = folder / "port", folder / "server.log"
    port_file.unlink(missing_ok=True)
    log_start = log_file.stat().st_size if log_file.exists() else 0
    with log_file.open("ab") as log:  # a file: a server that logs a lot must not wait for a reader
        process = subprocess.Popen(
            [*command, "--port", "0", "--port-file", str(port_file)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    server = Server(process, 0, log_file, log_start)
    try:
        deadline = time.monotonic() + START_TIMEOUT
        while not port_file.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if not port_file.exists():
            words = server.log_tail() or "its log is empty"
            raise UsageError(
                f"The server did not start: {words}",
                next_step="Try `autograder serve --demo` on this machine.",
            )
        server.port = int(port_file.read_text(encoding="ascii"))
    except BaseException:
        server.kill()
        raise
    return server
