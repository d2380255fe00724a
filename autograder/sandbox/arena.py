"""Memory that judge and child share, for arrays too large to push through a socket.

Each side writes to its own half and reads the other's. What is read is copied before it is looked
at: the other side could change it afterwards. Each frame starts its half anew. Used on both sides
and imports nothing of ours: the runner loads it by path.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import sys
import tempfile
from typing import Any

import numpy as np

SIZE = 64 * 1024**2  # bytes, both halves; pages that are never touched cost nothing
F_ADD_SEALS, SEAL_SEAL, SEAL_SHRINK, SEAL_GROW = 1033, 1, 2, 4
SMALLEST = 16 * 1024  # bytes of an array for which this is quicker than the socket


class Arena:
    """One side's view of the shared memory behind a descriptor."""

    def __init__(self, descriptor: int, *, first_half: bool) -> None:
        self.memory = mmap.mmap(descriptor, SIZE)
        self.start = 0 if first_half else SIZE // 2
        self.other = SIZE // 2 - self.start
        self.used, self.half, self.smallest = 0, SIZE // 2, SMALLEST

    def clear(self, keep: int = 0) -> None:
        """Start anew after the first `keep` bytes: what was put behind them has been read."""
        self.used = keep

    def put(self, array: Any) -> int | None:
        """Copy an array into our half; says where, or None when it is small or does not fit."""
        size, place = array.nbytes, self.used
        if size < SMALLEST or place + size > self.half:
            return None
        np.copyto(np.ndarray(array.shape, array.dtype, self.memory, self.start + place), array)
        self.used = place + -(-size // 64) * 64
        return place

    def get(self, place: int, dtype: Any, shape: tuple[int, ...], size: int) -> Any:
        """An array of `size` bytes in the other half, not copied; raises ValueError when it is not inside."""
        if place < 0 or place + size > self.half:
            raise ValueError("outside the arena")
        return np.ndarray(shape, dtype, self.memory, self.other + place)

    def close(self) -> None:
        """Give the memory back, as soon as nobody looks at it any more."""
        with contextlib.suppress(BufferError):  # an exception on its way may hold an array in it
            self.memory.close()


def new_memory() -> int:
    """A descriptor of fresh shared memory of the right size."""
    if sys.platform != "linux":  # a file without a name does; nothing keeps a child from cutting it short
        with tempfile.TemporaryFile() as file:
            os.ftruncate(file.fileno(), SIZE)
            return os.dup(file.fileno())
    descriptor = os.memfd_create("arena", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, SIZE)
    # A child that cut it short would end the judge with SIGBUS.
    fcntl.fcntl(descriptor, F_ADD_SEALS, SEAL_SEAL | SEAL_SHRINK | SEAL_GROW)
    return descriptor
