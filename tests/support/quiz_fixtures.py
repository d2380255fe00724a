"""What the tests of the store share: the same tests run on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from exam_fixture import Hall, numbers
from live_server import LectureHall, lecture_hall
from postgres import postgres

from autograder.site.database import Database

__all__ = ["postgres"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return str(tmp_path / "quiz.db")
    server: str = request.getfixturevalue("postgres")
    name = f"quiz{next(numbers)}"
    with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.format(name)


@pytest.fixture
def hall(address: str) -> Iterator[Hall]:
    """An exam hall on it."""
    hall = Hall(Database(address))
    yield hall
    hall.proctor.close()


@pytest.fixture
def lectures(tmp_path: Path) -> Iterator[LectureHall]:
    """A lecture hall with a real server, on SQLite."""
    with lecture_hall(Database(str(tmp_path / "quiz.db")), tmp_path / "course") as hall:
        yield hall
