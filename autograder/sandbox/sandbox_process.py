"""The judge's handle on a zygote: start it, fork children from it, end them.

Children of one zygote have much in common besides what the submission does: the secret of `hash`, the
addresses of modules, the time of day. A second zygote differs in these, as a computer does after a restart.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import socket
import struct
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from autograder.checks.budget import MOST_PROCESSOR_SECONDS
from autograder.checks.memory import JUDGING_BYTES, unlimited_memory
from autograder.errors import MachineError, SandboxError
from autograder.sandbox.arena import SIZE, Arena, new_memory
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
        if not restarted:
            _check_limits(memory)
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
        message = b"S" + struct.pack("<QQ", self._memory, LIFE_CPU_SECONDS)
        with ExitStack() as of_a_failure:
            try:
                ours, theirs = socket.socketpair()
                of_a_failure.callback(ours.close)
                with theirs, _descriptor(new_memory()) as memory:
                    arena = Arena(memory, first_half=True)
                    of_a_failure.callback(arena.close)
                    self._send_descriptors(message, [theirs.fileno(), memory])
            except OSError as problem:
                if problem.errno == errno.ENOMEM:  # the judge's own; the zygote is well
                    raise MemoryError from problem
                raise _machine_error(problem) from problem
            pid = int(struct.unpack("<q", self._read(8))[0])
            if pid < 0:
                raise _machine_error(OSError(-pid, os.strerror(-pid)))
            of_a_failure.pop_all()
        return ours, arena, pid

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

    def _send_descriptors(self, message: bytes, descriptors: list[int]) -> None:
        try:
            self._patiently(lambda: socket.send_fds(self._control, [message], descriptors))
        except OSError as problem:
            raise self._broken() from problem

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


@contextmanager
def _descriptor(number: int) -> Iterator[int]:
    """Close a descriptor at the end."""
    try:
        yield number
    finally:
        os.close(number)


def _machine_error(problem: OSError) -> MachineError:
    return MachineError(
        f"This machine could not start a process for a submission: {problem.strerror}.",
        next_step="End other programs, or raise your limits (`ulimit -a` lists them), and run the command "
        "again.",
    )


def _check_limits(memory: int) -> None:
    """Refuse to start under limits of this process with which correct submissions would fail."""
    for what, least, option, words in (
        (resource.RLIMIT_AS, memory + JUDGING_BYTES, "-v", "memory"),
        (resource.RLIMIT_FSIZE, SIZE, "-f", "the size of a file"),
        (resource.RLIMIT_CPU, int(MOST_PROCESSOR_SECONDS), "-t", "processor time"),
    ):
        allowed = resource.getrlimit(what)[0]
        if 0 <= allowed < least:  # unlimited is -1
            of_time = what == resource.RLIMIT_CPU
            expected, got = (f"{n} s" if of_time else f"{n / 1024**2:.0f} MB" for n in (least, allowed))
            raise MachineError(
                f"Your limit on {words} (`ulimit {option}`) is {got}; grading needs {expected}: correct "
                "submissions would fail.",
                next_step=f"Enter `ulimit {option} unlimited`, or ask for more where the job is submitted, "
                "and run the command again.",
            )
