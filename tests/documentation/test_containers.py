"""Containers of pages and files: each starts a program that is in its image, with options that there are."""

from __future__ import annotations

import ast
import importlib.metadata
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from distributed.cli import dask_scheduler

from autograder.cli import COMMANDS

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(python|yaml)\n(.*?)^```$", re.M | re.S)
DEPLOY = ROOT / "autograder" / "site" / "deploy"
PAGE = ROOT / "autograder" / "runs" / "CLUSTER.md"
OUTSIDE = {".venv", ".demo", ".git", "site-packages"}
IMAGE_LIBRARIES = re.findall(r"^([\w.-]+)==", (ROOT / ".ci/hashes.txt").read_text(encoding="utf-8"), re.M)


def containers_in(value: Any) -> Iterator[dict[str, Any]]:
    """The maps at any depth that say what arguments a container's program gets."""
    if isinstance(value, dict):
        if "args" in value:
            yield value
        for inner in value.values():
            yield from containers_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from containers_in(inner)


def literal_maps(source: str) -> Iterator[Any]:
    """The dictionaries of a Python text that consist of literals."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            try:
                yield ast.literal_eval(node)
            except ValueError:
                continue


def all_containers() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every container with arguments of a pod's specification, with the file in which it stands."""
    for path in sorted(ROOT.rglob("*.md")):
        if OUTSIDE & set(path.relative_to(ROOT).parts):
            continue
        for language, text in BLOCK.findall(path.read_text(encoding="utf-8")):
            values = literal_maps(text) if language == "python" else yaml.safe_load_all(text)
            for value in values:
                yield from ((path.relative_to(ROOT).as_posix(), found) for found in containers_in(value))


CONTAINERS = list(all_containers())


def programs() -> dict[str, str]:
    """The programs that an image of ours has, with the library that brings each."""
    return {
        entry.name: entry.dist.name
        for entry in importlib.metadata.entry_points(group="console_scripts")
        if entry.dist is not None and entry.dist.name in (*IMAGE_LIBRARIES, "recipe-autograder")
    }


def options_of(program: str, command: str) -> set[str]:
    """The options of a command of one of these programs."""
    if program == "dask":
        return {option for each in dask_scheduler.main.params for option in each.opts}
    entry = next(entry for entry in COMMANDS if entry.name == command)
    app = typer.Typer(add_completion=False)
    app.command(command)(entry.load())
    made: Any = typer.main.get_command(app)
    return {option for each in made.params for option in each.opts}


def test_the_page_of_clusters_has_containers() -> None:
    """Scheduler and worker are found, so the test below says something."""
    assert [Path(file) for file, _ in CONTAINERS].count(PAGE.relative_to(ROOT)) == 2


@pytest.mark.parametrize(("file", "container"), CONTAINERS)
def test_a_container_names_its_program(file: str, container: dict[str, Any]) -> None:
    """Arguments alone go to the image's own program: each container names one that its image has."""
    assert container.get("command"), f"{file}: {container['args']} has no command"
    program, command = container["command"][0], container["args"][0]
    assert program in programs(), file
    given = {word for word in container["args"] if word.startswith("--")}
    assert given <= options_of(program, command), file


@pytest.mark.parametrize("name", ["Dockerfile", "autograder/site/deploy/Dockerfile"])
def test_an_image_has_the_program_that_it_starts(name: str) -> None:
    """The entry point of each image is a program that its libraries bring."""
    (entry,) = re.findall(r'^ENTRYPOINT \["(\w+)"\]$', (ROOT / name).read_text(encoding="utf-8"), re.M)
    assert entry in programs()


def test_commands_in_a_running_container() -> None:
    """What the page of a deadline runs in the site's container is a program of a service there."""
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    page = (ROOT / "autograder/site/DEADLINE.md").read_text(encoding="utf-8")
    lines = re.findall(r"docker compose exec (\w+) (\w+)", page)
    assert len(lines) >= 4
    assert {service for service, _ in lines} <= services.keys()
    assert {program for _, program in lines} <= programs().keys()
