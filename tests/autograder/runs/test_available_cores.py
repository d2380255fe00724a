"""How many workers "one per core" means: the cores that this process may use."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

import autograder
from autograder.environment import available_cores

ROOT = Path(autograder.__file__).parents[1]
# Where cores are counted: here, and in the room of quizzes that may not import the engine's environment.
COUNTED_IN = {"autograder/environment.py", "quizzes/loadtest/limits.py"}


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system pins no process")
def test_cores_that_a_process_may_use() -> None:
    """Under `taskset`, in Slurm or in a container with few cores, the others do not count."""
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert available_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert available_cores() == len(allowed)


def test_cores_are_counted_in_one_place() -> None:
    """Nobody else asks how many cores the machine has: those of other programs would be among them."""
    counting = {
        path.relative_to(ROOT).as_posix()
        for package in ("autograder", "quizzes")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "cpu_count"
    }
    assert counting == COUNTED_IN
