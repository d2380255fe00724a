"""Results, as far as the quiz shows them yet: the score, feedback, keys and worked explanations."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from quizzes.attempt import State
from quizzes.proctor import View
from quizzes.question import PublicQuestion, Question
from quizzes.raw import as_answer
from quizzes.refusal import NotFound
from quizzes.revisions import Held
from quizzes.shown import Shown
from quizzes.store.catalogue import current_version
from quizzes.store.closing import over_for_all
from quizzes.store.grades import marks_in
from quizzes.store.talk import ask_again, requests_at
from quizzes.text import render
from quizzes.web.answers import answer_shown
from quizzes.web.requests import form_of, session_of, site_of

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
    view = await site.view(one, session.person)
    row = view.attempt
    if row.state is State.OPEN:
        return RedirectResponse(f"/attempts/{one}", 303)
    if row.state is State.FINISHED:
        await site.in_thread(site.proctor.mark_one, one)
        view = await site.view(one, session.person)
    with site.proctor.database.reading() as connection:
        current = site.quiz(current_version(connection, row.quiz))
        asked = {one.pos: one for one in requests_at(connection, one=one)}
        marks = marks_in(connection, one)
        closed = over_for_all(connection, row.quiz, request.state.at)
    due = row.due_at is None or row.due_at <= request.state.at
    release = current.release
    # A corrected version of the same questions says what is right; another one does not concern this attempt.
    corrected = current.deal(row.seed)
    if [(each.params, each.option_order) for each in corrected] == [
        (each.params, each.option_order) for each in view.items
    ]:
        view = replace(view, items=corrected)
    shown = Shown.of(release, over=True, due=due, closed=closed)
    lines = [_result(view, pos, marks.get(pos), shown) for pos in range(len(view.items))]
    page = site.page(
        "results.html",
        quiz=site.quiz(row.version),
        attempt=row,
        shown=shown,
        when={name: WORDS[getattr(release, name)] for name in Shown.__dataclass_fields__},
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
    view, pos = await site.view(one, session.person), request.path_params["pos"]
    if view.attempt.state is not State.GRADED or pos >= len(view.items):
        raise NotFound("There is no mark to ask about.", next_step="Wait until the quiz is marked.")
    text = form.get("text", [""])[-1]
    await site.written(lambda connection: ask_again(connection, one, pos, text, request.state.at), one)
    return RedirectResponse(f"/attempts/{one}/results#question-{pos + 1}", 303)


def _result(view: View, pos: int, mark: Any, shown: Shown) -> Result:
    question, held = view.items[pos].question, view.answers.get(pos, Held())
    public = question.public_view()
    told = json.loads(mark.detail) if mark else {}
    pending = bool(told.get("pending"))
    return Result(
        number=pos + 1,
        view=public,
        answer=answer_shown(public, as_answer(held.raw)),
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
