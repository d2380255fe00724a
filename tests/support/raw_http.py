"""Requests that are sent piece by piece, as a slow or broken client sends them."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from patience import PATIENCE

__all__ = ["RawRequest", "raw_request"]


class RawRequest:
    """A connection whose bytes a test sends one by one."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        assert parts.hostname is not None and parts.port is not None
        self.host = parts.netloc
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)

    def send(self, data: bytes) -> None:
        """Send some bytes."""
        self.socket.sendall(data)

    def head(self, method: str, path: str, length: int, **headers: str) -> None:
        """Send all headers of a request, and nothing of its body."""
        named = {"Host": self.host, "Content-Length": str(length), **headers}
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in named.items()]
        self.send("\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode())

    def reply(self) -> bytes:
        """Everything the server sends until it closes the connection, or a whole response is there."""
        received = b""
        while chunk := self.socket.recv(65536):
            received += chunk
            head, _, body = received.lower().partition(b"\r\n\r\n")
            length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
            if length and len(body) >= int(length) and b"connection: close" not in head:
                break
        return received


@contextmanager
def raw_request(address: str) -> Iterator[RawRequest]:
    """A connection that is closed at the end."""
    request = RawRequest(address)
    try:
        yield request
    finally:
        request.socket.close()


# Below the ports that systems give to connections and to servers that ask for any: of those, one that is free
# now may be given to a connection of another test before the program that it is meant for has started.
FIRST_PORT, LAST_PORT = 10_000, 32_000


def free_port() -> int:
    """A port of this machine that nobody uses, for a program that cannot choose one itself."""
    while True:
        port = random.SystemRandom().randint(FIRST_PORT, LAST_PORT)  # processes of a suite share a seed
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
