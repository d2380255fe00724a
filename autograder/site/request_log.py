"""Structured logs that cannot fail a save: one JSON object per line, written by a thread of its own.

Logging puts a line into a queue and never waits. If the file cannot be written, or not fast enough, lines are
lost and counted, and the next written line has their number. Answers, codes and links are never logged.
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

__all__ = ["LogFile", "RequestLogMiddleware", "path_to_log"]


LONGEST_QUEUE = 10_000  # lines
TIMEOUT = 2.0  # seconds for the last lines when the file is closed
SECRETS = ("/sign-in/", "/lti/registration/")  # the rest of such an address lets somebody in


class LogFile(logging.Handler):
    """The log file; a handler for the program's loggers as well."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        try:
            # A pipe without a reader must not keep the server from starting.
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK, 0o600)
        except OSError as problem:
            raise UsageError(
                f"{path} cannot be written: {problem.strerror}.", next_step="Name another file with --log."
            ) from problem
        self._lines: queue.Queue[dict[str, object] | None] = queue.Queue(LONGEST_QUEUE)
        self.lost = 0
        self._thread = threading.Thread(target=self._write, name="quiz-log", daemon=True)
        self._thread.start()

    def put(self, **fields: object) -> None:
        """Log a line; never waits and never raises."""
        try:
            self._lines.put_nowait({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **fields})
        except queue.Full:
            self.lost += 1

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record of the program's loggers."""
        try:
            fields: dict[str, object] = {"level": record.levelname.lower(), "logger": record.name}
            fields["message"] = record.getMessage()
            if record.exc_info:
                fields["trace"] = logging.Formatter().formatException(record.exc_info)
        except Exception:  # a message that cannot be formatted must not fail the program
            self.lost += 1
            return
        self.put(**fields)

    def close(self) -> None:
        """Write the queued lines, as far as possible, and close the file."""
        if self._thread.is_alive():
            with suppress(queue.Full):
                self._lines.put(None, timeout=TIMEOUT)
            self._thread.join(timeout=TIMEOUT)
            os.close(self._file)
        super().close()

    def _write(self) -> None:
        while (fields := self._lines.get()) is not None:
            lost = self.lost
            line = json.dumps({**fields, **({"lost": lost} if lost else {})}, default=str, ensure_ascii=False)
            try:
                data = line.encode("utf-8", "replace") + b"\n"
                if os.write(self._file, data) < len(data):
                    raise OSError("a line was cut off")
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
        """Attach it to the program's loggers."""
        root = logging.getLogger()
        root.addHandler(self)
        try:
            yield
        finally:
            root.removeHandler(self)


def path_to_log(path: str) -> str:
    """The path of a request without a secret in it."""
    return next((f"{start}…" for start in SECRETS if path.startswith(start)), path)


class RequestLogMiddleware:
    """Middleware that logs each request with its method, path, status and time."""

    def __init__(self, app: ASGIApp, log: LogFile) -> None:
        self._app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request and log it."""
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
            self._log.put(
                method=scope["method"],
                path=path_to_log(str(scope["path"])),
                status=status,
                ms=round(1000 * (time.perf_counter() - began), 1),
            )
