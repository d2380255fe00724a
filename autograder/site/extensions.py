"""What a part of the course brings to the site: the one interface between the site and quizzes.

A part is installed by an entry point of the group `autograder.site`, so the site imports none of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.routing import BaseRoute

    from autograder.site.app_context import AppContext

__all__ = ["Extension", "Running", "extensions"]

GROUP = "autograder.site"


class Running(Protocol):
    """What an extension keeps running beside the server's requests."""

    def stop(self) -> None:
        """End it after the work that is under way."""


class Extension(Protocol):
    """A part of the course: its pages, its tables, and its background work."""

    #: The package whose `templates` and `static` directories the site serves.
    package: str
    #: The directory of its numbered SQL files.
    migrations: Path

    def routes(self) -> Sequence[BaseRoute]:
        """Its pages."""

    def latest_instant(self, connection: Connection) -> int:
        """The latest instant it has stored, in milliseconds since 1970 UTC; 0 when there is none."""

    def lock_rows(self, connection: Connection, ids: Collection[str]) -> None:
        """Lock the rows that a batch of writes changes, in one order for all servers (PostgreSQL)."""

    def link_path(self, connection: Connection, course: str, target: str) -> str | None:
        """The path of the page that a learning platform's link to `target` opens; None if there is none."""

    def accommodate(
        self, connection: Connection, table: Path, students: Collection[str], zone: ZoneInfo
    ) -> int:
        """Store what a table grants enrolled students; returns how many get extra time.

        Raises UsageError and ContentError with file, line and column; the transaction is then rolled back.
        """

    def start(self, context: AppContext, *, own: bool) -> Running:
        """Begin its background work; `own` means the course's own database file."""


@cache
def extensions() -> tuple[Extension, ...]:
    """The installed extensions, in the order of their names."""
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return tuple(entry.load() for entry in found)
