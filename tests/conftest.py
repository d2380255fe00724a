"""What many tests share: a real course in miniature."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from browser import browser, browser_page
from compiled_templates import CompiledTemplates
from examples import QUICK, USUAL
from hypothesis import HealthCheck, settings
from jinja2 import Environment
from object_store import bucket, object_store
from quiz_fixtures import address, fixture, new_address, postgres, postgres_database, server
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder import environment
from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import Course

# Fixtures that stand in files of their own.
__all__ = [
    "address",
    "browser",
    "browser_page",
    "bucket",
    "fixture",
    "new_address",
    "object_store",
    "postgres",
    "postgres_database",
    "server",
]

# Wall time says little on a shared machine; tests that are about time measure it themselves.
# `make fuzz` sets FUZZ, for many more examples than a suite has time for.
QUICK_SUITE, FULL_SUITE = "not full", "full"  # what `make test` and `make test-full` write after -m
for profile, number in (("quick", QUICK), ("course", int(os.environ.get("FUZZ", USUAL)))):
    settings.register_profile(
        profile, deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=number
    )


def pytest_configure(config: pytest.Config) -> None:
    """Draw fewer examples in the quick suite."""
    is_quick = config.getoption("markexpr") == QUICK_SUITE and "FUZZ" not in os.environ
    settings.load_profile("quick" if is_quick else "course")


LONGEST_ID = 200  # characters


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """A short id for a long text: pytest puts ids into the environment, in which no program starts then."""
    if isinstance(val, (str, bytes)) and len(val) > LONGEST_ID:
        return f"{argname} of {len(val)} characters, {hash_of(val)}"
    return None


def hash_of(text: str | bytes) -> str:
    """The same few digits for the same text, in every process."""
    content = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
    return hashlib.sha256(content).hexdigest()[:8]


# What the quick suite asks of PostgreSQL: what is about the database itself. Pages and commands are asked on
# SQLite there, and on both in the full one.
ABOUT_DATABASES = (
    *("site/test_writer.py", "site/test_migrations.py", "site/test_backup.py", "site/test_background.py"),
    *("homework/test_queue.py", "homework/test_ledger.py", "homework/test_regrades.py"),
    *("attempts/test_attempts.py", "attempts/test_races.py", "attempts/test_deadlines.py"),
    "store/test_marks.py",
    *("store/test_staff_decisions_stand.py", "store/test_old_events.py", "services/test_function_queue.py"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out of the quick suite what another test of it holds in less time; share what is costly.

    Property tests are of both suites: the full one draws all examples.
    """
    is_full = config.getoption("markexpr") == FULL_SUITE
    for item in items:
        if is_full and getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.full)
        if "[postgresql" in item.name and not item.path.as_posix().endswith(ABOUT_DATABASES):
            item.add_marker(pytest.mark.full)
        if shares_with_its_module(item) and item.get_closest_marker("xdist_group") is None:
            # Else every process starts the server, grades the class … for its share of the module's tests.
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def shares_with_its_module(item: pytest.Item) -> bool:
    """Whether a test uses a fixture that is made once for its module."""
    definitions = item._fixtureinfo.name2fixturedefs.values() if isinstance(item, pytest.Function) else ()
    return any(definition.scope == "module" for of_name in definitions for definition in of_name)


@pytest.fixture(scope="session", autouse=True)
def unchanged_priority() -> Iterator[None]:
    """Commands that a test runs in its own process lower no priority: the tests after it would keep it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(environment._UsualPriority, "keep", lambda self: None)
        if hasattr(os, "setpriority"):
            lower = os.setpriority
            patch.setattr(os, "setpriority", lambda which, who, to: lower(which, who, to) if who else None)
        yield


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once() -> Iterator[None]:
    """All sites of this process share the code of their templates."""
    environment = partial(Environment, bytecode_cache=CompiledTemplates())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograder.site.app_context.Environment", environment)
        yield


@pytest.fixture(scope="session")
def tiny_course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """A course folder with one assignment, `tiny`; read it, do not change it, which is asked at the end."""
    course = write_tiny_course(tmp_path_factory.mktemp("course"))
    written = contents(course.root)
    yield course
    assert contents(course.root) == written, "a test has changed the course that tests share"


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a course, by path, but for what Python and the programs keep for themselves."""
    paths = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    kept = ("__pycache__", ".")
    return {
        str(name): path.read_bytes()
        for name, path in paths.items()
        if not any(part.startswith(kept) for part in name.parts)
    }


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
