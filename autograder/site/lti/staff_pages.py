"""The page of learning platforms for instructors: which courses are connected, and who is who."""

from __future__ import annotations

import json

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from autograder.errors import Conflict
from autograder.site.lti.contexts import connect, contexts, disconnect, proposals, settle
from autograder.site.lti.deliveries import retry, undelivered
from autograder.site.lti.users import Context
from autograder.site.requests import PageRoute, form_of, parsed_json, reads, site_of
from autograder.site.staff import staff_of_course

__all__ = ["PLATFORM_ROUTES"]

PATH = "/platforms"
FIELDS = ("issuer", "client", "deployment", "context")


@reads
def platforms_page(request: Request) -> Response:
    """The courses of platforms, and the users who may be somebody in this course."""
    site, session = site_of(request), staff_of_course(request, instructor=True)
    with site.database.reading() as connection:
        rows, matches, scores = contexts(connection), proposals(connection), undelivered(connection)
    page = site.page(
        "platforms.html",
        contexts=rows,
        scores=scores,
        matches=[(match, json.dumps([match.issuer, match.subject])) for match in matches],
        session=session,
        token=site.form_token(session),
    )
    return HTMLResponse(page)


async def change_connection(request: Request) -> Response:
    """Connect a platform's course, or take the connection back."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request, True)
    form, at = await form_of(request, session), request.state.at
    context = Context(*(form.get(name, [""])[-1] for name in FIELDS))
    connects = "connect" in form

    def write(connection: Connection) -> None:
        known = [
            row for row in contexts(connection) if all(row._mapping[n] == getattr(context, n) for n in FIELDS)
        ]
        if not known:
            raise Conflict("No launch came from this course.", next_step="Reload the page.")
        if connects:
            connect(connection, context, at=at, who=session.person)
        else:
            disconnect(connection, site.course, context, at=at, who=session.person)

    await site.written(write)
    return RedirectResponse(PATH, 303)


async def settle_matches(request: Request) -> Response:
    """Store for the chosen users whether they are the proposed people."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request, True)
    form, at = await form_of(request, session), request.state.at
    same = "same" in form
    try:
        chosen = [(str(issuer), str(subject)) for issuer, subject in map(parsed_json, form.get("user", []))]
    except (ValueError, TypeError):
        raise Conflict("This form cannot be read.", next_step="Reload the page.") from None
    if not chosen:
        raise Conflict("Nobody was chosen.", next_step="Tick the people first.")

    def write(connection: Connection) -> None:
        for issuer, subject in chosen:
            settle(connection, site.course, issuer, subject, same=same, at=at, who=session.person)

    await site.written(write)
    return RedirectResponse(PATH, 303)


async def retry_scores(request: Request) -> Response:
    """Send the scores again that did not arrive."""
    site = site_of(request)
    session = await site.in_reader(staff_of_course, request, True)
    await form_of(request, session)
    at = request.state.at
    await site.written(lambda connection: retry(connection, at))
    return RedirectResponse(PATH, 303)


PLATFORM_ROUTES = (
    PageRoute(PATH, platforms_page),
    PageRoute(f"{PATH}/connections", change_connection, methods=["POST"]),
    PageRoute(f"{PATH}/scores", retry_scores, methods=["POST"]),
    PageRoute(f"{PATH}/matches", settle_matches, methods=["POST"]),
)
