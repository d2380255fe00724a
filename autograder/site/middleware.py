"""Security of every request and response: arrival stamps, bounds, headers, no requests from other sites.

Each request is read to its last byte, within a bounded time and size, and stamped then: `state.at` is when it
was complete, `state.began_at` when its headers were. No page can take a body for earlier than it came, and a
request that never ends is closed. Each response may load from this server alone, runs no inline
script, is in no cache, and in nobody's frame but for the page that offers a framed launch a tab of its own.
A request that changes something must come from one of our own pages: the browser says so itself (Fetch
Metadata, or Origin), and a form token says it once more.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from types import MappingProxyType
from typing import IO

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from autograder.errors import Busy, Refused, TooLarge
from autograder.site.background import Crowd
from autograder.site.clock import Clock
from autograder.site.settings.recent_times import RecentTimes

__all__ = [
    "BODY_SECONDS",
    "LARGEST_BODY",
    "LARGEST_CLASS",
    "LARGEST_UPLOAD",
    "RECEIPT",
    "SAVE",
    "Body",
    "SecurityMiddleware",
]


POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Of the pages that learning platforms show in frames: none of them uses a session.
FRAMABLE_POLICY = POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")
# No page sets one of them itself. As the protocol sends them: they go with every response.
HEADERS = Headers(
    {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
).raw
CACHED = "public, max-age=604800, immutable"  # for styles and scripts, whose address contains their digest
SAFE = ("GET", "HEAD", "OPTIONS")
BODY_SECONDS = 30.0  # for the whole body; two megabytes take 16 s at a megabit a second
UPLOAD_TIMES = 10  # as long for a file: 25 MB take 200 s at a megabit a second
LARGEST_BODY = 2 * 1024 * 1024  # bytes; a page full of essays, encoded as a form
LARGEST_UPLOAD = 25 * 1024 * 1024  # bytes of a request that brings a file
LARGEST_CLASS = 200 * 1024 * 1024  # bytes of a request that brings the download of a class
UPLOAD_IN_MEMORY = 256 * 1024  # bytes; the rest is on the disk
LARGEST_STREAM = 32 * 1024 * 1024  # bytes of a form with fields that are cut
LONGEST_FIELD = 3 * 64 * 1024 + 1024  # bytes; encoded, a byte of an answer takes up to three
# The requests whose times are watched: uploads that get a receipt, and saves of quiz answers.
RECEIPT = re.compile(r"/homework/[^/]+/upload|/api/homework/[^/]+/submissions")
SAVE = re.compile(r"/attempts/[^/]+/answers/[0-9]+")
NO_ROOM = Busy(
    "The server cannot store files now: its disk is full.",
    next_step="Nothing was accepted. Keep your file, tell the course's staff, and try again in some minutes.",
)
MOST_HELD = 256 * 1024 * 1024  # bytes of all bodies that are not complete yet
# Forms of learning platforms and identity providers, which use no session: their content is signed.
FROM_ELSEWHERE = re.compile(r"/lti/(login|launch|content)|/sso/[^/]+/answer")


@dataclass(frozen=True, slots=True)
class UploadLimit:
    """How much a request with a file may bring, and how to make a smaller one."""

    paths: re.Pattern[str]
    largest: int  # bytes
    smaller: str


UPLOADS = (
    UploadLimit(
        re.compile(r"/homework/[^/]+/upload|/api/homework/[^/]+/submissions|/graders/gradings/[0-9]+/report"),
        LARGEST_UPLOAD,
        "In Jupyter choose Edit, Clear Outputs of All Cells, save, and upload it again.",
    ),
    UploadLimit(
        re.compile(r"/staff/homework/[^/]+/upload"),
        LARGEST_CLASS,
        "Upload the class in several archives, or run `autograder grade` on the download.",
    ),
    UploadLimit(re.compile(r"/groups/preview"), LARGEST_BODY, "Import the groups in several tables."),
    UploadLimit(
        re.compile(r"/content/(banks|quizzes|files)/[^/]+"),
        LARGEST_BODY,
        "Divide the file into two.",
    ),
    UploadLimit(
        re.compile(r"/gradebook/exports"),
        LARGEST_UPLOAD,
        "Choose the platform's table of grades alone.",
    ),
    UploadLimit(
        re.compile(r"/integrity/[0-9]+/evidence"), LARGEST_UPLOAD, "Add the evidence as several files."
    ),
    UploadLimit(
        re.compile(r"/banks/preview"),
        LARGEST_UPLOAD,
        "Export fewer questions at once, or run `quizzes import`.",
    ),
)


ANY_UPLOAD = re.compile("|".join(limit.paths.pattern for limit in UPLOADS))


def _limit_of(path: str) -> UploadLimit | None:
    """The limit of a route that takes a file."""
    if not ANY_UPLOAD.fullmatch(path):  # nearly every request: one match instead of one a limit
        return None
    return next(limit for limit in UPLOADS if limit.paths.fullmatch(path))


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request, or why it was not read."""

    content: bytes = b""
    problem: Refused | None = None
    file: IO[bytes] | None = None  # of an upload, in place of the content


class CutForm:
    """A form as it arrives, each field cut after more bytes than its reader accepts."""

    def __init__(self) -> None:
        self._content, self._field = bytearray(), 0  # the length of the last field

    def __len__(self) -> int:
        return len(self._content)

    def __bytes__(self) -> bytes:
        return bytes(self._content)

    def __iadd__(self, chunk: bytes) -> CutForm:
        for number, part in enumerate(chunk.split(b"&")):
            if number:
                self._content += b"&"
                self._field = 0
            room = LONGEST_FIELD - self._field
            if room > 0:
                kept = part[:room]
                self._content += kept
                self._field += len(kept)
                if len(kept) < len(part) or self._field == LONGEST_FIELD:
                    self._cut_escape()
        return self

    def _cut_escape(self) -> None:
        """Drop an escape that was cut, `%` or `%4`, and take no more of this field."""
        cut = self._content.rfind(b"%", len(self._content) - 2)
        if cut >= 0:
            del self._content[cut:]
        self._field = LONGEST_FIELD


class SecurityMiddleware:
    """The outermost layer of the server."""

    def __init__(
        self,
        app: ASGIApp,
        clock: Clock,
        crowd: Crowd | None = None,
        *,
        body_seconds: float = BODY_SECONDS,
        times: Mapping[re.Pattern[str], RecentTimes] = MappingProxyType({}),
    ) -> None:
        """`crowd` counts the requests that are complete and not yet answered.

        `times` notes how long requests of some paths took from their last byte, by patterns of paths.
        """
        self._times = times
        self._app, self._clock, self._body_seconds = app, clock, body_seconds
        self._crowd = crowd or Crowd()
        self.held = 0  # bytes of incomplete bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_at = self._clock.now()
        state = scope.setdefault("state", {})
        is_static = scope["path"].startswith("/static/")

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
                headers = MutableHeaders(scope=message)
                if policy := state.get("policy"):  # of a page that brings its own style sheet
                    headers["Content-Security-Policy"] = policy
                if state.get("framable"):
                    # A form of such a page may go to a platform: `form_action` says where.
                    form_action = " ".join(filter(None, ("'self'", state.get("form_action", ""))))
                    policy = FRAMABLE_POLICY.replace("form-action 'self'", f"form-action {form_action}")
                    headers["Content-Security-Policy"] = policy
                    del headers["X-Frame-Options"]
                    # The platform's window closes the page that it opened, when that says so.
                    del headers["Cross-Origin-Opener-Policy"]
                if scope.get("scheme") == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
                if not is_static or message["status"] != 200:
                    headers["Cache-Control"] = "no-store"
                elif "Cache-Control" not in headers:
                    headers["Cache-Control"] = CACHED
            await send(message)

        headers = Headers(scope=scope)
        ours = (
            scope["method"] in SAFE
            or FROM_ELSEWHERE.fullmatch(scope["path"]) is not None
            or _is_same_site(headers)
        )
        if not ours:
            text = "This request came from another site.\nOpen the page on this site and send it from there."
            await PlainTextResponse(text, 403)(scope, receive, guarded)
            return
        if (
            "\0" in scope["path"] or b"%00" in scope["query_string"]
        ):  # no database stores it, no page needs it
            await PlainTextResponse("There is no such page.", 404)(scope, receive, guarded)
            return
        state["body"], state["began_at"] = Body(), began_at
        if "content-length" in headers or "transfer-encoding" in headers:
            try:
                limit = _limit_of(scope["path"])
                async with _within(self._body_seconds * (UPLOAD_TIMES if limit else 1)):
                    if limit is not None:
                        body = await self._complete_upload(limit, headers, receive)
                    else:
                        body = await self._complete_body(headers, receive)
            except TimeoutError:
                text = "The request did not come to its end in time.\nSend it again."
                await PlainTextResponse(text, 408, {"Connection": "close"})(scope, receive, guarded)
                return
            if body is None:
                return  # the browser went away
            state["body"] = body
        state["at"] = self._clock.now()
        began = time.perf_counter()
        self._crowd.requests += 1
        try:
            await self._app(scope, receive, guarded)
        finally:
            self._crowd.requests -= 1
            if scope["method"] == "POST":
                for paths, times in self._times.items():
                    if paths.fullmatch(scope["path"]):
                        times.note(time.perf_counter() - began)
            if state["body"].file is not None:
                state["body"].file.close()

    async def _complete_upload(self, limit: UploadLimit, headers: Headers, receive: Receive) -> Body | None:
        """The whole body of an upload, on the disk; None if the connection was closed."""
        largest = limit.largest
        too_large = Body(
            problem=TooLarge(f"A file may have {largest // 1024**2} MB.", next_step=limit.smaller)
        )
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit() and (len(length) > 9 or int(length) > largest):
            return too_large
        file: IO[bytes] = SpooledTemporaryFile(UPLOAD_IN_MEMORY)  # noqa: SIM115  # closed with the request
        complete = False
        try:
            size = 0
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > largest:
                    return too_large
                try:
                    file.write(chunk)
                except OSError:
                    return Body(problem=NO_ROOM)
                if not message.get("more_body"):
                    complete = True
                    return Body(file=file)
        finally:  # also when the time for the body is over
            if not complete:
                file.close()

    async def _complete_body(self, headers: Headers, receive: Receive) -> Body | None:
        """The whole body, stopped where it is too large; None if the connection was closed."""
        too_large = Body(
            problem=TooLarge("This is more than a page can send.", next_step="Shorten your answers.")
        )
        length = headers.get("content-length", "")
        # One huge answer must not cost the others of its page: a form is cut field by field.
        form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        most = LARGEST_STREAM if form else LARGEST_BODY
        if length.isascii() and length.isdigit() and (len(length) > 9 or int(length) > most):
            return too_large
        content: bytearray | CutForm = CutForm() if form else bytearray()
        held = 0
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                chunk = message.get("body", b"")
                content += chunk
                held += len(chunk)
                self.held += len(chunk)
                if len(content) > LARGEST_BODY or held > most:
                    return too_large
                if self.held > MOST_HELD:
                    busy = Busy("The server is overloaded.", next_step="The page tries again soon.")
                    return Body(problem=busy)
                if not message.get("more_body"):
                    return Body(bytes(content))
        finally:
            self.held -= held


@asynccontextmanager
async def _within(seconds: float) -> AsyncGenerator[None, None]:
    """The same as `asyncio.timeout`; what is done without waiting, as most bodies are, costs no timer."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as timeout:
        starting = loop.call_soon(lambda: timeout.reschedule(loop.time() + seconds))
        try:
            yield
        finally:
            starting.cancel()


def _is_same_site(headers: Headers) -> bool:
    """Whether the browser says that a page of this site sent the request, or says nothing."""
    if site := headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")
