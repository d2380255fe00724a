"""The end of an attempt: the review of all answers, submitting, and the receipt."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.errors import Conflict
from autograder.site.app_context import result_of
from autograder.site.requests import form_of, is_json, json_of, reads, session_for, session_of, site_of
from quizzes.attempts.events import State
from quizzes.attempts.response import answer_from, is_blank
from quizzes.schedule.timing import seconds_late
from quizzes.store.attempts import flags_of
from quizzes.web.context import quizzes_of
from quizzes.web.question_view import question_views

__all__ = ["finish", "receipt", "receipt_file", "review"]


@reads
def review(request: Request) -> Response:
    """Which questions are answered, and which are flagged."""
    site, session, attempt_id = site_of(request), session_of(request), request.path_params["attempt"]
    view = quizzes_of(request).shown_to(session, attempt_id)
    if view.attempt.state is not State.OPEN:
        return RedirectResponse(f"/attempts/{attempt_id}/receipt", 303)
    with site.database.reading() as connection:
        flags = flags_of(connection, attempt_id)
    page = site.page(
        "review.html",
        quiz=quizzes_of(request).quiz(view.attempt.version),
        attempt=view.attempt,
        remaining=view.remaining,
        questions=question_views(view.items, view.answers, flags),
        notices=quizzes_of(request).notices(view.attempt),
        session=session,
        token=site.form_token(session),
        now=site.now(),
    )
    return HTMLResponse(page)


async def finish(request: Request) -> Response:
    """Submit the attempt; a second time leads to the same receipt."""
    session, attempt_id = await session_for(request), request.path_params["attempt"]
    await quizzes_of(request).ready(attempt_id)
    if is_json(request):
        payload = await json_of(request, session)
        timer = payload.get("timer") is True
        await result_of(quizzes_of(request).exam.finish(attempt_id, session.person, timer=timer))
        return JSONResponse({"receipt": f"/attempts/{attempt_id}/receipt"})
    await form_of(request, session)
    await result_of(quizzes_of(request).exam.finish(attempt_id, session.person))
    return RedirectResponse(f"/attempts/{attempt_id}/receipt", 303)


@reads
def receipt(request: Request) -> Response:
    """What was submitted and when, with the digest of the receipt."""
    site, session, attempt_id = site_of(request), session_of(request), request.path_params["attempt"]
    view = quizzes_of(request).shown_to(session, attempt_id)
    if view.receipt is None or view.attempt.state is State.OPEN:
        return RedirectResponse(f"/attempts/{attempt_id}", 303)
    row = view.attempt
    page = site.page(
        "receipt.html",
        quiz=quizzes_of(request).quiz(row.version),
        attempt=row,
        receipt=view.receipt,
        questions=len(view.items),
        answered=sum(not is_blank(answer_from(answer.response)) for answer in view.answers.values()),
        late=seconds_late(row.finished_at or 0, row.due_at),
        came_late="late" in request.query_params,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


@reads
def receipt_file(request: Request) -> Response:
    """The receipt as a file, with the signature that only this server can make."""
    session, attempt_id = session_of(request), request.path_params["attempt"]
    view = quizzes_of(request).shown_to(session, attempt_id)
    if view.receipt is None:
        raise Conflict("The attempt is not over.", next_step="Submit it first.")
    payload = {
        "body": view.receipt.body,
        "sha256": view.receipt.digest,
        "signature": view.receipt.signature,
    }
    disposition = f'attachment; filename="receipt-{attempt_id}.json"'
    return Response(
        json.dumps(payload, indent=2),
        headers={"Content-Disposition": disposition},
        media_type="application/json",
    )
