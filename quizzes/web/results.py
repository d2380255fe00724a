"""The results page, as far as the quiz releases them, and regrade requests of students."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.course.course import find_course
from autograder.course.local_time import shown
from autograder.errors import NotFound
from autograder.site.marking.regrade_request_pages import store_regrade_request
from autograder.site.marking.regrade_requests import requests_in, window_of
from autograder.site.marks import Current
from autograder.site.requests import form_of, reads_much, session_for, session_of, site_of
from quizzes.attempts.events import State
from quizzes.attempts.response import answer_from, is_blank
from quizzes.attempts.save_rules import StoredAnswer
from quizzes.attempts.visibility import Visibility
from quizzes.content.question import PublicQuestion
from quizzes.services.exam import View
from quizzes.store.marks import QUIZ, marks_in, total
from quizzes.store.quizzes import current_version
from quizzes.web.context import quizzes_of
from quizzes.web.forms import answer_html
from quizzes.web.released import released_now, shown_since

__all__ = ["results", "send_regrade_request"]

# How a mark is shown beside its points: a sign and words, so that nobody needs to see the colour.
SIGNS = {"right": "✓", "partly": "◐", "wrong": "✗"}


@dataclass(frozen=True)
class Result:
    """One question with what may be shown of its mark."""

    number: int
    view: PublicQuestion
    answer: Markup
    points: Decimal | None = None
    outcome: str = ""  # of SIGNS
    answered: bool = True
    pending: bool = False
    feedback: str = ""  # HTML
    key: str = ""  # HTML
    explanation: str = ""  # HTML


@reads_much
def results(request: Request) -> Response:
    """The student's own results."""
    site, session, attempt_id = site_of(request), session_of(request), request.path_params["attempt"]
    view = quizzes_of(request).shown_to(session, attempt_id)
    row = view.attempt
    if row.state is State.OPEN:
        return RedirectResponse(f"/attempts/{attempt_id}", 303)
    if row.state is State.FINISHED and not session.viewer:
        quizzes_of(request).exam.mark_one(attempt_id)
        view = quizzes_of(request).shown_to(session, attempt_id)
    with site.database.reading() as connection:
        current = quizzes_of(request).quiz(current_version(connection, row.quiz))
        requests = requests_in(connection, site.course, answer=attempt_id, person=session.person)
        since = shown_since(connection, current.release, row, request.state.at)
        marks = marks_in(connection, attempt_id)
        released = released_now(
            connection, current.release, row, request.state.at, lambda instant: shown(instant, site.zone)
        )
    visibility = released.visibility
    if current.hash != row.version:  # a corrected version has the right keys
        view = replace(view, items=quizzes_of(request).exam.questions(row, current.hash))
    page = site.page(
        "results.html",
        quiz=quizzes_of(request).quiz(row.version),
        attempt=row,
        visibility=visibility,
        when=released.when,
        hidden=released.hidden,
        signs=SIGNS,
        results=[_result(view, pos, marks.get(pos), visibility) for pos in range(len(view.items))],
        regrade_requests={int(item.part): item for item in requests},
        window=None if since is None else window_of(find_course(site.folder).regrade_requests, since),
        at=request.state.at,
        total=total(marks.values()) if visibility.score and marks else None,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


async def send_regrade_request(request: Request) -> Response:
    """Ask the course's staff to look at a mark again."""
    session, attempt_id = await session_for(request), request.path_params["attempt"]
    form = await form_of(request, session)
    view, pos = await quizzes_of(request).view(attempt_id, session.person), request.path_params["pos"]
    if view.attempt.state is not State.GRADED or pos >= len(view.items):
        raise NotFound("There is no mark to regrade.", next_step="Wait until the quiz is marked.")
    text = form.get("text", [""])[-1]
    await store_regrade_request(request, session, QUIZ, attempt_id, str(pos), text)
    return RedirectResponse(f"/attempts/{attempt_id}/results#question-{pos + 1}", 303)


def _result(view: View, pos: int, current: Current | None, visibility: Visibility) -> Result:
    question, stored = view.items[pos].question, view.answers.get(pos, StoredAnswer())
    public = question.public_view()
    detail = json.loads(current.mark.detail) if current else {}
    # An earlier mark counts while the sandbox grades again.
    pending = current is not None and current.pending and current.mark.pending
    points = current.points if current and visibility.score and not pending else None
    answer = answer_from(stored.response)
    return Result(
        number=pos + 1,
        view=public,
        outcome="" if points is None else _outcome(points, question.points),
        answered=not is_blank(answer),
        answer=answer_html(public, answer),
        points=points,
        pending=pending,
        feedback=detail.get("feedback", "") if visibility.feedback else "",
        key=question.key_html if visibility.key else "",
        explanation=question.explanation if visibility.explanation else "",
    )


def _outcome(points: Decimal, most: Decimal) -> str:
    """The outcome of a mark; empty for a question without points."""
    if not most:
        return ""
    return "right" if points >= most else "partly" if points > 0 else "wrong"
