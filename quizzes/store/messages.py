"""Messages: notices of staff to the students in a quiz, and regrade requests of students."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select, update

from autograder.errors import Conflict, NotFound, TooLarge
from autograder.site.audit import Act, id_of_form, record_act
from autograder.site.upsert import insert_once
from quizzes.store.tables import attempt, notice, regrade_request

__all__ = [
    "Notice",
    "RegradeRequest",
    "answer_regrade_request",
    "notices_of",
    "regrade_requests",
    "request_regrade",
    "send_notice",
]


LONGEST = 2_000  # characters
NOTICES = select(notice).where(notice.c.quiz == bindparam("quiz_id")).order_by(notice.c.id)


@dataclass(frozen=True, slots=True)
class Notice:
    """A message of staff to the students in a quiz."""

    id: int
    at: int
    text: str


@dataclass(frozen=True, slots=True)
class RegradeRequest:
    """A student's request to regrade one answer, with the reply of staff."""

    attempt: str
    pos: int
    at: int
    text: str
    answered_at: int | None
    reply: str | None


def send_notice(
    connection: Connection, quiz: str, text: str, *, at: int, who: str, once: str | None = None
) -> int:
    """Send a notice to the students in a quiz and return the number of the act.

    Raises Conflict for an empty and TooLarge for a long text. A form that is sent twice sends one notice.
    """
    if (done := id_of_form(connection, once)) is not None:
        return done
    checked_text = _checked(text)
    connection.execute(insert(notice).values(quiz=quiz, at=at, who=who, text=checked_text))
    return record_act(connection, Act(at, who, "message", quiz, {"text": checked_text}), once)


def notices_of(connection: Connection, quiz: str) -> list[Notice]:
    """The notices of a quiz, the oldest first."""
    return [Notice(row.id, row.at, row.text) for row in connection.execute(NOTICES, {"quiz_id": quiz})]


def request_regrade(connection: Connection, attempt_id: str, pos: int, text: str, at: int) -> None:
    """Store a regrade request for one answer; raises Conflict if there is one already."""
    if not insert_once(
        connection, regrade_request, {"attempt": attempt_id, "pos": pos, "at": at, "text": _checked(text)}
    ):
        raise Conflict(
            "You have requested a regrade of this question before.", next_step="Wait for the reply."
        )


def answer_regrade_request(
    connection: Connection, attempt_id: str, pos: int, reply: str, *, at: int, who: str
) -> None:
    """Answer a regrade request; raises NotFound if there is none."""
    answered = update(regrade_request).where(
        regrade_request.c.attempt == attempt_id, regrade_request.c.pos == pos
    )
    done = connection.execute(answered.values(answered_at=at, who=who, reply=_checked(reply)))
    if not done.rowcount:
        raise NotFound("There is no such regrade request.", next_step="Reload the page.")
    record_act(
        connection, Act(at, who, "answer regrade request", attempt_id, {"question": pos + 1, "reply": reply})
    )


def regrade_requests(connection: Connection, *, quiz: str = "", attempt_id: str = "") -> list[RegradeRequest]:
    """The regrade requests of a quiz or of an attempt, those without a reply first."""
    condition = attempt.c.quiz == quiz if quiz else regrade_request.c.attempt == attempt_id
    rows = connection.execute(
        select(regrade_request)
        .join(attempt, attempt.c.id == regrade_request.c.attempt)
        .where(condition)
        .order_by(regrade_request.c.answered_at.is_not(None), regrade_request.c.at)
    )
    return [
        RegradeRequest(row.attempt, row.pos, row.at, row.text, row.answered_at, row.reply) for row in rows
    ]


def _checked(text: str) -> str:
    plain = text.replace("\0", "").strip()
    if not plain:
        raise Conflict("The text is empty.", next_step="Write a sentence.")
    if len(plain) > LONGEST:
        raise TooLarge(f"The text is longer than {LONGEST} characters.", next_step="Shorten it.")
    return plain
