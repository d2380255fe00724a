"""The events of an attempt, and their fold: the attempt that they lead to.

The store keeps current rows for speed and the events as the record; a test holds that the fold of the
events equals the rows. The states are open → finished → graded; staff may reopen an attempt, or accept a
late save, after which it is marked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from quizzes.attempts.save_rules import StoredAnswer

__all__ = [
    "Accepted",
    "Attempt",
    "EditLockTaken",
    "Event",
    "Extended",
    "Finished",
    "FinishedBy",
    "Graded",
    "Reopened",
    "Saved",
    "Started",
    "State",
    "after",
    "fold",
]


class State(StrEnum):
    """The state of an attempt."""

    OPEN = "open"
    FINISHED = "finished"
    GRADED = "graded"


class FinishedBy(StrEnum):
    """Who closed an attempt; `timer` is the page's timer, `sweeper` the server."""

    STUDENT = "student"
    TIMER = "timer"
    DEADLINE = "sweeper"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Started:
    """The student started the attempt in a tab with this edit lock."""

    at: int
    deadline_at: int | None
    due_at: int | None
    lock: str


@dataclass(frozen=True, slots=True)
class Saved:
    """A save arrived. An invalid or late one is kept for staff and changes nothing."""

    at: int
    pos: int
    rev: int  # the stored revision after it
    base_rev: int
    save_id: str
    response: str
    valid: bool = True
    in_grace: bool = False
    late: bool = False
    began_at: int | None = None  # when its request began to arrive


@dataclass(frozen=True, slots=True)
class EditLockTaken:
    """Another tab took the edit lock."""

    at: int
    lock: str


@dataclass(frozen=True, slots=True)
class Extended:
    """Staff moved the end of the attempt."""

    at: int
    deadline_at: int | None
    due_at: int | None
    who: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The attempt was closed; `finished_at` is never after the deadline."""

    at: int
    finished_at: int
    by: FinishedBy


@dataclass(frozen=True, slots=True)
class Reopened:
    """Staff reopened the attempt."""

    at: int
    deadline_at: int | None
    due_at: int | None
    who: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """Staff accepted a late save."""

    at: int
    pos: int
    rev: int
    save_id: str
    who: str


@dataclass(frozen=True, slots=True)
class Graded:
    """The answers were marked."""

    at: int
    points: Decimal


Event = Started | Saved | EditLockTaken | Extended | Finished | Reopened | Accepted | Graded


@dataclass(frozen=True, slots=True)
class Attempt:
    """The fold of the events up to now."""

    state: State
    started_at: int
    deadline_at: int | None
    due_at: int | None
    lock: str
    finished_at: int | None = None
    finished_by: FinishedBy | None = None
    answers: Mapping[int, StoredAnswer] = field(default_factory=dict)
    refused: Mapping[str, Saved] = field(default_factory=dict)  # late saves, for staff to accept


def fold(events: Iterable[Event]) -> Attempt:
    """The attempt after these events; raises ValueError for an impossible order."""
    attempt: Attempt | None = None
    for event in events:
        attempt = after(attempt, event)
    if attempt is None:
        raise ValueError("an attempt has at least one event")
    return attempt


def after(attempt: Attempt | None, event: Event) -> Attempt:
    """The attempt after one more event; raises ValueError if it cannot follow."""
    if attempt is None or isinstance(event, Started):
        if attempt is not None or not isinstance(event, Started):
            raise ValueError(f"{event} is out of order: an attempt starts once")
        return Attempt(State.OPEN, event.at, event.deadline_at, event.due_at, event.lock)
    match event:
        case Saved():
            return _saved(attempt, event)
        case EditLockTaken(lock=lock):
            _require(attempt.state is State.OPEN, event)
            return replace(attempt, lock=lock)
        case Extended(deadline_at=deadline_at, due_at=due_at):
            _require(attempt.state is State.OPEN, event)
            return replace(attempt, deadline_at=deadline_at, due_at=due_at)
        case Finished(finished_at=finished_at, by=by):
            _require(attempt.state is State.OPEN, event)
            return replace(attempt, state=State.FINISHED, finished_at=finished_at, finished_by=by)
        case Reopened(deadline_at=deadline_at, due_at=due_at):
            _require(attempt.state is not State.OPEN, event)
            return replace(
                attempt,
                state=State.OPEN,
                deadline_at=deadline_at,
                due_at=due_at,
                finished_at=None,
                finished_by=None,
            )
        case Accepted(pos=pos, rev=rev, save_id=save_id):
            late = attempt.refused.get(save_id)
            _require(attempt.state is not State.OPEN and late is not None and late.pos == pos, event)
            assert late is not None
            _require(rev == attempt.answers.get(pos, StoredAnswer()).rev + 1, event)
            answers = {**attempt.answers, pos: StoredAnswer(rev, late.response, late.at)}
            return replace(attempt, state=State.FINISHED, answers=answers)
        case Graded():
            _require(attempt.state is State.FINISHED, event)
            return replace(attempt, state=State.GRADED)


def _saved(attempt: Attempt, event: Saved) -> Attempt:
    if event.late:
        return replace(attempt, refused={**attempt.refused, event.save_id: event})
    _require(attempt.state is State.OPEN, event)
    stored_answer = attempt.answers.get(event.pos, StoredAnswer())
    if not event.valid:
        _require(event.rev == stored_answer.rev, event)
        return attempt
    _require(event.base_rev == stored_answer.rev and event.rev == stored_answer.rev + 1, event)
    return replace(
        attempt, answers={**attempt.answers, event.pos: StoredAnswer(event.rev, event.response, event.at)}
    )


def _require(possible: bool, event: Event) -> None:
    if not possible:
        raise ValueError(f"{event} cannot follow the events before it")
