"""Completion in a shell: commands, options and assignments of the course at hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_course import write_tiny_course


def completed(words: str, folder: Path, program: str = "autograder") -> list[str]:
    """What bash is offered for the last of the words."""
    done = subprocess.run(
        [Path(sys.executable).with_name(program)],
        cwd=folder,
        env={
            **os.environ,
            f"_{program.upper()}_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("autograder gradeb", ["gradebook"]),
        ("autograder grade --see", ["--seed"]),
        ("autograder gradebook export ca", ["canvas"]),
        ("autograder grade ti", ["tiny"]),
        ("quizzes publ", ["publish"]),
    ],
)
def test_what_is_offered(words: str, offered: list[str], tmp_path: Path) -> None:
    """Commands at every depth, their options, and the names of assignments."""
    write_tiny_course(tmp_path)
    assert completed(words, tmp_path, words.split()[0]) == offered


def test_outside_a_course(tmp_path: Path) -> None:
    """Nothing is offered, and nothing is printed into the command line."""
    assert completed("autograder grade ti", tmp_path) == []


def test_the_script(tmp_path: Path) -> None:
    """In a shell `--show-completion` prints what that shell has to read, and bash can read it."""
    program = Path(sys.executable).with_name("autograder")
    done = subprocess.run(
        [
            "bash",
            "-c",
            f'script=$("{program}" --show-completion) && eval "$script" && complete -p autograder',
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "_autograder_completion" in done.stdout
