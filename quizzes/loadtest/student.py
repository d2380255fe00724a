"""A student of the tests: the requests of a browser over one connection, cheap enough for thousands."""

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

from quizzes.content.question import Answer

__all__ = ["Acknowledged", "Connection", "HttpReply", "Lost", "PageQuestion", "Student", "questions_in"]


TIMEOUT = 30.0  # seconds


class Lost(Exception):
    """The server did not answer, or the connection was lost."""


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A reply, and the seconds it took."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Connection:
    """A student's connection; opened again whenever it was lost."""

    def __init__(self, port: int, cookie: str, timeout: float = TIMEOUT) -> None:
        """`timeout` is how many seconds a reply may take."""
        self._cookie, self._timeout = cookie, timeout
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.token = ""
        self.move(port)

    def move(self, port: int) -> None:
        """Use another port of the server from the next connection on."""
        self._port = port
        host = f"127.0.0.1:{port}"
        self._head = f"Host: {host}\r\nOrigin: http://{host}\r\nCookie: {self._cookie}\r\n"

    async def get(self, path: str) -> HttpReply:
        """Get a page."""
        return await self._send(f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode())

    async def ask(self, path: str, body: Any) -> HttpReply:
        """Send a request of a page's script."""
        return await self._post(path, json.dumps(body).encode(), "application/json")

    async def form(self, path: str, fields: str) -> HttpReply:
        """Send a form, with its encoded fields."""
        return await self._post(path, fields.encode(), "application/x-www-form-urlencoded")

    async def close(self) -> None:
        """Close the connection."""
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
            async with asyncio.timeout(self._timeout):
                if self._writer is None:
                    self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
                self._writer.write(request)
                status, headers, body = await self._receive()
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as problem:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            raise Lost(str(problem) or f"no answer within {self._timeout:.0f} s") from problem
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
class PageQuestion:
    """A question on its page: its fields by id, each with the values to choose from, if any."""

    pos: int
    kind: str
    fields: Mapping[str, tuple[str, ...]]

    def answer(self, dice: Random) -> Answer:
        """A valid answer, hardly ever the same as before."""
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


def questions_in(page: str) -> list[PageQuestion]:
    """The questions of a quiz page."""
    heads = list(SECTION.finditer(page))
    ends = [head.start() for head in heads[1:]] + [len(page)]
    return [
        PageQuestion(int(head[1]), head[2], _fields_in(page[head.end() : end]))
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
LONGEST = 15  # pauses grow up to so many times the first one


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A save that the server acknowledged."""

    attempt: str
    pos: int
    rev: int
    answer: Answer


@dataclass
class Student:
    """A student with a browser."""

    connection: Connection
    quiz: str
    dice: random.Random
    record: Any  # called with the kind of request and its reply
    pause: float = 1.0  # seconds before a request is sent again, growing
    attempt: str = ""
    lock: str = ""
    questions: list[PageQuestion] = field(default_factory=list)
    revs: dict[int, int] = field(default_factory=dict)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    refused: int = 0
    receipt: str = ""  # the digest on the receipt's page, once the attempt was submitted

    async def start(self) -> None:
        """Request the start page, the start and the quiz page, as a browser does at the opening."""
        page = await self._sent("start page", lambda: self.connection.get(f"/quizzes/{self.quiz}"))
        self.connection.token = _between(page.body, b'name="form-token" content="')
        fields = f"token={self.connection.token}"
        begun = await self._sent(
            "start", lambda: self.connection.form(f"/quizzes/{self.quiz}/start", fields), 303
        )
        self.attempt = begun.headers["location"].rpartition("/")[2].partition("#")[0]
        shown = await self._sent("quiz page", lambda: self.connection.get(f"/attempts/{self.attempt}"))
        self.questions = questions_in(shown.body.decode())
        self.lock = _between(shown.body, b'data-lock="')
        if not begun.headers["location"].endswith("#begun"):  # another tab may have started it
            await self.take_lock()

    async def take_lock(self) -> None:
        """Take the edit lock."""
        self.lock = f"{self.dice.getrandbits(96):024x}"
        await self._sent(
            "lock", lambda: self.connection.ask(f"/attempts/{self.attempt}/lock", {"lock": self.lock})
        )

    async def save(self) -> None:
        """Save an answer to a random question, with the same save id until the server has answered."""
        question = self.dice.choice(self.questions)
        pos, answer = question.pos, question.answer(self.dice)
        path, base = f"/attempts/{self.attempt}/answers/{pos}", self.revs.get(pos, 0)
        body = {
            "answer": answer,
            "base_rev": base,
            "save_id": f"{self.dice.getrandbits(96):024x}",
            "lock": self.lock,
        }
        reply = await self._sent("save", lambda: self.connection.ask(path, body), 200, 409, 422)
        payload = reply.json()
        if reply.status == 200:
            self.revs[pos] = payload["rev"]
            self.acknowledged.append(Acknowledged(self.attempt, pos, payload["rev"], answer))
        else:
            self.refused += 1
            self.revs[pos] = payload.get("rev", base)

    async def request_status(self) -> None:
        """Request the status, as an open page does three times a minute."""
        await self._sent("status", lambda: self.connection.get(f"/attempts/{self.attempt}/status"))

    async def finish(self) -> None:
        """Save once more, submit, and request the receipt's page."""
        await self.save()
        path = f"/attempts/{self.attempt}"
        await self._sent("finish", lambda: self.connection.ask(f"{path}/finish", {"timer": False}))
        shown = await self._sent("receipt", lambda: self.connection.get(f"{path}/receipt"))
        if digest := DIGEST.search(shown.body):
            self.receipt = digest[1].decode()

    async def _sent(self, kind: str, send: Any, *statuses: int) -> HttpReply:
        """Send until the server answers; an error of the server or the network is retried."""
        for turn in range(TRIES):
            wait = 0.0
            try:
                reply: HttpReply = await send()
            except Lost:
                self.record(kind, None)
            else:
                self.record(kind, reply)
                if reply.status in (statuses or (200,)):
                    return reply
                if reply.status < 500 and reply.status != 429:
                    raise Lost(f"{kind}: {reply.status} {reply.body[:200]!r}")
                wait = float(reply.headers.get("retry-after", 0))
            pause = max(wait, self.pause * min(LONGEST, 1.5**turn))
            await asyncio.sleep(pause * self.dice.uniform(0.7, 1.3))
        raise Lost(f"{kind}: no answer in {TRIES} tries")


def _between(page: bytes, before: bytes) -> str:
    """The text after `before` in a page, up to the next quotation mark."""
    return page.split(before, 1)[1].split(b'"', 1)[0].decode()
