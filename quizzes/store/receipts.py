"""Receipts: what a student handed in, in one text that can be checked later.

The body lists the final answers and all times; the digest is its SHA-256, which a student can note down, and
the signature an HMAC with the server's secret, so that only this server can have issued it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select

from quizzes.store.attempts import AttemptRow, answers_of
from quizzes.store.schema import receipt

__all__ = ["Receipt", "Seal", "issue", "last_receipt"]

SHORTEST = 16
ISSUE = insert(receipt)
LAST = select(receipt).where(receipt.c.attempt == bindparam("one")).order_by(receipt.c.seq.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it was issued."""

    attempt: str
    body: str
    digest: str
    signature: str


class Seal:
    """The server's secret at work: it signs receipts and draws seeds."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SHORTEST:
            raise ValueError(f"a secret has at least {SHORTEST} bytes")
        self._secret = secret

    def of(self, purpose: str, text: str) -> str:
        """The HMAC-SHA256 of a text for one purpose, in hexadecimal."""
        return hmac.new(self._secret, f"{purpose}\n{text}".encode(), hashlib.sha256).hexdigest()

    def confirms(self, given: Receipt) -> bool:
        """Whether this server issued exactly this receipt."""
        digest = hashlib.sha256(given.body.encode()).hexdigest()
        same = hmac.compare_digest(digest, given.digest)
        return same and hmac.compare_digest(self.of("receipt", digest), given.signature)


def issue(connection: Connection, row: AttemptRow, seal: Seal) -> Receipt:
    """Write the receipt of an attempt that just ended; one for each time it ends."""
    body = json.dumps(
        {
            "attempt": row.id,
            "quiz": row.quiz,
            "version": row.version,
            "person": row.person,
            "number": row.number,
            "started_at": row.started_at,
            "deadline_at": row.deadline_at,
            "finished_at": row.finished_at,
            "finished_by": row.finished_by,
            "answers": [
                [pos, held.rev, held.received_at, held.raw]
                for pos, held in answers_of(connection, row.id).items()
            ],
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    digest = hashlib.sha256(body.encode()).hexdigest()
    issued = Receipt(row.id, body, digest, seal.of("receipt", digest))
    values = {"attempt": row.id, "seq": row.seq, "body": body, "digest": digest}
    connection.execute(ISSUE, {**values, "signature": issued.signature})
    return issued


def last_receipt(connection: Connection, one: str) -> Receipt | None:
    """The newest receipt of an attempt."""
    row = connection.execute(LAST, {"one": one}).one_or_none()
    return None if row is None else Receipt(row.attempt, row.body, row.digest, row.signature)
