"""Dynamic registration: an address of ours, pasted into Moodle or Canvas, registers this server there.

The platform opens the address in the administrator's browser with the address of its own configuration. We
read that, send ours, and keep what it answers. The address carries a signed secret that staff ask for, counts
once, and lasts a week.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError
from sqlalchemy import Connection, Row, delete, select, update

from autograder.errors import Conflict, Forbidden
from autograder.site.audit import Act, record_act
from autograder.site.lti.client import PlatformError, request_json
from autograder.site.lti.launch import text_of
from autograder.site.lti.platforms import Platform, is_safe_address
from autograder.site.signer import Signer
from autograder.site.tables import lti_nonce, lti_platform
from autograder.site.upsert import insert_once

__all__ = [
    "CONTENT_PATH",
    "KEYS_PATH",
    "LAUNCH_PATH",
    "LOGIN_PATH",
    "REGISTRATION_PATH",
    "SCOPES",
    "Registered",
    "check_secret",
    "enable",
    "enabled_platforms",
    "new_secret",
    "register",
    "registered_platforms",
    "remove",
    "spend_secret",
    "store",
    "tool_configuration",
    "unspend_secret",
]

LOGIN_PATH, LAUNCH_PATH, KEYS_PATH = "/lti/login", "/lti/launch", "/lti/keys"
CONTENT_PATH, REGISTRATION_PATH = "/lti/content", "/lti/registration"
SCOPES = (
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
)
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
CANVAS = "https://canvas.instructure.com/lti/"
CANVAS_ISSUERS = ("canvas.instructure.com", "canvas.beta.instructure.com", "canvas.test.instructure.com")
CANVAS_HOSTS = ("instructure.com", "canvaslms.com")
CLAIMS = ("iss", "sub", "name", "given_name", "family_name", "email")
LASTS = 7 * 24 * 3_600_000  # milliseconds
LONGEST_ADDRESS = 2_000


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration that a platform made, and whether it counts at once."""

    platform: Platform
    title: str
    sure: bool  # the issuer is of the host that was asked


def new_secret(signer: Signer, now: int) -> str:
    """The last part of an address that registers one platform within a week."""
    body = f"{now + LASTS}-{secrets.token_urlsafe(16)}"
    return f"{body}.{signer.of('lti registration', body)}"


def check_secret(secret: str, signer: Signer, now: int) -> tuple[str, int]:
    """The signed part of a secret and when it ends; raises Forbidden for one that is not ours or too old."""
    body, _, sign = secret.partition(".")
    ends = body.partition("-")[0]
    if not compare_digest(sign.encode(), signer.of("lti registration", body).encode()):
        raise Forbidden("This is not an address of a registration.", next_step=NEW_ADDRESS)
    if now > int(ends):
        raise Forbidden("This address of a registration is more than a week old.", next_step=NEW_ADDRESS)
    return body, int(ends)


def spend_secret(connection: Connection, secret: str, signer: Signer, now: int) -> None:
    """Use a secret up; raises Forbidden for one that is not ours, too old or used."""
    body, ends = check_secret(secret, signer, now)
    # Kept until it ends: older nonces are forgotten by the launches.
    if not insert_once(connection, lti_nonce, {"nonce": f"registration\n{body}", "at": ends}):
        raise Forbidden("This address has registered a platform already.", next_step=NEW_ADDRESS)


def unspend_secret(connection: Connection, secret: str) -> None:
    """Let a secret count again, because the platform refused the registration."""
    body = secret.partition(".")[0]
    connection.execute(delete(lti_nonce).where(lti_nonce.c.nonce == f"registration\n{body}"))


NEW_ADDRESS = "An instructor of the course makes a new one on the page of learning platforms (/platforms)."


def tool_configuration(title: str, address: str, scopes: tuple[str, ...] = SCOPES) -> dict[str, Any]:
    """What we say of ourselves; `address` is that of this server, without a slash at the end."""
    content = f"{address}{CONTENT_PATH}"
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{address}{LOGIN_PATH}",
        "redirect_uris": [f"{address}{LAUNCH_PATH}"],
        "client_name": title,
        "jwks_uri": f"{address}{KEYS_PATH}",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scopes),
        TOOL: {
            "domain": urlsplit(address).netloc,
            "description": f"Homework and quizzes of {title}",
            "target_link_uri": f"{address}/",
            "claims": list(CLAIMS),
            f"{CANVAS}privacy_level": "public",
            "messages": [
                {"type": "LtiResourceLinkRequest", "target_link_uri": f"{address}/", "label": title},
                {
                    "type": "LtiDeepLinkingRequest",
                    "target_link_uri": content,
                    "label": title,
                    "placements": ["assignment_selection", "link_selection"],
                },
            ],
        },
    }


def register(configuration: str, token: str, title: str, address: str) -> Registered:
    """Register with the platform whose configuration is at an address; raises PlatformError and Conflict.

    `token` is the platform's for this one registration, `address` that of this server.
    """
    if len(configuration) > LONGEST_ADDRESS or not is_safe_address(configuration):
        raise Conflict(
            "The address of the platform's configuration (openid_configuration) is not an https address.",
            next_step="Paste this page's address into the learning platform; it adds its own to it.",
        )
    known = request_json(configuration).data
    if not isinstance(known, dict):
        raise PlatformError(f"{configuration} answered something that is not a configuration")
    offered = known.get("scopes_supported")
    scopes = tuple(scope for scope in SCOPES if not isinstance(offered, list) or scope in offered)
    wanted = tool_configuration(title, address, scopes or SCOPES)
    answer = request_json(
        _text(known, "registration_endpoint", configuration),
        json.dumps(wanted).encode(),
        "application/json",
        access_token=token,
    ).data
    if not isinstance(answer, dict):
        raise PlatformError("The registration was answered with something that is not a registration")
    issuer, token_url = _text(known, "issuer", configuration), _text(known, "token_endpoint", configuration)
    audience = known.get("authorization_server")
    try:
        platform = Platform(
            issuer=issuer,
            client_id=_text(answer, "client_id", "The registration"),
            login_url=_text(known, "authorization_endpoint", configuration),
            token_url=token_url,
            keys_url=_text(known, "jwks_uri", configuration),
            audience=audience if isinstance(audience, str) else "",
        )
    except ValidationError as problem:
        reasons = "; ".join(error["msg"] for error in problem.errors())
        raise PlatformError(f"{configuration} names an address that is not safe: {reasons}") from problem
    details = known.get(PLATFORM)
    family = text_of(details.get("product_family_code")) if isinstance(details, dict) else ""
    return Registered(platform, family or urlsplit(issuer).netloc, _is_of(issuer, configuration))


def store(connection: Connection, registered: Registered, at: int) -> None:
    """Keep a registration; raises Conflict where there is one of this issuer and client already."""
    platform = registered.platform
    values = {
        "issuer": platform.issuer,
        "client": platform.client_id,
        "login_url": platform.login_url,
        "token_url": platform.token_url,
        "keys_url": platform.keys_url,
        "audience": platform.audience,
        "title": registered.title,
        "registered_at": at,
        "enabled_at": at if registered.sure else None,
        "enabled_by": "registration" if registered.sure else "",
    }
    if not insert_once(connection, lti_platform, values):
        raise Conflict(
            f"{platform.issuer} has a registration with the client_id {platform.client_id} already.",
            next_step="Remove it on the page of learning platforms (/platforms), then register again.",
        )
    detail: dict[str, object] = {"issuer": platform.issuer, "client": platform.client_id}
    record_act(connection, Act(at, "registration", "register platform", platform.issuer, detail))


def registered_platforms(connection: Connection) -> list[Row[Any]]:
    """The registrations that platforms made, the newest last."""
    rows = select(lti_platform).order_by(lti_platform.c.registered_at, lti_platform.c.issuer)
    return list(connection.execute(rows).all())


def enabled_platforms(connection: Connection) -> list[Platform]:
    """Those that count; any deployment of theirs may launch, since courses are connected one by one."""
    return [
        Platform(
            issuer=row.issuer,
            client_id=row.client,
            login_url=row.login_url,
            token_url=row.token_url,
            keys_url=row.keys_url,
            audience=row.audience,
        )
        for row in registered_platforms(connection)
        if row.enabled_at is not None
    ]


def enable(connection: Connection, issuer: str, client: str, *, at: int, who: str) -> None:
    """Let a registration count from now on."""
    this = lti_platform.c.issuer == issuer, lti_platform.c.client == client
    connection.execute(update(lti_platform).where(*this).values(enabled_at=at, enabled_by=who))
    record_act(connection, Act(at, who, "enable platform", issuer, {"client": client}))


def remove(connection: Connection, issuer: str, client: str, *, at: int, who: str) -> None:
    """Remove a registration: nobody comes from there any more."""
    this = lti_platform.c.issuer == issuer, lti_platform.c.client == client
    connection.execute(delete(lti_platform).where(*this))
    record_act(connection, Act(at, who, "remove platform", issuer, {"client": client}))


def _text(known: Mapping[str, Any], name: str, where: str) -> str:
    value = known.get(name)
    if not isinstance(value, str) or not value or len(value) > LONGEST_ADDRESS:
        raise PlatformError(f"{where} has no {name}")
    return value


def _is_of(issuer: str, configuration: str) -> bool:
    """Whether a configuration at this address may speak for an issuer: the host is the same, or Canvas's."""
    host, asked = urlsplit(issuer).netloc, urlsplit(configuration).netloc
    canvas = issuer.startswith("https://") and host in CANVAS_ISSUERS
    return host == asked or (
        canvas and any(asked == known or asked.endswith(f".{known}") for known in CANVAS_HOSTS)
    )
