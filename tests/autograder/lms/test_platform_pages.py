"""The pages on learning platforms: every command in them exists, with its options, and every link works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

import autograder.cli
import quizzes.cli
from autograder.course.course import find_course

ROOT = find_course(Path(__file__).parent).root
PAGES = [
    *sorted((ROOT / "autograder" / "lms").glob("*.md")),
    ROOT / "autograder" / "site" / "lti" / "README.md",
    ROOT / "autograder" / "gradebook" / "README.md",
]
PROGRAMS = {"autograder": autograder.cli, "quizzes": quizzes.cli}
PLATFORMS = ("MOODLE", "CANVAS", "GRADESCOPE", "BLACKBOARD", "BRIGHTSPACE", "ILIAS")


def commands(page: Path) -> list[str]:
    """The commands on a page, in blocks and in sentences, without what stands in angle or square brackets."""
    text = page.read_text(encoding="utf-8")
    lines = re.findall(r"^ *((?:autograder|quizzes) [a-z].*)$", text, re.MULTILINE)
    lines += re.findall(r"`((?:autograder|quizzes) [a-z][^`]*)`", text)
    return [re.split(r"\s{3,}|  #", line.replace("[", "").replace("]", ""))[0].strip("`| ") for line in lines]


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words name, and the words after its name."""
    entry = next(entry for entry in PROGRAMS[words[0]].COMMANDS if entry.name == words[1])
    target = entry.load()
    if isinstance(target, typer.Typer):
        command: Any = typer.main.get_command(target)
    else:
        app = typer.Typer()
        app.command()(target)
        command = typer.main.get_command(app)
    rest = words[2:]
    while rest and rest[0] in getattr(command, "commands", {}):
        command, rest = command.commands[rest[0]], rest[1:]
    return command, rest


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands(page: Path) -> None:
    """Every command on a page is one, and has the options that it is given there."""
    found = commands(page)
    assert found
    for line in found:
        command, rest = command_of(shlex.split(line))
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= options, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_links(page: Path) -> None:
    """Every page that a page links to is there."""
    for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        assert "://" in link or (page.parent / link).exists(), link


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_page_for_each_platform(name: str) -> None:
    """Each platform has a page with the roster and the way of homework, and the room's page links to it."""
    text = (ROOT / "autograder" / "lms" / f"{name}.md").read_text(encoding="utf-8")
    assert "## The roster" in text and "## Homework, there and back" in text
    assert f"({name}.md)" in (ROOT / "autograder" / "lms" / "README.md").read_text(encoding="utf-8")
