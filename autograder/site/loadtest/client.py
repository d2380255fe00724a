"""A student's or a staff member's browser in a load test: pages, uploads, and what they took."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from hashlib import sha256

import httpx

__all__ = ["Client", "Receipt", "Times"]

TIMEOUT = 60.0  # seconds
FIRST_LOOK, NEXT_LOOK = 0.4, 2.0  # seconds; the next one where the server does not say


@dataclass
class Times:
    """The seconds of all requests by kind, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    problems: Counter[str] = field(default_factory=Counter)

    @property
    def faults(self) -> int:
        """How many requests had no answer, or one of a server in trouble."""
        return sum(self.problems.values())


@dataclass(frozen=True)
class Receipt:
    """An acknowledged submission: its page, and the digest of its bytes."""

    path: str
    digest: str

    @property
    def submission(self) -> str:
        """Its id."""
        return self.path.rpartition("/")[2]


class Client:
    """A browser that has signed in."""

    def __init__(self, port: int, session: str, assignment: str, times: Times) -> None:
        self.assignment, self.times, self._session = assignment, times, session
        self._token = ""
        self._http = self._open(port)

    def _open(self, port: int) -> httpx.AsyncClient:
        address = f"http://127.0.0.1:{port}"
        return httpx.AsyncClient(
            base_url=address,
            cookies={"quiz_session": self._session},
            headers={"Origin": address},
            timeout=TIMEOUT,
        )

    async def move(self, port: int) -> None:
        """Use a server on another port from now on."""
        await self._http.aclose()
        self._http = self._open(port)

    async def close(self) -> None:
        """Close the connection."""
        await self._http.aclose()

    async def page(self, path: str, kind: str) -> tuple[str, int]:
        """A page and its compressed size in bytes; an empty one where there was no answer."""
        reply = await self._timed(kind, self._http.build_request("GET", path))
        if reply is None or reply.status_code != 200:
            return "", 0
        return reply.text, len(gzip.compress(reply.content, 6))

    async def upload(self, content: bytes, kind: str = "receipt") -> Receipt | None:
        """Open the assignment's page and submit a notebook; None where that was not acknowledged."""
        if not self._token:
            page, _ = await self.page(f"/homework/{self.assignment}", "assignment")
            self._token = page.partition('name="form-token" content="')[2].partition('"')[0]
        request = self._http.build_request(
            "POST",
            f"/homework/{self.assignment}/upload",
            data={"token": self._token},
            files={"notebook": (f"{self.assignment}.ipynb", content)},
        )
        reply = await self._timed(kind, request)
        if reply is None or reply.status_code != 303:
            return None
        return Receipt(reply.headers["Location"], sha256(content).hexdigest())

    async def graded(self, receipt: Receipt, within: float) -> bool:
        """Wait as the page's script does until a submission is graded; False where that takes too long."""
        ends, pause = time.monotonic() + within, FIRST_LOOK
        while time.monotonic() < ends:
            await asyncio.sleep(pause)
            request = self._http.build_request("GET", f"{receipt.path}/status")
            reply = await self._timed("status", request)
            status = reply.json() if reply is not None and reply.status_code == 200 else {}
            if status.get("state") == "graded":
                return True
            pause = status.get("again", 1000 * NEXT_LOOK) / 1000
        return False

    async def _timed(self, kind: str, request: httpx.Request) -> httpx.Response | None:
        began = time.monotonic()
        try:
            reply = await self._http.send(request)
        except httpx.TransportError as problem:
            self.times.problems[f"{kind}: {type(problem).__name__}"] += 1
            return None
        if reply.status_code >= 400:
            self.times.problems[f"{kind}: {reply.status_code}"] += 1
            return reply
        self.times.seconds[kind].append(time.monotonic() - began)
        return reply
