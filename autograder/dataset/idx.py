"""The IDX format of MNIST: a big-endian header and raw bytes (LeCun, Cortes and Burges 1998)."""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from autograder.errors import UsageError
from autograder.values import Array

__all__ = ["decompressed", "map_idx"]

UNSIGNED_BYTES = 0x08
LARGEST = 64 * 1024**2  # bytes; the largest file of MNIST has 47 million


def decompressed(path: Path, sha256: str) -> bytes:
    """The bytes of a raw or gzipped IDX file; raises UsageError unless they are the known ones."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as problem:
        raise UsageError(f"{path} cannot be read: {problem}.", next_step="Fetch the file again.") from problem
    if hashlib.sha256(data).hexdigest() != sha256:
        raise UsageError(
            f"{path} is not the file of that name in MNIST: its sha256 differs.",
            next_step="Fetch it again; a part may be missing.",
        )
    return data


def map_idx(path: Path) -> Array:
    """A raw IDX file of bytes as a read-only array mapped from disk; raises UsageError for another file."""
    with path.open("rb") as file:
        head = file.read(4)
        if len(head) < 4 or head[:2] != b"\0\0" or head[2] != UNSIGNED_BYTES or not 1 <= head[3] <= 4:
            raise UsageError(f"{path} is no IDX file of bytes.", next_step="Fetch it again.")
        sizes = file.read(4 * head[3])
    if len(sizes) < 4 * head[3]:
        raise UsageError(f"{path} is cut off.", next_step="Fetch it again.")
    shape = struct.unpack(f">{head[3]}I", sizes)
    offset = 4 + 4 * head[3]
    if path.stat().st_size != offset + math.prod(shape):
        raise UsageError(f"{path} has not the length its header says.", next_step="Fetch it again.")
    return np.memmap(path, dtype=np.uint8, mode="r", offset=offset, shape=shape)
