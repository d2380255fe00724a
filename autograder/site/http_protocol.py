"""The HTTP protocol of the server: uvicorn's, with a bounded time and size for the headers of a request.

uvicorn waits for ever for the rest of a request's headers. Connections that send none, or half of them, would
hold sockets and memory as long as they like. The time for a body is bounded in `autograder.site.middleware`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.auto import AutoHTTPProtocol

__all__ = ["BACKLOG", "HEADER_SECONDS", "MOST_HEADER_BYTES", "http_config"]

BACKLOG = 4096  # connections of a whole lecture hall at once
HEADER_SECONDS = 20.0
MOST_HEADER_BYTES = 64 * 1024


def http_config(
    app: ASGIApp, *, proxies: Sequence[str] = (), header_seconds: float = HEADER_SECONDS
) -> uvicorn.Config:
    """The configuration of the server.

    `proxies` are the addresses whose X-Forwarded-For and X-Forwarded-Proto are believed; nobody else's are.
    """

    class Protocol(_BoundedProtocol):
        seconds = header_seconds

    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        access_log=False,
        # Not uvloop: it takes one new connection a turn, and in a herd the newest wait for seconds.
        loop="asyncio",
        log_config=None,  # it would close handlers that are there
        log_level="warning",
        lifespan="off",
        backlog=BACKLOG,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
    )


class _BoundedProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Closes a connection whose headers are not complete in time, or that sends too many of them."""

    seconds = HEADER_SECONDS
    _timer: asyncio.TimerHandle | None = None
    _header_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Pass the data on; wait on while a request's headers are incomplete.

        Most requests come whole, and cost no timer.
        """
        if self._timer is None and not self._answering():
            self._header_bytes = 0
        self._header_bytes += len(data)
        super().data_received(data)
        if self._answering():
            self._stop_waiting()
        elif self._header_bytes > MOST_HEADER_BYTES:
            self._close()
        elif self._timer is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _answering(self) -> bool:
        """Whether the headers of a request are complete and its response is not."""
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self.seconds, self._close)

    def _stop_waiting(self) -> None:
        self._header_bytes = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close(self) -> None:
        self._stop_waiting()
        self.transport.close()
