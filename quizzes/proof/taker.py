"""One taker: starts, saves as the page's script does, hands in; remembers every acknowledged save."""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass, field
from typing import Any

from quizzes.proof.client import Connection, Lost, Reply

__all__ = ["Acknowledged", "Taker"]

QUESTION = re.compile(rb'<section class="question"[^>]* data-pos="(\d+)"[^>]* data-kind="(\w+)"')
ANYTHING = (b"numeric", b"short_text", b"expression", b"essay")
TRIES = 60
PAUSE = 1.0  # seconds before a request is sent again, growing


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A save the server said it has."""

    attempt: str
    pos: int
    rev: int
    answer: str


@dataclass
class Taker:
    """A student's browser."""

    connection: Connection
    quiz: str
    dice: random.Random
    record: Any  # called with the kind of request and its reply
    attempt: str = ""
    pen: str = ""
    questions: list[int] = field(default_factory=list)  # those that take any number or text
    revs: dict[int, int] = field(default_factory=dict)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    refused: int = 0

    async def start(self) -> None:
        """Start page, start, quiz page: what a browser asks for at the opening."""
        page = await self._sent("start page", lambda: self.connection.get(f"/quizzes/{self.quiz}"))
        self.connection.token = _between(page.body, b'name="form-token" content="')
        fields = f"token={self.connection.token}"
        begun = await self._sent(
            "start", lambda: self.connection.form(f"/quizzes/{self.quiz}/start", fields), wanted=303
        )
        self.attempt = begun.headers["location"].rpartition("/")[2].partition("#")[0]
        shown = await self._sent("quiz page", lambda: self.connection.get(f"/attempts/{self.attempt}"))
        kinds = QUESTION.findall(shown.body)
        self.questions = [int(pos) for pos, kind in kinds if kind in ANYTHING]
        if not self.questions:
            raise Lost(f"{self.quiz} has no question that takes a number or a text")
        self.pen = _between(shown.body, b'data-pen="')

    async def save(self) -> None:
        """Save a number at one of the questions, with the same save id until the server has answered."""
        pos, answer = self.dice.choice(self.questions), str(self.dice.randrange(10**6))
        path, base = f"/attempts/{self.attempt}/answers/{pos}", self.revs.get(pos, 0)
        body = {
            "answer": answer,
            "base_rev": base,
            "save_id": f"{self.dice.getrandbits(96):024x}",
            "pen": self.pen,
        }
        reply = await self._sent("save", lambda: self.connection.ask(path, body))
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
        await self._sent("receipt", lambda: self.connection.get(f"{path}/receipt"))

    async def _sent(self, kind: str, send: Any, wanted: int = 200) -> Reply:
        """Send until it is answered; whatever is not a reply of ours is a try that failed."""
        for turn in range(TRIES):
            try:
                reply: Reply = await send()
            except Lost:
                self.record(kind, None)
            else:
                self.record(kind, reply)
                if reply.status in (wanted, 409):
                    return reply
                if reply.status < 500 and reply.status != 429:
                    raise Lost(f"{kind}: {reply.status} {reply.body[:200]!r}")
            await asyncio.sleep(min(15.0, PAUSE * 1.5**turn) * self.dice.uniform(0.7, 1.3))
        raise Lost(f"{kind}: no answer in {TRIES} tries")


def _between(page: bytes, before: bytes) -> str:
    """What stands behind these words in a page, up to the next quotation mark."""
    return page.split(before, 1)[1].split(b'"', 1)[0].decode()
