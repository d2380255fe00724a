"""Regrades of homework: the difference first, the release one by one, people's points on top."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_clock import MINUTE
from live_server import Student
from marking_site import TASK, MarkingSite, answer_paths, mark, marking_site
from sqlalchemy import select
from tiny_course import ASSIGNMENT

from autograder.site.homework.assignments import published
from autograder.site.homework.queue import LEASE, MOST_TRIES, enqueue, fail, lease_next
from autograder.site.homework.regrades import apply_regrades
from autograder.site.homework.tables import submission, submission_owner
from autograder.site.ledger_check import check_ledgers
from autograder.site.people import COURSE

REGRADES = f"/staff/homework/{ASSIGNMENT}/regrades"
UNCHANGED = "4.5 of 4.5 points"


@pytest.fixture
def site(address: str, tmp_path: Path) -> Iterator[MarkingSite]:
    """A site with two students whose submissions have all points."""
    with marking_site(address, tmp_path) as site:
        for student in ("ann", "bob"):
            site.submit(student, "")
        yield site


def row_of(page: str, name: str) -> list[str]:
    """The cells of a student's row in the difference, without markup."""
    row = next(part for part in page.split("<tr>")[1:] if f">{name}<" in part)
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]


def proposed(ina: Student, **fields: str) -> str:
    """The page of a new regrade."""
    sent = ina.post(REGRADES, scope="counting", reason="A wrong check", **fields)
    assert sent.status_code == 303, sent.text
    return sent.headers["Location"]


def test_the_difference_comes_first(site: MarkingSite) -> None:
    """Nothing counts before the release; old and new results, reason and version stay readable."""
    ina = site.person("ina")
    run = proposed(ina)
    page = ina.page(run)
    assert "running" in page and "0 submissions change so far" in page
    site.grade({"ann": 1, "bob": 3})
    page = ina.page(run)
    assert "waits for its release" in page and "1 submission changes." in page
    assert row_of(page, "Ann")[1:3] == ["4.5", "2.5"] and row_of(page, "Bob")[1:3] == ["4.5", "4.5"]
    assert site.score("ann") == UNCHANGED
    apply_regrades(site.server.site)
    assert site.score("ann") == UNCHANGED
    assert ina.post(f"{run}/release").status_code == 303
    assert site.score("ann") == UNCHANGED  # the background work has not come to it
    apply_regrades(site.server.site)
    assert site.score("ann") == "2.5 of 4.5 points" and site.score("bob") == UNCHANGED
    page = ina.page(run)
    assert row_of(page, "Ann")[1:3] == ["4.5", "2.5"] and "A wrong check" in page
    with site.server.database.reading() as connection:
        assert check_ledgers(connection, COURSE, site.live.files, "").faults == []
    assert ina.post(f"{run}/release").status_code == 409


def test_stop_and_resume(site: MarkingSite) -> None:
    """A stopped regrade grades nothing more and can be resumed; released, it leaves out what it has not."""
    ina = site.person("ina")
    run = proposed(ina)
    assert ina.post(f"{run}/release").status_code == 409
    assert ina.post(f"{run}/stop").status_code == 303
    site.grade({})
    assert "stopped" in ina.page(run) and ina.post(f"{run}/stop").status_code == 409
    assert ina.post(f"{run}/resume").status_code == 303
    site.grade({"ann": 2, "bob": 2})
    assert "2 submissions change" in ina.page(run)
    assert ina.post(f"{run}/discard").status_code == 303
    assert ina.post(f"{run}/release").status_code == 409
    apply_regrades(site.server.site)
    assert site.score("ann") == UNCHANGED
    assert ina.post(REGRADES, scope="all", reason="Again").status_code == 303


def test_a_failed_grading_replaces_nothing(site: MarkingSite) -> None:
    """What could not be graded keeps its result, and is named."""
    ina, at = site.person("ina"), site.server.clock.now()
    run = proposed(ina)
    with site.server.database.transaction() as connection:
        for _ in range(6):
            if lease := lease_next(connection, COURSE, "a test", at):
                fail(connection, lease.id, lease.secret, "Not enough memory.")
    page = ina.page(run)
    assert "2 could not be graded and keep their result" in page and "Not enough memory." in page
    assert ina.post(f"{run}/release").status_code == 409
    assert site.score("ann") == UNCHANGED


@pytest.mark.parametrize(("end", "state"), [("release", "released"), ("discard", "discarded")])
def test_what_failed_in_a_regrade_that_is_over_stays_so(site: MarkingSite, end: str, state: str) -> None:
    """“Grade again” queues what failed in an assignment, and nothing whose difference nobody would see."""
    ina = site.person("ina")
    run = proposed(ina)
    with site.server.database.transaction() as connection:
        for number in range(MOST_TRIES + 1):
            lease = lease_next(connection, COURSE, f"grader {number}", site.server.clock.now())
            assert lease is not None
            if lease.student == "ann":
                fail(connection, lease.id, lease.secret, "Not enough memory.")
    site.server.fake.pass_(LEASE // MINUTE * MINUTE + MINUTE)  # Bob's lease ends
    site.grade({"bob": 3})
    assert "1 could not be graded" in ina.page(run)
    assert ina.post(f"{run}/{end}").status_code == 303
    apply_regrades(site.server.site)
    assert ina.post(f"/staff/homework/{ASSIGNMENT}/grade-again").status_code == 303
    site.grade({"ann": 1, "bob": 3})
    apply_regrades(site.server.site)
    assert site.score("ann") == site.score("bob") == UNCHANGED
    assert f"<td>{state}</td>" in ina.page(REGRADES)


def test_people_s_points_stay_on_top(site: MarkingSite) -> None:
    """They are named in the difference, and count after the release as before."""
    ina = site.person("ina")
    for path in answer_paths(ina, TASK):
        mark(ina, path, points="2", comment="An oral exam.")
    run = proposed(ina)
    site.grade({"ann": 0, "bob": 0})
    page = ina.page(run)
    assert "people set points of 2, which stand" in page and "2 set by Ina: An oral exam." in page
    ina.post(f"{run}/release")
    apply_regrades(site.server.site)
    assert site.score("ann") == site.score("bob") == "3.5 of 4.5 points"


def test_marking_goes_on_during_a_regrade(site: MarkingSite) -> None:
    """A marker is told of the open regrade, and whoever releases it of the marks given since, which stand."""
    ina, tim = site.person("ina"), site.person("tim")
    paths = answer_paths(tim, TASK)
    assert "has begun regrade" not in tim.page(paths[0])
    run = proposed(ina)
    for path in paths:  # while it runs
        assert "Ina has begun regrade 1:" in tim.page(path)
        assert mark(tim, path, points="2", comment="Half of it.").status_code == 303
    site.grade({"ann": 0, "bob": 0})
    page = ina.page(run)
    assert "people set points of 2, which stand" in page and page.count("2 set by Tim: Half of it.") == 2
    assert ina.post(f"{run}/release").status_code == 303
    assert mark(tim, paths[0], points="1", comment="Less.").status_code == 303  # while it is released
    apply_regrades(site.server.site)
    assert "has begun regrade" not in tim.page(paths[0])
    assert {site.score(name) for name in ("ann", "bob")} == {"2.5 of 4.5 points", "3.5 of 4.5 points"}


def test_a_submission_that_was_graded_again_meanwhile(site: MarkingSite) -> None:
    """The newer result stands, and the page says so."""
    ina, server = site.person("ina"), site.server
    run = proposed(ina)
    site.grade({"ann": 0, "bob": 0})
    with server.database.transaction() as connection:
        of_ann = select(submission.c.id).join(submission_owner).where(submission_owner.c.person == "ann")
        row = published(connection, COURSE, ASSIGNMENT)
        name = connection.execute(of_ann).scalar_one()
        enqueue(connection, COURSE, name, row.bundle, reason="regrade", seed=7, at=server.clock.now())
    site.grade({"ann": 1})
    ina.post(f"{run}/release")
    apply_regrades(server.site)
    assert site.score("ann") == "2.5 of 4.5 points" and site.score("bob") == "1.5 of 4.5 points"
    assert "It was graded again meanwhile; that result stands." in ina.page(run)


def test_one_regrade_at_a_time(site: MarkingSite) -> None:
    """A second proposal names the open one; assistants see none of it; a reason is needed."""
    ina, tim = site.person("ina"), site.person("tim")
    assert ina.post(REGRADES, scope="counting").status_code == 409
    assert ina.post(REGRADES, scope="everything", reason="x").status_code == 409
    run = proposed(ina)
    second = ina.post(REGRADES, scope="all", reason="Once more")
    assert second.status_code == 409 and "is running" in second.text
    assert tim.get(run).status_code == 403 and tim.post(f"{run}/stop").status_code == 403
    assert ina.get(f"{run}9").status_code == 404
