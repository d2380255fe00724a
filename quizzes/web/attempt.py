"""The quiz page during an attempt: saving with and without its script, the edit lock, the status."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.course.local_time import time_of_day
from autograder.errors import NotFound, Refused, TooLarge
from autograder.site.app_context import AppContext, result_of
from autograder.site.requests import (
    LARGEST_JSON,
    LARGEST_PAGE,
    Form,
    form_of,
    json_of,
    reads,
    session_for,
    session_of,
    site_of,
    whole_number,
)
from autograder.site.sessions import Session
from quizzes.attempts.edit_lock import holds, new_lock
from quizzes.attempts.events import State
from quizzes.attempts.response import LARGEST, response_from
from quizzes.attempts.save_rules import SaveResult, StoredAnswer
from quizzes.content.items.base import PICTURE_TYPES
from quizzes.schedule.timing import remaining
from quizzes.services.exam import View
from quizzes.store.attempts import flags_of, set_flag
from quizzes.web.context import QuizContext, quizzes_of
from quizzes.web.forms import ControlNames, answer_from_form, values_in_form
from quizzes.web.question_view import TypedAnswer, question_views

__all__ = ["page", "picture", "save_answer", "save_flag", "save_page", "status", "take_lock"]


LAST_REVISION = 2**31 - 1
Typed = dict[int, TypedAnswer]


@reads
def page(request: Request) -> Response:
    """All questions with the stored answers; once the attempt is over, a redirect to its receipt."""
    session, attempt_id = session_of(request), request.path_params["attempt"]
    view = quizzes_of(request).shown_to(session, attempt_id)
    if view.attempt.state is not State.OPEN:
        return RedirectResponse(f"/attempts/{attempt_id}/receipt", 303)
    message = "Saved." if "saved" in request.query_params else ""
    return HTMLResponse(_page(quizzes_of(request), session, view, message=message))


async def save_page(request: Request) -> Response:
    """Save every changed answer of the page, sent as a form by a browser without the script."""
    site, session, attempt_id = site_of(request), await session_for(request), request.path_params["attempt"]
    form = await form_of(request, session, LARGEST_PAGE)
    view = await quizzes_of(request).view(attempt_id, session.person)
    action = form.get("action", [""])[-1]
    lock = form.get("lock", [""])[-1]
    if action == "here":
        lock = (
            await result_of(quizzes_of(request).exam.take_lock(attempt_id, session.person, new_lock()))
        ).lock
    typed = await _save_changed(request, site, session, view, form, lock)
    flags = {pos for pos in range(len(view.items)) if form.get(ControlNames(pos).flag)}
    await site.written(
        lambda connection: _flag_all(connection, attempt_id, len(view.items), flags), attempt_id
    )
    refused = [answer for answer in typed.values() if not answer.saved]
    if any(answer.over for answer in refused):
        return RedirectResponse(f"/attempts/{attempt_id}/receipt?late", 303)
    if not refused or action == "anyway":
        number = whole_number(action, len(view.items))
        goal = "/review" if action in ("review", "anyway") else f"?saved#question-{number or 1}"
        return RedirectResponse(f"/attempts/{attempt_id}{goal}", 303)
    view = await quizzes_of(request).view(attempt_id, session.person)
    message = "Not everything was saved: look at the questions marked below."
    http_status = max(answer.status for answer in refused)
    html = await site.in_reader(
        lambda: _page(quizzes_of(request), session, view, message=message, typed=typed)
    )
    return HTMLResponse(html, http_status)


async def save_answer(request: Request) -> Response:
    """Save one answer, sent by the page's script."""
    site, session, attempt_id = site_of(request), await session_for(request), request.path_params["attempt"]
    try:
        save = await json_of(request, session, LARGEST_JSON)
    except TooLarge as problem:
        raise TooLarge(
            "This answer is larger than the 64 KB that an answer may have.",
            next_step="Shorten it. What was saved before is kept.",
        ) from problem
    await quizzes_of(request).ready(attempt_id)
    try:
        result = await result_of(
            quizzes_of(request).exam.save(
                attempt_id,
                session.person,
                request.path_params["pos"],
                save.get("answer"),
                base_rev=_revision(save["base_rev"]),
                save_id=str(save["save_id"]),
                lock=str(save["lock"]),
                clear=save.get("clear") is True,
                client=_client(request),
                at=request.state.at,
                began_at=request.state.began_at,
            )
        )
    except (KeyError, TypeError, ValueError, OverflowError) as problem:
        raise Refused("This save does not come from this page.", next_step="Reload the page.") from problem
    payload = {
        "outcome": result.outcome.value,
        "rev": result.stored.rev,
        "answer": result.answer,
        "problem": result.problem,
        "remaining_ms": remaining(site.now(), result.deadline_at),
        "in_grace": result.in_grace,
        "replayed": result.replayed,
    }
    return JSONResponse(payload, result.outcome.status)


async def save_flag(request: Request) -> Response:
    """Flag a question, or remove the flag."""
    site, session, attempt_id = site_of(request), await session_for(request), request.path_params["attempt"]
    payload = await json_of(request, session)
    view, pos = await quizzes_of(request).view(attempt_id, session.person), request.path_params["pos"]
    if pos >= len(view.items):
        raise NotFound("There is no such question in this attempt.", next_step="Reload the page.")
    flagged = payload.get("flagged") is True
    await site.written(lambda connection: set_flag(connection, attempt_id, pos, flagged), attempt_id)
    return JSONResponse({"flagged": flagged})


async def take_lock(request: Request) -> Response:
    """Give the edit lock to this tab."""
    site, session, attempt_id = site_of(request), await session_for(request), request.path_params["attempt"]
    payload = await json_of(request, session)
    await quizzes_of(request).ready(attempt_id)
    row = await result_of(
        quizzes_of(request).exam.take_lock(attempt_id, session.person, str(payload.get("lock", "")))
    )
    return JSONResponse({"state": row.state.value, "remaining_ms": remaining(site.now(), row.deadline_at)})


@reads
def status(request: Request) -> Response:
    """The remaining time by the server's clock and the stored revisions; an open page asks now and then."""
    site, session, attempt_id = site_of(request), session_of(request), request.path_params["attempt"]
    view = quizzes_of(request).shown_to(session, attempt_id)
    lock = request.query_params.get("lock", "")
    payload: dict[str, Any] = {
        "state": view.attempt.state.value,
        "remaining_ms": view.remaining,
        "now": site.now(),
        "lock": "held" if holds(lock, view.attempt.lock) else "elsewhere",
        "revs": [view.answers.get(pos, StoredAnswer()).rev for pos in range(len(view.items))],
    }
    if notices := quizzes_of(request).notices(view.attempt):
        payload["notices"] = [
            {"id": notice.id, "time": time_of_day(notice.at, site.zone), "text": notice.text}
            for notice in notices
        ]
    return JSONResponse(payload)


@reads
def picture(request: Request) -> Response:
    """A picture of the quiz, for students who have an attempt at it."""
    session = session_of(request)
    view = quizzes_of(request).shown_to(session, request.path_params["attempt"])
    file = request.path_params["file"]
    pictures = quizzes_of(request).quiz(view.attempt.version).pictures
    if file not in pictures:
        raise NotFound("There is no such picture.", next_step="Reload the page.")
    return Response(pictures[file], media_type=PICTURE_TYPES[file.rpartition(".")[2]])


def _page(
    quizzes: QuizContext, session: Session, view: View, *, message: str = "", typed: Typed | None = None
) -> str:
    site = quizzes.site
    with site.database.reading() as connection:
        flags = flags_of(connection, view.attempt.id)
    # An attempt without answers has the questions as they were built: the same at every reload.
    fresh = "" if view.answers or flags or typed else quizzes.fresh_questions(view.attempt.id, view.items)
    return site.page(
        "quiz.html",
        quiz=quizzes.quiz(view.attempt.version),
        attempt=view.attempt,
        remaining=view.remaining,
        questions=None if fresh else question_views(view.items, view.answers, flags, typed),
        fresh=fresh,
        message=message,
        notices=quizzes.notices(view.attempt),
        largest=LARGEST,
        session=session,
        token=site.form_token(session),
        now=site.now(),
    )


async def _save_changed(
    request: Request, site: AppContext, session: Session, view: View, form: Form, lock: str
) -> Typed:
    """Save the answers that differ from the stored ones; returns the result of each.

    One that is refused keeps none of the others from being stored.
    """
    waiting: list[tuple[int, Future[SaveResult]]] = []
    refused: dict[int, Refused] = {}
    for pos, item in enumerate(view.items):
        stored = view.answers.get(pos, StoredAnswer())
        answer = answer_from_form(form, pos, item.view)
        names = ControlNames(pos)
        rev = whole_number(form.get(names.rev, ["0"])[-1], LAST_REVISION)
        try:
            response = response_from(answer)
        except Refused as problem:
            refused[pos] = problem
            continue
        if response == stored.response or rev is None:
            continue
        # The same page sent twice is one save; another text is another save.
        identity = "\n".join((form.get("page", [""])[-1], str(pos), str(rev), response))
        try:
            saving = quizzes_of(request).exam.save(
                view.attempt.id,
                session.person,
                pos,
                answer,
                base_rev=rev,
                save_id=hashlib.sha256(identity.encode()).hexdigest()[:32],
                lock=lock,
                clear=bool(form.get(names.clear)),
                client=_client(request),
                at=request.state.at,
                began_at=request.state.began_at,
            )
        except Refused as problem:
            refused[pos] = problem
            continue
        waiting.append((pos, saving))
    results: dict[int, SaveResult | Refused] = dict(refused)
    for pos, saving in waiting:
        try:
            result = await result_of(saving)
        except Refused as problem:
            results[pos] = problem
        else:
            results[pos] = result
    return {
        pos: TypedAnswer(values_in_form(form, pos, view.items[pos].view), result)
        for pos, result in results.items()
    }


def _revision(value: object) -> int:
    """The revision that a script names; raises ValueError for anything but a revision."""
    rev = whole_number(value, LAST_REVISION)
    if rev is None:
        raise ValueError(value)
    return rev


def _flag_all(connection: Any, attempt_id: str, questions: int, flags: set[int]) -> None:
    for pos in range(questions):
        set_flag(connection, attempt_id, pos, pos in flags)


def _client(request: Request) -> str:
    address = request.client.host if request.client else ""
    return f"{address} {request.headers.get('user-agent', '')}"
