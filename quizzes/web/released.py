"""What of an attempt's results is shown now, and from when the rest: for the results and the start page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from autograder.site.integrity.cases import held_people
from autograder.site.notices.notices import Kind, notify
from autograder.site.people import COURSE
from quizzes.attempts.events import State
from quizzes.attempts.visibility import Visibility
from quizzes.content.quiz import Quiz, Release, When
from quizzes.store.attempts import AttemptRow
from quizzes.store.overrides import due_now
from quizzes.store.quizzes import is_closed_for_everyone, last_close

__all__ = ["Released", "released_now", "shown_since", "tell_mark"]


PARTS = {"feedback": "feedback", "key": "right answers", "explanation": "explanations"}


@dataclass(frozen=True)
class Released:
    """What is visible, and for each part when it is shown, as words."""

    visibility: Visibility
    when: dict[str, str]

    @property
    def hidden(self) -> list[str]:
        """What is not shown yet beside the score, and from when it is, in a sentence for each instant."""
        by_when: dict[str, list[str]] = {}
        for part, words in PARTS.items():
            if not getattr(self.visibility, part):
                by_when.setdefault(self.when[part], []).append(words)
        return [f"{_listed(parts)}: {when}." for when, parts in by_when.items()]


def _listed(parts: list[str]) -> str:
    *others, last = parts
    listed = f"{', '.join(others)} and {last}" if others else last
    return listed.capitalize()


def released_now(
    connection: Connection, release: Release, row: AttemptRow, at: int, local: Callable[[int], str]
) -> Released:
    """What a student sees of a finished attempt; `local` writes an instant in the course's time zone."""
    due_at = due_now(connection, row.quiz, row.person, row.due_at)
    due = due_at is None or due_at <= at
    closed = is_closed_for_everyone(connection, row.quiz, at)
    last = last_close(connection, row.quiz)
    if last is None:
        close = "when the course's staff close the quiz, which has no closing date yet"
    elif last > at:
        close = f"from {local(last)}"
    else:
        close = f"since {local(last)}" if closed else "in a minute, when the last attempt is closed"
    words: dict[When, str] = {
        "never": "not shown",
        "after_submit": "since you submitted",
        "after_due": "since you submitted"
        if due_at is None
        else f"{'since' if due else 'from'} {local(due_at)}",
        "after_close": close,
    }
    names = Visibility.__dataclass_fields__
    if row.person in held_people(connection, COURSE, row.quiz):
        when = dict.fromkeys(names, "when the course's staff have looked at it")
        return Released(Visibility(**dict.fromkeys(names, False)), when)
    return Released(
        Visibility.of(release, over=True, due=due, closed=closed),
        {name: words[getattr(release, name)] for name in names},
    )


def shown_since(connection: Connection, release: Release, row: AttemptRow, at: int) -> int | None:
    """Since when a student sees the keys of a finished attempt; None while they are hidden."""
    released = released_now(connection, release, row, at, str)
    finished_at = row.finished_at
    if not released.visibility.key or finished_at is None:
        return None
    since = {
        "after_due": due_now(connection, row.quiz, row.person, row.due_at),
        "after_close": last_close(connection, row.quiz),
    }.get(release.key)
    return max(finished_at, since or 0)


def tell_mark(connection: Connection, quiz: Quiz, row: AttemptRow, pos: int, at: int) -> None:
    """Tell a student that a person changed the points of a question, where the score is shown by now."""
    if row.preview or row.state is State.OPEN:
        return
    if not released_now(connection, quiz.release, row, at, str).visibility.score:
        return
    subject, path = f"{quiz.title}: a mark was changed", f"/attempts/{row.id}/results#question-{pos + 1}"
    once = f"mark:{row.id}:{pos}:{at}"
    notify(connection, COURSE, [row.person], Kind.MARK, subject, "", path=path, once=once, at=at)
