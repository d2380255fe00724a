"""An attempt as the list of what happened to it, and the fold of that list.

The store keeps current rows for speed and the events for truth; a test holds that the fold of the events
equals the rows. States go open → finished → graded; staff may reopen it, or accept a late save and have it
marked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from quizzes.attempts.save_rules import StoredAnswer

__all__ = [
    "Accepted",
    "Attempt",
    "Event",
    "Extended",
    "Finished",
    "FinishedBy",
    "Graded",
    "PenTaken",
    "Reopened",
    "Saved",
    "Started",
    "State",
    "after",
    "fold",
]


class State(StrEnum):
    """Where an attempt is in its life."""

    OPEN = "open"
    FINISHED = "finished"
    GRADED = "graded"


class FinishedBy(StrEnum):
    """Who ended it; `timer` is the page's own clock, `sweeper` the server's."""

    STUDENT = "student"
    TIMER = "timer"
    SWEEPER = "sweeper"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Started:
    """It began, in this window."""

    at: int
    deadline_at: int | None
    due_at: int | None
    pen: str


@dataclass(frozen=True, slots=True)
class Saved:
    """A save arrived. One that is not valid, or late, is kept for staff and changes nothing."""

    at: int
    pos: int
    rev: int  # the revision stored after it
    base_rev: int
    save_id: str
    raw: str
    valid: bool = True
    in_grace: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class PenTaken:
    """Another window writes from here on."""

    at: int
    pen: str


@dataclass(frozen=True, slots=True)
class Extended:
    """Staff changed when it ends."""

    at: int
    deadline_at: int | None
    due_at: int | None
    who: str


@dataclass(frozen=True, slots=True)
class Finished:
    """It ended; `finished_at` is never after the deadline."""

    at: int
    finished_at: int
    by: FinishedBy


@dataclass(frozen=True, slots=True)
class Reopened:
    """Staff let it go on."""

    at: int
    deadline_at: int | None
    due_at: int | None
    who: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """Staff let a late save count."""

    at: int
    pos: int
    rev: int
    save_id: str
    who: str


@dataclass(frozen=True, slots=True)
class Graded:
    """Its answers were marked."""

    at: int
    points: float


Event = Started | Saved | PenTaken | Extended | Finished | Reopened | Accepted | Graded


@dataclass(frozen=True, slots=True)
class Attempt:
    """What all events up to now come to."""

    state: State
    started_at: int
    deadline_at: int | None
    due_at: int | None
    pen: str
    finished_at: int | None = None
    finished_by: FinishedBy | None = None
    answers: Mapping[int, StoredAnswer] = field(default_factory=dict)
    refused: Mapping[str, Saved] = field(default_factory=dict)  # late saves, for staff to accept


def fold(events: Iterable[Event]) -> Attempt:
    """The attempt after all of these events; raises ValueError when they cannot have happened so."""
    attempt: Attempt | None = None
    for event in events:
        attempt = after(attempt, event)
    if attempt is None:
        raise ValueError("an attempt begins with an event")
    return attempt


def after(attempt: Attempt | None, event: Event) -> Attempt:
    """The attempt after one more event; raises ValueError when it cannot follow."""
    if attempt is None or isinstance(event, Started):
        if attempt is not None or not isinstance(event, Started):
            raise ValueError(f"{event} cannot be where it is: an attempt begins once")
        return Attempt(State.OPEN, event.at, event.deadline_at, event.due_at, event.pen)
    match event:
        case Saved():
            return _saved(attempt, event)
        case PenTaken(pen=pen):
            _must(attempt.state is State.OPEN, event)
            return replace(attempt, pen=pen)
        case Extended(deadline_at=deadline_at, due_at=due_at):
            _must(attempt.state is State.OPEN, event)
            return replace(attempt, deadline_at=deadline_at, due_at=due_at)
        case Finished(finished_at=finished_at, by=by):
            _must(attempt.state is State.OPEN, event)
            return replace(attempt, state=State.FINISHED, finished_at=finished_at, finished_by=by)
        case Reopened(deadline_at=deadline_at, due_at=due_at):
            _must(attempt.state is not State.OPEN, event)
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
            _must(attempt.state is not State.OPEN and late is not None and late.pos == pos, event)
            assert late is not None
            _must(rev == attempt.answers.get(pos, StoredAnswer()).rev + 1, event)
            answers = {**attempt.answers, pos: StoredAnswer(rev, late.raw, late.at)}
            return replace(attempt, state=State.FINISHED, answers=answers)
        case Graded():
            _must(attempt.state is State.FINISHED, event)
            return replace(attempt, state=State.GRADED)


def _saved(attempt: Attempt, event: Saved) -> Attempt:
    if event.late:
        return replace(attempt, refused={**attempt.refused, event.save_id: event})
    _must(attempt.state is State.OPEN, event)
    held = attempt.answers.get(event.pos, StoredAnswer())
    if not event.valid:
        _must(event.rev == held.rev, event)
        return attempt
    _must(event.base_rev == held.rev and event.rev == held.rev + 1, event)
    return replace(
        attempt, answers={**attempt.answers, event.pos: StoredAnswer(event.rev, event.raw, event.at)}
    )


def _must(possible: bool, event: Event) -> None:
    if not possible:
        raise ValueError(f"{event} cannot follow what happened before")
