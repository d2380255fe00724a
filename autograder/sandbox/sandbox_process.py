"""The judge's handle on a zygote: start it, fork children from it, end them.

Children of one zygote have much in common besides what the submission does: the secret of `hash`, the
addresses of modules, the time of day. A second zygote differs in these, as a computer does after a restart.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from autograder.checks.memory import unlimited_memory
from autograder.errors import SandboxError
from autograder.sandbox.arena import Arena, new_memory
from autograder.sandbox.bubblewrap import wrapper
from autograder.sandbox.usage import ProcessUsage, SleepMeter

__all__ = ["SandboxProcess"]

T = TypeVar("T")
SLEEP_SECONDS = 60.0  # of a zygote that should be answering; waiting for a core is not sleep
LOOK = 1.0  # seconds between looks at one that has not answered
# Kept from our own environment: how NumPy's linear algebra is to run on this processor.
KEPT = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
# Large arrays come and go at every update of a training run: keep their pages instead of faulting
# them in again, which costs more than the arithmetic.
KEEP_PAGES = {"MALLOC_MMAP_THRESHOLD_": str(64 * 1024**2), "MALLOC_TRIM_THRESHOLD_": str(256 * 1024**2)}
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")


MEMORY = 2 * 1024**3  # bytes of address space; honest MNIST solutions were seen to need 1.1 GB
LIFE_CPU_SECONDS = 1800  # a bound on a child's whole life, above any sum of calls
# Of the zygote and of the second one. Fixed, so that a set of strings has the same order in every grading.
# With these two, most sets of names such as W1 and b1 come in two orders.
HASH_SEEDS = 1, 2
# 400 days, 5:07:13.75: year, month, day, weekday, hour, minute and second are all others.
CLOCK_SHIFT = 34_578_433.75


class SandboxProcess:
    """One zygote process; a context manager that leaves nothing running."""

    def __init__(
        self,
        memory: int = MEMORY,
        expected: Sequence[str] = (),
        without: Collection[str] = (),
        *,
        restarted: bool = False,
    ) -> None:
        """Each child may use `memory` bytes.

        `expected` are cells that many submissions will hold unchanged; they are parsed once. `without`
        leaves out layers, "bubblewrap", "landlock" or "seccomp", to see what they are for. With
        `restarted`, strings hash otherwise and clocks are `CLOCK_SHIFT` seconds ahead.
        """
        self._memory, self._expected, self._without = memory, expected, without
        self._is_restarted = restarted
        self._second: SandboxProcess | None = None
        around = [] if "bubblewrap" in without else wrapper()
        self._start(around, without)
        try:
            level = self._read(8)
        except SandboxError:
            self.close()
            if not around:
                raise
            around = []  # installed, but user namespaces are switched off
            self._start(around, without)
            level = self._read(8)
        #: How well children are shut in, as reports name it: "full", "good" or "weak".
        self.level = level.decode().strip()
        self.in_bubblewrap = bool(around)
        sources = json.dumps(list(expected)).encode()
        self._send(b"P" + struct.pack("<QQ", len(sources), 0) + sources)

    def _start(self, around: Sequence[str], without: Collection[str]) -> None:
        self._around = around
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the worker
        self._control, theirs = socket.socketpair()
        self._control.settimeout(LOOK)
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", **ONE_THREAD, **KEEP_PAGES}
        environment |= {name: os.environ[name] for name in KEPT if name in os.environ}
        environment["PYTHONHASHSEED"] = str(HASH_SEEDS[self._is_restarted])
        # As with -I, but for the one variable above: the environment holds nothing else of Python's.
        zygote = [sys.executable, "-P", "-s", "-B", str(Path(__file__).with_name("zygote.py"))]
        shift = str(CLOCK_SHIFT if self._is_restarted else 0.0)
        with theirs:
            self._process = subprocess.Popen(
                [*around, *zygote, str(theirs.fileno()), shift, *without],
                pass_fds=[theirs.fileno()],
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                start_new_session=True,
            )

    def restarted(self) -> SandboxProcess:
        """A second zygote, started when it is first asked for: as this one would be after a restart."""
        if self._second is None:
            with unlimited_memory():  # a limit on the judge's own memory would be the zygote's, too
                self._second = SandboxProcess(self._memory, self._expected, self._without, restarted=True)
        return self._second

    def spawn(self) -> tuple[socket.socket, Arena, int]:
        """Fork a child; returns the judge's end of its connection, the shared memory and its process id."""
        ours, theirs = socket.socketpair()
        memory = new_memory()
        message = b"S" + struct.pack("<QQ", self._memory, LIFE_CPU_SECONDS)
        arena: Arena | None = None
        try:
            with theirs:
                self._patiently(lambda: socket.send_fds(self._control, [message], [theirs.fileno(), memory]))
                arena = Arena(memory, first_half=True)
            return ours, arena, int(struct.unpack("<q", self._read(8))[0])
        except BaseException as problem:
            ours.close()
            if arena is not None:
                arena.close()
            if not isinstance(problem, OSError):
                raise
            if problem.errno == errno.ENOMEM:  # the judge's own; the zygote is well
                raise MemoryError from problem
            raise self._broken() from problem
        finally:
            os.close(memory)

    def end(self, pid: int) -> tuple[int, float]:
        """Kill a child with all it started; returns its wait status and the CPU seconds it used."""
        self._send(b"E" + struct.pack("<qq", pid, 0))
        status, cpu = struct.unpack("<qd", self._read(16))
        return int(status), float(cpu)

    def close(self) -> None:
        """Hang up: the zygote ends, and its children with it."""
        if self._second is not None:
            self._second.close()
        self._control.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._complaints.close()

    def __enter__(self) -> SandboxProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[self._patiently(lambda: self._control.send(left)) :]  # noqa: B023  # called at once
            except OSError as problem:
                raise self._broken() from problem

    def _read(self, count: int) -> bytes:
        piece = b""
        while len(piece) < count:
            try:
                got = self._patiently(lambda: self._control.recv(count - len(piece)))  # noqa: B023
            except OSError as problem:
                raise self._broken() from problem
            if not got:
                raise self._broken()
            piece += got
        return piece

    def _patiently(self, attempt: Callable[[], T]) -> T:
        """Try until it is done, or the zygote has slept instead of answering; OSError passes through."""
        meter: SleepMeter | None = None
        while True:
            try:
                return attempt()
            except TimeoutError:
                meter = meter or SleepMeter(ProcessUsage(self._zygote()))
                meter.still_waiting(LOOK)
                if meter.seconds > SLEEP_SECONDS:
                    raise

    def _zygote(self) -> int:
        """The zygote's process id; bubblewrap, where it is used, is its parent."""
        zygote_pid = self._process.pid
        if not self._around:
            return zygote_pid
        try:
            return int(Path(f"/proc/{zygote_pid}/task/{zygote_pid}/children").read_text().split()[0])
        except (OSError, IndexError):
            return zygote_pid

    def _broken(self) -> SandboxError:
        self._complaints.seek(0)
        last_words = self._complaints.read()[-2000:].decode(errors="replace").strip()
        last = last_words.splitlines()[-1] if last_words else "it said nothing"
        return SandboxError(f"The sandbox's zygote has ended: {last}.", next_step="Start the command again.")
