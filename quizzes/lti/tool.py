"""LTI behind one interface: signing in, scores out, members in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from quizzes.lti.http import Unanswered
from quizzes.lti.keys import PlatformKeys, ToolKey
from quizzes.lti.launch import Launch, Login, begin, finish
from quizzes.lti.platforms import Platform, Platforms, read_platforms
from quizzes.lti.services import Score, Services
from quizzes.store.lti import Link, User
from quizzes.store.receipts import Seal

__all__ = ["Lti", "Tool", "Unanswered"]


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

    def __init__(self, course: Path, keys: Path, seal: Seal) -> None:
        self._course, self._seal = course, seal
        self._key, self._keys = ToolKey.beside(keys), PlatformKeys()
        self._services = Services(self._key)

    def public_keys(self) -> dict[str, object]:
        """Our public key, as a JWKS."""
        return {"keys": [self._key.public]}

    def begin(self, given: Mapping[str, str], launch_url: str, now: int) -> Login:
        """Answer a platform's login request; raises Refused."""
        return begin(given, self._platforms(), launch_url, self._seal, now)

    def finish(self, given: Mapping[str, str], cookie: str, now: int) -> Launch:
        """Who launches what; raises Refused."""
        return finish(given, cookie, self._platforms(), self._keys, self._seal, now)

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
            raise Unanswered(f"{link.issuer} is not in lti.yaml any more")
        return found

    def _platforms(self) -> Platforms:
        """As lti.yaml has them now: a new one needs no restart."""
        return read_platforms(self._course)
