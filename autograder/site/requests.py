"""Reads requests: their session, their form or JSON, with errors for what cannot be read."""

from __future__ import annotations

import binascii
import hmac
import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from typing import IO, Any

from python_multipart.multipart import parse_options_header
from starlette.convertors import Convertor, register_url_convertor
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from autograder.errors import AutograderError, Conflict, Forbidden, Refused, TooLarge
from autograder.site.app_context import AppContext
from autograder.site.middleware import LARGEST_BODY, LARGEST_UPLOAD, NO_ROOM, Body
from autograder.site.sessions import Session
from autograder.site.staff_tokens import is_staff_token

__all__ = [
    "COOKIE",
    "LARGEST_JSON",
    "LARGEST_PAGE",
    "Form",
    "PageRoute",
    "SignedOut",
    "Upload",
    "UploadedFile",
    "body_of",
    "check_form_token",
    "field_of",
    "form_of",
    "form_pairs",
    "is_json",
    "json_of",
    "parsed_json",
    "reads",
    "reads_much",
    "require_shown",
    "session_for",
    "session_of",
    "site_of",
    "staff_token_in",
    "status_of",
    "uploaded",
    "uploaded_file",
    "uploaded_form",
    "whole_number",
]


COOKIE = "quiz_session"
LARGEST_PAGE = LARGEST_BODY  # bytes of a page of answers, sent as a form
LARGEST_FORM = 64 * 1024  # bytes, of all forms but a page of answers
LARGEST_JSON = 448 * 1024  # bytes; an answer of 64 KB whose every character is written as an escape
LARGEST_SMALL_JSON = 4096
MOST_FIELDS = 5000
LONGEST_FILE_NAME = 200  # characters
BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})|[\r\n]")
LONGEST_TOKEN = 100  # characters
WHILE_LOOKING = ("/look/stop", "/sign-out")  # what can be sent while looking as a student
Form = Mapping[str, list[str]]


class PageRoute(Route):
    """A route that answers the methods it names and no other: HEAD is not GET without a body here.

    A page may close an attempt that is overdue, or use a link up; who asks for its head alone wants neither.
    """

    def __init__(self, path: str, endpoint: Any, *, methods: Sequence[str] = ("GET",)) -> None:
        super().__init__(path, endpoint, methods=list(methods))
        self.methods = set(methods)


class WholeNumber(Convertor[int]):
    """A whole number in a path, `{name:whole}`, of at most nine digits."""

    regex = "[0-9]{1,9}"

    def convert(self, value: str) -> int:
        """The number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """The number in a path."""
        return str(value)


register_url_convertor("whole", WholeNumber())


class SignedOut(Refused):
    """No session; the sign-in page follows."""

    status = 401


def require_shown(form: Form, session: Session, digest: str, changed: Conflict) -> None:
    """Raise `changed` unless a form confirms the difference with this digest.

    A program, which was shown nothing, may leave the digest out.
    """
    sent = field_of(form, "digest")
    if sent != digest and not (session.by_token and not sent):
        raise changed


def status_of(problem: AutograderError | None) -> int:
    """The HTTP status of a page that shows a problem above its form: 200 where there is none."""
    if problem is None:
        return 200
    return problem.status if isinstance(problem, Refused) else 409


def whole_number(value: object, largest: int) -> int | None:
    """A whole number from outside, 0 to `largest`, as a JSON number or as digits; None for anything else.

    Every number of a request is read here: long or odd digits, such as `²`, are refused before any work.
    """
    if isinstance(value, str):
        text = value.strip() if len(value) <= 40 else ""
        value = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= largest else None


def site_of(request: Request) -> AppContext:
    """The context of the site."""
    site: AppContext = request.app.state.site
    return site


def session_of(request: Request) -> Session:
    """The session of the request; raises SignedOut."""
    site, at = site_of(request), request.state.at
    if token := staff_token_in(request):
        session = site.known_program(token, at)
    else:
        session = site.signed_in(request.cookies.get(COOKIE, ""), at)
    if session is None:
        raise SignedOut("You are not signed in.", next_step="Sign in; what you typed is kept.")
    return session


async def session_for(request: Request) -> Session:
    """The same, read outside the event loop where it has to be read; for pages that write."""
    site, token = site_of(request), staff_token_in(request) or request.cookies.get(COOKIE, "")
    known = site.known_session(token, request.state.at)
    return known if known is not None else await site.in_reader(session_of, request)


def staff_token_in(request: Request) -> str:
    """The token that a program of staff shows; empty for a browser."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip()[:LONGEST_TOKEN] if kind.lower() == "bearer" and is_staff_token(token) else ""


def reads(page: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    """A page that only reads, as an endpoint: it is made in the read pool, and the event loop stays free."""

    @wraps(page)
    async def endpoint(request: Request) -> Response:
        return await site_of(request).in_reader(page, request)

    return endpoint


def reads_much(page: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    """The same for a page that reads the rows of a class or marks: students' pages do not wait for it."""

    @wraps(page)
    async def endpoint(request: Request) -> Response:
        return await site_of(request).in_thread(page, request)

    return endpoint


def is_json(request: Request) -> bool:
    """Whether a page's script sent the request, not the browser itself."""
    return "application/json" in (request.headers.get("content-type", ""), request.headers.get("accept", ""))


def body_of(request: Request, largest: int) -> bytes:
    """The body; raises TooLarge for a larger one before anything reads it."""
    body: Body = request.state.body
    if body.problem is not None:
        raise body.problem
    if body.file is not None:
        body.file.seek(0)
        return body.file.read(largest)
    if len(body.content) > largest:
        raise TooLarge("This is more than a page can send.", next_step="Shorten your answers.")
    return body.content


def uploaded(request: Request) -> IO[bytes]:
    """The body of an upload as a file; raises TooLarge for a larger one than a server takes."""
    body: Body = request.state.body
    if body.problem is not None:
        raise body.problem
    if body.file is None:
        raise Refused("This request has no body.", next_step="Choose a file and send it again.")
    return body.file


@dataclass(frozen=True, slots=True)
class Upload:
    """A form with one file: its name without a folder, its bytes, and the fields beside it."""

    name: str
    content: bytes
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """The same with a file on the disk, which is closed with the form; None if none was chosen."""

    name: str
    file: UploadFile | None
    fields: Mapping[str, str]


async def uploaded_form(
    request: Request, session: Session, field: str, default_name: str, *, longest: int = 4096
) -> Upload:
    """A form with one file, which must have the form token of the session; no bytes if none was chosen.

    `longest` bounds the bytes of each field beside it, where a NUL becomes U+FFFD. Raises Conflict for a form
    that cannot be read.
    """
    async with uploaded_file(
        request, session, field, default_name, longest=longest, in_memory=LARGEST_UPLOAD
    ) as sent:
        return Upload(sent.name, b"" if sent.file is None else await sent.file.read(), sent.fields)


@asynccontextmanager
async def uploaded_file(
    request: Request,
    session: Session,
    field: str,
    default_name: str,
    *,
    longest: int = 4096,
    in_memory: int = MultiPartParser.spool_max_size,
) -> AsyncGenerator[UploadedFile, None]:
    """The same for a file that may be too large for the memory: beyond `in_memory` bytes, it is on disk."""
    kind, _ = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data":
        raise Conflict("This is not an upload.", next_step="Choose a file on the page, and send it again.")
    body = uploaded(request)

    async def chunks() -> AsyncGenerator[bytes, None]:
        body.seek(0)
        while chunk := body.read(256 * 1024):
            yield chunk

    try:
        parser = MultiPartParser(request.headers, chunks(), max_files=1, max_fields=8, max_part_size=longest)
        parser.spool_max_size = in_memory  # beyond it every piece is written by another thread
        form = await parser.parse()
    except MultiPartException as problem:
        raise Conflict(
            "This upload cannot be read.", next_step="Choose one file on the page, and send it again."
        ) from problem
    except OSError as problem:  # the disk of the temporary files is full
        raise NO_ROOM from problem
    try:
        fields = {name: _stored_text(value) for name, value in form.items() if isinstance(value, str)}
        check_form_token(request, session, fields.get("token", ""))
        file = form.get(field)
        if file is None or isinstance(file, str):
            yield UploadedFile("", None, fields)
            return
        name = (file.filename or default_name).replace("\\", "/").rpartition("/")[2]
        clean = "".join(letter for letter in name if letter.isprintable())
        yield UploadedFile(clean[-LONGEST_FILE_NAME:] or default_name, file, fields)
    finally:
        await form.close()


async def form_of(request: Request, session: Session | None, largest: int = LARGEST_FORM) -> Form:
    """The fields of a form; with a session it must have the form token of that session.

    Raises TooLarge for a form of more than `largest` bytes. A NUL, which no text has, becomes U+FFFD.
    """
    fields: dict[str, list[str]] = {}
    for name, value in form_pairs(body_of(request, largest)):
        fields.setdefault(name, []).append(_stored_text(value.replace("\r\n", "\n")))
    if session is not None:
        check_form_token(request, session, fields.get("token", [""])[-1])
    return fields


def _stored_text(value: str) -> str:
    """The text of a field as any database stores it: PostgreSQL takes no NUL, which becomes U+FFFD."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}")


def field_of(form: Form, name: str, longest: int = 500) -> str:
    """A field of a form without spaces around it; empty where the form has none."""
    return form.get(name, [""])[-1].strip()[:longest]


def form_pairs(body: bytes) -> Iterator[tuple[str, str]]:
    """The names and values of an encoded form; raises Refused for what no browser sends.

    `parse_qsl` takes 160 ms for two megabytes of escapes; as quoted-printable text, C decodes them in 15.
    """
    if body.count(b"&") >= MOST_FIELDS or not body.isascii() or BAD_ESCAPE.search(body):
        raise Refused("This form cannot be read.", next_step="Reload the page and try again.")
    for field in filter(None, body.split(b"&")):
        name, _, value = field.partition(b"=")
        yield _decoded(name), _decoded(value)


def _decoded(text: bytes) -> str:
    escaped = text.replace(b"+", b" ").replace(b"=", b"=3D").replace(b"%", b"=")
    return binascii.a2b_qp(escaped).decode("utf-8", "replace")


async def json_of(request: Request, session: Session, largest: int = LARGEST_SMALL_JSON) -> dict[str, Any]:
    """The JSON object that a script sent; raises TooLarge for one of more than `largest` bytes."""
    check_form_token(request, session, request.headers.get("x-form-token", ""))
    try:
        payload = parsed_json(body_of(request, largest) or b"{}")
    except ValueError as problem:
        raise Refused("This is not JSON.", next_step="Reload the page.") from problem
    if not isinstance(payload, dict):
        raise Refused("This is not a JSON object.", next_step="Reload the page.")
    return payload


def parsed_json(text: str | bytes) -> Any:
    """JSON from outside; raises ValueError for what is none, and for what is nested too deeply to read."""
    try:
        return json.loads(text)
    except RecursionError as problem:
        raise ValueError("nested too deeply") from problem


def check_form_token(request: Request, session: Session, token: str) -> None:
    """Raise Forbidden unless a form has the token of its session; a program's token is one already.

    Whoever looks as a student changes nothing: only looking and the session can be ended.
    """
    if session.viewer and request.url.path not in WHILE_LOOKING:
        raise Forbidden(
            f"You look at the site as {session.name}, so nothing was changed.",
            next_step="Press “Stop looking” at the top of the page first.",
        )
    if session.by_token:
        return
    if not hmac.compare_digest(token.encode(), site_of(request).form_token(session).encode()):
        raise Forbidden(
            "This page belongs to an earlier sign-in.",
            next_step="Go back and reload the page; saved answers are there.",
        )
