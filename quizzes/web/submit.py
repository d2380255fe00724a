"""The end: a look over everything, handing in, the receipt."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.errors import Conflict
from autograder.site.app_context import done
from autograder.site.requests import form_of, is_json, json_of, session_of, site_of
from quizzes.attempts.events import State
from quizzes.schedule.timing import seconds_late
from quizzes.store.attempts import flags_of
from quizzes.web.context import quizzes_of
from quizzes.web.question_view import sheet

__all__ = ["finish", "receipt", "receipt_file", "review"]


async def review(request: Request) -> Response:
    """What is answered, what is not, what was flagged."""
    site, session, one = site_of(request), session_of(request), request.path_params["attempt"]
    view = await quizzes_of(request).view(one, session.person)
    if view.attempt.state is not State.OPEN:
        return RedirectResponse(f"/attempts/{one}/receipt", 303)
    with site.database.reading() as connection:
        flags = flags_of(connection, one)
    page = site.page(
        "review.html",
        quiz=quizzes_of(request).quiz(view.attempt.version),
        attempt=view.attempt,
        remaining=view.remaining,
        lines=sheet(view, flags),
        session=session,
        token=site.form_token(session),
        now=site.now(),
    )
    return HTMLResponse(page)


async def finish(request: Request) -> Response:
    """Hand in; a second time leads to the same receipt."""
    session, one = session_of(request), request.path_params["attempt"]
    if is_json(request):
        sent = await json_of(request, session)
        await done(quizzes_of(request).exam.finish(one, session.person, timer=sent.get("timer") is True))
        return JSONResponse({"receipt": f"/attempts/{one}/receipt"})
    await form_of(request, session)
    await done(quizzes_of(request).exam.finish(one, session.person))
    return RedirectResponse(f"/attempts/{one}/receipt", 303)


async def receipt(request: Request) -> Response:
    """What was handed in and when, with a digest to note down."""
    site, session, one = site_of(request), session_of(request), request.path_params["attempt"]
    view = await quizzes_of(request).view(one, session.person)
    if view.receipt is None or view.attempt.state is State.OPEN:
        return RedirectResponse(f"/attempts/{one}", 303)
    row = view.attempt
    page = site.page(
        "receipt.html",
        quiz=quizzes_of(request).quiz(row.version),
        attempt=row,
        receipt=view.receipt,
        lines=sheet(view, set()),
        late=seconds_late(row.finished_at or 0, row.due_at),
        came_late="late" in request.query_params,
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


async def receipt_file(request: Request) -> Response:
    """The receipt as a file, with the signature only this server can make."""
    session, one = session_of(request), request.path_params["attempt"]
    view = await quizzes_of(request).view(one, session.person)
    if view.receipt is None:
        raise Conflict("The attempt is not over.", next_step="Hand it in first.")
    told = {"body": view.receipt.body, "sha256": view.receipt.digest, "signature": view.receipt.signature}
    name = f'attachment; filename="receipt-{one}.json"'
    return Response(
        json.dumps(told, indent=2), headers={"Content-Disposition": name}, media_type="application/json"
    )
