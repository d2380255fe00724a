"""While a quiz is held: a live table, more time for one, some or all, a message, and single attempts."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.errors import Conflict
from autograder.site.audit import Act, acts_on, note
from autograder.site.requests import Form, form_of, site_of
from quizzes.attempts.events import FinishedBy, Saved
from quizzes.attempts.response import response_of
from quizzes.attempts.save_rules import StoredAnswer
from quizzes.store.answers import accept_late
from quizzes.store.attempts import find
from quizzes.store.endings import finish
from quizzes.store.extensions import extend, extend_all, reopen
from quizzes.store.messages import tell_all
from quizzes.store.monitor import saves_in, takers_of
from quizzes.store.quizzes import published_in
from quizzes.web.answer_forms import answer_shown
from quizzes.web.context import quizzes_of
from quizzes.web.staff.access import staff_at, staff_of_attempt

__all__ = ["accept", "close", "give_time", "live", "look", "message", "open_again"]


MINUTE = 60_000
MOST = 10_080  # minutes, a week


async def live(request: Request) -> Response:
    """Who does what just now; with `?part=table` the table alone, for the page's own script."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    with site.database.reading() as connection:
        takers = takers_of(connection, quiz, request.state.at)
        saves = saves_in(connection, quiz, request.state.at)
        published = next(one for one in published_in(connection, site.course) if one.id == quiz)
    part = request.query_params.get("part") == "table"
    page = site.page(
        "staff_table.html" if part else "staff_live.html",
        published=published,
        takers=takers,
        counts=Counter(str(one.doing) for one in takers),
        saves=saves,
        waiting=site.writer.waiting(),
        now=request.state.at,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


async def give_time(request: Request) -> Response:
    """More time for the chosen attempts, or for everybody."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    form = await form_of(request, session)
    minutes, percent = _whole(form, "minutes"), _whole(form, "percent")
    reason, at = _reason(form), request.state.at
    chosen = form.get("attempt", [])
    if form.get("who", ["chosen"])[-1] == "all":
        await site.written(
            lambda connection: extend_all(
                connection, quiz, at=at, who=session.person, reason=reason, minutes=minutes, percent=percent
            )
        )
    elif not chosen or minutes + percent == 0:
        raise Conflict(
            "Nobody is chosen, or no time is given.", next_step="Choose attempts and say how many minutes."
        )
    else:

        def longer(connection: Connection) -> None:
            for one in chosen:
                row = find(connection, one)
                if row.quiz != quiz or row.deadline_at is None:
                    raise Conflict("This attempt has no end to move.", next_step="Reload the page.")
                more = minutes * MINUTE + (row.deadline_at - row.started_at) * percent // 100
                extend(connection, one, row.deadline_at + more, at=at, who=session.person, reason=reason)

        await site.written(longer, *chosen)
    return RedirectResponse(f"/staff/{quiz}", 303)


async def message(request: Request) -> Response:
    """Say something to everybody who takes the quiz."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    text = (await form_of(request, session)).get("text", [""])[-1]
    await site.written(
        lambda connection: tell_all(connection, quiz, text, at=request.state.at, who=session.person)
    )
    return RedirectResponse(f"/staff/{quiz}", 303)


async def look(request: Request) -> Response:
    """One attempt with its log; looking changes nothing."""
    site = site_of(request)
    session, row = staff_of_attempt(request)
    view, events = await site.in_thread(quizzes_of(request).exam.look, row.id)
    with site.database.reading() as connection:
        acts = acts_on(connection, row.id)
    lines = [
        (item, answer_shown(item.view, response_of(view.answers.get(pos, StoredAnswer()).raw)))
        for pos, item in enumerate(view.items)
    ]
    page = site.page(
        "staff_attempt.html",
        attempt=row,
        quiz=quizzes_of(request).quiz(row.version),
        remaining=view.remaining,
        lines=lines,
        events=events,
        late=[one for one in events if isinstance(one, Saved) and one.late],
        acts=acts,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


async def open_again(request: Request) -> Response:
    """Let an attempt that is over go on for some minutes."""
    site = site_of(request)
    session, row = staff_of_attempt(request)
    form, at = await form_of(request, session), request.state.at
    until, reason = at + _whole(form, "minutes") * MINUTE, _reason(form)
    await site.written(
        lambda connection: reopen(connection, row.id, until, at=at, who=session.person, reason=reason), row.id
    )
    return RedirectResponse(f"/staff/attempts/{row.id}", 303)


async def close(request: Request) -> Response:
    """End an attempt now."""
    site, at = site_of(request), request.state.at
    session, row = staff_of_attempt(request)
    reason = _reason(await form_of(request, session))

    def end(connection: Connection) -> None:
        finish(connection, row.id, at, FinishedBy.STAFF, site.signer)
        note(connection, Act(at, session.person, "close", row.id, {"reason": reason}))

    await site.written(end, row.id)
    return RedirectResponse(f"/staff/attempts/{row.id}", 303)


async def accept(request: Request) -> Response:
    """Let a save that came too late count."""
    site, at = site_of(request), request.state.at
    session, row = staff_of_attempt(request)
    save = (await form_of(request, session)).get("save", [""])[-1]
    await site.written(lambda connection: accept_late(connection, row.id, save, at, session.person), row.id)
    return RedirectResponse(f"/staff/attempts/{row.id}", 303)


def _whole(form: Form, name: str) -> int:
    text = form.get(name, [""])[-1].strip() or "0"
    if not (text.isascii() and text.isdigit()) or int(text) > MOST:
        raise Conflict(f"{name}: {text[:20]!r} is no whole number up to {MOST}.", next_step="Correct it.")
    return int(text)


def _reason(form: Form) -> str:
    reason = form.get("reason", [""])[-1].strip()
    if not reason:
        raise Conflict("Say why: it is written down.", next_step="Give a reason of a few words.")
    return reason[:500]
