"""One forked child as the judge sees it: frames in, frames out, and a deadline on every read.

CPU time decides what is too slow, wall time (four times that and ten seconds) only stops sleepers:
on a busy machine a wall limit would punish honest work.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from autograder.sandbox import frames
from autograder.sandbox.shared import Shared
from autograder.sandbox.worker import Worker

__all__ = ["Child", "ChildEnded", "Overdue"]

LOOK = 0.02  # seconds between looks at a busy child's CPU clock


class Overdue(Exception):
    """The child used more than its time: what it did too long, in words."""


class ChildEnded(Exception):
    """The child ended, or sent what nobody can read."""


LONG = 3600.0  # before the first request nothing is being timed
Callback = Callable[[dict[str, Any], bytes], tuple[dict[str, Any], list[Any]]]


class Child:
    """A connection to one child; `end` it when it is no longer wanted."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._connection, self.arena, self.pid = worker.spawn()
        self._connection.setblocking(False)
        self._poll = select.poll()
        # The kernel's name of another process's CPU clock, see clock_getcpuclockid(3).
        self._clock = (~self.pid << 3) | 2
        self._shared: list[Shared] = []  # in the order in which the child has them
        self._cpu_seconds = self._wall_seconds = LONG
        self._cpu_until, self._wall_until = LONG, time.monotonic() + LONG

    def request(
        self,
        header: dict[str, Any],
        buffers: list[Any],
        *,
        cpu_seconds: float,
        most: int,
        callback: Callback | None = None,
        notice: Callable[[dict[str, Any]], None] | None = None,
    ) -> tuple[dict[str, Any], bytes]:
        """Send a request and wait for its reply, at most `cpu_seconds` and `most` bytes of data long.

        `callback` answers the child's calls of callable arguments, `notice` hears of what it reports
        on the way. Raises Overdue or ChildEnded; the child is of no further use then.
        """
        self._cpu_seconds, self._wall_seconds = cpu_seconds, 4 * cpu_seconds + 10
        self._cpu_until = self._cpu() + self._cpu_seconds
        self._wall_until = time.monotonic() + self._wall_seconds
        self._send(frames.frame(header, buffers))
        while True:
            self._look_at_the_clocks()
            reply, data = self._receive(most)
            kind = reply.get("op")
            if kind == "callback" and callback is not None:
                self._send(frames.frame(*callback(reply, data)))
            elif kind == "at" and notice is not None:
                notice(reply)
            else:
                return reply, data

    def share(self, array: Shared) -> int:
        """Let the child map a shared array; returns the number it has there."""
        assert array.descriptor is not None  # the packer asks for nothing else
        for number, known in enumerate(self._shared):
            if known is array:
                return number
        self._send(frames.frame({"op": "map", "shape": list(array.shape)}, []))
        self._wait(select.POLLOUT)
        socket.send_fds(self._connection, [b"F"], [array.descriptor])
        self._shared.append(array)
        return len(self._shared) - 1

    def cpu_seconds(self) -> float:
        """Processor seconds that the child has used so far; raises ChildEnded when it is gone."""
        return self._cpu()

    def has_threads(self) -> bool:
        """Whether something runs in it besides the thread that answers; False where nobody can tell."""
        try:
            return os.stat(f"/proc/{self.pid}/task").st_nlink > 3  # a folder's two own links, and the thread
        except OSError:
            return False

    def end(self) -> int:
        """Kill the child and all it started; returns its wait status."""
        self._connection.close()
        self.arena.close()
        return self._worker.end(self.pid)[0]

    def _cpu(self) -> float:
        try:
            if sys.platform == "linux":
                return time.clock_gettime(self._clock)
            return _cpu_elsewhere(self.pid)
        except OSError as problem:
            raise ChildEnded("the process ended") from problem

    def _wait(self, event: int) -> None:
        self._poll.register(self._connection, event)
        self._look_at_the_clocks()  # also when it is busy talking: frames without end end here
        while not self._poll.poll(LOOK * 1000):
            self._look_at_the_clocks()

    def _look_at_the_clocks(self) -> None:
        if self._cpu() > self._cpu_until:
            raise Overdue(f"used more than {self._cpu_seconds:.3g} s")
        if time.monotonic() > self._wall_until:
            raise Overdue(
                f"did not answer within {self._wall_seconds:.3g} s, though it used less of the processor"
            )

    def _send(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[self._connection.send(left) :]
            except BlockingIOError:
                self._wait(select.POLLOUT)
            except OSError as problem:
                raise ChildEnded("the process ended") from problem

    def _receive(self, most: int) -> tuple[dict[str, Any], bytes]:
        size, data_size = frames.PREFIX.unpack(self._read(frames.PREFIX.size))
        if size > frames.MOST_HEADER or data_size > most:
            raise ChildEnded("its answer is far too long")
        try:
            header = frames.parse_header(self._read(size))
        except frames.FrameError as problem:
            raise ChildEnded(str(problem)) from problem
        return header, self._read(data_size)

    def _read(self, count: int) -> bytes:
        piece = bytearray(count)
        view, done = memoryview(piece), 0
        while done < count:
            try:
                got = self._connection.recv_into(view[done:])
            except BlockingIOError:
                self._wait(select.POLLIN)
                continue
            except OSError as problem:
                raise ChildEnded("the process ended") from problem
            if not got:
                raise ChildEnded("the process ended")
            done += got
        return bytes(piece)


def _cpu_elsewhere(pid: int) -> float:
    """CPU seconds of a process where its clock has no name; raises OSError when it is gone."""
    import psutil  # Jupyter's kernel brings it along

    try:
        used = psutil.Process(pid).cpu_times()
    except psutil.Error as problem:
        raise OSError("no such process") from problem
    return float(used.user + used.system)
