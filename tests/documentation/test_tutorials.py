"""The tutorials, word by word: every `sh` block runs in a fresh folder, files are written as they stand.

Blocks of `console` are for another machine, or wait for a person. `sh server` starts a program that runs
until the page starts it again or ends, `sh running` needs such programs.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from patience import eventually
from raw_http import free_port
from repository_assignments import NAMES, assignment

from autograder.authoring.release import release
from autograder.course.course import find_course
from autograder.submissions.notebook import read_notebook

ROOT = Path(__file__).parents[2]
TUTORIALS = ROOT / ".docs" / "tutorials"
BLOCK = re.compile(r"^```(\w+)(?: (\w+)(?:=(\S+))?)?\n(.*?)^```$", re.M | re.S)
PORT = re.compile(r"\b8\d{3}\b")  # as the administrator's page has them
EXPORTED = re.compile(r"^export (\w+)=", re.M)

full = pytest.mark.full


def blocks(door: str) -> Iterator[tuple[str, str, str, str]]:
    """The fenced blocks of a tutorial: language, mark, the mark's value, text."""
    for found in BLOCK.finditer((TUTORIALS / f"{door}.md").read_text(encoding="utf-8")):
        yield found[1], found[2] or "", found[3] or "", found[4]


class Servers:
    """The programs that a page leaves running, each on a free port in place of the page's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ports: dict[str, str] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def with_free_ports(self, text: str) -> str:
        """The text with a free port in place of each that the page names, always the same one."""
        for port in set(PORT.findall(text)) - self._ports.keys():
            self._ports[port] = str(free_port())
        return PORT.sub(lambda found: self._ports[found[0]], text)

    def start(self, command: str, environment: Mapping[str, str], port: int) -> None:
        """Start a program, or start it again, and return when its port takes connections."""
        program = command.split()[0]
        self._end(program)
        with (self.folder / f"{program}.txt").open("wb") as output:
            server = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self.folder,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._running[program] = server

        def listens() -> bool:
            with socket.socket() as trial:
                return trial.connect_ex(("127.0.0.1", port)) == 0

        assert eventually(listens, unless=lambda: server.poll() is not None), output_of(output.name)

    def _end(self, program: str) -> None:
        if server := self._running.pop(program, None):
            server.terminate()
            server.wait(60)

    def end_all(self) -> None:
        """End every program."""
        for program in list(self._running):
            self._end(program)


def output_of(file: str) -> str:
    """What a server has printed."""
    return Path(file).read_text(encoding="utf-8", errors="replace")


def follow(door: str, folder: Path, servers: Servers | None = None, **exports: str) -> None:
    """Do what a tutorial says, with its servers if there are any.

    `exports` are the values of what a `console` block exports, where the page has a placeholder.
    """
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "300",
    }
    shown: str | None = ""
    for language, mark, value, written in blocks(door):
        text = servers.with_free_ports(written) if servers else written
        if mark == "file":
            (folder / value).parent.mkdir(parents=True, exist_ok=True)
            (folder / value).write_text(text, encoding="utf-8")
        elif language == "console":
            environment |= {name: exports[name] for name in EXPORTED.findall(text) if name in exports}
        elif mark in ("server", "running") and servers is None:
            shown = None
        elif servers is not None and mark == "server":
            port = re.search(r"--port (\d+)", text)
            named = port or re.search(r"localhost:(\d+)", (folder / "Caddyfile").read_text(encoding="utf-8"))
            assert named is not None
            servers.start(text, environment, int(named[1]))
        elif language == "sh":
            done = subprocess.run(
                ["bash", "-e", "-c", text],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            shown = done.stdout + done.stderr
            assert done.returncode == int(value or 0), f"{text}\n{shown}"
            assert "Traceback" not in shown
        elif language == "text" and shown is not None:
            for line in text.splitlines():
                assert re.search(re.escape(line).replace("…", ".*"), shown), f"{line!r} is not in\n{shown}"


def test_the_stub_that_students_are_shown() -> None:
    """It is the handout's, but for the rest of its docstring, and its check is in a cell below it."""
    (shown,) = (text for language, _, _, text in blocks("student") if language == "python")
    head, docstring, last = shown.rstrip("\n").split("\n")
    cells = [cell.source for cell in read_notebook(assignment(NAMES[0]).handout.read_bytes())]
    stub = next(cell for cell in cells if cell.startswith(head))
    assert stub.split("\n")[1] == docstring.partition(" …")[0] and stub.endswith(last)
    page = (TUTORIALS / "student.md").read_text(encoding="utf-8")
    (call,) = re.findall(r"next cell with `(check\(.*?\))`", page)
    assert call in cells[cells.index(stub) :]


@full
@pytest.mark.parametrize("door", ["instructor", "author", "administrator"])
def test_in_an_empty_folder(door: str, tmp_path: Path) -> None:
    """Every command works as it stands."""
    follow(door, tmp_path)


@full
def test_as_a_student(tmp_path: Path) -> None:
    """In the folder that an instructor gives out."""
    course = find_course(ROOT)
    released = release(course, course.assignment_ids()[0], tmp_path)
    folder = next(path for path in tmp_path.iterdir() if path.is_dir())
    assert released
    follow("student", folder)


@full
def test_an_administrator_with_tls_and_postgresql(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site answers through the proxy of the page, and its people are in PostgreSQL after that section."""
    if shutil.which("caddy") is None:
        missing = "Caddy is missing; `apt-get install caddy` installs it."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):  # where Caddy keeps its own authority
        monkeypatch.setenv(name, str(tmp_path / "caddy"))
    with psycopg.connect(postgres.format("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE tutorial")
    address = postgres.format("tutorial")
    servers = Servers(tmp_path)
    try:
        follow("administrator", tmp_path, servers, DATABASE_URL=address)
    finally:
        servers.end_all()
    with psycopg.connect(address) as connection:
        people = connection.execute("SELECT id FROM person ORDER BY id").fetchall()
    assert [row[0] for row in people] == ["ada", "ben", "ina", "tam"]
    assert (tmp_path / "site.log").read_text(encoding="utf-8").count("/healthz") == 2
