"""What holds for every request and every response, whoever answers it.

Each request is stamped with its arrival. Each response may load from this server alone, runs no inline
script, is in nobody's frame and in no cache. A request that changes something must come from one of our own
pages: the browser says so itself (Fetch Metadata, or Origin), and a form token says it once more.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from autograder.site.clock import Clock

__all__ = ["SecurityMiddleware"]


POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
KEPT = "public, max-age=604800, immutable"  # styles and scripts; their address has their digest
SAFE = ("GET", "HEAD", "OPTIONS")
# A platform's own forms, which nobody's session counts for: what they bring is signed.
FROM_ELSEWHERE = ("/lti/login", "/lti/launch")


class SecurityMiddleware:
    """The outermost layer of the server."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app, self._clock = app, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["at"] = self._clock.now()
        kept = scope["path"].startswith("/static/")

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if scope.get("scheme") == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
                if not kept or message["status"] != 200:
                    headers["Cache-Control"] = "no-store"
                elif "Cache-Control" not in headers:
                    headers["Cache-Control"] = KEPT
            await send(message)

        ours = scope["method"] in SAFE or scope["path"] in FROM_ELSEWHERE or _own(Headers(scope=scope))
        if not ours:
            said = "This request came from another site.\nOpen the quiz's own page and send it from there."
            await PlainTextResponse(said, 403)(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)


def _own(headers: Headers) -> bool:
    """Whether the browser says that the request comes from our own page; it may say nothing."""
    if site := headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")
