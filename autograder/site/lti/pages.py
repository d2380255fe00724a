"""The LTI pages: login, launch, choosing content, registration, and the tool's public key."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from dataclasses import astuple
from hmac import compare_digest
from urllib.parse import urlsplit

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from autograder.errors import Conflict, Forbidden, NotFound, Refused
from autograder.site.extensions import LinkTarget
from autograder.site.lti.client import PlatformError
from autograder.site.lti.contexts import admit, is_connected
from autograder.site.lti.deep_linking import ContentRequest, answer_claims, content_item
from autograder.site.lti.launch import Launch, asks_for_content, login_query, query_of_state
from autograder.site.lti.registration import (
    CONTENT_PATH,
    KEYS_PATH,
    LAUNCH_PATH,
    LOGIN_PATH,
    REGISTRATION_PATH,
    check_secret,
    register,
    spend_secret,
    store,
    unspend_secret,
)
from autograder.site.lti.services import Lti
from autograder.site.lti.users import keep_link, use_nonce
from autograder.site.outbox import queue_message
from autograder.site.requests import PageRoute, form_of, site_of
from autograder.site.sessions import open_session
from autograder.site.sign_in import with_cookie

__all__ = ["LTI_ROUTES"]


STATE = "lti_state"
STATE_AGE = 600  # seconds
KEYS_WAIT = 12  # seconds for a platform's keys
FRAMES = ("iframe", "frame", "embed", "object")
NEW_TAB_NEEDED = Refused(
    "This opens in a tab of its own.",
    next_step="Browsers store no sign-in cookie for a page that another site shows in a frame.",
)
LARGEST_LAUNCH = 256 * 1024  # bytes
CHOICE_LASTS = 3_600_000  # milliseconds
CHOOSE_AGAIN = "Close it, and choose the content in your learning platform again."
ANEW = "Paste the same address into the learning platform again, or enter the registration by hand."
log = logging.getLogger(__name__)


async def login(request: Request) -> Response:
    """Redirect the browser to its platform, to be signed in; in a frame, offer a tab for it."""
    parameters = dict(request.query_params) if request.method == "GET" else await _fields(request)
    framed = request.headers.get("sec-fetch-dest") in FRAMES
    begin, launch_url, at = _lti(request).begin, str(request.url_for("lti_launch")), request.state.at
    try:
        begun = await site_of(request).in_thread(begin, parameters, launch_url, at)
    except Refused as problem:
        log.info("A login was refused: %s", problem.message)
        if framed:
            return _framed(request, problem)
        raise
    if framed and not _is_for_content(parameters.get("target_link_uri", "")):
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
    """Sign in the user that the platform names, and redirect to the link's page; in a frame, offer a tab.

    A launch that asks what to link to gets a page to choose on, also in a frame, and signs nobody in.
    """
    parameters = await _fields(request)
    place = request.headers.get("sec-fetch-dest")  # old browsers do not say it
    again = query_of_state(parameters.get("state", ""), site_of(request).signer)
    if place in FRAMES and again and not asks_for_content(parameters):
        return _framed(request, NEW_TAB_NEEDED, again)
    try:
        return await _launched(request, parameters, may_be_framed=place is None)
    except Refused as problem:
        log.info("A launch was refused: %s", problem.message)
        if place is None or place in FRAMES:
            return _framed(request, problem, again)
        raise


async def _launched(request: Request, parameters: dict[str, str], *, may_be_framed: bool) -> Response:
    site, at, cookie = site_of(request), request.state.at, request.cookies.get(STATE, "")
    reading = await site.in_thread(_lti(request).request_keys, parameters, at)
    if reading is not None:
        await asyncio.wait([asyncio.wrap_future(reading)], timeout=KEYS_WAIT)
    launched: Launch = await site.in_thread(_lti(request).finish, parameters, cookie, at)
    if launched.content is not None:
        return await _content_page(request, launched, launched.content)
    if may_be_framed and launched.in_frame:
        return _framed(request, NEW_TAB_NEEDED, query_of_state(parameters.get("state", ""), site.signer))
    client = request.headers.get("user-agent", "")
    kind, name = launched.link.kind, launched.link.work
    path = await _path_of(request, kind, name) if name else "/"
    if not path:
        raise NotFound(
            f"There is no published quiz {name!r}."
            if kind == "quiz"
            else f"There is no assignment {name!r}.",
            next_step="Tell the course's staff; the link in the learning platform names it.",
        )

    def enter(connection: Connection) -> str | Refused:
        _spend(connection, launched, at)
        context, link, user = launched.context, launched.link, launched.user
        who = admit(connection, site.course, context, link, user, at)
        if isinstance(who, Refused):
            return who
        if name and is_connected(connection, context):
            keep_link(connection, link)
            # A score that was earned before this user came from there goes there now.
            once = "launch:" + json.dumps([*astuple(context)[:4], link.resource, kind, name, user.subject])
            queue_message(connection, "score", once, {kind: name, "person": who}, at)
        return open_session(connection, who, site.signer, at, client)

    token = await site.written(enter)
    if isinstance(token, Refused):
        raise token
    response = with_cookie(RedirectResponse(path, 303), request, token)
    response.delete_cookie(STATE, path="/lti")
    return response


def _spend(connection: Connection, launched: Launch, at: int) -> None:
    if not use_nonce(connection, launched.nonce, at):
        raise Forbidden(
            "The launch was refused: it was used before.",
            next_step="Go back to your learning platform and open the quiz again.",
        )


async def _path_of(request: Request, kind: str, name: str) -> str:
    """The path of the page that a link opens; empty if there is none."""
    paths = {(target.kind, target.name): target.path for target in await _targets(request)}
    return paths.get((kind, name), "")


async def _targets(request: Request) -> list[LinkTarget]:
    site = site_of(request)

    def read() -> list[LinkTarget]:
        with site.database.reading() as connection:
            return site.link_targets(connection)

    return await site.in_thread(read)


async def _content_page(request: Request, launched: Launch, content: ContentRequest) -> Response:
    """The quizzes and assignments to choose from, for a teacher of a connected course."""
    site, at = site_of(request), request.state.at

    def enter(connection: Connection) -> str | Refused:
        _spend(connection, launched, at)
        return admit(connection, site.course, launched.context, launched.link, launched.user, at)

    who = await site.written(enter)
    if isinstance(who, Refused):
        raise who
    if launched.user.role == "student":
        raise Forbidden(
            "Only teachers choose what a link opens, and your learning platform knows you as a student.",
            next_step="Open a link that your teachers made.",
        )
    context = launched.context
    wanted = [*astuple(context)[:3], *astuple(content)]
    body = base64.urlsafe_b64encode(json.dumps([at, who, *wanted]).encode()).decode()
    request.state.framable = True
    page = site.page(
        "content.html",
        targets=await _targets(request),
        several=content.several,
        signed=f"{body}.{site.signer.of('lti content', body)}",
        platform=context.title,
        problem=None,
    )
    return HTMLResponse(page)


async def choose_content(request: Request) -> Response:
    """Answer the platform with links to what a teacher chose: a form that the browser posts there."""
    site, at = site_of(request), request.state.at
    request.state.framable = True
    form = await form_of(request, None, LARGEST_LAUNCH)
    body, _, sign = form.get("request", [""])[-1].partition(".")
    if not compare_digest(sign.encode(), site.signer.of("lti content", body).encode()):
        raise Forbidden("This page answers no learning platform.", next_step=CHOOSE_AGAIN)
    asked_at, _, issuer, client, deployment, *wanted = json.loads(base64.urlsafe_b64decode(body))
    if not 0 <= at - asked_at <= CHOICE_LASTS:
        raise Forbidden("This page is more than an hour old.", next_step=CHOOSE_AGAIN)
    content = ContentRequest(*wanted)
    chosen = set(form.get("target", []))
    targets = [target for target in await _targets(request) if f"{target.kind}:{target.name}" in chosen]
    if not targets:
        raise Conflict(
            "Nothing was chosen.", next_step="Go back, tick a quiz or an assignment, and press Add."
        )
    targets = targets if content.several else targets[:1]
    address = _address(request)
    items = [content_item(target, address, line_item=content.line_items) for target in targets]
    answer = _lti(request).signed(answer_claims(issuer, client, deployment, content.data, items))
    parts = urlsplit(content.return_url)
    # The platform may redirect the form, and browsers hold redirects to the same rule.
    request.state.form_action = f"{parts.scheme}:"
    page = site.page("content_answer.html", return_url=content.return_url, answer=answer, targets=targets)
    return HTMLResponse(page)


async def registration_page(request: Request) -> Response:
    """What a platform's administrator sees who has pasted an address of ours: a button that registers."""
    request.state.framable = True
    site = site_of(request)
    try:
        check_secret(request.path_params["secret"], site.signer, request.state.at)
    except Refused as problem:
        return _framed(request, problem)
    configuration = request.query_params.get("openid_configuration", "")
    page = site.page(
        "registration.html",
        host=urlsplit(configuration).netloc,
        configuration=configuration,
        registration_token=request.query_params.get("registration_token", ""),
        done=None,
    )
    return HTMLResponse(page)


async def register_platform(request: Request) -> Response:
    """Register this server with the platform, and keep what the platform says of itself."""
    site, at, secret = site_of(request), request.state.at, request.path_params["secret"]
    request.state.framable = True
    form = await form_of(request, None)
    configuration = form.get("openid_configuration", [""])[-1]
    token = form.get("registration_token", [""])[-1]
    title, address = site.title, _address(request)
    try:
        await site.written(lambda connection: spend_secret(connection, secret, site.signer, at))
        try:
            registered = await site.in_thread(register, configuration, token, title, address)
            await site.written(lambda connection: store(connection, registered, at))
        except (PlatformError, Refused):
            await site.written(lambda connection: unspend_secret(connection, secret))
            raise
    except PlatformError as problem:
        log.info("A registration failed: %s", problem)
        refusal = Refused(f"The learning platform did not register this course. {problem}.", next_step=ANEW)
        return _framed(request, refusal)
    except Refused as problem:
        return _framed(request, problem)
    page = site.page("registration.html", done=registered, host="", configuration="", registration_token="")
    return HTMLResponse(page)


def _is_for_content(target: str) -> bool:
    """Whether a login's target is the page to choose on, which works in a frame."""
    return urlsplit(target).path.rstrip("/") == CONTENT_PATH


def _address(request: Request) -> str:
    """The address of this server, as the browser has it."""
    return str(request.base_url).rstrip("/")


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


LTI_ROUTES = (
    PageRoute(LOGIN_PATH, login, methods=["GET", "POST"]),
    Route(LAUNCH_PATH, launch, methods=["POST"], name="lti_launch"),
    PageRoute(CONTENT_PATH, choose_content, methods=["POST"]),
    PageRoute(f"{REGISTRATION_PATH}/{{secret}}", registration_page),
    PageRoute(f"{REGISTRATION_PATH}/{{secret}}", register_platform, methods=["POST"]),
    PageRoute(KEYS_PATH, keys),
)
