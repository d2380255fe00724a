"""Files that only their owner reads: answer keys, results and backups; commands write them."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["make_private", "write_private"]


def make_private(path: Path) -> None:
    """Create an empty file, or empty it, so that only its owner reads it; raises OSError."""
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        os.fchmod(descriptor, 0o600)  # of a file that was there
    finally:
        os.close(descriptor)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads; raises OSError."""
    make_private(path)
    path.write_bytes(content)
