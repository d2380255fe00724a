"""The end: a look over everything, handing in, the receipt."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from quizzes.attempt import State
from quizzes.refusal import Conflict
from quizzes.store.flags import flags_of
from quizzes.timing import seconds_late
from quizzes.web.requests import form_of, is_json, json_of, session_of, site_of
from quizzes.web.sheet import sheet
from quizzes.web.site import done

__all__ = ["finish", "receipt", "receipt_file", "review"]


async def review(request: Request) -> Response:
    """What is answered, what is not, what was flagged."""
    site, session, one = site_of(request), session_of(request), request.path_params["attempt"]
    view = await site.view(one, session.person)
    if view.attempt.state is not State.OPEN:
        return RedirectResponse(f"/attempts/{one}/receipt", 303)
    with site.proctor.database.reading() as connection:
        flags = flags_of(connection, one)
    page = site.page(
        "review.html",
        quiz=site.quiz(view.attempt.version),
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
    site, session, one = site_of(request), session_of(request), request.path_params["attempt"]
    if is_json(request):
        sent = await json_of(request, session)
        await done(site.proctor.finish(one, session.person, timer=sent.get("timer") is True))
        return JSONResponse({"receipt": f"/attempts/{one}/receipt"})
    await form_of(request, session)
    await done(site.proctor.finish(one, session.person))
    return RedirectResponse(f"/attempts/{one}/receipt", 303)


async def receipt(request: Request) -> Response:
    """What was handed in and when, with a digest to note down."""
    site, session, one = site_of(request), session_of(request), request.path_params["attempt"]
    view = await site.view(one, session.person)
    if view.receipt is None or view.attempt.state is State.OPEN:
        return RedirectResponse(f"/attempts/{one}", 303)
    row = view.attempt
    page = site.page(
        "receipt.html",
        quiz=site.quiz(row.version),
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
    site, session, one = site_of(request), session_of(request), request.path_params["attempt"]
    view = await site.view(one, session.person)
    if view.receipt is None:
        raise Conflict("The attempt is not over.", next_step="Hand it in first.")
    told = {"body": view.receipt.body, "sha256": view.receipt.digest, "signature": view.receipt.signature}
    name = f'attachment; filename="receipt-{one}.json"'
    return Response(
        json.dumps(told, indent=2), headers={"Content-Disposition": name}, media_type="application/json"
    )
