"""A launch: a platform sends somebody's browser, we ask it who that is, it answers with a signed token.

OpenID Connect's third-party login as IMS's Security Framework 1.0 has it. A token counts once, for ten
minutes from the login it answers, in the browser that began it.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt

from autograder.errors import Forbidden, Refused
from autograder.site.lti.client import PlatformError, PlatformKeys
from autograder.site.lti.platforms import Platform, Platforms
from autograder.site.lti.users import Link, User
from autograder.site.signer import Signer

__all__ = ["Launch", "Login", "begin", "finish", "role_of"]


CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
SCORES = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership"
STATE_LASTS, TOKEN_LASTS, SLACK = 600_000, 3_600_000, 60_000  # milliseconds
LONGEST, LONGEST_ADDRESS = 255, 2000
AGAIN = "Go back to your learning platform and open the quiz again, in a new window."


@dataclass(frozen=True)
class Login:
    """Where a browser goes next, and what it has to bring back."""

    address: str
    state: str


@dataclass(frozen=True)
class Launch:
    """Who came from where, for what."""

    user: User
    link: Link  # its quiz is what the platform asks for; there may be none of that name
    nonce: str


def begin(given: Mapping[str, str], platforms: Platforms, launch_url: str, signer: Signer, now: int) -> Login:
    """Answer a platform's login request; raises Forbidden for a platform that is not registered."""
    platform = platforms.find(given.get("iss", ""), given.get("client_id", ""))
    if platform is None or not given.get("login_hint"):
        raise Forbidden(
            "This learning platform is not registered here.",
            next_step="Ask the course's staff: see lti.yaml.",
        )
    said = {
        "issuer": platform.issuer,
        "client": platform.client_id,
        "nonce": secrets.token_urlsafe(24),
        "at": now,
    }
    body = base64.urlsafe_b64encode(json.dumps(said).encode()).decode()
    state = f"{body}.{signer.of('lti state', body)}"
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": launch_url,
        "login_hint": given["login_hint"],
        "state": state,
        "nonce": str(said["nonce"]),
    }
    if hint := given.get("lti_message_hint"):
        asked["lti_message_hint"] = hint
    joint = "&" if urlsplit(platform.login_url).query else "?"
    return Login(f"{platform.login_url}{joint}{urlencode(asked)}", state)


def finish(
    given: Mapping[str, str],
    cookie: str,
    platforms: Platforms,
    keys: PlatformKeys,
    signer: Signer,
    now: int,
) -> Launch:
    """Who launches what; raises Forbidden with the reason. Whether the nonce is new is the store's to say."""
    if error := given.get("error"):
        said = given.get("error_description") or error
        raise Forbidden(f"Your learning platform did not sign you in: {said[:200]}.", next_step=AGAIN)
    begun = _begun(given.get("state", ""), cookie, signer, now)
    platform = platforms.find(begun["issuer"], begun["client"])
    if platform is None:
        raise _refused("this platform is not registered any more")
    claims = _claims(given.get("id_token", ""), platform, keys, now)
    if not compare_digest(str(claims["nonce"]).encode(), str(begun["nonce"]).encode()):
        raise _refused("its nonce is not the one that was asked for")
    _require(claims, platform)
    return Launch(_user(claims, platform), _link(claims, platform), f"{platform.issuer}\n{claims['nonce']}")


def _refused(why: str) -> Refused:
    return Forbidden(f"The launch was refused: {why}.", next_step=AGAIN)


def _begun(state: str, cookie: str, signer: Signer, now: int) -> dict[str, Any]:
    """What our own state says; it is sealed, new, and this browser's."""
    body, _, sign = state.partition(".")
    if not compare_digest(sign.encode(), signer.of("lti state", body).encode()):
        raise _refused("it does not answer a login of this server")
    if not compare_digest(cookie.encode(), state.encode()):
        raise _refused("it was begun in another browser, or this one takes no cookies in a frame")
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body))
    if not 0 <= now - int(said["at"]) <= STATE_LASTS:
        raise _refused("it took more than ten minutes")
    return said


def _claims(token: str, platform: Platform, keys: PlatformKeys, now: int) -> dict[str, Any]:
    try:
        head = jwt.get_unverified_header(token)
        if head.get("alg") != "RS256":
            raise _refused("its token is not signed with RS256")
        key = keys.find(platform.keys_url, str(head.get("kid", "")), now)
        if key is None:
            raise _refused("its token is signed with a key that the platform does not have")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=platform.client_id,
            issuer=platform.issuer,
            # The server's own clock says what time it is, below.
            options={
                "require": ["exp", "iat", "nonce", "sub", "iss", "aud"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        issued, ends = (int(float(claims[name]) * 1000) for name in ("iat", "exp"))
    except PlatformError as problem:
        raise _refused("the platform's keys cannot be read just now") from problem
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as problem:
        raise _refused(f"its token is not sound ({problem})") from problem
    if now > ends + SLACK:
        raise _refused("its token has expired")
    if issued > now + SLACK or now - issued > TOKEN_LASTS:
        raise _refused("its token is of another time")
    return claims


def _require(claims: Mapping[str, Any], platform: Platform) -> None:
    """What the specification wants of every resource link's launch."""
    parties = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if len(parties) > 1 and claims.get("azp") != platform.client_id:
        raise _refused("its token is for another tool")
    wanted = {"message_type": "LtiResourceLinkRequest", "version": "1.3.0"}
    for name, value in wanted.items():
        if claims.get(f"{CLAIM}{name}") != value:
            raise _refused(f"its {name.replace('_', ' ')} is not {value}")
    if claims.get(f"{CLAIM}deployment_id") not in platform.deployments:
        raise _refused("its deployment is not registered here")
    # At most 255 characters, says OpenID Connect; no database keeps a NUL.
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= LONGEST or "\0" in claims["sub"]:
        raise _refused("it does not say who comes")


def _user(claims: Mapping[str, Any], platform: Platform) -> User:
    roles = claims.get(f"{CLAIM}roles") or []
    lis = _part(claims, f"{CLAIM}lis")
    return User(
        issuer=platform.issuer,
        subject=claims["sub"],
        name=_text(claims.get("name")),
        email=_text(claims.get("email")),
        sourced_id=_text(lis.get("person_sourcedid")),
        role=role_of(roles),
    )


def role_of(roles: object) -> str:
    """Our role for a platform's; whoever is not staff there is a student here."""
    said = {str(one) for one in roles} if isinstance(roles, list) else set()
    if f"{ROLE}/Instructor#TeachingAssistant" in said:
        return "ta"
    return "instructor" if {f"{ROLE}#Instructor", "Instructor"} & said else "student"


def _link(claims: Mapping[str, Any], platform: Platform) -> Link:
    custom, scores = _part(claims, f"{CLAIM}custom"), _part(claims, SCORES)
    path = urlsplit(_text(claims.get(f"{CLAIM}target_link_uri"))).path
    named = path.rpartition("/quizzes/")[2] if "/quizzes/" in path else ""
    return Link(
        issuer=platform.issuer,
        client=platform.client_id,
        resource=_text(_part(claims, f"{CLAIM}resource_link").get("id")),
        quiz=_text(custom.get("quiz")) or named,
        line_item=_text(scores.get("lineitem"), LONGEST_ADDRESS),
        line_items=_text(scores.get("lineitems"), LONGEST_ADDRESS),
        members=_text(_part(claims, MEMBERS).get("context_memberships_url"), LONGEST_ADDRESS),
    )


def _text(said: object, most: int = LONGEST) -> str:
    """A claim that is a text, without what no page and no database shows."""
    return "".join(one for one in said[:most] if one.isprintable()) if isinstance(said, str) else ""


def _part(claims: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = claims.get(name)
    return found if isinstance(found, dict) else {}
