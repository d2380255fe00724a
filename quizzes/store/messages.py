"""Notices of staff to the students in a quiz."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select

from autograder.errors import Conflict, TooLarge
from autograder.site.audit import Act, id_of_form, record_act
from quizzes.store.tables import notice

__all__ = ["Notice", "notices_of", "send_notice"]


LONGEST = 2_000  # characters
NOTICES = select(notice).where(notice.c.quiz == bindparam("quiz_id")).order_by(notice.c.id)


@dataclass(frozen=True, slots=True)
class Notice:
    """A message of staff to the students in a quiz."""

    id: int
    at: int
    text: str


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


def _checked(text: str) -> str:
    plain = text.replace("\0", "").strip()
    if not plain:
        raise Conflict("The text is empty.", next_step="Write a sentence.")
    if len(plain) > LONGEST:
        raise TooLarge(f"The text is longer than {LONGEST} characters.", next_step="Shorten it.")
    return plain
