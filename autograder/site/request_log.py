"""Structured logs that can never fail a save: one JSON object a line, written by a thread of its own.

Whoever logs puts a line into a queue and goes on. When the file cannot be written, or not as fast, lines are
lost and counted; the next line that is written says how many. Nothing of answers, codes or links is in them.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from autograder.errors import UsageError

__all__ = ["LogFile", "RequestLogMiddleware"]


MOST = 10_000  # lines that wait
PATIENCE = 2.0  # seconds for the last lines at the end
SECRET = "/sign-in/"  # what follows in an address signs somebody in


class LogFile(logging.Handler):
    """The file; also what the program's own loggers write to while it is open."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        try:
            # A pipe that nobody reads must not keep the server from starting.
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK, 0o600)
        except OSError as problem:
            raise UsageError(
                f"{path} cannot be written: {problem.strerror}.", next_step="Name another file with --log."
            ) from problem
        self._lines: queue.Queue[dict[str, object] | None] = queue.Queue(MOST)
        self.lost = 0
        self._thread = threading.Thread(target=self._write, name="quiz-log", daemon=True)
        self._thread.start()

    def put(self, **said: object) -> None:
        """A line; never waits and never raises."""
        try:
            self._lines.put_nowait({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **said})
        except queue.Full:
            self.lost += 1

    def emit(self, record: logging.LogRecord) -> None:
        """A line of the program's own loggers."""
        try:
            said: dict[str, object] = {"level": record.levelname.lower(), "logger": record.name}
            said["message"] = record.getMessage()
            if record.exc_info:
                said["trace"] = logging.Formatter().formatException(record.exc_info)
        except Exception:  # a message that cannot be made is no reason to fail either
            self.lost += 1
            return
        self.put(**said)

    def close(self) -> None:
        """Write what waits, as far as it can be, and close the file."""
        if self._thread.is_alive():
            with suppress(queue.Full):
                self._lines.put(None, timeout=PATIENCE)
            self._thread.join(timeout=PATIENCE)
            os.close(self._file)
        super().close()

    def _write(self) -> None:
        while (said := self._lines.get()) is not None:
            lost = self.lost
            line = json.dumps({**said, **({"lost": lost} if lost else {})}, default=str, ensure_ascii=False)
            try:
                data = line.encode("utf-8", "replace") + b"\n"
                if os.write(self._file, data) < len(data):
                    raise OSError("cut off")
                self.lost -= lost
            except OSError:
                self.lost += 1

    def __enter__(self) -> LogFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def for_all(self) -> Iterator[None]:
        """Let the program's own loggers write to it, too."""
        root = logging.getLogger()
        root.addHandler(self)
        try:
            yield
        finally:
            root.removeHandler(self)


class RequestLogMiddleware:
    """A layer that logs each request: what was asked, what came of it, how long it took."""

    def __init__(self, app: ASGIApp, log: LogFile) -> None:
        self._app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and say so."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 0, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            path = str(scope["path"])
            self._log.put(
                method=scope["method"],
                path=f"{SECRET}…" if path.startswith(SECRET) else path,
                status=status,
                ms=round(1000 * (time.perf_counter() - began), 1),
            )
