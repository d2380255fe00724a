"""A browser's network side without the browser: one kept connection, so cheap that thousands fit."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from random import Random
from typing import Any

from quizzes.attempts.response import Answer

__all__ = ["Acknowledged", "Asked", "Connection", "HttpReply", "Lost", "Student", "asked_in"]


PATIENCE = 30.0  # seconds


class Lost(Exception):
    """The server did not answer: it is gone, or the connection is."""


@dataclass(frozen=True, slots=True)
class HttpReply:
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

    async def get(self, path: str) -> HttpReply:
        """A page."""
        return await self._send(f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode())

    async def ask(self, path: str, body: Any) -> HttpReply:
        """A request of a page's script."""
        return await self._post(path, json.dumps(body).encode(), "application/json")

    async def form(self, path: str, fields: str) -> HttpReply:
        """A form, its fields as they are sent."""
        return await self._post(path, fields.encode(), "application/x-www-form-urlencoded")

    async def close(self) -> None:
        """Let the server know."""
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
            self._writer = None

    async def _post(self, path: str, body: bytes, kind: str) -> HttpReply:
        head = (
            f"POST {path} HTTP/1.1\r\n{self._head}Content-Type: {kind}\r\nX-Form-Token: {self.token}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return await self._send(head.encode() + body)

    async def _send(self, request: bytes) -> HttpReply:
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
        return HttpReply(status, headers, body, time.perf_counter() - began)

    async def _receive(self) -> tuple[int, dict[str, str], bytes]:
        assert self._reader is not None
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        _, status, *_ = head[0].split(" ")
        return int(status), headers, body


SECTION = re.compile(r'<section class="question"[^>]* data-pos="(\d+)"[^>]* data-kind="(\w+)"')
CONTROL = re.compile(r'<(input|select|textarea)\b([^>]*) name="a\d+(?:\.([^"]+))?"([^>]*)')
VALUE = re.compile(r' value="([^"]*)"')
OPTION = re.compile(r'<option value="([^"]+)"')
LARGEST_NUMBER = 10**6


@dataclass(frozen=True)
class Asked:
    """A question as its page shows it: its fields by id, each with the values to choose from, if any."""

    pos: int
    kind: str
    fields: Mapping[str, tuple[str, ...]]

    def answer(self, dice: Random) -> Answer:
        """A valid answer, hardly ever the one before."""
        number = str(dice.randrange(LARGEST_NUMBER))
        alone = self.fields.get("", ())
        match self.kind:
            case "ordering":
                return dice.sample(list(self.fields), len(self.fields))
            case "matching" | "blanks":
                return {id: dice.choice(values) if values else number for id, values in self.fields.items()}
            case "choices":
                return dice.sample(alone, dice.randint(1, len(alone)))
        return dice.choice(alone) if alone else number


def asked_in(page: str) -> list[Asked]:
    """The questions of a quiz page."""
    heads = list(SECTION.finditer(page))
    ends = [head.start() for head in heads[1:]] + [len(page)]
    return [
        Asked(int(head[1]), head[2], _fields_in(page[head.end() : end]))
        for head, end in zip(heads, ends, strict=True)
    ]


def _fields_in(section: str) -> dict[str, tuple[str, ...]]:
    fields: dict[str, tuple[str, ...]] = {}
    for control in CONTROL.finditer(section):
        tag, attributes, id = control[1], control[2] + control[4], unescape(control[3] or "")
        values: list[str] = []
        if tag == "select":
            values = OPTION.findall(section[control.end() : section.index("</select>", control.end())])
        elif 'type="radio"' in attributes or 'type="checkbox"' in attributes:
            values = VALUE.findall(attributes)
        fields[id] = (*fields.get(id, ()), *map(unescape, values))
    return fields


DIGEST = re.compile(rb'class="digest"><code>([0-9a-f]{64})<')
TRIES = 60
LONGEST = 15  # of the first pause


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A save the server said it has."""

    attempt: str
    pos: int
    rev: int
    answer: Answer


@dataclass
class Student:
    """A student's browser."""

    connection: Connection
    quiz: str
    dice: random.Random
    record: Any  # called with the kind of request and its reply
    pause: float = 1.0  # seconds before a request is sent again, growing
    attempt: str = ""
    pen: str = ""
    questions: list[Asked] = field(default_factory=list)
    revs: dict[int, int] = field(default_factory=dict)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    refused: int = 0
    receipt: str = ""  # the digest on the receipt's page, once the attempt was handed in

    async def start(self) -> None:
        """Start page, start, quiz page: what a browser asks for at the opening."""
        page = await self._sent("start page", lambda: self.connection.get(f"/quizzes/{self.quiz}"))
        self.connection.token = _between(page.body, b'name="form-token" content="')
        fields = f"token={self.connection.token}"
        begun = await self._sent(
            "start", lambda: self.connection.form(f"/quizzes/{self.quiz}/start", fields), 303
        )
        self.attempt = begun.headers["location"].rpartition("/")[2].partition("#")[0]
        shown = await self._sent("quiz page", lambda: self.connection.get(f"/attempts/{self.attempt}"))
        self.questions = asked_in(shown.body.decode())
        self.pen = _between(shown.body, b'data-pen="')
        if not begun.headers["location"].endswith("#begun"):  # another window may have begun it
            await self.take_pen()

    async def take_pen(self) -> None:
        """Let this window write."""
        self.pen = f"{self.dice.getrandbits(96):024x}"
        await self._sent(
            "pen", lambda: self.connection.ask(f"/attempts/{self.attempt}/pen", {"pen": self.pen})
        )

    async def save(self) -> None:
        """Save some answer to one of the questions, with the same save id until the server has answered."""
        asked = self.dice.choice(self.questions)
        pos, answer = asked.pos, asked.answer(self.dice)
        path, base = f"/attempts/{self.attempt}/answers/{pos}", self.revs.get(pos, 0)
        body = {
            "answer": answer,
            "base_rev": base,
            "save_id": f"{self.dice.getrandbits(96):024x}",
            "pen": self.pen,
        }
        reply = await self._sent("save", lambda: self.connection.ask(path, body), 200, 409, 422)
        said = reply.json()
        if reply.status == 200:
            self.revs[pos] = said["rev"]
            self.acknowledged.append(Acknowledged(self.attempt, pos, said["rev"], answer))
        else:
            self.refused += 1
            self.revs[pos] = said.get("rev", base)

    async def look_at_the_clock(self) -> None:
        """As an open page does three times a minute."""
        await self._sent("clock", lambda: self.connection.get(f"/attempts/{self.attempt}/clock"))

    async def finish(self) -> None:
        """The last save, handing in, the receipt's page."""
        await self.save()
        path = f"/attempts/{self.attempt}"
        await self._sent("finish", lambda: self.connection.ask(f"{path}/finish", {"timer": False}))
        shown = await self._sent("receipt", lambda: self.connection.get(f"{path}/receipt"))
        if digest := DIGEST.search(shown.body):
            self.receipt = digest[1].decode()

    async def _sent(self, kind: str, send: Any, *wanted: int) -> HttpReply:
        """Send until it is answered; whatever is not a reply of ours is a try that failed."""
        for turn in range(TRIES):
            wait = 0.0
            try:
                reply: HttpReply = await send()
            except Lost:
                self.record(kind, None)
            else:
                self.record(kind, reply)
                if reply.status in (wanted or (200,)):
                    return reply
                if reply.status < 500 and reply.status != 429:
                    raise Lost(f"{kind}: {reply.status} {reply.body[:200]!r}")
                wait = float(reply.headers.get("retry-after", 0))
            pause = max(wait, self.pause * min(LONGEST, 1.5**turn))
            await asyncio.sleep(pause * self.dice.uniform(0.7, 1.3))
        raise Lost(f"{kind}: no answer in {TRIES} tries")


def _between(page: bytes, before: bytes) -> str:
    """What stands behind these words in a page, up to the next quotation mark."""
    return page.split(before, 1)[1].split(b'"', 1)[0].decode()
