"""The services of learning platforms: scores (AGS 2.0) and members of a course (NRPS 2.0)."""

from __future__ import annotations

import json
import logging
import re
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit, urlunsplit

from autograder.errors import AutograderError
from autograder.site.database import Database
from autograder.site.lti.client import PlatformError, PlatformKeys, Reply, ToolKey, request_json
from autograder.site.lti.contexts import MemberList
from autograder.site.lti.launch import (
    Launch,
    Login,
    begin,
    finish,
    is_outsider,
    is_subject,
    is_test_user,
    name_in,
    role_of,
    text_of,
    wanted_key,
)
from autograder.site.lti.platforms import FILE, Platform, Platforms, read_platforms
from autograder.site.lti.registration import enabled_platforms
from autograder.site.lti.users import Link, User
from autograder.site.signer import Signer

__all__ = ["Lti", "Score", "Services", "Tool"]


SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
log = logging.getLogger(__name__)
MINUTE = 60  # seconds
MOST_PAGES = 200  # of members
NEXT = re.compile(r'<([^>]+)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)


@dataclass(frozen=True)
class Score:
    """A student's score for a platform's gradebook."""

    subject: str
    points: float
    out_of: float
    at: int  # platforms ignore a score that is older than theirs
    complete: bool  # no answer waits for a mark
    started_at: int | None = None
    finished_at: int | None = None
    comment: str = ""  # for the student

    def body(self) -> dict[str, Any]:
        """The score in the form of AGS."""
        times = {"startedAt": self.started_at, "submittedAt": self.finished_at}
        submission = {name: _moment(instant) for name, instant in times.items() if instant is not None}
        return {
            "userId": self.subject,
            "scoreGiven": self.points,
            "scoreMaximum": self.out_of,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded" if self.complete else "PendingManual",
            "timestamp": _moment(self.at),
            **({"submission": submission} if submission else {}),
            **({"comment": self.comment} if self.comment else {}),
        }


class Services:
    """The services of all platforms; an access token is requested once and used while it is valid."""

    def __init__(self, key: Callable[[], ToolKey]) -> None:
        self._key = key
        self._tokens: dict[tuple[str, str, str], tuple[float, str]] = {}
        # One for each, so that a platform that is slow to grant a token holds up no other.
        self._locks: defaultdict[tuple[str, str, str], threading.Lock] = defaultdict(threading.Lock)

    def post_score(self, platform: Platform, line_item: str, score: Score) -> None:
        """Put a score into a platform's gradebook; raises PlatformError."""
        parts = urlsplit(line_item)  # it may have a query, behind which nothing can be added
        address = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/scores"))
        kind = "application/vnd.ims.lis.v1.score+json"
        self._request(platform, SCORE, address, json.dumps(score.body()).encode(), kind)

    def line_item(self, platform: Platform, line_items: str, title: str, most: float, link: str) -> str:
        """The address of a link's line item, found or created in the gradebook. Raises PlatformError."""
        kind = "application/vnd.ims.lis.v2.lineitem+json"
        body = {"label": title, "scoreMaximum": most, "resourceLinkId": link}
        parts = urlsplit(line_items)
        query = "&".join(filter(None, (parts.query, urlencode({"resource_link_id": link}))))
        container = "application/vnd.ims.lis.v2.lineitemcontainer+json"
        known = self._request(
            platform, LINE_ITEM, urlunsplit(parts._replace(query=query)), accept=container
        ).data
        for item in known if isinstance(known, list) else []:
            if (
                isinstance(item, dict)
                and item.get("resourceLinkId") == link
                and isinstance(item.get("id"), str)
            ):
                return str(item["id"])
        made = self._request(
            platform, LINE_ITEM, line_items, json.dumps(body).encode(), kind, accept=kind
        ).data
        if not isinstance(made, dict) or not isinstance(made.get("id"), str):
            raise PlatformError(f"{line_items} created a line item without an id")
        return str(made["id"])

    def members(self, platform: Platform, address: str) -> MemberList:
        """The active members of a course, of all pages; raises PlatformError."""
        kind = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
        users, unread = [], 0
        for _ in range(MOST_PAGES):
            reply = self._request(platform, MEMBERS, address, accept=kind)
            members = reply.data.get("members") if isinstance(reply.data, dict) else None
            if not isinstance(members, list):
                raise PlatformError(f"{address} lists no members")
            for member in members:
                if not isinstance(member, dict) or not is_subject(member.get("user_id")):
                    unread += 1
                elif _takes_part(member):
                    users.append(_member(platform, member))
            further = NEXT.search(next((v for k, v in reply.headers.items() if k.lower() == "link"), ""))
            if further is None:
                return MemberList(tuple(users), unread)
            address = further[1]
        raise PlatformError(f"{address} is page {MOST_PAGES + 1} of a list of members")

    def _request(
        self,
        platform: Platform,
        scope: str,
        address: str,
        body: bytes | None = None,
        kind: str = "",
        accept: str = "",
    ) -> Reply:
        """The reply to a request with an access token; raises PlatformError.

        A platform may withdraw a token early, by a restart or a new key: then a new one is requested, once.
        """
        access_token = self._access_token(platform, scope)
        try:
            return request_json(address, body, kind, accept=accept, access_token=access_token)
        except PlatformError as problem:
            if problem.status != HTTPStatus.UNAUTHORIZED:
                raise
        name = platform.issuer, platform.client_id, scope
        with self._locks[name]:
            if self._tokens.get(name, (0.0, ""))[1] == access_token:
                del self._tokens[name]
        renewed = self._access_token(platform, scope)
        return request_json(address, body, kind, accept=accept, access_token=renewed)

    def _access_token(self, platform: Platform, scope: str) -> str:
        """An access token, requested with our signature (RFC 7523)."""
        name = platform.issuer, platform.client_id, scope
        with self._locks[name]:
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
                "client_assertion": self._key().signed(claims),
                "scope": scope,
            }
            kind = "application/x-www-form-urlencoded"
            grant = request_json(platform.token_url, urlencode(form).encode(), kind).data
            if not isinstance(grant, dict) or not isinstance(grant.get("access_token"), str):
                raise PlatformError(f"{platform.token_url} approved no access token")
            lasts = grant.get("expires_in", 0)
            lasts = float(lasts) if isinstance(lasts, int | float) else 0.0
            self._tokens[name] = time.monotonic() + lasts - MINUTE, str(grant["access_token"])
            return str(grant["access_token"])


def _takes_part(member: dict[str, Any]) -> bool:
    """Whether a member is active, and neither made up by the platform nor an outsider."""
    is_active = (text_of(member.get("status")) or "Active").casefold() == "active"
    return is_active and not is_test_user(roles := member.get("roles")) and not is_outsider(roles)


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

    def is_registered(self) -> bool:
        """Whether any platform is registered."""

    def platforms(self) -> Platforms:
        """The current registrations."""

    def begin(self, parameters: Mapping[str, str], launch_url: str, now: int) -> Login:
        """Answer a platform's login request; raises Refused."""

    def request_keys(self, parameters: Mapping[str, str], now: int) -> Future[None] | None:
        """Begin to read the platform's keys that a launch needs; what to wait for before `finish`."""

    def finish(self, parameters: Mapping[str, str], cookie: str, now: int) -> Launch:
        """The launch; raises Refused."""

    def signed(self, claims: dict[str, Any]) -> str:
        """A token with the tool's signature, for a platform."""

    def post_score(self, link: Link, score: Score) -> None:
        """Put a score into a platform's gradebook; raises PlatformError."""

    def line_item(self, link: Link, title: str, most: float) -> str:
        """A link's line item, found or created; returns its address. Raises PlatformError."""

    def members(self, link: Link) -> MemberList:
        """The members of a link's course; raises PlatformError."""


class Tool:
    """The LTI tool: registrations in lti.yaml and in the database, the key beside the database."""

    def __init__(self, course: Path, keys: Path, signer: Signer, database: Database | None = None) -> None:
        """Without a database only lti.yaml counts."""
        self._course, self._signer, self._database = course, signer, database
        self._key = cache(lambda: ToolKey.in_folder(keys))
        self._keys = PlatformKeys()
        self._services = Services(self._key)
        self._written, self._stamp = Platforms(), (-1, -1)
        self._problem = ""

    def public_keys(self) -> dict[str, object]:
        """The tool's public key, as a JWKS."""
        return {"keys": [self._key().public]}

    def is_registered(self) -> bool:
        """Whether any platform is registered."""
        return bool(self.platforms().platforms)

    def platforms(self) -> Platforms:
        """The current registrations: neither a new one nor a changed file needs a restart.

        While lti.yaml cannot be read, what it said before counts; `warning` says why.
        """
        stamp = _stamp(self._course / FILE)
        if stamp != self._stamp:
            try:
                self._written, self._problem = read_platforms(self._course), ""
            except AutograderError as problem:
                log.warning("%s", problem.message)
                self._problem = f"{problem.message} What it said before counts until it is corrected."
            self._stamp = stamp
        if self._database is None:
            return self._written
        with self._database.reading() as connection:
            return self._written.joined(enabled_platforms(connection))

    def warning(self) -> str:
        """Why lti.yaml cannot be read, for staff; empty where all is well."""
        self.platforms()
        return self._problem

    def begin(self, parameters: Mapping[str, str], launch_url: str, now: int) -> Login:
        """Answer a platform's login request; raises Refused."""
        return begin(parameters, self.platforms(), launch_url, self._signer, now)

    def request_keys(self, parameters: Mapping[str, str], now: int) -> Future[None] | None:
        """Begin to read the platform's keys that a launch needs; what to wait for before `finish`."""
        wanted = wanted_key(parameters, self.platforms(), self._signer, now)
        return None if wanted is None else self._keys.request(*wanted, now)

    def finish(self, parameters: Mapping[str, str], cookie: str, now: int) -> Launch:
        """The launch; raises Refused."""
        return finish(parameters, cookie, self.platforms(), self._keys, self._signer, now)

    def signed(self, claims: dict[str, Any]) -> str:
        """A token with the tool's signature, for a platform."""
        return self._key().signed(claims)

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
        platform = self.platforms().find(link.issuer, link.client)
        if platform is None:
            raise PlatformError(f"{link.issuer} is not registered any more (client_id {link.client})")
        return platform


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
