"""Receipts: what a student submitted, in one text that can be verified later.

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

__all__ = ["Receipt", "is_genuine", "issue_receipt", "last_receipt"]


ISSUE = insert(receipt)
LAST = (
    select(receipt)
    .where(receipt.c.attempt == bindparam("attempt_id"))
    .order_by(receipt.c.seq.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """An issued receipt."""

    attempt: str
    body: str
    digest: str
    signature: str


def is_genuine(signer: Signer, issued: Receipt) -> bool:
    """Whether the server with this secret issued this receipt."""
    digest = hashlib.sha256(issued.body.encode()).hexdigest()
    same = hmac.compare_digest(digest, issued.digest)
    return same and hmac.compare_digest(signer.of("receipt", digest), issued.signature)


def issue_receipt(connection: Connection, row: AttemptRow, signer: Signer) -> Receipt:
    """Issue the receipt of an attempt that was just closed; an attempt gets one each time it is closed."""
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
                [pos, stored_answer.rev, stored_answer.received_at, stored_answer.response]
                for pos, stored_answer in answers_of(connection, row.id).items()
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


def last_receipt(connection: Connection, attempt_id: str) -> Receipt | None:
    """The newest receipt of an attempt."""
    row = connection.execute(LAST, {"attempt_id": attempt_id}).one_or_none()
    return None if row is None else Receipt(row.attempt, row.body, row.digest, row.signature)
