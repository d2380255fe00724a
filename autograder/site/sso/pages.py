"""The pages of sign-in by an identity provider: to it, and back with an answer.

What an answer has to fit is in a cookie of the browser that began, signed, for ten minutes: nobody can be
signed in by an answer that was meant for another browser.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from autograder.errors import Refused
from autograder.site.requests import PageRoute, form_of, site_of
from autograder.site.sessions import open_session
from autograder.site.sign_in import local_goal, sign_in_problem, with_cookie
from autograder.site.sso.identity import Identity, person_of
from autograder.site.sso.providers import OidcProvider, Provider, provider_of

__all__ = ["SSO_ROUTES"]

COOKIE = "sign_in_state"
LASTS = 600  # seconds
LARGEST = 1024 * 1024  # bytes of an answer
GONE = Refused(
    "This sign-in was begun elsewhere, or too long ago.", next_step="Begin it again on the sign-in page."
)


async def begin(request: Request) -> Response:
    """Send the browser to the provider."""
    site, name = site_of(request), request.path_params["provider"]
    goal = local_goal(request.query_params.get("next", "/"))
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    base = _base(request)

    def address() -> tuple[str, str]:
        provider = provider_of(site.folder, name)
        if isinstance(provider, OidcProvider):
            from autograder.site.sso.oidc import begin_oidc

            return begin_oidc(provider, f"{base}/sso/{name}/answer", state, nonce, verifier), ""
        from autograder.site.sso.saml import begin_saml

        return begin_saml(provider, site.folder, base, state)

    try:
        target, asked = await site.in_thread(address)
    except Refused as problem:
        return sign_in_problem(request, problem, goal)
    kept = {
        "provider": name,
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "asked": asked,
        "goal": goal,
    }
    response = RedirectResponse(target, 303)
    is_https = request.url.scheme == "https"
    # An answer of SAML is a form of another site: only a cookie for all of them comes with it.
    response.set_cookie(
        COOKIE,
        _serializer(request).dumps(kept),
        max_age=LASTS,
        path=f"/sso/{name}",
        httponly=True,
        secure=is_https,
        samesite="none" if is_https else "lax",
    )
    return response


async def answer(request: Request) -> Response:
    """An answer of a provider, to the sign-in that this browser began: a session, or why not."""
    site, name, at = site_of(request), request.path_params["provider"], request.state.at
    posted = await form_of(request, None, LARGEST) if request.method == "POST" else {}
    sent = {key: values[-1] for key, values in posted.items()} or dict(request.query_params)
    goal = "/"
    try:
        kept = _kept(request, name)
        goal = local_goal(str(kept["goal"]))
        given = str(sent.get("state") or sent.get("RelayState") or "")
        if not secrets.compare_digest(given.encode(), str(kept["state"]).encode()):
            raise GONE
        if problem := sent.get("error"):
            raise Refused(
                f"The identity provider refused: {str(sent.get('error_description') or problem)[:200]}.",
                next_step="Begin the sign-in again, or sign in with your passcode.",
            )
        identity = await site.in_thread(partial(_identity, request, kept, sent))
        opened = await site.written(
            lambda connection: _open(connection, request, identity, at)  # a refusal writes nothing
        )
        if isinstance(opened, Refused):
            raise opened
    except Refused as refusal:
        response = sign_in_problem(request, refusal, goal)
    else:
        response = with_cookie(RedirectResponse(goal, 303), request, opened)
    response.delete_cookie(COOKIE, path=f"/sso/{name}")
    return response


async def metadata(request: Request) -> Response:
    """What a provider of SAML needs to know of this site."""
    from autograder.site.sso.saml import saml_metadata

    site, name = site_of(request), request.path_params["provider"]

    def made() -> bytes:
        provider = provider_of(site.folder, name)
        if isinstance(provider, OidcProvider):
            raise Refused(
                f"{provider.title} is OpenID Connect and needs no metadata.",
                next_step=f"Register the redirect address {_base(request)}/sso/{name}/answer there.",
            )
        return saml_metadata(provider, site.folder, _base(request))

    return Response(await site.in_thread(made), media_type="application/samlmetadata+xml")


def _identity(request: Request, kept: dict[str, Any], sent: dict[str, str]) -> Identity:
    site, name = site_of(request), str(kept["provider"])
    provider: Provider = provider_of(site.folder, name)
    base = _base(request)
    if isinstance(provider, OidcProvider):
        from autograder.site.sso.oidc import finish_oidc

        return finish_oidc(
            provider,
            f"{base}/sso/{name}/answer",
            str(sent.get("code", "")),
            str(kept["nonce"]),
            str(kept["verifier"]),
            site.now() / 1000,
        )
    from autograder.site.sso.saml import finish_saml

    return finish_saml(provider, site.folder, base, str(sent.get("SAMLResponse", "")), str(kept["asked"]))


def _open(connection: Any, request: Request, identity: Identity, at: int) -> str | Refused:
    site = site_of(request)
    who = person_of(connection, site.course, identity, at)
    if isinstance(who, Refused):
        return who
    return open_session(connection, who, site.signer, at, request.headers.get("user-agent", ""))


def _kept(request: Request, name: str) -> dict[str, Any]:
    try:
        kept = _serializer(request).loads(request.cookies.get(COOKIE, ""), max_age=LASTS)
    except BadData:
        raise GONE from None
    if not isinstance(kept, dict) or kept.get("provider") != name:
        raise GONE
    return kept


def _serializer(request: Request) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(site_of(request).signer.of("sso", "state"), salt="sso")


def _base(request: Request) -> str:
    """The site's address as the browser knows it."""
    return str(request.base_url).rstrip("/")


SSO_ROUTES = (
    PageRoute("/sso/{provider}", begin),
    PageRoute("/sso/{provider}/answer", answer),
    PageRoute("/sso/{provider}/answer", answer, methods=["POST"]),
    PageRoute("/sso/{provider}/metadata", metadata),
)
