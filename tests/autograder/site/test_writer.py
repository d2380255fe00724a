"""Many writes in one transaction: a reply means it is stored, and a bad write fails alone."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from autograder.errors import Busy, Conflict
from autograder.site import writer as writer_module
from autograder.site.database import Database
from autograder.site.tables import person
from autograder.site.writer import Writer


class Held:
    """A writer whose thread waits in its first write until it is let go, so that a batch queues up."""

    def __init__(self, database: Database) -> None:
        self.database, self.writer = database, Writer(database)
        self._go, began = threading.Event(), threading.Event()

        def wait(_: Connection) -> None:
            began.set()
            self._go.wait(30)

        self.first = self.writer.submit(wait)
        began.wait(30)

    def add(self, name: str) -> Future[Any]:
        """Queue a person."""
        return self.run(lambda c: c.execute(insert(person), {"id": name, "name": name}))

    def run(self, work: Callable[[Connection], Any], *, in_background: bool = False) -> Future[Any]:
        """Queue anything."""
        return self.writer.submit(work, in_background=in_background)

    def go(self) -> None:
        """Let the batch be written."""
        self._go.set()
        self.writer.close()

    def stored(self) -> list[str]:
        """Who is in the database."""
        with self.database.reading() as connection:
            return list(connection.execute(select(person.c.id).order_by(person.c.id)).scalars())


@pytest.fixture
def held(address: str) -> Iterator[Held]:
    """A held writer on each kind of database."""
    database = Database(address)
    held = Held(database)
    yield held
    held.go()
    database.close()


def test_a_batch_is_one_transaction(held: Held) -> None:
    """A hundred queued writes cost one commit."""
    commits: list[object] = []
    event.listen(held.database._write, "commit", commits.append)
    for n in range(100):
        held.add(f"{n:03}")
    held.go()
    assert len(held.stored()) == 100
    assert len(commits) == 2  # the write that held it up, and all others


def test_a_reply_means_stored(held: Held) -> None:
    """Whoever is told can read it from another connection."""
    seen: list[list[str]] = []
    held.add("ann").add_done_callback(lambda _: seen.append(held.stored()))
    held.go()
    assert seen == [["ann"]]


@pytest.mark.parametrize("nth", [0, 1, 2])
def test_a_bad_write_fails_alone(held: Held, nth: int) -> None:
    """What a constraint, a rule or a bug refuses is rolled back by itself, wherever in the batch it is."""

    def twice(connection: Connection) -> None:
        connection.execute(insert(person), {"id": "half", "name": "half"})
        connection.execute(insert(person), {"id": "half", "name": "half"})

    def refused(connection: Connection) -> None:
        connection.execute(insert(person), {"id": "refused", "name": "x"})
        raise Conflict("no")

    bad: list[tuple[Callable[[Connection], object], type[Exception]]] = [
        (twice, IntegrityError),
        (refused, Conflict),
        (lambda _: dict[str, int]()["bug"], KeyError),
    ]
    work, error = bad[nth]
    before, failed, after = held.add("a"), held.run(work), held.add("b")
    held.go()
    assert isinstance(failed.exception(), error)
    assert (before.exception(), after.exception()) == (None, None)
    assert held.stored() == ["a", "b"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["stored", "refused", "half done", "twice"]), max_size=12))
def test_any_mixture_of_writes(kinds: list[str]) -> None:
    """What is refused at once and what fails half-done leave nothing, wherever they are in a batch."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"{folder}/course.db")
        held = Held(database)

        def work(connection: Connection, number: int, kind: str) -> int:
            if kind != "refused":
                connection.execute(insert(person), {"id": f"{number:02}", "name": kind})
            if kind == "twice":
                connection.execute(insert(person), {"id": f"{number:02}", "name": kind})
            if kind != "stored":
                raise Conflict(kind, next_step="Do nothing.")
            return number

        futures = [held.run(partial(work, number=number, kind=kind)) for number, kind in enumerate(kinds)]
        held.go()
        wanted = [number for number, kind in enumerate(kinds) if kind == "stored"]
        assert [future.result() for future in futures if future.exception() is None] == wanted
        problems = {"refused": Conflict, "half done": Conflict, "twice": IntegrityError}
        for kind, future in zip(kinds, futures, strict=True):
            assert type(future.exception()) is problems.get(kind, type(None))
        assert held.stored() == [f"{number:02}" for number in wanted]
        database.close()


def test_a_write_the_database_chokes_on_fails_alone(held: Held) -> None:
    """It takes the transaction with it; the others are written again, each for itself."""

    def choke(connection: Connection) -> None:
        connection.execute(text("SELECT 1 FROM no_such_table"))
        raise AssertionError("it was there")

    futures = [held.add("a"), held.run(choke), held.add("b")]
    held.go()
    assert [type(pending.exception()) for pending in futures][::2] == [type(None)] * 2
    assert futures[1].exception() is not None
    assert held.stored() == ["a", "b"]


def test_whoever_goes_away_is_written_all_the_same(held: Held) -> None:
    """A browser that closed its connection had sent its answer."""
    gone, other = held.add("gone"), held.add("other")
    assert gone.cancel()
    held.go()
    assert other.exception() is None
    assert held.stored() == ["gone", "other"]


def insert_numbered(connection: Connection, number: int) -> None:
    """A person whose name is how many there were before."""
    before = connection.execute(select(func.count(person.c.id))).scalar()
    connection.execute(insert(person), {"id": f"{number:03}", "name": str(before)})


def test_order_is_kept(held: Held) -> None:
    """Writes happen in the order they were queued."""
    for n in range(300):
        held.run(partial(insert_numbered, number=n))
    held.go()
    with held.database.reading() as connection:
        names = connection.execute(select(person.c.name).order_by(person.c.id)).scalars()
        assert list(names) == [str(n) for n in range(300)]


def test_saves_go_before_writes_in_the_background(tmp_path: Path) -> None:
    """Whatever is queued how, saves are written first, each kind in its order, and everything at the end."""
    database = Database(tmp_path / "quiz.db")

    @given(st.lists(st.booleans(), max_size=40))
    @settings(max_examples=20, deadline=None)
    def holds(order: list[bool]) -> None:
        held, written = Held(database), list[tuple[bool, int]]()

        def note(_: Connection, job: tuple[bool, int]) -> None:
            written.append(job)

        for number, in_background in enumerate(order):
            work = partial(note, job=(in_background, number))
            held.run(work, in_background=in_background)
        held.go()
        assert written == sorted((in_background, number) for number, in_background in enumerate(order))

    holds()
    database.close()


def test_a_write_in_the_background_comes_though_saves_never_end(held: Held) -> None:
    """Each save queues the next one, so that the queue is never empty; a regrade's write comes in between."""
    regraded = threading.Event()

    def save(_: Connection) -> None:
        if not regraded.is_set():
            held.run(save)

    held.run(save)
    pending = [held.run(lambda _: None, in_background=True) for _ in range(3)]
    last = held.run(lambda _: regraded.set(), in_background=True)
    held._go.set()
    try:
        assert last.result(60) is None
    finally:
        regraded.set()
    assert all(write.done() for write in pending)


def test_what_is_written_in_the_background_is_measured(held: Held) -> None:
    """Its processor time is known, for the pace of who queued it; that of saves is not in it."""
    held.add("ann")
    held._go.set()
    held.run(lambda _: None).result(60)
    assert held.writer.background_seconds == 0

    def compute(_: Connection) -> None:
        began = time.thread_time()
        while time.thread_time() - began < 0.01:
            pass

    held.run(compute, in_background=True)
    held.run(lambda _: None, in_background=True)
    held.writer.close()
    assert held.writer.background_seconds >= 0.01


def test_a_full_queue_says_come_again(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with a time to wait; what was queued is written."""
    monkeypatch.setattr(writer_module, "LONGEST_QUEUE", 3)
    for n in range(3):
        held.add(str(n))
    with pytest.raises(Busy) as caught:
        held.add("too many")
    assert (caught.value.status, caught.value.retry_after) == (503, 2)
    held.go()
    assert held.stored() == ["0", "1", "2"]


def test_a_busy_thread_does_not_starve_the_writer(held: Held) -> None:
    """The interpreter changes threads far more often than usual once there is a writer."""
    assert sys.getswitchinterval() <= 0.0002
    held.go()


def test_after_the_end_nothing_is_taken(held: Held) -> None:
    """Closing writes what is queued, then refuses."""
    future = held.add("last")
    held.go()
    assert future.exception() is None
    with pytest.raises(Busy):
        held.add("later")


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Any) -> None:
    """Writes that do not fit are answered with Busy; what was stored stays, and room lets it go on."""
    database = Database(tmp_path / "quiz.db")
    writer = Writer(database)

    def limit(pages: int) -> None:
        writer.submit(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}")).result()

    def add(name: str) -> Future[Any]:
        values = {"id": name, "name": "x" * 3000}
        return writer.submit(lambda c: c.execute(insert(person), values) and None)

    with database.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    limit(pages + 20)
    futures = {f"{n:03}": add(f"{n:03}") for n in range(100)}
    outcomes = {name: future.exception() for name, future in futures.items()}
    assert {type(outcome) for outcome in outcomes.values()} == {type(None), Busy}
    limit(10**6)
    add("room again").result()
    writer.close()
    with database.reading() as connection:
        stored = set(connection.execute(select(person.c.id)).scalars())
    database.close()
    assert stored == {name for name, problem in outcomes.items() if problem is None} | {"room again"}


def test_a_lost_connection_is_made_anew(address: str) -> None:
    """The server's end of every connection is cut; the next write goes through."""
    database = Database(address)
    writer = Writer(database)
    if database.dialect == "postgresql":
        with database.transaction() as connection:
            others = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            )
            connection.execute(text(f"{others} AND pid <> pg_backend_pid()"))
    writer.submit(lambda c: c.execute(insert(person), {"id": "a", "name": "a"}) and None).result()
    writer.close()
    database.close()
