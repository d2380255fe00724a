"""A server's threads share one core, what it starts has all of them, and a crowded core is left."""

from __future__ import annotations

import ast
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import eventually

from autograder.course.course import find_course
from autograder.environment import CORES, all_cores
from autograder.site.shared_core import CROWDED, MUCH_IDLER, SharedCore, better_core
from quizzes.loadtest.fixture import fixture_for
from quizzes.loadtest.server import running_servers

needs_two_cores = pytest.mark.skipif(
    len(CORES) < 2, reason="needs two cores, and a system that keeps threads"
)
ROOT = find_course(Path(__file__).parent).root
SHARES = st.floats(0, 1)


@needs_two_cores
def test_all_threads_of_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real command: every thread that answers, writes or waits is on one core, the same for all."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # linear algebra has threads of its own, which only rest
    fixture = fixture_for(find_course(Path(__file__).parent), "quiz4", tmp_path)
    with running_servers(fixture) as (server,):
        tasks = f"/proc/{server.process.pid}/task"
        eventually(lambda: len(os.listdir(tasks)) > 5)
        cores = {frozenset(os.sched_getaffinity(int(thread))) for thread in os.listdir(tasks)}
    assert [len(kept) for kept in cores] == [1]


@needs_two_cores
def test_a_program_that_a_kept_thread_starts_has_all_cores() -> None:
    """Looks, graders and commands run beside the server's threads, not in their place."""
    shared = SharedCore()
    with shared.kept():
        with all_cores():
            assert os.sched_getaffinity(0) == CORES
        assert os.sched_getaffinity(0) == {shared.core}
    assert os.sched_getaffinity(0) == CORES


@pytest.mark.parametrize("package", ["autograder/site", "quizzes/web", "quizzes/services"])
def test_every_program_of_the_server_is_started_so(package: str) -> None:
    """No part of the site starts a program from a kept thread without giving it all cores."""
    starts = "subprocess.run(", "subprocess.Popen(", "create_subprocess"
    for path in sorted((ROOT / package).rglob("*.py")):
        if "loadtest" in path.parts:  # commands, not parts of a server
            continue
        tree = ast.parse(path.read_text("utf-8"))
        blocks = [node for node in ast.walk(tree) if isinstance(node, ast.With)]
        kept = [node for node in blocks if any("all_cores()" in ast.unparse(item) for item in node.items)]
        within = {id(call) for block in kept for call in ast.walk(block)}
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        started = [call for call in calls if ast.unparse(call).startswith(starts)]
        assert [f"{path}:{call.lineno}" for call in started if id(call) not in within] == []


@needs_two_cores
def test_threads_move_together() -> None:
    """Those that were started on the core, and no others."""
    shared, ends = SharedCore(), threading.Event()
    other = threading.Thread(target=ends.wait)
    other.start()
    with shared.kept():
        kept = threading.Thread(target=ends.wait)
        kept.start()
        try:
            goal = min(CORES)
            assert shared.move(goal) == 2  # this one, too
            assert kept.native_id is not None and other.native_id is not None
            assert os.sched_getaffinity(kept.native_id) == {goal} == os.sched_getaffinity(0)
            assert os.sched_getaffinity(other.native_id) == CORES
        finally:
            ends.set()
            kept.join()
            other.join()
    eventually(lambda: kept.native_id not in shared.threads())


@given(SHARES, st.dictionaries(st.integers(0, 3), SHARES))
def test_a_move_is_worth_it(waited: float, idle: dict[int, float]) -> None:
    """Threads move only when they wait, only to a core that rests much more, and back only if that turns."""
    goal = better_core(0, waited, idle)
    if goal != 0:
        assert waited > CROWDED and idle[goal] == max(idle.values())
        assert idle[goal] > idle.get(0, 0.0) + MUCH_IDLER
        assert better_core(goal, waited, idle) == goal


def test_nothing_to_move_to() -> None:
    """Where the system tells nothing of its cores, all stays as it is."""
    assert better_core(1, 1.0, {}) == 1
    assert SharedCore().follow() == 0
