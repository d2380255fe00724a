"""What the tests of quizzes share: what holds through real HTTP holds on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from live_server import LiveServer, live_server

from autograder.site.database import Database


@pytest.fixture
def server(address: str, tmp_path: Path) -> Iterator[LiveServer]:
    """A live server on each database."""
    with live_server(Database(address), tmp_path / "course") as live:
        yield live
