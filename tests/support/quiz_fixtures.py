"""What the tests of the store share: the same tests run on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from databases import new_database, write_database
from exam_fixture import ExamFixture, numbers
from live_server import LiveServer, live_server
from postgres import postgres

from autograder.site.database import Database

__all__ = ["postgres"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))])
def new_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without a table."""
    if request.param == "sqlite":
        return str(tmp_path / "quiz.db")
    made: str = request.getfixturevalue("postgres_database")
    return made


@pytest.fixture
def address(new_address: str) -> str:
    """The address of an empty database."""
    if "://" not in new_address:
        write_database(Path(new_address))
    return new_address


@pytest.fixture
def postgres_database(postgres: str) -> str:
    """The address of an empty database on PostgreSQL."""
    name = f"quiz{next(numbers)}"
    with psycopg.connect(postgres.format("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres.format(name)


@pytest.fixture
def fixture(address: str) -> Iterator[ExamFixture]:
    """An exam fixture on it."""
    fixture = ExamFixture(Database(address))
    yield fixture
    fixture.exam.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """A live server on SQLite."""
    with live_server(new_database(tmp_path / "quiz.db"), tmp_path / "course") as live:
        yield live
