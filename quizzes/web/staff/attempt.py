"""One attempt as staff see it: its answers, its log in sentences, and what staff may do with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from autograder.course.local_time import counted, shown
from autograder.errors import Conflict
from autograder.pages.text import worth
from autograder.site.audit import Act, acts_on, record_act
from autograder.site.marking.assigned_work import marking_refusal
from autograder.site.marks import Current, Mark, Source
from autograder.site.people import names_in
from autograder.site.requests import Form, form_of, reads_much, site_of
from autograder.site.roles import Permission
from autograder.site.sessions import end_sessions_of
from autograder.site.staff import requires
from autograder.site.tables import points_text
from quizzes.attempts.events import (
    Accepted,
    EditLockTaken,
    Event,
    Extended,
    Finished,
    FinishedBy,
    Graded,
    Reopened,
    Saved,
    Started,
    State,
)
from quizzes.attempts.response import answer_from
from quizzes.attempts.save_rules import StoredAnswer
from quizzes.content.question import Answer
from quizzes.content.version import AttemptItem
from quizzes.schedule.timing import SECOND
from quizzes.services.exam import View
from quizzes.store.answers import accept_late
from quizzes.store.attempts import locked_attempt
from quizzes.store.endings import finish
from quizzes.store.extensions import reopen
from quizzes.store.marks import history_of, marks_in, set_points, total, withdraw_mark
from quizzes.store.quizzes import current_version
from quizzes.store.regrades import key_for
from quizzes.web.context import quizzes_of
from quizzes.web.forms import answer_html
from quizzes.web.released import tell_mark
from quizzes.web.staff.access import (
    MINUTE,
    reason_in,
    staff_deciding_on_attempt,
    staff_of_attempt,
    students_judged,
    whole_number_in,
)
from quizzes.web.staff.acts import act_done, act_once, attempt_act_sentence, done_redirect, shown_once

__all__ = [
    "LogEntry",
    "accept_late_save",
    "attempt_page",
    "close_attempt",
    "end_sessions",
    "log_entry",
    "override_points",
    "reopen_attempt",
    "withdraw_points",
]


LONGEST_SHOWN = 200  # characters of a response
OF_QUESTION = ("set points", "withdraw points")  # acts that are confirmed at their question
FINISHED = {
    FinishedBy.STUDENT: "The student submitted the attempt.",
    FinishedBy.TIMER: "The time ran out, and the page submitted the attempt.",
    FinishedBy.DEADLINE: "The time ran out, and the server closed the attempt.",
    FinishedBy.STAFF: "Staff closed the attempt.",
}


@dataclass(frozen=True)
class AnsweredQuestion:
    """A question of an attempt with its answer and its marks."""

    item: AttemptItem
    answer: Markup
    current: Current | None  # the mark that counts
    points: str  # of the question
    history: list[tuple[int, str]]  # when a mark was given, and a sentence about it
    seen: int | None  # the number of its newest mark, if the points can be overridden
    by: str = ""  # the person who gave the mark that counts


@dataclass(frozen=True)
class LogEntry:
    """An event of the log, as a sentence and, for a save, with the response."""

    at: int
    sentence: str
    response: str = ""


@dataclass(frozen=True)
class ShownEntry:
    """An entry of the log on the page."""

    at: int
    sentence: str
    answer: Markup


def log_entry(event: Event, local: Callable[[int], str]) -> LogEntry:
    """The entry of an event; `local` writes an instant in the course's time zone."""

    def end(deadline_at: int | None) -> str:
        return "without a deadline" if deadline_at is None else f"with the deadline {local(deadline_at)}"

    match event:
        case Started(deadline_at=deadline_at):
            return LogEntry(event.at, f"The student started the attempt, {end(deadline_at)}.")
        case EditLockTaken():
            return LogEntry(event.at, "Another tab of the student took the edit lock.")
        case Extended(deadline_at=deadline_at, who=who):
            return LogEntry(event.at, f"{who} moved the end: the attempt goes on {end(deadline_at)}.")
        case Finished(by=by):
            return LogEntry(event.at, FINISHED[by])
        case Reopened(deadline_at=deadline_at, who=who):
            return LogEntry(event.at, f"{who} reopened the attempt, {end(deadline_at)}.")
        case Accepted(pos=pos, who=who):
            return LogEntry(event.at, f"{who} accepted the late save of question {pos + 1}.")
        case Graded(points=points):
            return LogEntry(event.at, f"The attempt was marked with {worth(points)}.")
        case Saved(pos=pos):
            how = (
                "came too late and does not count"
                if event.late
                else "could not be read"
                if not event.valid
                else "was stored within the grace period"
                if event.in_grace
                else "was stored"
            )
            sentence = f"A save of question {pos + 1} {how}."
            if event.began_at is not None and event.at - event.began_at >= SECOND:
                sentence += f" It began to arrive at {local(event.began_at)}; this is when it was complete."
            return LogEntry(event.at, sentence, event.response[:LONGEST_SHOWN])


def _shown_log(
    request: Request, view: View, events: list[Event], names: Mapping[str, str]
) -> list[ShownEntry]:
    """The log for people: names of people, and answers as their students read them."""
    zone = site_of(request).zone
    entries = []
    for event in events:
        if isinstance(event, Extended | Reopened | Accepted):
            event = replace(event, who=names.get(event.who, event.who))
        entry = log_entry(event, lambda instant: shown(instant, zone))
        answer = Markup()
        if isinstance(event, Saved) and event.pos < len(view.items):
            answer = answer_html(view.items[event.pos].view, _shortened(answer_from(event.response)))
        entries.append(ShownEntry(entry.at, entry.sentence, answer))
    return entries


def _shortened(answer: Answer) -> Answer:
    """An answer with long texts cut, for the log."""
    if isinstance(answer, dict):
        return {id: text[:LONGEST_SHOWN] for id, text in answer.items()}
    return answer[:LONGEST_SHOWN] if isinstance(answer, str) else answer


@reads_much
@requires(Permission.STUDENTS)
def attempt_page(request: Request) -> Response:
    """One attempt with its answers and its log; nothing changes by it."""
    site = site_of(request)
    session, row = staff_of_attempt(request)
    view, events = quizzes_of(request).exam.inspect(row.id)
    with site.database.reading() as connection:
        acts, names = acts_on(connection, row.id), names_in(connection, site.course)
        done = act_done(request, connection, row.id)
        refusal = marking_refusal(connection, site.course, session.person, students_judged(row))
    answers, points = _answers(request, view, names)
    page = site.page(
        "staff_attempt.html",
        attempt=row,
        quiz=quizzes_of(request).quiz(row.version),
        remaining=view.remaining,
        refusal=refusal,
        answers=answers,
        points=points,
        name=names.get(row.person, row.person),
        log=_shown_log(request, view, events, names),
        late=[
            (event, answer_html(view.items[event.pos].view, answer_from(event.response)))
            for event in events
            if isinstance(event, Saved) and event.late
        ],
        acts=[(act.at, attempt_act_sentence(act, names)) for act in acts],
        done=attempt_act_sentence(done, names) if done else "",
        done_at=done.detail.get("question") if done and done.act in OF_QUESTION else None,
        session=session,
        token=site.form_token(session),
    )
    response = HTMLResponse(page)
    return shown_once(response) if done else response


def _answers(request: Request, view: View, names: Mapping[str, str]) -> tuple[list[AnsweredQuestion], str]:
    """The questions with their answers and marks, and the points together as a sentence."""
    site, row = site_of(request), view.attempt
    with site.database.reading() as connection:
        items = quizzes_of(request).exam.questions(row, key_for(connection, row))
        history, marks = history_of(connection, row.id), marks_in(connection, row.id)
    graded = row.state is State.GRADED
    answers = [
        AnsweredQuestion(
            item=item,
            answer=answer_html(item.view, answer_from(view.answers.get(pos, StoredAnswer()).response)),
            # An automatic mark of an attempt that goes on is of an earlier answer.
            current=current
            if (current := marks.get(pos)) is not None and (graded or current.mark.source.personal)
            else None,
            points=points_text(item.points),
            history=[_mark_sentence(mark, names) for mark in history.get(pos, [])],
            seen=history[pos][-1].id if graded and pos in history else None,
            by=names.get(current.mark.who, current.mark.who) if current is not None else "",
        )
        for pos, item in enumerate(items)
    ]
    if not graded:
        return answers, ""
    out_of = points_text(sum((item.points for item in items), Decimal(0)))
    waiting = sum(current.pending for current in marks.values())
    rest = f", {counted(waiting, 'question')} still to be marked" if waiting else ""
    return answers, f"{points_text(total(marks.values()))} of {out_of}{rest}"


def _mark_sentence(mark: Mark, names: Mapping[str, str]) -> tuple[int, str]:
    """When a mark was given, and a sentence about it."""
    reason = mark.reason or str(_stored_detail(mark).get("reason", ""))
    by = names.get(mark.who, mark.who) or "Somebody"
    if mark.points is None:
        words = f"{by} let the automatic mark count again"
    elif mark.source.personal:
        words = f"{by} gave {points_text(mark.points)}"
    elif mark.pending:
        words = "It waits for a person or for the sandbox"
    else:
        words = f"The {'sandbox' if mark.source is Source.SANDBOX else 'key'} gave {points_text(mark.points)}"
        words += f", by the regrade of {by}" if mark.who else ""
    return mark.at, f"{words}{f': {reason}' if reason else '.'}"


def _stored_detail(mark: Mark) -> dict[str, Any]:
    try:
        detail = json.loads(mark.detail).get("detail")
    except (ValueError, AttributeError):
        return {}
    return detail if isinstance(detail, dict) else {}


@requires(Permission.STUDENTS)
async def override_points(request: Request) -> Response:
    """Set the points of one question, with a reason."""
    site, at, pos = site_of(request), request.state.at, request.path_params["pos"]
    session, row = await site_of(request).in_reader(staff_deciding_on_attempt, request)
    form = await form_of(request, session)
    points, reason, seen = form.get("points", [""])[-1], reason_in(form), _seen_in(form)

    def override(connection: Connection) -> int:
        def act() -> None:
            set_points(connection, row.id, pos, points, reason=reason, at=at, who=session.person, seen=seen)
            tell_mark(
                connection, quizzes_of(request).quiz(current_version(connection, row.quiz)), row, pos, at
            )

        return act_once(connection, form, row.id, act)

    act = await site.written(override, row.id)
    return done_redirect(f"/staff/attempts/{row.id}#question-{pos + 1}", act)


@requires(Permission.STUDENTS)
async def withdraw_points(request: Request) -> Response:
    """Let the automatic mark of one question count again, with a reason."""
    site, at, pos = site_of(request), request.state.at, request.path_params["pos"]
    session, row = await site_of(request).in_reader(staff_deciding_on_attempt, request)
    form = await form_of(request, session)
    reason, seen = reason_in(form), _seen_in(form)

    def withdraw(connection: Connection) -> int:
        def act() -> None:
            withdraw_mark(connection, row.id, pos, reason=reason, at=at, who=session.person, seen=seen)
            tell_mark(
                connection, quizzes_of(request).quiz(current_version(connection, row.quiz)), row, pos, at
            )

        return act_once(connection, form, row.id, act)

    act = await site.written(withdraw, row.id)
    return done_redirect(f"/staff/attempts/{row.id}#question-{pos + 1}", act)


def _seen_in(form: Form) -> int | None:
    """The number of the newest mark that the form's page showed; None if it does not say."""
    text = form.get("seen", [""])[-1]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@requires(Permission.STUDENTS)
async def reopen_attempt(request: Request) -> Response:
    """Reopen an attempt that is over, for some minutes."""
    site = site_of(request)
    session, row = await site_of(request).in_reader(staff_deciding_on_attempt, request)
    form, at = await form_of(request, session), request.state.at
    until, reason = at + whole_number_in(form, "minutes") * MINUTE, reason_in(form)

    def work(connection: Connection) -> int:
        act = partial(reopen, connection, row.id, until, at=at, who=session.person, reason=reason)
        return act_once(connection, form, row.id, act)

    return done_redirect(f"/staff/attempts/{row.id}", await site.written(work, row.id))


@requires(Permission.STUDENTS)
async def end_sessions(request: Request) -> Response:
    """End all sessions of the student, who has to sign in again; the attempt goes on."""
    site, at = site_of(request), request.state.at
    session, row = await site_of(request).in_reader(staff_of_attempt, request)
    form = await form_of(request, session)
    reason = reason_in(form)

    def end(connection: Connection) -> None:
        ended = end_sessions_of(connection, row.person, at=at, who=session.person, reason=reason)
        record_act(
            connection, Act(at, session.person, "end sessions", row.id, {"reason": reason, "sessions": ended})
        )

    act = await site.written(
        lambda connection: act_once(connection, form, row.id, partial(end, connection)), row.id
    )
    site.forget_person(row.person)
    return done_redirect(f"/staff/attempts/{row.id}", act)


@requires(Permission.STUDENTS)
async def close_attempt(request: Request) -> Response:
    """Close an attempt now."""
    site, at = site_of(request), request.state.at
    session, row = await site_of(request).in_reader(staff_of_attempt, request)
    form = await form_of(request, session)
    reason = reason_in(form)

    def close(connection: Connection) -> None:
        if locked_attempt(connection, row.id).state is not State.OPEN:
            raise Conflict("This attempt is over already.", next_step="Go back and reload the page.")
        finish(connection, row.id, at, FinishedBy.STAFF, site.signer)
        record_act(connection, Act(at, session.person, "close", row.id, {"reason": reason}))

    act = await site.written(
        lambda connection: act_once(connection, form, row.id, partial(close, connection)), row.id
    )
    return done_redirect(f"/staff/attempts/{row.id}", act)


@requires(Permission.STUDENTS)
async def accept_late_save(request: Request) -> Response:
    """Accept a save that came too late, so that it counts."""
    site, at = site_of(request), request.state.at
    session, row = await site_of(request).in_reader(staff_deciding_on_attempt, request)
    form = await form_of(request, session)
    save_id = form.get("save", [""])[-1]

    def accept(connection: Connection) -> int:
        work = partial(accept_late, connection, row.id, save_id, at, session.person)
        return act_once(connection, form, row.id, work)

    return done_redirect(f"/staff/attempts/{row.id}", await site.written(accept, row.id))
