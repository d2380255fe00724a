"""The services of learning platforms: scores (AGS 2.0) and members of a course (NRPS 2.0)."""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit, urlunsplit

from autograder.site.lti.client import PlatformError, PlatformKeys, ToolKey, request_json
from autograder.site.lti.contexts import MemberList
from autograder.site.lti.launch import (
    Launch,
    Login,
    begin,
    finish,
    is_subject,
    is_test_user,
    name_in,
    role_of,
    text_of,
    wanted_key,
)
from autograder.site.lti.platforms import Platform, Platforms, read_platforms
from autograder.site.lti.users import Link, User
from autograder.site.signer import Signer

__all__ = ["Lti", "Score", "Services", "Tool"]


SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MINUTE = 60  # seconds
MOST_PAGES = 200  # of members
NEXT = re.compile(r'<([^>]+)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)


@dataclass(frozen=True)
class Score:
    """A student's score for a platform's gradebook."""

    subject: str
    points: float
    out_of: float
    started_at: int
    finished_at: int
    at: int  # platforms ignore a score that is older than theirs
    complete: bool  # no answer waits for a mark

    def body(self) -> dict[str, Any]:
        """The score in the form of AGS."""
        return {
            "userId": self.subject,
            "scoreGiven": self.points,
            "scoreMaximum": self.out_of,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded" if self.complete else "PendingManual",
            "timestamp": _moment(self.at),
            "submission": {
                "startedAt": _moment(self.started_at),
                "submittedAt": _moment(self.finished_at),
            },
        }


class Services:
    """The services of all platforms; an access token is requested once and used while it is valid."""

    def __init__(self, key: ToolKey) -> None:
        self._key = key
        self._tokens: dict[tuple[str, str, str], tuple[float, str]] = {}
        self._lock = threading.Lock()

    def post_score(self, platform: Platform, line_item: str, score: Score) -> None:
        """Put a score into a platform's gradebook; raises PlatformError."""
        parts = urlsplit(line_item)  # it may have a query, behind which nothing can be added
        address = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/scores"))
        kind = "application/vnd.ims.lis.v1.score+json"
        request_json(
            address, json.dumps(score.body()).encode(), kind, access_token=self._access_token(platform, SCORE)
        )

    def line_item(self, platform: Platform, line_items: str, title: str, most: float, link: str) -> str:
        """The address of a link's line item, found or created in the gradebook. Raises PlatformError."""
        kind = "application/vnd.ims.lis.v2.lineitem+json"
        body = {"label": title, "scoreMaximum": most, "resourceLinkId": link}
        access_token = self._access_token(platform, LINE_ITEM)
        parts = urlsplit(line_items)
        query = "&".join(filter(None, (parts.query, urlencode({"resource_link_id": link}))))
        container = "application/vnd.ims.lis.v2.lineitemcontainer+json"
        known = request_json(
            urlunsplit(parts._replace(query=query)), accept=container, access_token=access_token
        ).data
        for item in known if isinstance(known, list) else []:
            if (
                isinstance(item, dict)
                and item.get("resourceLinkId") == link
                and isinstance(item.get("id"), str)
            ):
                return str(item["id"])
        made = request_json(
            line_items, json.dumps(body).encode(), kind, accept=kind, access_token=access_token
        ).data
        if not isinstance(made, dict) or not isinstance(made.get("id"), str):
            raise PlatformError(f"{line_items} created a line item without an id")
        return str(made["id"])

    def members(self, platform: Platform, address: str) -> MemberList:
        """The active members of a course, of all pages; raises PlatformError."""
        kind = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
        users, unread = [], 0
        for _ in range(MOST_PAGES):
            reply = request_json(address, accept=kind, access_token=self._access_token(platform, MEMBERS))
            members = reply.data.get("members") if isinstance(reply.data, dict) else None
            if not isinstance(members, list):
                raise PlatformError(f"{address} lists no members")
            for member in members:
                if not isinstance(member, dict) or not is_subject(member.get("user_id")):
                    unread += 1
                elif member.get("status", "Active") == "Active" and not is_test_user(member.get("roles")):
                    users.append(_member(platform, member))
            further = NEXT.search(next((v for k, v in reply.headers.items() if k.lower() == "link"), ""))
            if further is None:
                return MemberList(tuple(users), unread)
            address = further[1]
        raise PlatformError(f"{address} is page {MOST_PAGES + 1} of a list of members")

    def _access_token(self, platform: Platform, scope: str) -> str:
        """An access token, requested with our signature (RFC 7523)."""
        name = platform.issuer, platform.client_id, scope
        with self._lock:
            ends, access_token = self._tokens.get(name, (0.0, ""))
            if time.monotonic() < ends:
                return access_token
            now = int(time.time())  # the platform's clock is compared with it, so it is the real one
            claims = {
                "iss": platform.client_id,
                "sub": platform.client_id,
                "aud": platform.audience or platform.token_url,
                "iat": now - 5,
                "exp": now + 5 * MINUTE,
                "jti": secrets.token_urlsafe(16),
            }
            form = {
                "grant_type": "client_credentials",
                "client_assertion_type": ASSERTION,
                "client_assertion": self._key.signed(claims),
                "scope": scope,
            }
            kind = "application/x-www-form-urlencoded"
            grant = request_json(platform.token_url, urlencode(form).encode(), kind).data
            if not isinstance(grant, dict) or not isinstance(grant.get("access_token"), str):
                raise PlatformError(f"{platform.token_url} granted no access token")
            lasts = grant.get("expires_in", 0)
            lasts = float(lasts) if isinstance(lasts, int | float) else 0.0
            self._tokens[name] = time.monotonic() + lasts - MINUTE, str(grant["access_token"])
            return str(grant["access_token"])


def _member(platform: Platform, member: dict[str, Any]) -> User:
    return User(
        issuer=platform.issuer,
        subject=str(member["user_id"]),
        name=name_in(member),
        email=text_of(member.get("email")),
        sourced_id=text_of(member.get("lis_person_sourcedid")),
        role=role_of(member.get("roles")),
    )


def _moment(instant: int) -> str:
    """An instant with milliseconds, in UTC."""
    return (
        datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


class Lti(Protocol):
    """LTI as the server and the score sender use it; another library could implement it."""

    def public_keys(self) -> dict[str, object]:
        """The tool's public key, as a JWKS."""

    def begin(self, parameters: Mapping[str, str], launch_url: str, now: int) -> Login:
        """Answer a platform's login request; raises Refused."""

    def request_keys(self, parameters: Mapping[str, str], cookie: str, now: int) -> Future[None] | None:
        """Begin to read the platform's keys that a launch needs; what to wait for before `finish`."""

    def finish(self, parameters: Mapping[str, str], cookie: str, now: int) -> Launch:
        """The launch; raises Refused."""

    def post_score(self, link: Link, score: Score) -> None:
        """Put a score into a platform's gradebook; raises PlatformError."""

    def line_item(self, link: Link, title: str, most: float) -> str:
        """A link's line item, found or created; returns its address. Raises PlatformError."""

    def members(self, link: Link) -> MemberList:
        """The members of a link's course; raises PlatformError."""


class Tool:
    """The LTI tool: registrations in lti.yaml, the key beside the database."""

    def __init__(self, course: Path, keys: Path, signer: Signer) -> None:
        self._course, self._signer = course, signer
        self._key, self._keys = ToolKey.in_folder(keys), PlatformKeys()
        self._services = Services(self._key)

    def public_keys(self) -> dict[str, object]:
        """The tool's public key, as a JWKS."""
        return {"keys": [self._key.public]}

    def begin(self, parameters: Mapping[str, str], launch_url: str, now: int) -> Login:
        """Answer a platform's login request; raises Refused."""
        return begin(parameters, self._platforms(), launch_url, self._signer, now)

    def request_keys(self, parameters: Mapping[str, str], cookie: str, now: int) -> Future[None] | None:
        """Begin to read the platform's keys that a launch needs; what to wait for before `finish`."""
        wanted = wanted_key(parameters, cookie, self._platforms(), self._signer, now)
        return None if wanted is None else self._keys.request(*wanted, now)

    def finish(self, parameters: Mapping[str, str], cookie: str, now: int) -> Launch:
        """The launch; raises Refused."""
        return finish(parameters, cookie, self._platforms(), self._keys, self._signer, now)

    def post_score(self, link: Link, score: Score) -> None:
        """Put a score into a platform's gradebook; raises PlatformError."""
        self._services.post_score(self._platform(link), link.line_item, score)

    def line_item(self, link: Link, title: str, most: float) -> str:
        """A link's line item, found or created; returns its address. Raises PlatformError."""
        platform = self._platform(link)
        return self._services.line_item(platform, link.line_items, title, most, link.resource)

    def members(self, link: Link) -> MemberList:
        """The members of a link's course; raises PlatformError."""
        return self._services.members(self._platform(link), link.members)

    def _platform(self, link: Link) -> Platform:
        platform = self._platforms().find(link.issuer, link.client)
        if platform is None:
            raise PlatformError(f"{link.issuer} is no longer in lti.yaml")
        return platform

    def _platforms(self) -> Platforms:
        """The current registrations in lti.yaml: a new one needs no restart."""
        return read_platforms(self._course)
