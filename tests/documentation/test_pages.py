"""What pages say: links lead somewhere, and every command line that is shown can be typed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from autograder.cli import COMMANDS as HOMEWORK
from quizzes.cli import COMMANDS as QUIZZES

ROOT = Path(__file__).parents[2]
OUTSIDE = {".venv", ".demo", ".git", ".pytest_cache", "node_modules"}
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in ROOT.rglob("*.md")
    if not OUTSIDE & set(path.relative_to(ROOT).parts)
)
HISTORY = {"CHANGELOG.md", "DECISIONS.md"}  # they also name what is gone
LINK = re.compile(r"!?\[[^\]]*\]\((?!https?:|mailto:)([^)\s]*)\)")
FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.M | re.S)
INLINE = re.compile(r"`((?:autograder|quizzes) [a-z][^`\n]*)`")
LINE = re.compile(r"^\s*(?:\$ )?((?:autograder|quizzes) [a-z][^#\n]*)", re.M)
GENERATED = {"reference"}  # of the documentation site; its builder writes them


@cache
def commands() -> dict[str, Any]:
    """Each command of both programs, and of their groups, by what is typed."""
    found: dict[str, Any] = {}
    for program, entries in (("autograder", HOMEWORK), ("quizzes", QUIZZES)):
        for entry in entries:
            target = entry.load()
            if not isinstance(target, typer.Typer):
                app = typer.Typer(add_completion=False)
                app.command(entry.name)(target)
                target = app
            made: Any = typer.main.get_command(target)
            found |= dict(_with_children(f"{program} {entry.name}", made))
    return found


def _with_children(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield name, command
    for child in getattr(command, "commands", {}).values():
        yield from _with_children(f"{name} {child.name}", child)


def command_lines(page: str) -> Iterator[str]:
    """All command lines of a page, in blocks and in sentences."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for block in FENCED.findall(text):
        yield from LINE.findall(block.replace("\\\n", " "))
    yield from INLINE.findall(FENCED.sub("", text))


@pytest.mark.parametrize("page", [page for page in PAGES if page not in HISTORY])
def test_command_lines(page: str) -> None:
    """Each names a command and options that there are."""
    wrong = []
    for line in command_lines(page):
        try:
            words = shlex.split(line.replace("…", ""))
        except ValueError:
            words = line.split()
        known = commands()
        name = next((n for n in (" ".join(words[:length]) for length in (4, 3, 2)) if n in known), "")
        if not name:
            wrong.append(f"{line}: no such command")
            continue
        options = {
            option
            for parameter in known[name].params
            for option in (*parameter.opts, *parameter.secondary_opts)
        } | {"--help"}
        given = [word.split("=")[0].rstrip(",.;:)") for word in words if word.startswith("--")]
        wrong += [f"{line}: no option {option}" for option in given if option not in options]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES)
def test_links(page: str) -> None:
    """Each leads to a file of the repository, or to a heading of the page."""
    text = FENCED.sub("", (ROOT / page).read_text(encoding="utf-8"))
    folder = ROOT if page.startswith(".docs/tutorials/") else (ROOT / page).parent
    broken = []
    for target in LINK.findall(text):
        path = target.partition("#")[0]
        is_door = page.startswith(".docs/") and path.removesuffix(".md") in {
            file.stem for file in (ROOT / ".docs/tutorials").glob("*.md")
        }
        if path and not is_door and path.split("/")[0] not in GENERATED and not (folder / path).exists():
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", [page for page in PAGES if page not in HISTORY])
def test_no_page_installs_another_project(page: str) -> None:
    """On the package index `autograder` is somebody else's: ours is installed from a file or a folder."""
    text = (ROOT / page).read_text(encoding="utf-8")
    assert not re.search(r"install\s+(?:-\S+\s+)*['\"]?autograder(?![\w.-]*\.whl)", text)


@pytest.mark.parametrize("page", [page for page in PAGES if page not in HISTORY])
def test_who_is_shown_a_command_is_told_to_install_its_libraries(page: str) -> None:
    """The wheel for students has commands with its extra `terminal` alone."""
    lines = re.findall(r"^.*\binstall\b.*\.whl.*$", (ROOT / page).read_text(encoding="utf-8"), re.M)
    if any(command_lines(page)):
        assert [line for line in lines if "[terminal]" not in line] == []


INSTALLS = re.compile(r"pip install ([^`\n]*)")
FROM_HERE = re.compile(r"\.(?:\[[\w,]+\])?")  # the checkout itself, with or without extras


def test_an_installation_from_a_checkout_has_the_tested_versions() -> None:
    """Pages and messages name the pinned ones, or install no library: no test ran with newer ones."""
    pages = [ROOT / page for page in PAGES if page not in HISTORY]
    messages = [path for package in ("autograder", "quizzes") for path in (ROOT / package).rglob("*.py")]
    lines = [
        (path, line)
        for path in (*pages, *messages)
        for line in INSTALLS.findall(path.read_text(encoding="utf-8"))
        if any(map(FROM_HERE.fullmatch, re.split(r"[\s'\"]+", line)))
    ]
    assert len(lines) > 8
    pinned = re.compile("--constraint constraints.txt|--no-deps")
    assert [(path, line) for path, line in lines if not pinned.search(line)] == []


MODULES_TABLE = re.compile(r"^\| [Mm]odule \|.*\n\|[-|]+\n((?:\|.*\n?)+)", re.M)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if MODULES_TABLE.search((ROOT / page).read_text("utf-8"))]
)
def test_a_table_of_modules_is_whole(page: str) -> None:
    """It names every module and room of the page's folder, and none that is gone."""
    folder = (ROOT / page).parent
    named: set[str] = set()
    gone = []
    for table in MODULES_TABLE.findall((ROOT / page).read_text(encoding="utf-8")):
        for row in table.splitlines():
            below = folder  # `homework/queue`, `scores`: the second is there, too
            for name in re.findall(r"`([^`]+)`", row.split("|")[1]):
                parent, _, last = name.rstrip("/").rpartition("/")
                below = folder / parent if parent else below
                places = [below] if parent else [folder, below]
                found = [path for place in places for path in (*place.glob(last), *place.glob(f"{last}.py"))]
                gone += [] if found else [name]
                named |= {path.relative_to(folder).with_suffix("").parts[0] for path in found}
    assert gone == []
    modules = {path.stem for path in folder.glob("*.py")} | {
        path.parent.name for path in folder.glob("*/__init__.py")
    }
    assert modules - named - {"__init__", "__main__", "extension"} == set()
