"""Receipts: what a student submitted, in one text that can be verified later.

The body lists the final answers and all times; the digest is its SHA-256, which a student can note down, and
the signature an HMAC with the server's secret, so that only this server can have issued it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from autograder.site.signer import Signer
from quizzes.store.attempts import AttemptRow, answers_of
from quizzes.store.tables import receipt

__all__ = ["Receipt", "Verification", "is_genuine", "issue_receipt", "last_receipt", "verify_receipt"]


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
    digest = hashlib.sha256(issued.body.encode("utf-8", "replace")).hexdigest()
    same = hmac.compare_digest(digest.encode(), issued.digest.encode("utf-8", "replace"))
    signature = signer.of("receipt", digest).encode()
    return same and hmac.compare_digest(signature, issued.signature.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Verification:
    """The verification of a receipt that somebody shows."""

    genuine: bool  # this server issued it, unchanged
    problem: str = ""  # why it is not
    newest: bool = False  # no later receipt of the attempt was issued
    body: dict[str, Any] = field(default_factory=dict)  # of a genuine one


def verify_receipt(connection: Connection, signer: Signer, text: str) -> Verification:
    """Verify the text of a receipt's file: its digest, its signature, and the stored receipts."""
    try:
        file = json.loads(text)
        shown = Receipt("", str(file["body"]), str(file["sha256"]), str(file["signature"]))
        body = json.loads(shown.body)
        attempt_id = str(body["attempt"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return Verification(False, "This is not the file of a receipt.")
    if hashlib.sha256(shown.body.encode("utf-8", "replace")).hexdigest() != shown.digest:
        return Verification(False, "Its answers or times do not belong to its digest: it was changed.")
    if not is_genuine(signer, shown):
        return Verification(False, "Its signature is not this server's: somebody else made it.")
    last = last_receipt(connection, attempt_id)
    return Verification(True, "", last is not None and last.digest == shown.digest, body)


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
