"""Which function of a course's files runs long: nothing else tells an author of one that never ends."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

__all__ = ["naming_long_running"]

LONG = 60.0  # seconds; a reference that trains on all images takes less
PAUSE = 0.5  # seconds between looks


@contextmanager
def naming_long_running(
    folders: Sequence[Path], tell: Callable[[str], object], seconds: float = LONG
) -> Iterator[None]:
    """Tell once of each function of the folders' files that this thread is in for `seconds`.

    The sentence names the function that was called from outside the files, and the line where it is now.
    """
    watched, ended = threading.get_ident(), threading.Event()
    roots = [f"{path}/" for folder in folders for path in (folder.absolute(), folder.resolve())]

    def look() -> None:
        entered: FrameType | None = None
        waited = 0.0
        while not ended.wait(PAUSE):
            frames = _frames_in(sys._current_frames().get(watched), roots)
            outermost = frames[-1] if frames else None
            if outermost is None or outermost is not entered:
                entered, waited = outermost, 0.0
                continue
            before, waited = waited, waited + PAUSE
            if before < seconds <= waited:
                place = Path(frames[0].f_code.co_filename)
                tell(
                    f"{outermost.f_code.co_name} has been running for {seconds:g} s; it is in "
                    f"{'/'.join(place.parts[-3:])}, line {frames[0].f_lineno}. Ctrl-C stops it."
                )

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _frames_in(frame: FrameType | None, roots: Sequence[str]) -> list[FrameType]:
    """The frames that run code of files below the roots, the innermost first."""
    found = []
    while frame is not None:
        if frame.f_code.co_filename.startswith(tuple(roots)):
            found.append(frame)
        frame = frame.f_back
    return found
