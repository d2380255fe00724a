"""One forked child as the judge sees it: frames in, frames out, and limits on every read.

Processor time decides what is too slow, sleep what hangs. What the judge itself computes for a request
(call-backs, reading what is sent) counts as the child's processor time: the child asked for it.
"""

from __future__ import annotations

import os
import random
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from autograder.sandbox import frames
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.shared import Shared
from autograder.sandbox.usage import ProcessUsage, SleepMeter

__all__ = ["Child", "ChildEnded", "Overdue"]

LOOK = 0.02  # seconds between looks at a busy child's clocks, on average
SHARE_SECONDS = 10.0  # of processor time and of sleep, to map a shared array


class Overdue(Exception):
    """The child used more than its time: what it did too long, in words."""

    def __init__(self, text: str, *, slept: bool) -> None:
        super().__init__(text)
        self.slept = slept


class ChildEnded(Exception):
    """The child ended, or sent what nobody can read."""


Callback = Callable[[dict[str, Any], bytes], tuple[dict[str, Any] | str, list[Any]]]
PIECE = 64 * 1024  # bytes that one receive may bring: a whole answer, as a rule
LOOK_FOR_THREADS = 0.02  # seconds between looks for threads left behind while a network is trained


class Child:
    """A connection to one child; `end` it when it is no longer wanted."""

    def __init__(self, worker: SandboxProcess) -> None:
        self._worker = worker
        self._connection, self.arena, self.pid = worker.spawn()
        self._connection.setblocking(False)
        self._poll = select.poll()
        self._waits_for = 0  # the event that is polled for
        self._usage = ProcessUsage(self.pid)
        self._sleep = SleepMeter(self._usage)
        self._shared: list[Shared] = []  # in the order in which the child has them
        self._judge_seconds = 0.0  # the judge's own processor time for requests
        self._ended_with: float | None = None  # processor time of its whole life
        self._charged = 0.0, 0.0
        self._received = b""  # what came with the last frame and does not belong to it
        self._threads_looked = 0.0

    def request(
        self,
        header: dict[str, Any] | str,
        buffers: list[Any],
        *,
        number: int = 0,
        processor_seconds: float,
        sleep_seconds: float,
        most: int,
        callback: Callback | None = None,
        notice: Callable[[dict[str, Any]], None] | None = None,
    ) -> tuple[frames.Header, bytes]:
        """Send a request and wait for its reply, within the seconds and `most` bytes of data long.

        `callback` answers the child's calls of callable arguments, `notice` hears of what it reports
        on the way. Raises Overdue or ChildEnded; the child is of no further use then.
        """
        self._begin(processor_seconds, sleep_seconds)
        try:
            self._send(frames.frame(header, buffers, number))
            while True:
                reply, data, answered = self._receive(most)
                kind = reply.get("op")
                if kind == "callback" and callback is not None:
                    self._send(frames.frame(*callback(reply, data), number))
                elif kind == "at" and notice is not None:
                    notice(reply)
                elif answered != number:
                    raise ChildEnded("its answer is out of step")
                else:
                    return reply, data
                self._look_at_the_clocks()
        finally:
            self._finish()

    def extend(self, processor_seconds: float, sleep_seconds: float) -> None:
        """From now on the present request may take so many seconds more."""
        self._finish()
        self._begin(processor_seconds, sleep_seconds)

    def share(self, array: Shared) -> int:
        """Let the child map a shared array; returns the number it has there."""
        assert array.descriptor is not None  # the packer asks for nothing else
        for number, known in enumerate(self._shared):
            if known is array:
                return number
        self._begin(SHARE_SECONDS, SHARE_SECONDS)
        self._send(frames.frame({"op": "map", "shape": list(array.shape)}, []))
        if self._receive(0)[0].get("op") != "ready":
            raise ChildEnded("its answer is out of step")
        self._wait(select.POLLOUT)
        try:
            socket.send_fds(self._connection, [b"F"], [array.descriptor])
        except OSError as problem:
            raise ChildEnded("the process ended") from problem
        self._finish()
        self._shared.append(array)
        return len(self._shared) - 1

    def cpu_seconds(self) -> float:
        """Processor seconds that the child has used so far; raises ChildEnded when it is gone."""
        return self._processor()

    def has_threads(self, training: bool = False) -> bool:
        """Whether something runs in it besides the thread that answers; False where nobody can tell.

        While a network is trained, with thousands of calls, it is looked at only now and then.
        """
        if training:
            now = time.monotonic()
            if now - self._threads_looked < LOOK_FOR_THREADS:
                return False
            self._threads_looked = now
        try:
            return os.stat(f"/proc/{self.pid}/task").st_nlink > 3  # a folder's two own links, and the thread
        except OSError:
            return False

    def taken(self) -> tuple[float, float]:
        """Seconds of processor time and of sleep since this was asked last; all of them after its end."""
        processor = self._ended_with if self._ended_with is not None else self._processor()
        taken = processor + self._judge_seconds, self._sleep.seconds
        before, self._charged = self._charged, taken
        return taken[0] - before[0], taken[1] - before[1]

    def end(self) -> int:
        """Kill the child and all it started; returns its wait status."""
        self._connection.close()
        self.arena.close()
        status, self._ended_with = self._worker.end(self.pid)
        return status

    def _begin(self, processor_seconds: float, sleep_seconds: float) -> None:
        self._processor_seconds, self._sleep_seconds = processor_seconds, sleep_seconds
        self._processor_from, self._judge_from = self._processor(), time.thread_time()
        self._sleep_from = self._sleep.seconds
        self._has_waited = False

    def _finish(self) -> None:
        self._judge_seconds += time.thread_time() - self._judge_from

    def _processor(self) -> float:
        try:
            return self._usage.processor()
        except OSError as problem:
            raise ChildEnded("the process ended") from problem

    def _wait(self, event: int) -> None:
        if event != self._waits_for:
            self._poll.register(self._connection, event)
            self._waits_for = event
        if self._has_waited:
            self._look_at_the_clocks()  # also when it is busy talking: frames without end end here
        self._has_waited = True
        began = time.monotonic()
        try:
            # At times that a child cannot know, so that it cannot be awake at just these.
            while not self._poll.poll(LOOK * 1000 * random.uniform(0.5, 1.5)):
                judge_time = time.thread_time()
                now = time.monotonic()
                self._sleep.still_waiting(now - began)
                began = now
                self._judge_from += time.thread_time() - judge_time  # looking is our own wish
                self._look_at_the_clocks()
            self._sleep.answered(time.monotonic() - began)
        except OSError as problem:
            raise ChildEnded("the process ended") from problem

    def _look_at_the_clocks(self) -> None:
        used = self._processor() - self._processor_from + time.thread_time() - self._judge_from
        if used > self._processor_seconds:
            raise Overdue(f"used more than {self._processor_seconds:.3g} s", slept=False)
        if self._sleep.seconds - self._sleep_from > self._sleep_seconds:
            raise Overdue("slept too long, without using the processor", slept=True)

    def _send(self, data: bytes) -> None:
        left: bytes | memoryview = data
        while left:
            try:
                sent = self._connection.send(left)
                if sent == len(left):
                    return
                left = memoryview(left)[sent:]
            except BlockingIOError:
                self._wait(select.POLLOUT)
            except OSError as problem:
                raise ChildEnded("the process ended") from problem

    def _receive(self, most: int) -> tuple[frames.Header, bytes, int]:
        """A frame's header, data and number."""
        piece, start = self._received, frames.PREFIX.size
        if not piece:
            self._wait(select.POLLIN)  # rather than asking for what cannot have come yet
        while len(piece) < start:
            piece += self._piece(PIECE)
        size, data_size, number = frames.PREFIX.unpack_from(piece)
        if size > frames.MOST_HEADER or data_size > most:
            raise ChildEnded("its answer is far too long")
        end = start + size + data_size
        if len(piece) < end:
            piece = self._rest(piece, end)
        self._received = piece[end:]
        try:
            header = frames.parse_header(piece[start : start + size])
        except frames.FrameError as problem:
            raise ChildEnded(str(problem)) from problem
        return header, piece[start + size : end], number

    def _rest(self, piece: bytes, count: int) -> bytes:
        """`count` bytes that begin with a piece."""
        whole = bytearray(count)
        whole[: len(piece)] = piece
        done = len(piece)
        while done < count:
            more = self._piece(min(PIECE, count - done))
            whole[done : done + len(more)] = more
            done += len(more)
        return bytes(whole)

    def _piece(self, most: int) -> bytes:
        """What has come, or comes next: at least one byte and at most so many."""
        while True:
            try:
                piece = self._connection.recv(most)
            except BlockingIOError:
                self._wait(select.POLLIN)
                continue
            except OSError as problem:
                raise ChildEnded("the process ended") from problem
            if not piece:
                raise ChildEnded("the process ended")
            return piece
