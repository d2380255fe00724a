"""A command ends as it would in any terminal, whatever letters the terminal's encoding has."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from command import COMMAND, WIDE
from correct_notebook import SOURCE, notebook
from examples import one_in
from tiny_course import ASSIGNMENT

from autograder.course.course import Course

WRONG = SOURCE.replace("return 2 * x\n", "return 3 * x\n")


def run(program: str, words: tuple[object, ...], folder: Path, encoding: str) -> tuple[int, str, str]:
    """Exit code, standard output and errors of a command, as bytes of this encoding are shown."""
    done = subprocess.run(
        [COMMAND.with_name(program), *map(str, words)],
        cwd=folder,
        env={**os.environ, **WIDE, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding)


def in_letters_of(encoding: str, text: str) -> str:
    """A text with escapes for the letters that an encoding lacks."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


@pytest.mark.parametrize("encoding", one_in(4, ["ascii", "cp1252", "cp437", "shift_jis"]))
def test_a_class_with_names_in_any_script(tiny_course: Course, tmp_path: Path, encoding: str) -> None:
    """All are graded, and the exit code is the usual one; letters that are lacking are escapes."""
    students = ("zoë", "łukasz", "θάλεια", "ann")
    (tmp_path / "class").mkdir()
    for student in students:
        (tmp_path / "class" / f"{student}.ipynb").write_text(notebook(f"# {student}", WRONG), "utf-8")
    words = "grade", ASSIGNMENT, tmp_path / "class", "--workers", "1", "--out", tmp_path / "out"
    code, printed, errors = run("autograder", words, tiny_course.root, encoding)
    assert (code, errors) == (0, "")
    for student in students:
        assert f"{in_letters_of(encoding, student)} 5 / 6" in " ".join(printed.split())


@pytest.mark.parametrize(
    ("program", "words"),
    [
        pytest.param("autograder", ("--help",), marks=pytest.mark.full),
        pytest.param("autograder", ("doctor",), marks=pytest.mark.full),
        ("autograder", ("check", f"assignments/{ASSIGNMENT}/{ASSIGNMENT}.ipynb")),
        ("autograder", ("grade", "no such assignment – θ", "nowhere")),
        pytest.param("quizzes", ("--help",), marks=pytest.mark.full),
        ("quizzes", ("lint", "no such quiz – θ")),
    ],
)
def test_what_is_printed(tiny_course: Course, program: str, words: tuple[str, ...]) -> None:
    """Help, findings and refusals; where letters are lacking, there are escapes and nothing else."""
    expected = run(program, words, tiny_course.root, "utf-8")
    found = run(program, words, tiny_course.root, "ascii")
    assert found[0] == expected[0]
    assert "Traceback" not in found[1] + found[2]
