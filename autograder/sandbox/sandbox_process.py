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
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from autograder.checks.memory import unlimited_memory
from autograder.errors import SandboxError
from autograder.sandbox.arena import Arena, new_memory
from autograder.sandbox.bubblewrap import wrapper
from autograder.sandbox.usage import ProcessUsage, SleepMeter
from autograder.sandbox.zygote_process import LEVEL_BYTES, ZygoteProcess, start_zygote, take_ready

__all__ = ["SandboxProcess"]

T = TypeVar("T")
SLEEP_SECONDS = 60.0  # of a zygote that should be answering; waiting for a core is not sleep
LOOK = 1.0  # seconds between looks at one that has not answered
MEMORY = 2 * 1024**3  # bytes of address space; honest MNIST solutions were seen to need 1.1 GB
LIFE_CPU_SECONDS = 1800  # a bound on a child's whole life, above any sum of calls


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
        starts: list[Callable[[], ZygoteProcess]] = []
        starts.append(partial(start_zygote, around, without, restarted=restarted))
        if not without and not restarted and (ready := take_ready()) is not None:
            starts.insert(0, lambda: ready)
        if around:  # bubblewrap is installed, but user namespaces may be switched off
            starts.append(partial(start_zygote, [], without, restarted=restarted))
        #: How well children are isolated, as reports name it: "full", "good" or "weak".
        self.level = self._first_that_starts(starts)
        self.in_bubblewrap = bool(self._zygote.around)

    def _first_that_starts(self, starts: Sequence[Callable[[], ZygoteProcess]]) -> str:
        """Use the first zygote that starts; returns the level it says."""
        sources = json.dumps(list(self._expected)).encode()
        for start in starts:
            self._zygote = start()
            self._control = self._zygote.control
            self._control.settimeout(LOOK)
            try:
                level = self._read(LEVEL_BYTES)
                self._send(b"P" + struct.pack("<QQ", len(sources), 0) + sources)
            except SandboxError as problem:
                failure = problem
                self.close()
            else:
                return level.decode().strip()
        raise failure

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
        self._zygote.close()

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
                meter = meter or SleepMeter(ProcessUsage(self._zygote_pid()))
                meter.still_waiting(LOOK)
                if meter.seconds > SLEEP_SECONDS:
                    raise

    def _zygote_pid(self) -> int:
        """The zygote's process id; bubblewrap, where it is used, is its parent."""
        pid = self._zygote.process.pid
        if not self._zygote.around:
            return pid
        try:
            return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
        except (OSError, IndexError):
            return pid

    def _broken(self) -> SandboxError:
        self._zygote.complaints.seek(0)
        last_words = self._zygote.complaints.read()[-2000:].decode(errors="replace").strip()
        last = last_words.splitlines()[-1] if last_words else "it said nothing"
        return SandboxError(f"The sandbox's zygote has ended: {last}.", next_step="Start the command again.")
