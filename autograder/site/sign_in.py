"""Sign-in by passcode or one-time link, and sign-out.

A session that ends during a quiz loses nothing: the page's script asks for the passcode in place, and a form
that was sent without a script is kept in the sign-in page and sent again afterwards.
"""

from __future__ import annotations

import json
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from autograder.errors import Refused
from autograder.site.requests import (
    COOKIE,
    LARGEST_PAGE,
    Form,
    form_of,
    is_json,
    parsed_json,
    reads,
    session_for,
    site_of,
)
from autograder.site.sessions import (
    LONGEST_ID,
    TooManyTries,
    end_session,
    is_passcode,
    open_by_link,
    open_by_passcode,
    owner_of_link,
    wait_after_failures,
)

__all__ = [
    "asked_to_sign_in",
    "by_link",
    "link_page",
    "local_goal",
    "sign_in",
    "sign_in_page",
    "sign_in_problem",
    "sign_out",
    "with_cookie",
]


COOKIE_AGE = 7 * 24 * 3600  # seconds; the server decides when the session ends
LONGEST_TYPED = 1000  # characters of an ID or a passcode that are looked at
LONGEST_GOAL = 2000
NEVER_SENT_AGAIN = ("token", "person", "passcode")
USED_LINK = Refused(
    "This link was used before, or it is too old.",
    next_step="Sign in with your passcode, or ask the course's staff for a new link.",
)


async def sign_in_page(request: Request) -> Response:
    """The sign-in page."""
    return _page(request, 200, local_goal(request.query_params.get("next", "/")))


async def sign_in(request: Request) -> Response:
    """Sign in by a passcode: a right one at once, a wrong one after delays that grow with the failures."""
    site, at = site_of(request), request.state.at
    form = await form_of(request, None, LARGEST_PAGE)
    person, code = (form.get(name, [""])[-1][:LONGEST_TYPED].strip() for name in ("person", "passcode"))
    client, address = request.headers.get("user-agent", ""), request.client.host if request.client else ""
    opened: str | Refused = ""

    def wait() -> int:
        with site.database.reading() as connection:
            if is_passcode(connection, person, code, site.signer):
                return 0
            return wait_after_failures(connection, person, site.signer, at, address)

    # A wrong code during a delay writes nothing, so guessing costs the saves of others nothing.
    if seconds := await site.in_reader(wait):
        opened = TooManyTries(seconds)
    if not isinstance(opened, Refused):
        opened = await site.written(
            lambda connection: open_by_passcode(connection, person, code, site.signer, at, client, address)
        )
    goal, saved_form = local_goal(form.get("next", ["/"])[-1]), form.get("saved_form", [""])[-1]
    if isinstance(opened, Refused):
        if is_json(request):
            return _problem_json(opened)
        return _page(
            request, opened.status, goal, problem=opened, person=person[:LONGEST_ID], saved_form=saved_form
        )
    if is_json(request):
        session = await site.in_reader(site.signed_in, opened, site.now())
        assert session is not None
        payload = {"person": session.person, "token": site.form_token(session)}
        return with_cookie(JSONResponse(payload), request, opened)
    if saved_form:
        return with_cookie(await _send_again(request, opened, goal, saved_form), request, opened)
    return with_cookie(RedirectResponse(goal, 303), request, opened)


@reads
def link_page(request: Request) -> Response:
    """The page of a one-time link; looking at it does not use it up, since mail programs open links, too."""
    name = _owner_of_link(request)
    if name is None:
        return _page(request, 410, "/", problem=USED_LINK)
    return HTMLResponse(site_of(request).page("link.html", name=name))


def _owner_of_link(request: Request) -> str | None:
    """The name of the person a link is for; None if it is used, too old or unknown."""
    site, at, secret = site_of(request), request.state.at, request.path_params["secret"]
    with site.database.reading() as connection:
        return owner_of_link(connection, secret, site.signer, at)


async def by_link(request: Request) -> Response:
    """Sign in by a one-time link, which is used up."""
    site, at, secret = site_of(request), request.state.at, request.path_params["secret"]
    client = request.headers.get("user-agent", "")
    # A wrong link writes nothing, so guessing costs the saves of others nothing.
    if await site.in_reader(_owner_of_link, request) is None:
        return _page(request, 410, "/", problem=USED_LINK)
    try:
        opened = await site.written(
            lambda connection: open_by_link(connection, secret, site.signer, at, client)
        )
    except Refused as problem:
        return _page(request, 410, "/", problem=problem)
    return with_cookie(RedirectResponse("/", 303), request, opened)


async def sign_out(request: Request) -> Response:
    """End the session."""
    site, session = site_of(request), await session_for(request)
    await form_of(request, session)
    await site.written(lambda connection: end_session(connection, session.token))
    site.forget(request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE)
    response.headers["Clear-Site-Data"] = '"storage"'  # the next user of this machine finds nothing
    return response


async def asked_to_sign_in(request: Request, problem: Refused) -> Response:
    """The reply to a request without a session: the sign-in page, or an error for a script."""
    if is_json(request) or "part" in request.query_params:  # a part of a page must not become a sign-in page
        return _problem_json(problem)
    if request.method != "POST":
        return RedirectResponse(f"/sign-in?{urlencode({'next': request.url.path})}", 303)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return _page(request, 401, "/", problem=problem)  # a file is not kept; it is chosen again
    form = await form_of(request, None, LARGEST_PAGE)
    saved_form = json.dumps({name: values for name, values in form.items() if name not in NEVER_SENT_AGAIN})
    return _page(request, 401, request.url.path, problem=problem, saved_form=saved_form)


def _page(
    request: Request,
    status: int,
    goal: str,
    *,
    problem: Refused | None = None,
    person: str = "",
    saved_form: str = "",
) -> Response:
    site = site_of(request)
    page = site.page(
        "sign_in.html",
        goal=goal,
        problem=problem,
        person=person,
        saved_form=saved_form,
        providers=site.providers.known(),
        session=None,
    )
    response = HTMLResponse(page, status)
    if retry := getattr(problem, "retry_after", 0):
        response.headers["Retry-After"] = str(retry)
    return response


def sign_in_problem(request: Request, problem: Refused, goal: str) -> Response:
    """The sign-in page with what went wrong on another way in."""
    return _page(request, problem.status, goal, problem=problem)


async def _send_again(request: Request, token: str, goal: str, saved_form: str) -> Response:
    """The form that was sent before the sign-in, with a button that sends it again."""
    site = site_of(request)
    session = await site.in_reader(site.signed_in, token, site.now())
    assert session is not None
    try:
        fields: Form = {
            str(name): [str(value) for value in values] for name, values in parsed_json(saved_form).items()
        }
    except (ValueError, AttributeError, TypeError):
        return RedirectResponse(goal, 303)
    page = site.page(
        "send_again.html", goal=goal, fields=fields, session=session, token=site.form_token(session)
    )
    return HTMLResponse(page)


def with_cookie(response: Response, request: Request, token: str) -> Response:
    """The response with the session's cookie."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


def _problem_json(problem: Refused) -> Response:
    retry = getattr(problem, "retry_after", 0)
    headers = {"Retry-After": str(retry)} if retry else None
    payload = {"message": problem.message, "next_step": problem.next_step}
    return JSONResponse(payload, problem.status, headers)


def local_goal(goal: str) -> str:
    """The goal if it is a path of this server, else the start page.

    Browsers drop tabs and line breaks in an address and take `\\` for `/`: `/<TAB>/x.org` is another site.
    """
    is_local = (
        goal.startswith("/")
        and not goal.startswith("//")
        and len(goal) <= LONGEST_GOAL
        and all(character.isprintable() and character not in "\\ " for character in goal)
    )
    return goal if is_local else "/"
