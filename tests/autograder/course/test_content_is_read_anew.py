"""A course's Python files are run as they stand: no compiled code of an earlier state is taken for them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.course.assignment import load_assignment, load_file


@pytest.fixture(autouse=True)
def compiled_code_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Python does, unless somebody has switched it off."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def write(path: Path, source: str, second: int) -> None:
    """Write a file that says it was written in this second."""
    path.write_text(source)
    os.utime(path, (second, second))


def imported(path: Path) -> Any:
    """A file as Python imports it."""
    spec = importlib.util.spec_from_file_location("imported", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1_700_000_000, 1_700_000_001)), min_size=2, max_size=5)
)
def test_any_states_of_a_file(
    tmp_path_factory: pytest.TempPathFactory, states: list[tuple[int, int]]
) -> None:
    """Of one length, in whatever seconds they were written: what counts is what stands there."""
    path = tmp_path_factory.mktemp("content") / "checks.py"
    for number, second in states:
        write(path, f"VALUE = {number}\n", second)
        found = load_file(path, "checks").VALUE
        assert found == number
        imported(path)  # leaves compiled code of this state


def test_python_takes_compiled_code_for_it(tmp_path: Path) -> None:
    """What this is about: an import does not notice another file of the same length and second."""
    path = tmp_path / "checks.py"
    for number in (1, 2):
        write(path, f"VALUE = {number}\n", 1_700_000_000)
        assert imported(path).VALUE == 1
    assert load_file(path, "checks").VALUE == 2


def test_an_assignment_leaves_no_compiled_code(tmp_path: Path) -> None:
    """Loading writes nothing into a course, which may be one that nobody can write to."""
    course = write_tiny_course(tmp_path / "course")
    before = sorted(course.root.rglob("*"))
    load_assignment(course, ASSIGNMENT)
    assert sorted(course.root.rglob("*")) == before


@pytest.mark.parametrize("level", ["1", "2"])
def test_assertions_and_titles_are_kept(tmp_path: Path, level: str) -> None:
    """Where Python is told to leave out assertions and docstrings, checks have theirs all the same."""
    path = tmp_path / "checks.py"
    path.write_text('def check():\n    """A title."""\n    assert False, "wrong"\n')
    code = (
        "import sys; from pathlib import Path; from autograder.course.assignment import load_file\n"
        "check = load_file(Path(sys.argv[1]), 'checks').check\n"
        "print(sys.flags.optimize, check.__doc__)\n"
        "try: check()\n"
        "except AssertionError as problem: print(problem)"
    )
    environment = {**os.environ, "PYTHONOPTIMIZE": level}
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"{level} A title.\nwrong\n", "")
