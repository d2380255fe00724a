"""The LTI pages: the login that a platform requests, the launch, and the tool's public key."""

from __future__ import annotations

import asyncio
import json
from dataclasses import astuple

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.errors import Forbidden, NotFound, Refused
from autograder.site.extensions import extensions
from autograder.site.lti.contexts import admit, is_connected
from autograder.site.lti.launch import Launch, login_query, query_of_state
from autograder.site.lti.services import Lti
from autograder.site.lti.users import keep_link, use_nonce
from autograder.site.outbox import queue_message
from autograder.site.requests import form_of, site_of
from autograder.site.sessions import open_session
from autograder.site.sign_in import with_cookie

__all__ = ["keys", "launch", "login"]


STATE = "lti_state"
STATE_AGE = 600  # seconds
KEYS_WAIT = 12  # seconds for a platform's keys
FRAMES = ("iframe", "frame", "embed", "object")
NEW_TAB_NEEDED = Refused(
    "This opens in a tab of its own.",
    next_step="Browsers keep the sign-in cookies of a page that another site shows in a frame.",
)
LARGEST_LAUNCH = 256 * 1024  # bytes


async def login(request: Request) -> Response:
    """Redirect the browser to its platform, to be signed in; in a frame, offer a tab for it."""
    parameters = dict(request.query_params) if request.method == "GET" else await _fields(request)
    framed = request.headers.get("sec-fetch-dest") in FRAMES
    try:
        begun = _lti(request).begin(parameters, str(request.url_for("lti_launch")), request.state.at)
    except Refused as problem:
        if framed:
            return _framed(request, problem)
        raise
    if framed:
        return _framed(request, NEW_TAB_NEEDED, login_query(parameters))
    response = RedirectResponse(begun.address, 303)
    # The platform's answer is a form of another site: it carries only a SameSite=None cookie, which needs
    # https. For a trial on this machine both are the same site.
    https = request.url.scheme == "https"
    response.set_cookie(
        STATE,
        begun.state,
        max_age=STATE_AGE,
        path="/lti",
        httponly=True,
        secure=https,
        samesite="none" if https else "lax",
    )
    return response


async def launch(request: Request) -> Response:
    """Sign in the user that the platform names, and redirect to the quiz; in a frame, offer a tab for it."""
    parameters = await _fields(request)
    place = request.headers.get("sec-fetch-dest")  # old browsers do not say it
    again = query_of_state(parameters.get("state", ""), site_of(request).signer)
    if place in FRAMES and again:
        return _framed(request, NEW_TAB_NEEDED, again)
    try:
        return await _launched(request, parameters, may_be_framed=place is None)
    except Refused as problem:
        if place is None or place in FRAMES:
            return _framed(request, problem, again)
        raise


async def _launched(request: Request, parameters: dict[str, str], *, may_be_framed: bool) -> Response:
    site, at, cookie = site_of(request), request.state.at, request.cookies.get(STATE, "")
    reading = await site.in_thread(_lti(request).request_keys, parameters, cookie, at)
    if reading is not None:
        await asyncio.wait([asyncio.wrap_future(reading)], timeout=KEYS_WAIT)
    launched: Launch = await site.in_thread(_lti(request).finish, parameters, cookie, at)
    if may_be_framed and launched.in_frame:
        return _framed(request, NEW_TAB_NEEDED, query_of_state(parameters.get("state", ""), site.signer))
    client = request.headers.get("user-agent", "")
    target, path = launched.link.quiz, "/"
    if target:

        def path_of_target() -> str:
            with site.database.reading() as connection:
                paths = [extension.link_path(connection, site.course, target) for extension in extensions()]
            return next(filter(None, paths), "")

        path = await site.in_reader(path_of_target)
    if not path:
        raise NotFound(
            f"There is no published quiz {target!r}.",
            next_step="Tell the course's staff; the link in the learning platform names it.",
        )

    def enter(connection: Connection) -> str | Refused:
        if not use_nonce(connection, launched.nonce, at):
            raise Forbidden(
                "The launch was refused: it was used before.",
                next_step="Go back to your learning platform and open the quiz again.",
            )
        context, link, user = launched.context, launched.link, launched.user
        who = admit(connection, site.course, context, link, user, at)
        if isinstance(who, Refused):
            return who
        if target and is_connected(connection, context):
            keep_link(connection, link)
            # A score that was earned before this user came from there goes there now.
            once = "launch:" + json.dumps([*astuple(context)[:4], link.resource, user.subject])
            queue_message(connection, "score", once, {"quiz": target, "person": who}, at)
        return open_session(connection, who, site.signer, at, client)

    token = await site.written(enter)
    if isinstance(token, Refused):
        raise token
    response = with_cookie(RedirectResponse(path, 303), request, token)
    response.delete_cookie(STATE, path="/lti")
    return response


def _framed(request: Request, problem: Refused, query: str = "") -> Response:
    """A page that any platform may show in a frame: a sentence, and a button that opens a new tab."""
    request.state.framable = True
    status = 200 if problem is NEW_TAB_NEEDED else problem.status
    page = site_of(request).page(
        "framed.html", problem=problem, address=f"/lti/login?{query}" if query else ""
    )
    return HTMLResponse(page, status)


async def keys(request: Request) -> Response:
    """The tool's public key, for the platforms."""
    return JSONResponse(_lti(request).public_keys())


def _lti(request: Request) -> Lti:
    lti = site_of(request).lti
    if lti is None:
        raise NotFound("This server accepts no launches.", next_step="Sign in with your passcode.")
    return lti


async def _fields(request: Request) -> dict[str, str]:
    return {name: values[-1] for name, values in (await form_of(request, None, LARGEST_LAUNCH)).items()}
