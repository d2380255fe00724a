"""The grading queue on both databases: order of work, leases that end, faults of ours, results once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from exam_fixture import SIGNER, ExamFixture
from fake_clock import MINUTE
from sqlalchemy import select

from autograder.errors import Conflict
from autograder.site.homework.assignments import Facts, Homework, publish, published
from autograder.site.homework.grade_records import GradingResult
from autograder.site.homework.graders import here, is_of_an_ended_server
from autograder.site.homework.queue import (
    LEASE,
    LONG_WAIT,
    MOST_TRIES,
    Lease,
    enqueue,
    fail,
    failures_in,
    finish,
    lease_next,
    position_in_queue,
    release_leases,
    retry_failed,
    waiting_for_long,
)
from autograder.site.homework.submissions import latest_gradings, store_submission
from autograder.site.homework.tables import grading
from autograder.site.people import add_person, enrol
from autograder.site.roles import Access, Role, StudentData

FACTS = Facts("Doubling", 6.0, (), (), 0.0, 1.0, 0)


class QueueFixture:
    """A course with one published assignment and students who submit."""

    def __init__(self, fixture: ExamFixture) -> None:
        self.database, self.now = fixture.database, fixture.clock.now()
        self.fixture, self.graders = fixture, 0
        with self.database.transaction() as connection:
            publish(
                connection,
                "course",
                "hw",
                digest="b1",
                handout="h",
                facts=FACTS,
                due_at=None,
                at=self.now,
                who="staff",
            )

    def homework(self) -> Homework:
        """The published assignment."""
        with self.database.reading() as connection:
            return published(connection, "course", "hw")

    def submit(self, person: str, content: str) -> str:
        """Store a submission a second after the last one; its id."""
        self.now += 1000
        with self.database.transaction() as connection:
            return store_submission(
                connection,
                self.homework(),
                course="course",
                person=person,
                digest=content,
                size=1,
                file="hw.ipynb",
                began_at=self.now,
                received_at=self.now,
                signer=SIGNER,
            ).id

    def lease(self, grader: str = "") -> Lease | None:
        """Lease the next grading, each time as another grader unless it is named."""
        self.graders += 1
        with self.database.transaction() as connection:
            return lease_next(connection, "course", grader or f"grader {self.graders}", self.now)

    def finish(self, lease: Lease, earned: int = 6) -> None:
        """Bring a result."""
        with self.database.transaction() as connection:
            finish(
                connection,
                lease.id,
                lease.secret,
                GradingResult("r", Decimal(earned), Decimal(6)),
                self.now,
            )

    def state(self, name: str) -> str:
        """The state of a submission's grading."""
        with self.database.reading() as connection:
            return latest_gradings(connection, [name])[name].state


@pytest.fixture
def queue(fixture: ExamFixture) -> Iterator[QueueFixture]:
    """An empty queue."""
    with fixture.database.transaction() as connection:
        for person in ("ann", "bob"):
            add_person(connection, person, person.title())
            enrol(connection, "course", person)
    yield QueueFixture(fixture)


def test_the_order_of_work(queue: QueueFixture) -> None:
    """A student's newest first, nobody twice before the others once, and regrades last."""
    old, new = queue.submit("ann", "a1"), queue.submit("ann", "a2")
    bob = queue.submit("bob", "b")
    with queue.database.transaction() as connection:
        enqueue(connection, "course", bob, "b1", reason="regrade", seed=1, at=0)
    order = []
    while (lease := queue.lease()) is not None:
        order.append(lease.submission)
        queue.finish(lease)
    assert order == [new, bob, old, bob]


def test_what_comes_late_from_elsewhere_waits_its_turn(queue: QueueFixture) -> None:
    """A class's download of an old day is behind what was submitted before it came, whatever its times."""
    fresh, now = queue.submit("ann", "fresh"), queue.now
    with queue.database.transaction() as connection:
        store_submission(
            connection,
            queue.homework(),
            course="course",
            person="bob",
            digest="old",
            size=1,
            file="hw.ipynb",
            began_at=now - 60 * MINUTE,
            received_at=now - 60 * MINUTE,
            signer=SIGNER,
            queued_at=now + 1000,
        )
        leased = lease_next(connection, "course", "grader", now + 2000)
        assert leased is not None and leased.submission == fresh


def test_a_lease_is_one_graders(queue: QueueFixture) -> None:
    """What is leased is leased to nobody else; a result counts once and from its holder alone."""
    name = queue.submit("ann", "a")
    lease = queue.lease()
    assert lease is not None
    assert queue.lease() is None
    with pytest.raises(Conflict):
        queue.finish(replace(lease, secret="another"))
    queue.finish(lease)
    with pytest.raises(Conflict):
        queue.finish(lease, 0)
    assert queue.state(name) == "graded"


def test_a_grader_that_dies(queue: QueueFixture) -> None:
    """Its lease ends and the work is leased again; what it brings later is refused."""
    name = queue.submit("ann", "a")
    first = queue.lease()
    queue.now += LEASE + MINUTE
    second = queue.lease()
    assert first is not None and second is not None
    assert first.id == second.id
    with pytest.raises(Conflict):
        queue.finish(first)
    queue.finish(second)
    assert queue.state(name) == "graded"


def test_a_grader_that_is_started_again(queue: QueueFixture) -> None:
    """It asks under its name, so what it held before is leased again at once; other graders keep theirs."""
    queue.submit("ann", "a")
    queue.submit("bob", "b")
    other = queue.lease("other")
    first = queue.lease("grader")
    again = queue.lease("grader")
    assert other is not None and first is not None and again is not None
    assert again.id == first.id
    queue.finish(again)
    queue.finish(other)


def test_graders_of_a_server_that_has_ended(queue: QueueFixture) -> None:
    """A server that is started gives back what they held, at no cost; other graders keep theirs."""
    queue.submit("ann", "a")
    queue.submit("bob", "b")
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    gone = queue.lease(f"{here()}{process.pid} grader 1")
    kept = queue.lease(f"{here()}{os.getppid()} grader 1")
    assert gone is not None and kept is not None
    with queue.database.transaction() as connection:
        assert release_leases(connection, "course", is_of_an_ended_server) == 1
        tries = connection.execute(select(grading.c.tries).where(grading.c.id == gone.id)).scalar_one()
    assert tries == 0
    queue.finish(kept)
    again = queue.lease()
    assert again is not None and again.id == gone.id


def test_three_graders_that_die(queue: QueueFixture) -> None:
    """After the third the grading has failed, by no fault of the student, until staff queue it again."""
    name = queue.submit("ann", "a")
    for _ in range(MOST_TRIES):
        assert queue.lease() is not None
        queue.now += LEASE + MINUTE
    assert queue.lease() is None
    assert queue.state(name) == "failed"
    with queue.database.transaction() as connection:
        assert retry_failed(connection, "course", "hw") == 1
    lease = queue.lease()
    assert lease is not None
    queue.finish(lease)
    assert queue.state(name) == "graded"


def test_what_waits_for_long(queue: QueueFixture) -> None:
    """A submission is named after a class's time, until it is graded, to whoever sees its student's work."""
    queue.submit("ann", "a")
    sees_all = Access("ina", Role.INSTRUCTOR, StudentData.ALL, edits_content=True)
    sees_nobody = Access("tim", Role.TA, StudentData.ASSIGNED, edits_content=False)

    def named(access: Access, after: int) -> dict[str, int]:
        with queue.database.reading() as connection:
            return waiting_for_long(connection, "course", access, queue.now + after)

    assert named(sees_all, LONG_WAIT) == {}
    assert named(sees_all, LONG_WAIT + 1) == {"hw": 1}
    assert named(sees_nobody, LONG_WAIT + 1) == {}
    lease = queue.lease()
    assert lease is not None and named(sees_all, LONG_WAIT + 1) == {"hw": 1}
    queue.finish(lease)
    assert named(sees_all, LONG_WAIT + 1) == {}


def fail_every_try(queue: QueueFixture, why: str) -> None:
    """A grader takes the next submission as often as it is tried, and each time fails."""
    for _ in range(MOST_TRIES):
        lease = queue.lease()
        assert lease is not None
        with queue.database.transaction() as connection:
            fail(connection, lease.id, lease.secret, why)


def test_failures_are_named_to_who_sees_them(queue: QueueFixture) -> None:
    """A submission that could not be graded counts for those who see its student's work."""
    queue.submit("ann", "a")
    fail_every_try(queue, "no memory")
    with queue.database.reading() as connection:
        sees_all = Access("ina", Role.INSTRUCTOR, StudentData.ALL, edits_content=True)
        sees_nobody = Access("tim", Role.TA, StudentData.ASSIGNED, edits_content=False)
        assert failures_in(connection, "course", sees_all) == {"hw": 1}
        assert failures_in(connection, "course", sees_nobody) == {}


def test_failed_gradings_of_another_assignment(queue: QueueFixture) -> None:
    """They are not queued again with these."""
    name = queue.submit("ann", "a")
    fail_every_try(queue, "no sandbox here")
    with queue.database.transaction() as connection:
        assert retry_failed(connection, "course", "another") == 0
    assert queue.state(name) == "failed"


def test_a_fault_that_a_grader_names(queue: QueueFixture) -> None:
    """It is tried three times, and its words are kept for staff."""
    name = queue.submit("ann", "a")
    fail_every_try(queue, "no sandbox here")
    assert queue.lease() is None
    with queue.database.reading() as connection:
        grading = latest_gradings(connection, [name])[name]
    assert (grading.state, grading.problem) == ("failed", "no sandbox here")


def test_a_failed_regrade_replaces_nothing(queue: QueueFixture) -> None:
    """The earlier result counts while a regrade waits and after it failed."""
    name = queue.submit("ann", "a")
    lease = queue.lease()
    assert lease is not None
    queue.finish(lease, 5)
    with queue.database.transaction() as connection:
        enqueue(connection, "course", name, "b1", reason="regrade", seed=1, at=queue.now)
    fail_every_try(queue, "broken")
    with queue.database.reading() as connection:
        assert latest_gradings(connection, [name])[name].earned == 5


def test_the_place_in_the_queue(queue: QueueFixture) -> None:
    """It counts what came before and is not graded."""
    queue.submit("ann", "a")
    name = queue.submit("bob", "b")
    with queue.database.reading() as connection:
        number = latest_gradings(connection, [name])[name].id
        assert position_in_queue(connection, "course", number) == 1


def test_the_same_bytes_again(queue: QueueFixture) -> None:
    """The bytes of the latest submission change nothing; those of an earlier one are a new submission."""
    first = queue.submit("ann", "a")
    assert queue.submit("ann", "a") == first
    second = queue.submit("ann", "b")
    assert queue.submit("ann", "a") not in (first, second)
