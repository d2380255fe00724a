"""Results, as far as the quiz shows them yet: the score, feedback, keys and worked explanations."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.errors import NotFound
from autograder.site.requests import form_of, session_of, site_of
from quizzes.attempts.events import State
from quizzes.attempts.response import response_of
from quizzes.attempts.save_rules import StoredAnswer
from quizzes.attempts.visibility import Visibility
from quizzes.content.markup import render
from quizzes.content.question import PublicQuestion, Question
from quizzes.services.exam import View
from quizzes.store.marks import marks_in
from quizzes.store.messages import ask_again, requests_at
from quizzes.store.quizzes import current_version, is_closed_for_everyone
from quizzes.web.answer_forms import answer_shown
from quizzes.web.context import quizzes_of

__all__ = ["ask", "results"]

WORDS = {
    "never": "not shown",
    "after_submit": "when you have handed in",
    "after_due": "when the quiz is due",
    "after_close": "when the quiz has closed for everybody",
}


@dataclass(frozen=True)
class Result:
    """One question with what may be shown of its marks."""

    number: int
    view: PublicQuestion
    answer: Markup
    points: float | None = None
    pending: bool = False
    feedback: str = ""  # HTML
    key: str = ""  # HTML
    explanation: str = ""  # HTML


async def results(request: Request) -> Response:
    """The student's own results."""
    site, session, one = site_of(request), session_of(request), request.path_params["attempt"]
    view = await quizzes_of(request).view(one, session.person)
    row = view.attempt
    if row.state is State.OPEN:
        return RedirectResponse(f"/attempts/{one}", 303)
    if row.state is State.FINISHED:
        await site.in_thread(quizzes_of(request).exam.mark_one, one)
        view = await quizzes_of(request).view(one, session.person)
    with site.database.reading() as connection:
        current = quizzes_of(request).quiz(current_version(connection, row.quiz))
        asked = {one.pos: one for one in requests_at(connection, one=one)}
        marks = marks_in(connection, one)
        closed = is_closed_for_everyone(connection, row.quiz, request.state.at)
    due = row.due_at is None or row.due_at <= request.state.at
    release = current.release
    # A corrected version of the same questions says what is right; another one does not concern this attempt.
    corrected = current.deal(row.seed)
    if [(each.params, each.option_order) for each in corrected] == [
        (each.params, each.option_order) for each in view.items
    ]:
        view = replace(view, items=corrected)
    shown = Visibility.of(release, over=True, due=due, closed=closed)
    lines = [_result(view, pos, marks.get(pos), shown) for pos in range(len(view.items))]
    page = site.page(
        "results.html",
        quiz=quizzes_of(request).quiz(row.version),
        attempt=row,
        shown=shown,
        when={name: WORDS[getattr(release, name)] for name in Visibility.__dataclass_fields__},
        lines=lines,
        asked=asked,
        total=sum(mark.points for mark in marks.values()) if shown.score and marks else None,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


async def ask(request: Request) -> Response:
    """Ask the course's staff for another look at a mark."""
    site, session, one = site_of(request), session_of(request), request.path_params["attempt"]
    form = await form_of(request, session)
    view, pos = await quizzes_of(request).view(one, session.person), request.path_params["pos"]
    if view.attempt.state is not State.GRADED or pos >= len(view.items):
        raise NotFound("There is no mark to ask about.", next_step="Wait until the quiz is marked.")
    text = form.get("text", [""])[-1]
    await site.written(lambda connection: ask_again(connection, one, pos, text, request.state.at), one)
    return RedirectResponse(f"/attempts/{one}/results#question-{pos + 1}", 303)


def _result(view: View, pos: int, mark: Any, shown: Visibility) -> Result:
    question, held = view.items[pos].question, view.answers.get(pos, StoredAnswer())
    public = question.public_view()
    told = json.loads(mark.detail) if mark else {}
    pending = bool(told.get("pending"))
    return Result(
        number=pos + 1,
        view=public,
        answer=answer_shown(public, response_of(held.raw)),
        points=mark.points if mark and shown.score and not pending else None,
        pending=pending,
        feedback=told.get("feedback", "") if shown.feedback else "",
        key=_key(question) if shown.key else "",
        explanation=question.explanation if shown.explanation else "",
    )


def _key(question: Question) -> str:
    """The right answer as HTML; a solution is code and stays as it is."""
    if question.kind == "function":
        return str(Markup("<pre>{}</pre>").format(question.key_text))
    return render(question.key_text)
