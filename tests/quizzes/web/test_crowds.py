"""A class at once: results reach the event loop together, long work waits, attempts take little memory."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import tracemalloc
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from databases import new_database
from event_loops import run
from live_server import TEXT, LiveServer, live_server
from patience import eventually
from raw_http import raw_request

from autograder.site.app_context import result_of
from autograder.site.application import _first_name, site_routes
from autograder.site.background import CROWD, Crowd, Pace
from quizzes.store.quizzes import current_version

SMALL = 45 * 1024  # bytes of an attempt that waits to be started
PREPARED = 60


def test_many_results_wake_the_event_loop_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the loop is busy fifty results come: it is woken once, and each caller gets its own result."""

    async def ask() -> list[int]:
        loop, woken = asyncio.get_running_loop(), 0
        wake = loop.call_soon_threadsafe

        def counted(*arguments: Any, **named: Any) -> Any:
            nonlocal woken
            woken += 1
            return wake(*arguments, **named)

        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        futures: list[Future[int]] = [Future() for _ in range(50)]
        asked = [asyncio.ensure_future(result_of(future)) for future in futures]
        await asyncio.sleep(0)

        def resolve() -> None:
            for number, future in enumerate(futures):
                future.set_result(number)

        thread = threading.Thread(target=resolve)
        thread.start()
        thread.join()  # the loop is busy meanwhile
        results = await asyncio.gather(*asked)
        assert woken == 1
        return list(results)

    assert run(ask()) == list(range(50))


def test_a_result_may_be_a_refusal_and_its_caller_may_have_gone() -> None:
    """Exceptions arrive as such; one caller that goes away takes nobody else's result along."""

    async def ask() -> None:
        with ThreadPoolExecutor(1) as pool:
            begun, ends = threading.Event(), threading.Event()

            def slow() -> str:
                begun.set()
                ends.wait(30)
                return "late"

            gone = asyncio.ensure_future(result_of(pool.submit(slow)))
            never = asyncio.ensure_future(result_of(pool.submit(lambda: "never run")))
            kept = asyncio.ensure_future(result_of(pool.submit(lambda: "kept")))
            with pytest.raises(ZeroDivisionError):
                failing: Future[float] = Future()
                failing.set_exception(ZeroDivisionError())
                await result_of(failing)
            while not begun.is_set():
                await asyncio.sleep(0)
            gone.cancel()
            never.cancel()
            await asyncio.sleep(0)
            ends.set()
            assert await kept == "kept"
            for task in (gone, never):
                with pytest.raises(asyncio.CancelledError):
                    await task

    run(ask())


def test_long_work_waits_for_a_crowd_and_still_ends() -> None:
    """A step waits while many requests are under way, for half a second at most, and not for a few."""
    crowd, pauses = Crowd(), list[float]()

    def steps(requests: int, pause: Callable[[float], None]) -> float:
        crowd.requests = requests
        pauses.clear()
        Pace(crowd, everybody=lambda: 0.0, of_thread=lambda: 0.0, pause=pause).step()
        return sum(pauses)

    def leaving(seconds: float) -> None:
        pauses.append(seconds)
        crowd.requests -= CROWD if len(pauses) == 2 else 0

    assert steps(CROWD - 1, pauses.append) == 0
    assert 0.4 < steps(CROWD, pauses.append) <= 0.5
    assert steps(CROWD, leaving) == pytest.approx(0.1)
    crowd.requests = CROWD
    pauses.clear()
    pace = Pace(crowd, everybody=lambda: 0.0, of_thread=lambda: 0.0, pause=pauses.append)
    for _ in range(300):
        pace.step()
    assert sum(pauses) == pytest.approx(10)  # a regrade of a class whose requests never end


def test_only_complete_requests_are_a_crowd(server: LiveServer) -> None:
    """Requests that never end delay no work of staff; afterwards nobody is counted any more."""
    server.publish()
    student = server.student()
    attempt = student.start()
    seen: list[int] = []
    problem_with = type(server.questions(attempt)[TEXT]).problem_with

    def noted(question: Any, answer: Any) -> str:
        seen.append(server.site.crowd.requests)
        return str(problem_with(question, answer))

    body = json.dumps({"answer": "x"}).encode()
    with (
        raw_request(server.address) as half,
        pytest.MonkeyPatch.context() as patch,
    ):
        half.head("POST", f"/attempts/{attempt}/answers/{TEXT}", len(body), Origin=server.address)
        half.send(body[:4])
        patch.setattr(type(server.questions(attempt)[TEXT]), "problem_with", noted)
        assert student.save(attempt, TEXT, "a word").status_code == 200
    assert seen == [1]
    eventually(lambda: server.site.crowd.requests == 0)


def test_an_attempt_that_waits_takes_little_memory(tmp_path: Path) -> None:
    """The questions of a class are kept ready, with their HTML, in less than 45 KB for each student."""
    with live_server(new_database(tmp_path / "quiz.db"), tmp_path / "course") as server:
        server.publish()
        with server.database.reading() as connection:
            version = current_version(connection, "all")

        def prepare() -> None:
            for attempt in server.exam.prepare("all", version, 10**6, PREPARED):
                server.quizzes.fresh_questions(attempt.id, attempt.items)

        prepare()  # fills the caches that all attempts share
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            prepare()
            gc.collect()
            taken = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
    assert taken / PREPARED < SMALL


def test_routes_that_come_first_hide_no_other() -> None:
    """Every route begins with a name, so that their order decides nothing between two names."""
    assert not [route for route in site_routes() if _first_name(route).startswith("{")]
