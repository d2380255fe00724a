"""Reads requests: their session, their form or JSON, with errors for what cannot be read."""

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

__all__ = [
    "COOKIE",
    "Form",
    "SignedOut",
    "body_of",
    "form_of",
    "is_json",
    "json_of",
    "long_form_of",
    "session_of",
    "site_of",
]


COOKIE = "quiz_session"
LARGEST = 2 * 1024 * 1024  # bytes; a page full of essays, encoded as a form
LARGEST_LONG = 32 * 1024 * 1024  # bytes of a form whose long fields are cut
MOST_FIELDS = 5000
Form = Mapping[str, list[str]]


class SignedOut(Refused):
    """No session; the sign-in page follows."""

    status = 401


def site_of(request: Request) -> AppContext:
    """The context of the site."""
    site: AppContext = request.app.state.site
    return site


def session_of(request: Request) -> Session:
    """The session of the request; raises SignedOut."""
    session = site_of(request).signed_in(request.cookies.get(COOKIE, ""), request.state.at)
    if session is None:
        raise SignedOut("You are not signed in.", next_step="Sign in; what you typed is kept.")
    return session


def is_json(request: Request) -> bool:
    """Whether a page's script sent the request, not the browser itself."""
    return "application/json" in (request.headers.get("content-type", ""), request.headers.get("accept", ""))


async def body_of(request: Request) -> bytes:
    """The body; raises TooLarge before a large one fills the memory."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise TooLarge("This is more than a page can send.", next_step="Shorten your answers.")
    return bytes(body)


async def form_of(request: Request, session: Session | None) -> Form:
    """The fields of a form; with a session it must have the form token of that session."""
    fields: dict[str, list[str]] = {}
    try:
        text = (await body_of(request)).decode()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as problem:
        raise Refused("This form cannot be read.", next_step="Reload the page and try again.") from problem
    for name, value in pairs:
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))  # how forms encode the end of a line
    if session is not None:
        _check(request, session, fields.get("token", [""])[-1])
    return fields


async def long_form_of(request: Request, session: Session, longest: int) -> Form:
    """The fields of a form that may have a huge one, which does not cost the others.

    A field is cut after `longest` bytes of the form: more than its reader accepts, which refuses it alone.
    """
    fields: dict[str, list[str]] = {}
    field, size, many = bytearray(), 0, 0

    def add() -> None:
        for name, value in parse_qsl(field.decode("utf-8", "replace"), keep_blank_values=True):
            fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
        field.clear()

    async for chunk in request.stream():
        size += len(chunk)
        first, *others = chunk.split(b"&")
        many += len(others)
        if size > LARGEST_LONG or many >= MOST_FIELDS:
            raise TooLarge("This is more than a page can send.", next_step="Shorten your answers.")
        field += first[: longest - len(field)]
        for part in others:
            add()
            field += part[:longest]
    add()
    _check(request, session, fields.get("token", [""])[-1])
    return fields


async def json_of(request: Request, session: Session) -> dict[str, Any]:
    """The JSON object that a script sent."""
    _check(request, session, request.headers.get("x-form-token", ""))
    try:
        payload = json.loads(await body_of(request) or b"{}")
    except (ValueError, RecursionError) as problem:
        raise Refused("This is not JSON.", next_step="Reload the page.") from problem
    if not isinstance(payload, dict):
        raise Refused("This is not a JSON object.", next_step="Reload the page.")
    return payload


def _check(request: Request, session: Session, token: str) -> None:
    if not hmac.compare_digest(token.encode(), site_of(request).form_token(session).encode()):
        raise Forbidden(
            "This page belongs to an earlier sign-in.",
            next_step="Go back and reload the page; saved answers are there.",
        )
