"""Large arrays that many calls read: written once, mapped by every child, never sent.

The memory is sealed against writing and handed to children through a read-only descriptor; a child
maps it privately, so that what it writes is its own copy of the page. Measured: 5 to 9 µs a mapping,
where sending the 376 MB of MNIST takes half a second.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import weakref
from typing import Any

import numpy as np

from autograder.checks.values import Array

__all__ = ["Shared", "shared"]

F_ADD_SEALS = 1033
SEALS = 0x0001 | 0x0002 | 0x0004 | 0x0008  # no more seals, no shrinking, growing or writing


class Shared(np.ndarray[Any, np.dtype[Any]]):
    """An array whose memory children can map; an ordinary read-only array to everyone else."""

    descriptor: int | None = None  # read-only, on the memory that holds exactly this array

    def __array_finalize__(self, base: object) -> None:
        """Views and results of arithmetic are not the whole memory: they carry no descriptor."""
        self.descriptor = None


def shared(pixels: Array, scale: float) -> Shared:
    """`pixels / scale` as float64 in sealed memory; the memory goes with the last reference."""
    size = pixels.size * 8
    writable = os.memfd_create("shared", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(writable, size)
        with mmap.mmap(writable, size) as memory:
            target = np.frombuffer(memory, np.float64).reshape(pixels.shape)
            np.divide(pixels, scale, out=target)
            del target
        fcntl.fcntl(writable, F_ADD_SEALS, SEALS)
        # Reopened for reading: a child cannot even ask for a writable shared mapping.
        readable = os.open(f"/proc/self/fd/{writable}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(writable)
    view = np.frombuffer(mmap.mmap(readable, size, access=mmap.ACCESS_READ), np.float64)
    array = view.reshape(pixels.shape).view(Shared)
    array.descriptor = readable
    weakref.finalize(array, os.close, readable)
    return array
