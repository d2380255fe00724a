"""A progress bar for training cells, of text alone: JupyterLab, VS Code, Colab, terminals show it alike."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

__all__ = ["progress"]

T = TypeVar("T")
WIDTH = 24
REDRAW_SECONDS = 0.25  # seconds between two looks, so that what is saved with a notebook stays short


def progress(items: Sequence[T], label: str = "") -> Iterator[T]:
    """The items, with a bar that shows the progress and disappears at the end.

    A loop of less than a quarter of a second shows nothing. `label` names the loop.
    """
    started = shown = time.monotonic()
    written = 0
    for done, item in enumerate(items):
        if (now := time.monotonic()) - shown >= REDRAW_SECONDS:
            shown = now
            written = _write(_line(label, done, len(items), now - started), written)
        yield item
    if written:
        _write("", written)


def _line(label: str, done: int, total: int, seconds: float) -> str:
    full = WIDTH * done // total
    left = seconds * (total - done) / done if done else 0.0
    return f"{label} {'█' * full}{'·' * (WIDTH - full)} {done} of {total}, {left:.0f} s left".lstrip()


def _write(line: str, before: int) -> int:
    """Write over the line before; returns how long this one is."""
    sys.stdout.write("\r" + line.ljust(before) + ("" if line else "\r"))
    sys.stdout.flush()
    return len(line)
