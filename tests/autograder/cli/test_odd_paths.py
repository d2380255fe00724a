"""Whatever a path of a command leads to, what is wrong is a sentence: no traceback, and nothing is lost."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer
from command import autograder
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.cli import COMMANDS as HOMEWORK
from autograder.cli import app as autograder_app
from autograder.cli.command_table import CommandEntry, run_program
from quizzes.cli import COMMANDS as QUIZZES
from quizzes.cli import app as quizzes_app

# They run until they are stopped, or for long, whatever the path is.
LONG = {
    "serve",
    "preview",
    "loadtest",
    "crashtest",
    "grader",
    "worker",
    "experiments",
    "doctor",
    "calibrate",
    "lint",
}
VALUES = {
    "assignment": ASSIGNMENT,
    "student": "ann",
    "quiz": "quiz4",
    "name": "another",
    "platform": "moodle",
    "task": "double",
    "what": "results",
    "score": "1",
    "reason": "a test",
    "site": "http://127.0.0.1:9",
    "token": "x",
    "minutes": "5",
}


def leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """The commands under a command, or itself."""
    children = getattr(command, "commands", {})
    if not children:
        yield name, command
    for child, found in children.items():
        yield from leaves(f"{name} {child}", found)


def is_path(parameter: Any) -> bool:
    """Whether a parameter of a command is a path."""
    return "path" in str(parameter.type_descriptor).lower()


def made(entry: CommandEntry) -> Any:
    """A command as the program makes it."""
    target = entry.load()
    if not isinstance(target, typer.Typer):
        function, target = target, typer.Typer(add_completion=False)
        target.command(entry.name)(function)
    return typer.main.get_command(target)


def cases() -> Iterator[tuple[str, str]]:
    """Each parameter of each command that is a path."""
    for program, entries in (("autograder", HOMEWORK), ("quizzes", QUIZZES)):
        for entry in entries:
            if entry.name in LONG:
                continue
            for name, command in leaves(f"{program} {entry.name}", made(entry)):
                for parameter in command.params:
                    if is_path(parameter):
                        yield name, parameter.name


def words_of(command: Any, odd: str, path: Path) -> list[str]:
    """Words for a command: its required parameters, and the odd path."""
    words = []
    for parameter in command.params:
        value = str(path) if parameter.name == odd else VALUES.get(parameter.name, "x")
        if parameter.name != odd and is_path(parameter):
            value = str(path.parent / "nothing")
        if parameter.name != odd and not parameter.required:
            continue
        if parameter.param_type_name == "argument":
            words.append(value)
        else:
            words[:0] = [parameter.opts[0], value]
    return words


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A course, and paths that lead to nothing that a command expects."""
    root = write_tiny_course(tmp_path_factory.mktemp("course")).root
    (root / "empty.txt").write_bytes(b"")
    (root / "bytes.csv").write_bytes(bytes(range(256)))
    (root / "folder").mkdir()
    (root / "circle").symlink_to(root / "circle")
    return {
        "an empty file": root / "empty.txt",
        "bytes": root / "bytes.csv",
        "in a file": root / "empty.txt" / "x",
        "an empty directory": root / "folder",
        "a circle": root / "circle",
        "a long name": root / ("x" * 300),
        "nothing": root / "missing" / "x.csv",
    }


# The quick suite tries every third parameter.
CASES = [
    pytest.param(*case, marks=pytest.mark.full if place % 3 else ()) for place, case in enumerate(cases())
]


@pytest.mark.parametrize(("name", "parameter"), CASES)
def test_odd_paths(
    name: str,
    parameter: str,
    places: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each command ends with a sentence, or has done its work."""
    program, first, *_ = name.split()
    entries, app = (HOMEWORK, autograder_app) if program == "autograder" else (QUIZZES, quizzes_app)
    entry = next(entry for entry in entries if entry.name == first)
    command = dict(leaves(f"{program} {first}", made(entry)))[name]
    monkeypatch.chdir(places["an empty file"].parent)
    monkeypatch.setattr("builtins.input", lambda *_: "n")
    for path in places.values():
        words = [*name.split(), *words_of(command, parameter, path)]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit):
            run_program(app)
            raise SystemExit  # the program ends so by itself
        assert "Traceback" not in capsys.readouterr().err


@pytest.mark.full
def test_a_backup_that_is_none(tmp_path: Path) -> None:
    """An empty file and a database of something else replace no course's database."""
    course = write_tiny_course(tmp_path / "course").root
    assert autograder("publish", ASSIGNMENT, folder=course).returncode == 0
    (tmp_path / "empty").write_bytes(b"")
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE person (id TEXT)")
    before = (course / ".quizzes" / "quiz.db").read_bytes()
    for name in ("empty", "other.db"):
        for words in (("restore",), ("restore", "--check")):
            done = autograder(*words, tmp_path / name, folder=course)
            assert done.returncode == 2 and "is not a backup of a course's database" in done.stderr
    assert (course / ".quizzes" / "quiz.db").read_bytes() == before
    assert autograder("backup", tmp_path / "sound", folder=course).returncode == 0
    assert autograder("restore", tmp_path / "sound", folder=course).returncode == 0
