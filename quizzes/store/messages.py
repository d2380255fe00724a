"""Messages of staff to everybody who takes a quiz, and students' requests to look at a mark again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select, update

from autograder.errors import Conflict, NotFound, TooLarge
from autograder.site.audit import Act, note
from autograder.site.upsert import insert_once
from quizzes.store.tables import attempt, notice, request

__all__ = ["Notice", "Request", "answer_request", "ask_again", "last_notice", "requests_at", "tell_all"]


LONGEST = 2_000  # characters
LAST = select(notice).where(notice.c.quiz == bindparam("one")).order_by(notice.c.id.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Notice:
    """What staff told all takers."""

    id: int
    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """A student's request about the mark of one answer, and what became of it."""

    attempt: str
    pos: int
    at: int
    text: str
    answered_at: int | None
    reply: str | None


def tell_all(connection: Connection, quiz: str, text: str, *, at: int, who: str) -> None:
    """Say something to everybody who takes a quiz now; raises Conflict for nothing, TooLarge for a lot."""
    said = _checked(text)
    connection.execute(insert(notice).values(quiz=quiz, at=at, who=who, text=said))
    note(connection, Act(at, who, "message", quiz, {"text": said}))


def last_notice(connection: Connection, quiz: str) -> Notice | None:
    """The newest message of a quiz."""
    row = connection.execute(LAST, {"one": quiz}).one_or_none()
    return None if row is None else Notice(row.id, row.at, row.text)


def ask_again(connection: Connection, one: str, pos: int, text: str, at: int) -> None:
    """Ask for another look at a mark; raises Conflict the second time."""
    if not insert_once(connection, request, {"attempt": one, "pos": pos, "at": at, "text": _checked(text)}):
        raise Conflict("You have asked about this question before.", next_step="Wait for the answer.")


def answer_request(connection: Connection, one: str, pos: int, reply: str, *, at: int, who: str) -> None:
    """Answer a student's request; raises NotFound for none."""
    answered = update(request).where(request.c.attempt == one, request.c.pos == pos)
    done = connection.execute(answered.values(answered_at=at, who=who, reply=_checked(reply)))
    if not done.rowcount:
        raise NotFound("There is no such request.", next_step="Reload the page.")
    note(connection, Act(at, who, "answer request", one, {"question": pos + 1, "reply": reply}))


def requests_at(connection: Connection, *, quiz: str = "", one: str = "") -> list[Request]:
    """The requests of a quiz or of an attempt, those without an answer first."""
    wanted = attempt.c.quiz == quiz if quiz else request.c.attempt == one
    rows = connection.execute(
        select(request)
        .join(attempt, attempt.c.id == request.c.attempt)
        .where(wanted)
        .order_by(request.c.answered_at.is_not(None), request.c.at)
    )
    return [Request(row.attempt, row.pos, row.at, row.text, row.answered_at, row.reply) for row in rows]


def _checked(text: str) -> str:
    plain = text.replace("\0", "").strip()
    if not plain:
        raise Conflict("There is nothing to send.", next_step="Write a sentence.")
    if len(plain) > LONGEST:
        raise TooLarge(f"That is longer than {LONGEST} characters.", next_step="Shorten it.")
    return plain
