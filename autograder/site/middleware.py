"""Security of every request and response: arrival stamps, headers, and no requests from other sites.

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
CACHED = "public, max-age=604800, immutable"  # for styles and scripts, whose address contains their digest
SAFE = ("GET", "HEAD", "OPTIONS")
# Forms of learning platforms, which use no session: their content is signed.
FROM_ELSEWHERE = ("/lti/login", "/lti/launch")


class SecurityMiddleware:
    """The outermost layer of the server."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app, self._clock = app, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["at"] = self._clock.now()
        is_static = scope["path"].startswith("/static/")

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if scope.get("scheme") == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
                if not is_static or message["status"] != 200:
                    headers["Cache-Control"] = "no-store"
                elif "Cache-Control" not in headers:
                    headers["Cache-Control"] = CACHED
            await send(message)

        ours = (
            scope["method"] in SAFE or scope["path"] in FROM_ELSEWHERE or _is_same_site(Headers(scope=scope))
        )
        if not ours:
            text = "This request came from another site.\nOpen the page on this site and send it from there."
            await PlainTextResponse(text, 403)(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)


def _is_same_site(headers: Headers) -> bool:
    """Whether the browser says that a page of this site sent the request, or says nothing."""
    if site := headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")
