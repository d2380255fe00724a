"""How much memory judging one submission may take in this process.

What a submission returns is kept, compared and computed with in the judge. Beyond the limit an allocation
raises MemoryError, which costs that submission's check; the process, and the class, go on. The reference's
own work is exempt. Where the kernel keeps no such limit (macOS) there is none.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["JUDGING_BYTES", "limited_memory", "unlimited_memory"]

JUDGING_BYTES = 1024**3  # what the process may grow by; honest work was seen to need a tenth of it
PAGE = resource.getpagesize()


@dataclass
class _Limit:
    bytes_: int  # of address space
    before: int  # what held outside


_limits: list[_Limit] = []  # of the `limited_memory` blocks that this process is in


@contextmanager
def limited_memory(bytes_: int = JUDGING_BYTES) -> Iterator[None]:
    """While this lasts the process may take so many bytes more than it has now."""
    if sys.platform != "linux":
        yield
        return
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = _taken() + bytes_
    limit = _Limit(wanted if before == resource.RLIM_INFINITY else min(before, wanted), before)
    _limits.append(limit)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit.bytes_, hard))
        yield
    finally:
        _limits.pop()
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))


@contextmanager
def unlimited_memory(*, stays: bool = False) -> Iterator[None]:
    """Within `limited_memory`: for the judge's own work; `stays` adds to the limit what is kept of it."""
    if not _limits:
        yield
        return
    taken, hard = _taken(), resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (_limits[0].before, hard))
    try:
        yield
    finally:
        if stays:
            _limits[-1].bytes_ += max(0, _taken() - taken)
        resource.setrlimit(resource.RLIMIT_AS, (_limits[-1].bytes_, hard))


def _taken() -> int:
    """Bytes of this process's address space."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * PAGE
