"""One taker: starts, saves as the page's script does, hands in; remembers every acknowledged save."""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass, field
from typing import Any

from quizzes.proof.answering import Asked, asked_in
from quizzes.proof.client import Connection, Lost, Reply
from quizzes.raw import Answer

__all__ = ["Acknowledged", "Taker"]

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
class Taker:
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

    async def _sent(self, kind: str, send: Any, *wanted: int) -> Reply:
        """Send until it is answered; whatever is not a reply of ours is a try that failed."""
        for turn in range(TRIES):
            wait = 0.0
            try:
                reply: Reply = await send()
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
