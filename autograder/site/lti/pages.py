"""The LTI pages: the login that a platform requests, the launch, and the tool's public key."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from autograder.errors import Forbidden, NotFound, Refused
from autograder.site.extensions import extensions
from autograder.site.lti.contexts import admit, is_connected
from autograder.site.lti.launch import Launch
from autograder.site.lti.services import Lti
from autograder.site.lti.users import keep_link, use_nonce
from autograder.site.requests import form_of, site_of
from autograder.site.sessions import open_session
from autograder.site.sign_in import with_cookie

__all__ = ["keys", "launch", "login"]


STATE = "lti_state"
STATE_AGE = 600  # seconds
LARGEST_LAUNCH = 256 * 1024  # bytes


async def login(request: Request) -> Response:
    """Redirect the browser to its platform, to be signed in."""
    parameters = dict(request.query_params) if request.method == "GET" else await _fields(request)
    begun = _lti(request).begin(parameters, str(request.url_for("lti_launch")), request.state.at)
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
    """Sign in the user that the platform names, and redirect to their quiz."""
    site, at = site_of(request), request.state.at
    parameters, cookie = await _fields(request), request.cookies.get(STATE, "")
    launched: Launch = await site.in_thread(_lti(request).finish, parameters, cookie, at)
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
            keep_link(connection, launched.link)
        return open_session(connection, who, site.signer, at, client)

    token = await site.written(enter)
    if isinstance(token, Refused):
        raise token
    response = with_cookie(RedirectResponse(path, 303), request, token)
    response.delete_cookie(STATE, path="/lti")
    return response


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
