"""What many tests share: a real course in miniature."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import browser, browser_page
from hypothesis import HealthCheck, settings
from object_store import bucket, object_store
from quiz_fixtures import address, fixture, postgres, postgres_database, server
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import Course

# Fixtures that stand in files of their own.
__all__ = [
    "address",
    "browser",
    "browser_page",
    "bucket",
    "fixture",
    "object_store",
    "postgres",
    "postgres_database",
    "server",
]

# Wall time says little on a shared machine; tests that are about time measure it themselves.
# `make fuzz` sets FUZZ, for many more examples than a suite has time for.
settings.register_profile(
    "course",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=int(os.environ.get("FUZZ", "100")),
)
settings.load_profile("course")


# What the quick suite asks of PostgreSQL: what is about the database itself. Pages and commands are asked on
# SQLite there, and on both in the full one.
ABOUT_DATABASES = (
    *("site/test_writer.py", "site/test_migrations.py", "site/test_backup.py", "site/test_background.py"),
    *("homework/test_queue.py", "homework/test_ledger.py", "homework/test_regrades.py"),
    *("attempts/test_attempts.py", "attempts/test_races.py", "attempts/test_deadlines.py"),
    *("attempts/test_attempt_properties.py", "store/test_marks.py", "store/test_mark_properties.py"),
    *("store/test_staff_decisions_stand.py", "store/test_old_events.py", "services/test_function_queue.py"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out of the quick suite what another test of it holds in less time."""
    for item in items:
        if "[postgresql" in item.name and not item.path.as_posix().endswith(ABOUT_DATABASES):
            item.add_marker(pytest.mark.full)


@pytest.fixture(scope="session", autouse=True)
def own_priority() -> Iterator[None]:
    """Commands that a test runs in its own process lower no priority: the tests after it would keep it."""
    with pytest.MonkeyPatch.context() as patch:
        if hasattr(os, "nice"):
            patch.setattr(os, "nice", lambda increment: 0)
        yield


@pytest.fixture(scope="session")
def tiny_course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course folder with one assignment, `tiny`; read it, do not change it."""
    return write_tiny_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="session")
def tiny(tiny_course: Course) -> Assignment:
    """The assignment of the tiny course, loaded."""
    return load_assignment(tiny_course, ASSIGNMENT)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other accounts reach; pytest closes its own whenever another run of it starts."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
