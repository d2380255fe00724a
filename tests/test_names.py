"""Standard names: no identifier, file, route, column, command, option or key has one that was given up."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

import autograder.cli
import quizzes.cli
from autograder.course.assignment import AssignmentFile
from autograder.course.course import find_course
from autograder.report import Report
from autograder.results import ledger
from autograder.site.extensions import extensions
from autograder.site.tables import metadata
from quizzes.content.bank import BankFile

ROOT = find_course(Path(__file__).parent).root
# Words that stand in no name: `take_pen`, `PenTaken`, `pen.py` and `/pen` all have one.
PARTS = {
    *("ahead", "allot", "catalogue", "crew", "dealt", "deaths", "doubts", "granted", "handed", "honest"),
    *("insist", "mending", "pen", "proctor", "rehearsal", "rehearse", "seal", "snippet", "standing"),
    *("standings", "sweeper", "taker", "talk", "unanswered", "unplaced", "watching", "zipped"),
}
# Words that are no name by themselves; in a longer name they may be right, as in `one_hot` or `own_pid`.
WHOLE = {
    *("apart", "assert_leaves_inputs", "assert_pure", "beside", "book", "books", "confine", "deal", "derive"),
    *("digests", "doing", "ground", "guard", "habits", "hall", "hand", "installed", "lecture_hall", "leave"),
    *("lives", "offers", "one", "outline", "over_for_all", "own", "pieces", "place_of", "put_on", "ran"),
    *("remembered", "replies", "said", "says", "stage", "stands_out", "station", "told", "unpack"),
    *("why_refused", "wire"),
}
ALLOWED = {
    "SEAL_GROW": "fcntl's name of a seal on shared memory",
    "SEAL_SEAL": "fcntl's name of a seal on shared memory",
    "SEAL_SHRINK": "fcntl's name of a seal on shared memory",
    "F_SEAL": "fcntl's name of a seal on shared memory",
}
# What version 0.1 wrote and is read for ever, and what an attacker or a student would write.
ELSEWHERE = (
    "tests/records/",
    "tests/support/make_kept_records.py",
    "tests/support/kept_records.py",
    "tests/attacks/cases/",
    "solutions/",
)

# What STYLE.md replaces by the everyday technical term: submit, isolate, build, "not a number".
PHRASES = re.compile(
    r"(?<!by )\bhand(?:s|ed|ing)? (?:it |them |this |something )?in\b"
    r"|\bshut in\b|(?<!great )\bdeal(?:s|t|ing)?\b"
    r"|(?<!there )\bis no (?!longer|more|fault|record|better|such|other|good)[a-z]+",
    re.IGNORECASE,
)
HISTORY = ("CHANGELOG.md", "DECISIONS.md")
# The digest of an unreadable submission is that of its first wording, which ledgers hold.
FIRST_WORDING = {"autograder/submissions/submission.py": ("Hand in", "hand it in")}


def words_of(name: str) -> set[str]:
    """The words of a name in snake case, camel case or with hyphens, in small letters."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)}


def is_given_up(name: str) -> bool:
    """Whether a name is, or contains, a word that was given up."""
    plain = name.lstrip("_").lower().replace("-", "_")
    return (plain in WHOLE or bool(words_of(name) & PARTS)) and name not in ALLOWED


def sources() -> list[Path]:
    """The Python files of the repository whose names are ours to choose."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [ROOT / name for name in listed if not name.startswith(ELSEWHERE) and (ROOT / name).is_file()]


def names_bound_in(tree: ast.AST) -> Iterator[str]:
    """Every name that a file binds: functions, classes, parameters, variables, attributes, imports."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.rpartition(".")[2]


@pytest.mark.parametrize("name", ["pen", "take_pen", "PenTaken", "_told", "one", "honest_notebook", "Own"])
def test_what_is_found(name: str) -> None:
    """Old words are found alone, inside a longer name, and in any case."""
    assert is_given_up(name)


@pytest.mark.parametrize("name", ["open", "one_hot", "own_pid", "known", "SEAL_GROW", "pending"])
def test_what_is_not_found(name: str) -> None:
    """A word that only looks like an old one, or that another standard brings, is left alone."""
    assert not is_given_up(name)


def test_identifiers_and_files() -> None:
    """Functions, classes, parameters, variables and modules have standard names."""
    given_up: dict[str, set[str]] = {}
    for path in sources():
        names = {path.stem, *names_bound_in(ast.parse(path.read_text(encoding="utf-8")))}
        if wrong := {name for name in names if is_given_up(name)}:
            given_up[path.relative_to(ROOT).as_posix()] = wrong
    assert given_up == {}


def test_routes_and_columns() -> None:
    """Addresses and tables use the words of the code."""
    routes = [getattr(route, "path", "") for extension in extensions() for route in extension.routes()]
    segments = {word for route in routes for word in re.findall(r"[a-z_-]+", route)}
    assert {"attempts", "lock", "status"} <= segments
    assert {name for name in segments if is_given_up(name)} == set()
    columns = {column.name for table in metadata.tables.values() for column in table.columns}
    assert "person" in columns
    assert {name for name in {*metadata.tables, *columns} if is_given_up(name)} == set()


@pytest.mark.parametrize("program", [autograder.cli, quizzes.cli], ids=lambda program: program.__name__)
def test_commands_and_options(program: object) -> None:
    """What a person types uses the words of the pages."""
    entries = program.COMMANDS  # type: ignore[attr-defined]
    names = {entry.name for entry in entries}
    for entry in entries:
        target = entry.load()
        app = target if isinstance(target, typer.Typer) else typer.Typer()
        if not isinstance(target, typer.Typer):
            app.command(entry.name)(target)
        group = typer.main.get_group(app) if isinstance(target, typer.Typer) else None
        commands = list(group.commands.items()) if group else [(entry.name, typer.main.get_command(app))]
        for name, command in commands:
            names |= {name, *(option for parameter in command.params for option in parameter.opts)}
    assert "--help" not in names and len(names) > 20
    assert {name for name in names if is_given_up(name.lstrip("-"))} == set()


def texts() -> Iterator[tuple[str, str]]:
    """What people read, with the file it is in: documentation, pages, notebooks, docstrings and messages."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py", "*.md", "*.html", "*.js", "*.ipynb"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for name in listed:
        path = ROOT / name
        if name.startswith(("tests/", "solutions/")) or name in HISTORY or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            yield name, text
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield name, node.value


def test_phrases() -> None:
    """Texts say submit, isolate, build, and "is not a number"; each thing has one word."""
    found = [(name, match[0]) for name, text in texts() for match in PHRASES.finditer(text)]
    assert [(name, words) for name, words in found if words not in FIRST_WORDING.get(name, ())] == []


@pytest.mark.parametrize("words", ["hand it in", "Handed in", "shut in", "is no number", "deals", "`dealt`"])
def test_phrases_that_are_found(words: str) -> None:
    """Old phrases are found at any place of a sentence."""
    assert PHRASES.search(f"They say: {words} and more.")


@pytest.mark.parametrize(
    "words", ["set by hand in nbgrader", "there is no number", "is no longer", "a great deal", "is no good"]
)
def test_phrases_that_are_right(words: str) -> None:
    """What only looks like them is left alone."""
    assert not PHRASES.search(f"They say: {words} and more.")


def keys_of(schema: object) -> Iterator[str]:
    """The keys that a JSON schema names."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from keys_of(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from keys_of(value)


@pytest.mark.parametrize("model", [Report, AssignmentFile, BankFile, ledger.RunStarted, ledger.Graded])
def test_keys(model: type[BaseModel]) -> None:
    """Files and reports use the words of the code."""
    keys = set(keys_of(model.model_json_schema(by_alias=True)))
    assert keys
    assert {key for key in keys if is_given_up(key)} == set()
