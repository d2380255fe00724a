"""OpenID Connect: the code flow with PKCE, state and nonce, and an ID token that its keys verify."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from autograder.errors import Conflict, Refused
from autograder.site.lti.platforms import is_safe_address
from autograder.site.sso.identity import Identity
from autograder.site.sso.providers import OidcProvider

__all__ = ["begin_oidc", "finish_oidc"]

SECONDS = 10.0
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
LEEWAY = 60  # seconds
LARGEST = 256 * 1024  # bytes of a document


def begin_oidc(provider: OidcProvider, callback: str, state: str, nonce: str, verifier: str) -> str:
    """The address at the provider to which the browser goes; raises Conflict while it does not answer."""
    known = _discovered(provider)
    session = _session(provider, callback)
    address, _ = session.create_authorization_url(
        known["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
    )
    return str(address)


def finish_oidc(
    provider: OidcProvider, callback: str, code: str, nonce: str, verifier: str, now: float
) -> Identity:
    """The user whom a code names; raises Refused for a code or a token that is not right."""
    known = _discovered(provider)
    session = _session(provider, callback)
    try:
        token = session.fetch_token(
            known["token_endpoint"],
            grant_type="authorization_code",
            code=code,
            code_verifier=verifier,
            timeout=SECONDS,
        )
    except Exception as problem:  # the library raises what the provider answers, and what requests raises
        raise Refused(
            "The identity provider did not accept this sign-in.", next_step="Begin the sign-in again."
        ) from problem
    claims = _claims(provider, known, str(token.get("id_token", "")), nonce, now)
    person = claims.get(provider.person)
    if provider.person == "email" and claims.get("email_verified") is not True:
        person = None  # an address that nobody has verified is nobody's
    return Identity(provider.id, str(claims["sub"]), str(person).strip() if person else "")


def _session(provider: OidcProvider, callback: str) -> OAuth2Session:
    secret = os.environ.get(provider.client_secret_env) if provider.client_secret_env else None
    if provider.client_secret_env and not secret:
        raise Conflict(
            f"This server has no secret for {provider.title}.",
            next_step=f"Set the environment variable {provider.client_secret_env} and start it again.",
        )
    return OAuth2Session(
        provider.client_id,
        secret,
        scope=" ".join(dict.fromkeys(["openid", *provider.scopes])),
        redirect_uri=callback,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
    )


def _discovered(provider: OidcProvider) -> dict[str, str]:
    """The provider's discovery document; raises Conflict for one that is missing, unsafe or another's."""
    known = _document(f"{provider.issuer}/.well-known/openid-configuration", provider)
    if str(known.get("issuer", "")).rstrip("/") != provider.issuer:
        raise Conflict(
            f"{provider.title} says that it is “{str(known.get('issuer', ''))[:100]}”.",
            next_step="Correct the issuer in sso.yaml.",
        )
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not is_safe_address(str(known.get(name, ""))):
            raise Conflict(
                f"{provider.title} names no safe address as {name}.", next_step="Ask those who run it."
            )
    return known


def _claims(
    provider: OidcProvider, known: dict[str, str], token: str, nonce: str, now: float
) -> dict[str, Any]:
    """The claims of an ID token of this provider, for this site, for this sign-in, of now."""
    wrong = Refused("The sign-in could not be verified.", next_step="Begin the sign-in again.")
    keys = _document(known["jwks_uri"], provider)
    try:
        decoded = jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        jwt.JWTClaimsRegistry(
            now=int(now),
            leeway=LEEWAY,
            iss={"essential": True, "value": known["issuer"]},
            sub={"essential": True},
            aud={"essential": True, "value": provider.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(decoded.claims)
    except (JoseError, ValueError, TypeError, KeyError) as problem:
        raise wrong from problem
    audience = decoded.claims.get("aud")
    several = isinstance(audience, list) and len(audience) > 1
    if (several or "azp" in decoded.claims) and decoded.claims.get("azp") != provider.client_id:
        raise wrong
    return dict(decoded.claims)


def _document(address: str, provider: OidcProvider) -> dict[str, Any]:
    """A JSON object of the provider; nothing is followed to another host."""
    try:
        reply = requests.get(address, timeout=SECONDS, allow_redirects=False, stream=True)
        with reply:
            content = reply.raw.read(LARGEST + 1, decode_content=True)
            if reply.status_code != 200 or len(content) > LARGEST:
                raise ValueError(f"{urlsplit(address).netloc} answered {reply.status_code}")
            import json

            values = json.loads(content)
    except (requests.RequestException, ValueError, OSError) as problem:
        raise Conflict(
            f"{provider.title} does not answer.",
            next_step="Try again in a minute, or sign in with your passcode.",
        ) from problem
    if not isinstance(values, dict):
        raise Conflict(f"{provider.title} does not answer as it should.", next_step="Ask those who run it.")
    return values
