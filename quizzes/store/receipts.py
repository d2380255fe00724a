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

from autograder.site.signer import Signer
from quizzes.store.attempts import AttemptRow, answers_of
from quizzes.store.tables import receipt

__all__ = ["Receipt", "confirms", "issue", "last_receipt"]


ISSUE = insert(receipt)
LAST = select(receipt).where(receipt.c.attempt == bindparam("one")).order_by(receipt.c.seq.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it was issued."""

    attempt: str
    body: str
    digest: str
    signature: str


def confirms(signer: Signer, given: Receipt) -> bool:
    """Whether the server with this secret issued exactly this receipt."""
    digest = hashlib.sha256(given.body.encode()).hexdigest()
    same = hmac.compare_digest(digest, given.digest)
    return same and hmac.compare_digest(signer.of("receipt", digest), given.signature)


def issue(connection: Connection, row: AttemptRow, signer: Signer) -> Receipt:
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
    issued = Receipt(row.id, body, digest, signer.of("receipt", digest))
    values = {"attempt": row.id, "seq": row.seq, "body": body, "digest": digest}
    connection.execute(ISSUE, {**values, "signature": issued.signature})
    return issued


def last_receipt(connection: Connection, one: str) -> Receipt | None:
    """The newest receipt of an attempt."""
    row = connection.execute(LAST, {"one": one}).one_or_none()
    return None if row is None else Receipt(row.attempt, row.body, row.digest, row.signature)
