"""During the quiz: the page, saving with and without its script, the pen, the clock."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.errors import NotFound, Refused
from autograder.site.app_context import AppContext, done
from autograder.site.requests import Form, form_of, json_of, session_of, site_of
from autograder.site.sessions import Session
from quizzes.attempts.edit_lock import holds, new_lock
from quizzes.attempts.events import State
from quizzes.attempts.response import response_text
from quizzes.attempts.save_rules import Outcome, SaveResult, StoredAnswer
from quizzes.content.question import Answer
from quizzes.schedule.timing import remaining
from quizzes.services.exam import View
from quizzes.store.attempts import flags_of, set_flag
from quizzes.web.answer_forms import answer_in
from quizzes.web.context import QuizContext, quizzes_of
from quizzes.web.question_view import sheet

__all__ = ["clock", "page", "picture", "save_answer", "save_flag", "save_page", "take_pen"]


KINDS = {"png": "image/png", "svg": "image/svg+xml", "jpg": "image/jpeg", "jpeg": "image/jpeg"}
Typed = dict[int, tuple[Answer, SaveResult]]


async def page(request: Request) -> Response:
    """All questions with what is stored; once the attempt is over, its receipt instead."""
    session, one = session_of(request), request.path_params["attempt"]
    view = await quizzes_of(request).view(one, session.person)
    if view.attempt.state is not State.OPEN:
        return RedirectResponse(f"/attempts/{one}/receipt", 303)
    said = "Saved." if "saved" in request.query_params else ""
    return HTMLResponse(_page(quizzes_of(request), session, view, said=said))


async def save_page(request: Request) -> Response:
    """The whole page as a form, from a browser without the script: every changed answer is saved."""
    site, session, one = site_of(request), session_of(request), request.path_params["attempt"]
    form = await form_of(request, session)
    view = await quizzes_of(request).view(one, session.person)
    action = form.get("action", [""])[-1]
    pen = form.get("pen", [""])[-1]
    if action == "here":
        pen = (await done(quizzes_of(request).exam.take_pen(one, session.person, new_lock()))).pen
    typed = await _saved(request, site, session, view, form, pen)
    flags = {pos for pos in range(len(view.items)) if form.get(f"flag{pos}")}
    await site.written(lambda connection: _flag_all(connection, one, len(view.items), flags), one)
    refused = [result for _, result in typed.values() if result.outcome is not Outcome.SAVED]
    if any(one.outcome in (Outcome.CLOSED, Outcome.LATE) for one in refused):
        return RedirectResponse(f"/attempts/{one}/receipt?late", 303)
    if not refused:
        goal = "/review" if action == "review" else f"?saved#question-{action}"
        return RedirectResponse(f"/attempts/{one}{goal}", 303)
    view = await quizzes_of(request).view(one, session.person)
    said = "Not everything was saved: look at the questions marked below."
    status = max(result.outcome.status for result in refused)
    return HTMLResponse(_page(quizzes_of(request), session, view, said=said, typed=typed), status)


async def save_answer(request: Request) -> Response:
    """One answer, from the page's script."""
    site, session, one = site_of(request), session_of(request), request.path_params["attempt"]
    sent = await json_of(request, session)
    try:
        result = await done(
            quizzes_of(request).exam.save(
                one,
                session.person,
                request.path_params["pos"],
                sent.get("answer"),
                base_rev=int(sent["base_rev"]),
                save_id=str(sent["save_id"]),
                pen=str(sent["pen"]),
                clear=sent.get("clear") is True,
                client=_client(request),
                at=request.state.at,
            )
        )
    except (KeyError, TypeError, ValueError, OverflowError) as problem:
        raise Refused("This save is not one of this page's.", next_step="Reload the page.") from problem
    told = {
        "outcome": result.outcome.value,
        "rev": result.held.rev,
        "answer": result.answer,
        "problem": result.problem,
        "remaining_ms": remaining(site.now(), result.deadline_at),
        "in_grace": result.in_grace,
        "replayed": result.replayed,
    }
    return JSONResponse(told, result.outcome.status)


async def save_flag(request: Request) -> Response:
    """Flag a question, or take the flag away."""
    site, session, one = site_of(request), session_of(request), request.path_params["attempt"]
    sent = await json_of(request, session)
    view, pos = await quizzes_of(request).view(one, session.person), request.path_params["pos"]
    if pos >= len(view.items):
        raise NotFound("There is no such question in this attempt.", next_step="Reload the page.")
    flagged = sent.get("flagged") is True
    await site.written(lambda connection: set_flag(connection, one, pos, flagged), one)
    return JSONResponse({"flagged": flagged})


async def take_pen(request: Request) -> Response:
    """Let this window write."""
    site, session, one = site_of(request), session_of(request), request.path_params["attempt"]
    sent = await json_of(request, session)
    row = await done(quizzes_of(request).exam.take_pen(one, session.person, str(sent.get("pen", ""))))
    return JSONResponse({"state": row.state.value, "remaining_ms": remaining(site.now(), row.deadline_at)})


async def clock(request: Request) -> Response:
    """The time left by the server's clock, and what is stored; asked by an open page now and then."""
    site, session, one = site_of(request), session_of(request), request.path_params["attempt"]
    view = await quizzes_of(request).view(one, session.person)
    pen = request.query_params.get("pen", "")
    notice = quizzes_of(request).notice(view.attempt.quiz)
    told: dict[str, Any] = {
        "state": view.attempt.state.value,
        "remaining_ms": view.remaining,
        "now": site.now(),
        "pen": "held" if holds(pen, view.attempt.pen) else "elsewhere",
        "revs": [view.answers.get(pos, StoredAnswer()).rev for pos in range(len(view.items))],
    }
    if notice is not None and notice.at >= view.attempt.started_at:
        told["notice"] = {"id": notice.id, "text": notice.text}
    return JSONResponse(told)


async def picture(request: Request) -> Response:
    """A picture of the quiz, for those who have an attempt at it."""
    session = session_of(request)
    view = await quizzes_of(request).view(request.path_params["attempt"], session.person)
    file = request.path_params["file"]
    pictures = quizzes_of(request).quiz(view.attempt.version).pictures
    if file not in pictures:
        raise NotFound("There is no such picture.", next_step="Reload the page.")
    return Response(pictures[file], media_type=KINDS[file.rpartition(".")[2]])


def _page(
    quizzes: QuizContext, session: Session, view: View, *, said: str = "", typed: Typed | None = None
) -> str:
    site = quizzes.site
    with site.database.reading() as connection:
        flags = flags_of(connection, view.attempt.id)
    return site.page(
        "quiz.html",
        quiz=quizzes.quiz(view.attempt.version),
        attempt=view.attempt,
        remaining=view.remaining,
        lines=sheet(view, flags, typed),
        said=said,
        session=session,
        token=site.form_token(session),
        now=site.now(),
    )


async def _saved(
    request: Request, site: AppContext, session: Session, view: View, form: Form, pen: str
) -> Typed:
    """Save what differs from what is stored; what became of each."""
    waiting = []
    for pos, item in enumerate(view.items):
        held = view.answers.get(pos, StoredAnswer())
        answer = answer_in(form, pos, item.view)
        raw, rev = response_text(answer), form.get(f"rev{pos}", ["0"])[-1]
        if raw == held.raw or not rev.isdigit():
            continue
        # The same page sent twice is the same save; another text is another one.
        told = "\n".join((form.get("page", [""])[-1], str(pos), rev, raw))
        saving = quizzes_of(request).exam.save(
            view.attempt.id,
            session.person,
            pos,
            answer,
            base_rev=int(rev),
            save_id=hashlib.sha256(told.encode()).hexdigest()[:32],
            pen=pen,
            clear=bool(form.get(f"clear{pos}")),
            client=_client(request),
            at=request.state.at,
        )
        waiting.append((pos, answer, saving))
    return {pos: (answer, await done(saving)) for pos, answer, saving in waiting}


def _flag_all(connection: Any, one: str, questions: int, flags: set[int]) -> None:
    for pos in range(questions):
        set_flag(connection, one, pos, pos in flags)


def _client(request: Request) -> str:
    address = request.client.host if request.client else ""
    return f"{address} {request.headers.get('user-agent', '')}"
