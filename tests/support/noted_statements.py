"""The SQL statements of a live server, counted: what a page or a background task asks of the database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from live_server import LiveServer
from sqlalchemy import event

__all__ = ["noted_statements"]


@contextmanager
def noted_statements(
    server: LiveServer, of: Callable[[threading.Thread], bool] = lambda _: True
) -> Iterator[list[str]]:
    """The statements that such threads run meanwhile; by default all."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        if of(threading.current_thread()):
            seen.append(statement)

    engines = {id(engine): engine for engine in (server.database._read, server.database._write)}
    for engine in engines.values():
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines.values():
            event.remove(engine, "before_cursor_execute", note)
