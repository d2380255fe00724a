"""What a platform does for its tools: it takes scores (AGS 2.0) and says who is in a course (NRPS 2.0)."""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit, urlunsplit

from autograder.site.lti.client import PlatformError, PlatformKeys, ToolKey, ask
from autograder.site.lti.launch import Launch, Login, begin, finish, role_of
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
    """One student's score, as a platform's gradebook takes it."""

    subject: str
    given: float
    most: float
    started_at: int
    finished_at: int
    at: int  # platforms leave a score alone that is older than theirs
    whole: bool  # nothing waits to be marked

    def body(self) -> dict[str, Any]:
        """As AGS spells it."""
        return {
            "userId": self.subject,
            "scoreGiven": self.given,
            "scoreMaximum": self.most,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded" if self.whole else "PendingManual",
            "timestamp": _moment(self.at),
            "submission": {
                "startedAt": _moment(self.started_at),
                "submittedAt": _moment(self.finished_at),
            },
        }


class Services:
    """The services of every platform, with leave got once and used while it lasts."""

    def __init__(self, key: ToolKey) -> None:
        self._key = key
        self._leave: dict[tuple[str, str, str], tuple[float, str]] = {}
        self._lock = threading.Lock()

    def post_score(self, platform: Platform, line_item: str, score: Score) -> None:
        """Put a score into a platform's gradebook; raises Unanswered."""
        parts = urlsplit(line_item)  # it may have a query, behind which nothing can be added
        address = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/scores"))
        kind = "application/vnd.ims.lis.v1.score+json"
        ask(address, json.dumps(score.body()).encode(), kind, leave=self._leave_for(platform, SCORE))

    def make_line_item(self, platform: Platform, line_items: str, title: str, most: float, link: str) -> str:
        """A new column in a platform's gradebook; its address. Raises Unanswered."""
        kind = "application/vnd.ims.lis.v2.lineitem+json"
        body = {"label": title, "scoreMaximum": most, "resourceLinkId": link}
        leave = self._leave_for(platform, LINE_ITEM)
        made = ask(line_items, json.dumps(body).encode(), kind, accept=kind, leave=leave).data
        if not isinstance(made, dict) or not isinstance(made.get("id"), str):
            raise PlatformError(f"{line_items} made a column without an id")
        return str(made["id"])

    def members(self, platform: Platform, address: str) -> Iterator[User]:
        """Everybody who is active in a course, page by page; raises Unanswered."""
        kind = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
        for _ in range(MOST_PAGES):
            reply = ask(address, accept=kind, leave=self._leave_for(platform, MEMBERS))
            found = reply.data.get("members") if isinstance(reply.data, dict) else None
            if not isinstance(found, list):
                raise PlatformError(f"{address} lists no members")
            for one in found:
                if one.get("status", "Active") == "Active" and one.get("user_id"):
                    yield _member(platform, one)
            further = NEXT.search(next((v for k, v in reply.headers.items() if k.lower() == "link"), ""))
            if further is None:
                return
            address = further[1]

    def _leave_for(self, platform: Platform, scope: str) -> str:
        """A token of leave, by our signature (RFC 7523)."""
        name = platform.issuer, platform.client_id, scope
        with self._lock:
            ends, leave = self._leave.get(name, (0.0, ""))
            if time.monotonic() < ends:
                return leave
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
            given = ask(platform.token_url, urlencode(form).encode(), kind).data
            if not isinstance(given, dict) or not isinstance(given.get("access_token"), str):
                raise PlatformError(f"{platform.token_url} gave no leave")
            lasts = given.get("expires_in", 0)
            lasts = float(lasts) if isinstance(lasts, int | float) else 0.0
            self._leave[name] = time.monotonic() + lasts - MINUTE, str(given["access_token"])
            return str(given["access_token"])


def _member(platform: Platform, one: dict[str, Any]) -> User:
    return User(
        issuer=platform.issuer,
        subject=str(one["user_id"]),
        name=str(one.get("name") or ""),
        email=str(one.get("email") or ""),
        sourced_id=str(one.get("lis_person_sourcedid") or ""),
        role=role_of(one.get("roles")),
    )


def _moment(instant: int) -> str:
    """An instant with milliseconds, in UTC."""
    return (
        datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


class Lti(Protocol):
    """What the server and the sender need of LTI; another library could stand behind it."""

    def public_keys(self) -> dict[str, object]:
        """Our public key, as a JWKS."""

    def begin(self, given: Mapping[str, str], launch_url: str, now: int) -> Login:
        """Answer a platform's login request; raises Refused."""

    def finish(self, given: Mapping[str, str], cookie: str, now: int) -> Launch:
        """Who launches what; raises Refused."""

    def post_score(self, link: Link, score: Score) -> None:
        """Put a score into a platform's gradebook; raises Unanswered."""

    def make_line_item(self, link: Link, title: str, most: float) -> str:
        """Make a column for a link; its address. Raises Unanswered."""

    def members(self, link: Link) -> Iterator[User]:
        """Who is in a link's course; raises Unanswered."""


class Tool:
    """The real one: registrations in lti.yaml, our key beside the database."""

    def __init__(self, course: Path, keys: Path, signer: Signer) -> None:
        self._course, self._signer = course, signer
        self._key, self._keys = ToolKey.beside(keys), PlatformKeys()
        self._services = Services(self._key)

    def public_keys(self) -> dict[str, object]:
        """Our public key, as a JWKS."""
        return {"keys": [self._key.public]}

    def begin(self, given: Mapping[str, str], launch_url: str, now: int) -> Login:
        """Answer a platform's login request; raises Refused."""
        return begin(given, self._platforms(), launch_url, self._signer, now)

    def finish(self, given: Mapping[str, str], cookie: str, now: int) -> Launch:
        """Who launches what; raises Refused."""
        return finish(given, cookie, self._platforms(), self._keys, self._signer, now)

    def post_score(self, link: Link, score: Score) -> None:
        """Put a score into a platform's gradebook; raises Unanswered."""
        self._services.post_score(self._platform(link), link.line_item, score)

    def make_line_item(self, link: Link, title: str, most: float) -> str:
        """Make a column for a link; its address. Raises Unanswered."""
        platform = self._platform(link)
        return self._services.make_line_item(platform, link.line_items, title, most, link.resource)

    def members(self, link: Link) -> Iterator[User]:
        """Who is in a link's course; raises Unanswered."""
        return self._services.members(self._platform(link), link.members)

    def _platform(self, link: Link) -> Platform:
        found = self._platforms().find(link.issuer, link.client)
        if found is None:
            raise PlatformError(f"{link.issuer} is not in lti.yaml any more")
        return found

    def _platforms(self) -> Platforms:
        """As lti.yaml has them now: a new one needs no restart."""
        return read_platforms(self._course)
