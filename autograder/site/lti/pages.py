"""Launches from a learning platform: the login it asks for, the launch itself, and our public key."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from autograder.errors import Forbidden, NotFound
from autograder.site.extensions import extensions
from autograder.site.lti.launch import Launch
from autograder.site.lti.services import Lti
from autograder.site.lti.users import keep_link, person_of, use_nonce
from autograder.site.requests import form_of, site_of
from autograder.site.sessions import open_session
from autograder.site.sign_in import with_cookie

__all__ = ["keys", "launch", "login"]


STATE = "lti_state"
LASTS = 600  # seconds


async def login(request: Request) -> Response:
    """Send the browser to its platform to be signed in."""
    given = dict(request.query_params) if request.method == "GET" else await _fields(request)
    begun = _lti(request).begin(given, str(request.url_for("lti_launch")), request.state.at)
    response = RedirectResponse(begun.address, 303)
    # The platform's answer is a form of another site: only a SameSite=None cookie comes with it, and that
    # needs https. On this machine, for a trial, both are the same site.
    https = request.url.scheme == "https"
    response.set_cookie(
        STATE,
        begun.state,
        max_age=LASTS,
        path="/lti",
        httponly=True,
        secure=https,
        samesite="none" if https else "lax",
    )
    return response


async def launch(request: Request) -> Response:
    """Sign in whoever the platform says, and lead them to their quiz."""
    site, at = site_of(request), request.state.at
    given, cookie = await _fields(request), request.cookies.get(STATE, "")
    launched: Launch = await site.in_thread(_lti(request).finish, given, cookie, at)
    client = request.headers.get("user-agent", "")
    target, path = launched.link.quiz, "/"
    if target:
        with site.database.reading() as connection:
            found = [one.link_path(connection, site.course, target) for one in extensions()]
        path = next(filter(None, found), "")
    if not path:
        raise NotFound(
            f"There is no published quiz {target!r}.",
            next_step="Tell the course's staff; the link in the learning platform names it.",
        )

    def enter(connection: Connection) -> str:
        if not use_nonce(connection, launched.nonce, at):
            raise Forbidden(
                "The launch was refused: it was used before.",
                next_step="Go back to your learning platform and open the quiz again.",
            )
        who = person_of(connection, site.course, launched.user)
        if target:
            keep_link(connection, launched.link)
        return open_session(connection, who, site.signer, at, client)

    token = await site.written(enter)
    response = with_cookie(RedirectResponse(path, 303), request, token)
    response.delete_cookie(STATE, path="/lti")
    return response


async def keys(request: Request) -> Response:
    """Our public key, for the platforms."""
    return JSONResponse(_lti(request).public_keys())


def _lti(request: Request) -> Lti:
    found = site_of(request).lti
    if found is None:
        raise NotFound("This server takes no launches.", next_step="Sign in with your passcode.")
    return found


async def _fields(request: Request) -> dict[str, str]:
    return {name: values[-1] for name, values in (await form_of(request, None)).items()}
