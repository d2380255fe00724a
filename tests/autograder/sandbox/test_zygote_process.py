"""Zygotes that are started before they are needed: taken in turn, replaced if dead, ended in any case."""

from __future__ import annotations

import os
import signal

import pytest

from autograder.sandbox import zygote_process
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.zygote_process import ready_level, started_zygotes, take_ready


def started() -> list[int]:
    """The process ids of those that are ready."""
    return [zygote.process.pid for zygote in zygote_process._ready]


def is_running(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_first_sandbox_takes_it() -> None:
    """A sandbox uses the one that is ready, at the level it said before; the next starts its own."""
    with started_zygotes(1):
        level = ready_level()
        with SandboxProcess() as taken, SandboxProcess() as second:
            assert taken.level == second.level == level
            assert take_ready() is None
    assert ready_level() is None


def test_one_that_died_is_replaced() -> None:
    """A zygote that ended before it was taken costs nothing but a new one."""
    with started_zygotes(1):
        assert ready_level() is not None
        os.kill(started()[0], signal.SIGKILL)
        os.waitpid(started()[0], 0)
        with SandboxProcess() as replaced:
            assert replaced.level


def test_those_nobody_took_end() -> None:
    """Leaving the block ends them, also after an interruption."""
    pids: list[int] = []
    with pytest.raises(KeyboardInterrupt), started_zygotes(2):
        pids += started()
        raise KeyboardInterrupt
    assert len(pids) == 2
    assert not any(map(is_running, pids))
