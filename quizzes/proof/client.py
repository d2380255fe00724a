"""A browser's network side without the browser: one kept connection, so cheap that thousands fit."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass
from typing import Any

__all__ = ["Connection", "Lost", "Reply"]

PATIENCE = 30.0  # seconds


class Lost(Exception):
    """The server did not answer: it is gone, or the connection is."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, and how long it took."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Connection:
    """One taker's connection; opened again whenever it was lost."""

    def __init__(self, port: int, cookie: str) -> None:
        self._cookie = cookie
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.token = ""
        self.move(port)

    def move(self, port: int) -> None:
        """From the next connection on the server is at another port."""
        self._port = port
        own = f"127.0.0.1:{port}"
        self._head = f"Host: {own}\r\nOrigin: http://{own}\r\nCookie: {self._cookie}\r\n"

    async def get(self, path: str) -> Reply:
        """A page."""
        return await self._send(f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode())

    async def ask(self, path: str, body: Any) -> Reply:
        """A request of a page's script."""
        return await self._post(path, json.dumps(body).encode(), "application/json")

    async def form(self, path: str, fields: str) -> Reply:
        """A form, its fields as they are sent."""
        return await self._post(path, fields.encode(), "application/x-www-form-urlencoded")

    async def close(self) -> None:
        """Let the server know."""
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
            self._writer = None

    async def _post(self, path: str, body: bytes, kind: str) -> Reply:
        head = (
            f"POST {path} HTTP/1.1\r\n{self._head}Content-Type: {kind}\r\nX-Form-Token: {self.token}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return await self._send(head.encode() + body)

    async def _send(self, request: bytes) -> Reply:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                if self._writer is None:
                    self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
                self._writer.write(request)
                status, headers, body = await self._receive()
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as problem:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            raise Lost(str(problem)) from problem
        return Reply(status, headers, body, time.perf_counter() - began)

    async def _receive(self) -> tuple[int, dict[str, str], bytes]:
        assert self._reader is not None
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        _, status, *_ = head[0].split(" ")
        return int(status), headers, body
