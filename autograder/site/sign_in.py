"""Signing in by passcode or one-time link, and out again.

Whoever is signed out in the middle of a quiz loses nothing: the page's script asks for the passcode in place,
and a form sent without a script is kept in the sign-in page and sent again after it.
"""

from __future__ import annotations

import json
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.errors import Refused
from autograder.site.requests import COOKIE, Form, form_of, is_json, session_of, site_of
from autograder.site.sessions import end_session, open_by_link, open_by_passcode, owner_of_link

__all__ = ["asked_to_sign_in", "by_link", "sign_in", "sign_out", "with_cookie"]


LASTS = 7 * 24 * 3600  # seconds for the cookie; the session ends when the server says so
NEVER_SENT_AGAIN = ("token", "person", "passcode")


async def sign_in(request: Request) -> Response:
    """The page, and the form on it."""
    site, at = site_of(request), request.state.at
    if request.method == "GET":
        return _page(request, 200, _local(request.query_params.get("next", "/")))
    form = await form_of(request, None)
    person, code = (form.get(name, [""])[-1].strip() for name in ("person", "passcode"))
    client, address = request.headers.get("user-agent", ""), request.client.host if request.client else ""
    opened = await site.written(
        lambda connection: open_by_passcode(connection, person, code, site.signer, at, client, address)
    )
    goal, kept = _local(form.get("next", ["/"])[-1]), form.get("kept", [""])[-1]
    if isinstance(opened, Refused):
        if is_json(request):
            return _said(opened)
        return _page(request, opened.status, goal, problem=opened, person=person, kept=kept)
    if is_json(request):
        session = site.signed_in(opened, site.now())
        assert session is not None
        told = {"person": session.person, "token": site.form_token(session)}
        return with_cookie(JSONResponse(told), request, opened)
    if kept:
        return with_cookie(_send_again(request, opened, goal, kept), request, opened)
    return with_cookie(RedirectResponse(goal, 303), request, opened)


async def by_link(request: Request) -> Response:
    """A one-time link: looking at it uses nothing up, since mail programs look at links, too."""
    site, at, secret = site_of(request), request.state.at, request.path_params["secret"]
    if request.method == "GET":
        with site.database.reading() as connection:
            name = owner_of_link(connection, secret, site.signer, at)
        if name is None:
            said = Refused(
                "This link was used before, or it is too old.",
                next_step="Sign in with your passcode, or ask the course's staff for a new link.",
            )
            return _page(request, 410, "/", problem=said)
        return HTMLResponse(site.page("link.html", name=name))
    client = request.headers.get("user-agent", "")
    try:
        opened = await site.written(
            lambda connection: open_by_link(connection, secret, site.signer, at, client)
        )
    except Refused as problem:
        return _page(request, 410, "/", problem=problem)
    return with_cookie(RedirectResponse("/", 303), request, opened)


async def sign_out(request: Request) -> Response:
    """End the session, everywhere its cookie is."""
    site, session = site_of(request), session_of(request)
    await form_of(request, session)
    await site.written(lambda connection: end_session(connection, session.token))
    site.forget(request.cookies[COOKIE])
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE)
    response.headers["Clear-Site-Data"] = '"storage"'  # the next one at this machine finds nothing
    return response


async def asked_to_sign_in(request: Request, problem: Refused) -> Response:
    """What somebody gets who is not signed in."""
    if is_json(request):
        return _said(problem)
    if request.method == "GET":
        return RedirectResponse(f"/sign-in?{urlencode({'next': request.url.path})}", 303)
    form = await form_of(request, None)
    kept = json.dumps({name: values for name, values in form.items() if name not in NEVER_SENT_AGAIN})
    return _page(request, 401, request.url.path, problem=problem, kept=kept)


def _page(
    request: Request,
    status: int,
    goal: str,
    *,
    problem: Refused | None = None,
    person: str = "",
    kept: str = "",
) -> Response:
    page = site_of(request).page(
        "sign_in.html", goal=goal, problem=problem, person=person, kept=kept, session=None
    )
    response = HTMLResponse(page, status)
    if retry := getattr(problem, "retry_after", 0):
        response.headers["Retry-After"] = str(retry)
    return response


def _send_again(request: Request, token: str, goal: str, kept: str) -> Response:
    """A form as it was sent before the sign-in, with one button that sends it again."""
    site = site_of(request)
    session = site.signed_in(token, site.now())
    assert session is not None
    try:
        fields: Form = {str(name): [str(one) for one in values] for name, values in json.loads(kept).items()}
    except (ValueError, AttributeError, TypeError):
        return RedirectResponse(goal, 303)
    page = site.page(
        "send_again.html", goal=goal, fields=fields, session=session, token=site.form_token(session)
    )
    return HTMLResponse(page)


def with_cookie(response: Response, request: Request, token: str) -> Response:
    """The response, with a session."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=LASTS,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


def _said(problem: Refused) -> Response:
    retry = getattr(problem, "retry_after", 0)
    headers = {"Retry-After": str(retry)} if retry else None
    said = {"message": problem.message, "next_step": problem.next_step}
    return JSONResponse(said, problem.status, headers)


def _local(goal: str) -> str:
    """A path of this server, never another one's address."""
    own = goal.startswith("/") and not goal.startswith(("//", "/\\")) and "\n" not in goal
    return goal if own else "/"
