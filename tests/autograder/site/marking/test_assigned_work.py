"""Assigned work: evenly, with conflicts of interest kept apart, and progress by marker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marking_site import QUESTION, WORK, MarkingSite, answer_paths, mark, marking_site

from autograder.errors import Conflict
from autograder.site.marking.assigned_work import assign_evenly, may_mark

PEOPLE = st.lists(st.integers(0, 40).map(lambda number: f"student{number}"), unique=True, max_size=40)
MARKERS = st.lists(st.sampled_from(["tim", "tea", "ina", "ian"]), unique=True, min_size=1)


@given(PEOPLE, MARKERS)
def test_evenly(people: list[str], markers: list[str]) -> None:
    """Everybody is assigned once, and no marker has two more than another."""
    assigned = assign_evenly([(person,) for person in people], markers, set())
    assert set(assigned) == set(people)
    load = Counter(dict.fromkeys(markers, 0)) + Counter(assigned.values())
    shares = [load[marker] for marker in markers]
    assert max(shares) - min(shares) <= 1


@given(PEOPLE, MARKERS, st.sets(st.tuples(st.sampled_from(["tim", "ina"]), st.integers(0, 40))))
def test_conflicts_are_kept_apart(people: list[str], markers: list[str], pairs: set[tuple[str, int]]) -> None:
    """Nobody marks in a conflict of interest, and a group stays with one marker; else it is said."""
    conflicts = {(marker, f"student{number}") for marker, number in pairs}
    groups = [tuple(people[at : at + 2]) for at in range(0, len(people), 2)]
    try:
        assigned = assign_evenly(groups, markers, conflicts)
    except Conflict as problem:
        impossible = [
            group for group in groups if not any(may_mark(conflicts, marker, group) for marker in markers)
        ]
        assert impossible and problem.next_step
        return
    for group in groups:
        assert len({assigned[person] for person in group}) == 1
        assert all(may_mark(conflicts, assigned[person], group) for person in group)


@pytest.fixture
def site(address: str, tmp_path: Path) -> Iterator[MarkingSite]:
    """A site with two answers to each question."""
    with marking_site(address, tmp_path, ann="It is 2.", bob="It doubles.") as site:
        yield site


def test_work_is_assigned(site: MarkingSite) -> None:
    """Each marker gets the next of their own answers; the page shows how far both are; only once assigned."""
    ina, tim = site.person("ina"), site.person("tim")
    assigned = {"question": ["written:why-two"], "marker": ["tim", "ina"], "how": "evenly"}
    assert tim.post(f"{WORK}/assign", **assigned).status_code == 403
    assert ina.post(f"{WORK}/assign", question=["written:why-two"], marker=["ann"]).status_code == 409
    assert ina.post(f"{WORK}/assign", marker=["tim"]).status_code == 409
    assert ina.post(f"{WORK}/assign", **assigned).is_redirect
    assert "Tim 0/1" in ina.page(WORK) and "Ina 0/1" in ina.page(WORK)
    mine, of_tim = answer_paths(ina), answer_paths(tim)
    assert len(mine) == len(of_tim) == 1 and mine != of_tim
    assert tim.get(f"{QUESTION}/next").headers["Location"] == of_tim[0]
    mark(tim, of_tim[0], points="1")
    assert tim.get(f"{QUESTION}/next").headers["Location"] == QUESTION
    assert "Tim 1/1" in ina.page(WORK)
    assert ina.post(f"{WORK}/assign", question=["written:why-two"], how="nobody").is_redirect
    assert len(answer_paths(tim)) == 2


def test_a_conflict_of_interest(site: MarkingSite) -> None:
    """The marker cannot open the answer, nor mark it, and gets nothing of it assigned."""
    ina, tim = site.person("ina"), site.person("tim")
    before = answer_paths(tim)
    assert tim.post("/marking/conflicts", marker="tim", person="ann", reason="A cousin").status_code == 403
    assert ina.post("/marking/conflicts", marker="tim", person="ann").status_code == 409
    assert ina.post("/marking/conflicts", marker="tim", person="ann", reason="A cousin").is_redirect
    assert "Tim does not mark Ann: A cousin" in ina.page("/marking")
    (left,) = answer_paths(tim)
    hidden = next(path for path in before if path != left)
    assert tim.get(hidden).status_code == 404
    assert tim.post(hidden, points="1", seen="0").status_code == 404
    everything = {"question": ["written:why-two"], "marker": ["tim"], "how": "person"}
    refused = ina.post(f"{WORK}/assign", **everything)
    assert refused.status_code == 409 and "conflict of interest" in refused.text
    assert ina.post("/marking/conflicts", marker="tim", person="ann", remove="yes").is_redirect
    assert answer_paths(tim) == before
