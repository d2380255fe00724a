"""The monitor of a quiz while it is held: who works on it, more time for some or all, and messages."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.errors import Conflict
from autograder.site.requests import form_of, site_of
from quizzes.store.attempts import find_attempt
from quizzes.store.extensions import extend, extend_all
from quizzes.store.messages import send_notice
from quizzes.store.monitor import recent_saves, student_activity
from quizzes.store.quizzes import published_in
from quizzes.web.staff.access import MINUTE, reason_in, staff_at, whole_number_in

__all__ = ["give_time", "monitor", "send_message"]


async def monitor(request: Request) -> Response:
    """What every student does now; `?part=table` is the table alone, for the page's script."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    with site.database.reading() as connection:
        students = student_activity(connection, quiz, request.state.at)
        saves = recent_saves(connection, quiz, request.state.at)
        published = next(
            published for published in published_in(connection, site.course) if published.id == quiz
        )
    part = request.query_params.get("part") == "table"
    page = site.page(
        "staff_table.html" if part else "staff_monitor.html",
        published=published,
        students=students,
        counts=Counter(str(student.activity) for student in students),
        saves=saves,
        waiting=site.writer.waiting(),
        now=request.state.at,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


async def give_time(request: Request) -> Response:
    """Give more time to the chosen attempts, or to the whole class."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    form = await form_of(request, session)
    minutes, percent = whole_number_in(form, "minutes"), whole_number_in(form, "percent")
    reason, at = reason_in(form), request.state.at
    chosen = form.get("attempt", [])
    if form.get("who", ["chosen"])[-1] == "all":
        await site.written(
            lambda connection: extend_all(
                connection, quiz, at=at, who=session.person, reason=reason, minutes=minutes, percent=percent
            )
        )
    elif not chosen or minutes + percent == 0:
        raise Conflict(
            "No student is chosen, or no time is given.",
            next_step="Choose students and give minutes or percent.",
        )
    else:

        def extend_chosen(connection: Connection) -> None:
            for attempt_id in chosen:
                row = find_attempt(connection, attempt_id)
                if row.quiz != quiz or row.deadline_at is None:
                    raise Conflict("This attempt has no deadline to move.", next_step="Reload the page.")
                more = minutes * MINUTE + (row.deadline_at - row.started_at) * percent // 100
                extend(
                    connection, attempt_id, row.deadline_at + more, at=at, who=session.person, reason=reason
                )

        await site.written(extend_chosen, *chosen)
    return RedirectResponse(f"/staff/{quiz}", 303)


async def send_message(request: Request) -> Response:
    """Send a message to everybody who takes the quiz."""
    site, quiz = site_of(request), request.path_params["quiz"]
    session = staff_at(request, quiz)
    text = (await form_of(request, session)).get("text", [""])[-1]
    await site.written(
        lambda connection: send_notice(connection, quiz, text, at=request.state.at, who=session.person)
    )
    return RedirectResponse(f"/staff/{quiz}", 303)
