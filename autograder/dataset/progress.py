"""A progress bar for a download, in the form that pooch drives."""

from __future__ import annotations

from rich.progress import Progress

__all__ = ["DownloadBar"]


class DownloadBar:
    """Shows one file's bytes on their way."""

    def __init__(self, name: str) -> None:
        self.total = 0  # set by pooch once the length is known
        self._name, self._done = name, 0
        self._progress = Progress(transient=True)
        self._task = self._progress.add_task(name)

    def update(self, amount: int) -> None:
        """Some bytes came."""
        if self._done == 0:
            self._progress.start()
        self._done += amount
        self._progress.update(self._task, total=self.total or None, completed=self._done)

    def reset(self) -> None:
        """All came; pooch counts once more from zero."""
        self._done = 0

    def close(self) -> None:
        """The file is complete."""
        self._progress.stop()
