"""Extensions of the site: what each brings, and what it may leave to the interface."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from autograder.course.roster import RosterTable
from autograder.site.extensions import Extension, extensions

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize("extension", extensions(), ids=lambda extension: extension.title)
def test_an_extension_inherits_the_interface(extension: Extension) -> None:
    """Homework and quizzes inherit from it, so what they leave out has an answer."""
    assert Extension in type(extension).__mro__
    assert extension.routes()
    assert list(extension.migrations.glob("*.sql"))


@given(st.lists(st.text(max_size=5), max_size=3))
def test_what_an_extension_need_not_define(ids: list[str]) -> None:
    """Locks, links, accommodations, a demonstration: without them nothing is locked, offered or changed."""
    homework = next(extension for extension in extensions() if extension.title == "Homework")
    assert {"lock_rows", "link_targets", "plan_accommodations", "fill_demo"}.isdisjoint(vars(type(homework)))
    with create_engine("sqlite://").connect() as connection:
        homework.lock_rows(connection, ids)
        assert homework.link_targets(connection, "course") == ()
        table = RosterTable(Path("roster.csv"), (), frozenset(), (), (), False)
        plan = homework.plan_accommodations(connection, table, lambda person, at: None, UTC, take_away=True)
        assert (plan.changes, set(plan.columns)) == ((), set())
        assert plan.is_current(connection)
        plan.apply(connection, 0, "ta")
