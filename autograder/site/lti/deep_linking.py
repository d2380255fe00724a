"""LTI Deep Linking 2.0: a teacher chooses quizzes and assignments, and the platform makes links of them.

A launch with another message type asks for them; the answer is a signed token that the teacher's browser
posts to the platform.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from autograder.errors import Forbidden
from autograder.site.extensions import LinkTarget
from autograder.site.lti.platforms import is_safe_address

__all__ = ["ANSWER", "REQUEST", "ContentRequest", "answer_claims", "content_item", "content_request"]

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
REQUEST, ANSWER = "LtiDeepLinkingRequest", "LtiDeepLinkingResponse"
RESOURCE_LINK = "ltiResourceLink"
TOKEN_LASTS = 600  # seconds
LONGEST_DATA, LONGEST_ADDRESS = 32_768, 2_000  # characters
NOTHING_CHOSEN = "Nothing can be chosen for your learning platform"


@dataclass(frozen=True, slots=True)
class ContentRequest:
    """What a platform asks for: where the answer goes, and whether it takes several links and grade items."""

    return_url: str
    data: str | None = None  # goes back as it came
    several: bool = False
    line_items: bool = True


def content_request(claims: Mapping[str, Any]) -> ContentRequest:
    """The request in a launch's claims; raises Forbidden for one that cannot be answered."""
    settings = claims.get(SETTINGS)
    settings = settings if isinstance(settings, dict) else {}
    address, data = settings.get("deep_link_return_url"), settings.get("data")
    if not isinstance(address, str) or len(address) > LONGEST_ADDRESS or not is_safe_address(address):
        raise Forbidden(
            f"{NOTHING_CHOSEN}: its deep_link_return_url is not an https address.",
            next_step="Tell the administrator of the learning platform.",
        )
    accepted = settings.get("accept_types")
    if isinstance(accepted, list) and accepted and RESOURCE_LINK not in accepted:
        raise Forbidden(
            f"{NOTHING_CHOSEN}: this place takes {', '.join(str(kind)[:40] for kind in accepted[:5])}, "
            "and quizzes and assignments are LTI resource links.",
            next_step="Add an external tool, as an activity or an assignment, instead.",
        )
    if data is not None and (not isinstance(data, str) or len(data) > LONGEST_DATA):
        raise Forbidden(
            f"{NOTHING_CHOSEN}: its `data` cannot be sent back.",
            next_step="Tell the administrator of the learning platform.",
        )
    return ContentRequest(
        address,
        data,
        several=_is_true(settings.get("accept_multiple")),
        line_items=not _is_false(settings.get("accept_lineitem")),
    )


def content_item(target: LinkTarget, site: str, *, line_item: bool) -> dict[str, Any]:
    """A link to a quiz or an assignment, with its points and dates; `site` is this server's address."""
    item: dict[str, Any] = {
        "type": RESOURCE_LINK,
        "title": target.title,
        "url": f"{site}{target.path}",
        "custom": {target.kind: target.name},
        "window": {"targetName": "_blank"},  # browsers keep cookies from frames
    }
    if line_item:
        item["lineItem"] = {
            "label": target.title,
            "scoreMaximum": target.points,
            "resourceId": f"{target.kind}:{target.name}",
        }
    available = _dates(startDateTime=target.opens_at, endDateTime=target.closes_at)
    submission = _dates(endDateTime=target.due_at)
    return {
        **item,
        **({"available": available} if available else {}),
        **({"submission": submission} if submission else {}),
    }


def answer_claims(
    issuer: str, client: str, deployment: str, data: str | None, items: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The claims of the answer; the tool's key signs them."""
    now = int(time.time())  # the platform's clock is compared with it, so it is the real one
    claims = {
        "iss": client,
        "aud": [issuer],
        "sub": client,
        "iat": now,
        "exp": now + TOKEN_LASTS,
        "nonce": secrets.token_urlsafe(24),
        f"{CLAIM}deployment_id": deployment,
        f"{CLAIM}message_type": ANSWER,
        f"{CLAIM}version": "1.3.0",
        "https://purl.imsglobal.org/spec/lti-dl/claim/content_items": list(items),
    }
    if data is not None:
        claims["https://purl.imsglobal.org/spec/lti-dl/claim/data"] = data
    return claims


def _dates(**instants: int | None) -> dict[str, str]:
    return {
        name: datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        for name, instant in instants.items()
        if instant is not None
    }


def _is_true(value: object) -> bool:
    return value is True or str(value).lower() == "true"


def _is_false(value: object) -> bool:
    return value is False or str(value).lower() == "false"
