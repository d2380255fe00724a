"""A progress bar for training cells, of text alone: JupyterLab, VS Code, Colab, terminals show it alike.

In a notebook one output is updated, so that what is saved does not grow; a terminal's line is written over.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

__all__ = ["progress"]

T = TypeVar("T")
WIDTH = 24
REDRAW_SECONDS = 0.25  # seconds between two looks


def progress(items: Sequence[T], label: str = "") -> Iterator[T]:
    """The items, with a bar that shows the progress and disappears at the end.

    A loop of less than a quarter of a second shows nothing. `label` names the loop.
    """
    started = shown = time.monotonic()
    show: Callable[[str], None] | None = None
    for done, item in enumerate(items):
        if (now := time.monotonic()) - shown >= REDRAW_SECONDS:
            shown = now
            show = show or _display()
            show(_line(label, done, len(items), now - started))
        yield item
    if show is not None:
        show("")


def _line(label: str, done: int, total: int, seconds: float) -> str:
    full = WIDTH * done // total
    left = seconds * (total - done) / done if done else 0.0
    return f"{label} {'█' * full}{'·' * (WIDTH - full)} {done} of {total}, {left:.0f} s left".lstrip()


def _display() -> Callable[[str], None]:
    """What shows a line in place of the line before."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return _in_notebook() if hasattr(shell, "kernel") else _in_terminal()


def _in_notebook() -> Callable[[str], None]:
    from IPython import display

    handle: Any = display.display({"text/plain": ""}, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def show(line: str) -> None:
        handle.update({"text/plain": line}, raw=True)

    return show


def _in_terminal() -> Callable[[str], None]:
    written = 0

    def show(line: str) -> None:
        nonlocal written
        sys.stdout.write("\r" + line.ljust(written) + ("" if line else "\r"))
        sys.stdout.flush()
        written = len(line)

    return show
