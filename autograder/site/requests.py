"""Reading requests: who sends them, the form or JSON they bring, and sentences for what cannot be read."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from autograder.errors import Forbidden, Refused, TooLarge
from autograder.site.app_context import AppContext
from autograder.site.sessions import Session

__all__ = ["COOKIE", "Form", "SignedOut", "body_of", "form_of", "is_json", "json_of", "session_of", "site_of"]


COOKIE = "quiz_session"
LARGEST = 2 * 1024 * 1024  # a whole page of essays, as a form spells it
MOST_FIELDS = 5000
Form = Mapping[str, list[str]]


class SignedOut(Refused):
    """Nobody is signed in; a page asks for it and goes on."""

    status = 401


def site_of(request: Request) -> AppContext:
    """The site that answers."""
    site: AppContext = request.app.state.site
    return site


def session_of(request: Request) -> Session:
    """Who sends the request; raises SignedOut."""
    found = site_of(request).signed_in(request.cookies.get(COOKIE, ""), request.state.at)
    if found is None:
        raise SignedOut("You are not signed in.", next_step="Sign in; what you typed is kept.")
    return found


def is_json(request: Request) -> bool:
    """Whether a page's script asks, not the browser itself."""
    return "application/json" in (request.headers.get("content-type", ""), request.headers.get("accept", ""))


async def body_of(request: Request) -> bytes:
    """The body; raises TooLarge before it fills the memory."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise TooLarge("This is more than a quiz's page can send.", next_step="Shorten your answers.")
    return bytes(body)


async def form_of(request: Request, session: Session | None) -> Form:
    """A form's fields; of somebody signed in it must be a form of their own session."""
    fields: dict[str, list[str]] = {}
    try:
        text = (await body_of(request)).decode()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as problem:
        raise Refused("This form cannot be read.", next_step="Reload the page and try again.") from problem
    for name, value in pairs:
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))  # as forms spell a line's end
    if session is not None:
        _check(request, session, fields.get("token", [""])[-1])
    return fields


async def json_of(request: Request, session: Session) -> dict[str, Any]:
    """A script's JSON object."""
    _check(request, session, request.headers.get("x-form-token", ""))
    try:
        said = json.loads(await body_of(request) or b"{}")
    except (ValueError, RecursionError) as problem:
        raise Refused("This is no JSON.", next_step="Reload the page.") from problem
    if not isinstance(said, dict):
        raise Refused("This is no JSON object.", next_step="Reload the page.")
    return said


def _check(request: Request, session: Session, token: str) -> None:
    if not hmac.compare_digest(token.encode(), site_of(request).form_token(session).encode()):
        raise Forbidden(
            "This page belongs to an earlier sign-in.",
            next_step="Go back and reload the page; what was saved is there.",
        )
