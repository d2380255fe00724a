"""What a platform does for its tools: it takes scores (AGS 2.0) and says who is in a course (NRPS 2.0)."""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from quizzes.lti.http import Unanswered, ask
from quizzes.lti.keys import ToolKey
from quizzes.lti.launch import role_of
from quizzes.lti.platforms import Platform
from quizzes.store.lti import User

__all__ = ["Score", "Services"]

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
            raise Unanswered(f"{line_items} made a column without an id")
        return str(made["id"])

    def members(self, platform: Platform, address: str) -> Iterator[User]:
        """Everybody who is active in a course, page by page; raises Unanswered."""
        kind = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
        for _ in range(MOST_PAGES):
            reply = ask(address, accept=kind, leave=self._leave_for(platform, MEMBERS))
            found = reply.data.get("members") if isinstance(reply.data, dict) else None
            if not isinstance(found, list):
                raise Unanswered(f"{address} lists no members")
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
                raise Unanswered(f"{platform.token_url} gave no leave")
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
