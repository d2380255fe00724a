"""What is installed for a term: every command, address and variable in it is one that there is."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import typer
import yaml
from local_http import LOCAL
from patience import eventually
from tiny_course import write_tiny_course

from autograder.cli import COMMANDS
from autograder.site.application import site_routes
from autograder.site.settings.operations import GAUGES

ROOT = Path(__file__).parents[3]
SITE = ROOT / "autograder" / "site"
DEPLOY = SITE / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
PAGE = (SITE / "DEADLINE.md").read_text(encoding="utf-8")
UNITS = sorted(DEPLOY.glob("*.service"))
# Of other programs: their own documentation has them.
OTHERS = {
    "PGPASSWORD",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_ENDPOINT_URL",
    "AWS_DEFAULT_REGION",
}
SERVER = {"FORWARDED_ALLOW_IPS"}  # uvicorn's


def check_command(line: str) -> None:
    """Fail unless a command line names a command and options that there are."""
    words = shlex.split(line)
    entry = next(entry for entry in COMMANDS if entry.name == words[0])
    app = typer.Typer(add_completion=False)
    app.command(words[0])(entry.load())
    command: Any = typer.main.get_command(app)
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known, line


def test_commands_of_containers_and_units() -> None:
    """The site's and the graders' are commands with options that there are."""
    check_command(COMPOSE["services"]["site"]["command"])
    check_command(COMPOSE["services"]["grader"]["command"])
    assert len(UNITS) == 2
    for unit in UNITS:
        (line,) = re.findall(r"^ExecStart=\S+/autograder (.*)$", unit.read_text(encoding="utf-8"), re.M)
        check_command(line)


def test_every_variable_is_read_by_somebody() -> None:
    """Whatever a container of ours is given is in the code, and what a person fills in is in the example."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "autograder").rglob("*.py"))
    for name in ("site", "grader"):
        for variable in COMPOSE["services"][name]["environment"]:
            assert variable in OTHERS | SERVER or f'"{variable}"' in code, variable
    wanted = set(re.findall(r"\$\{(\w+):", (DEPLOY / "compose.yaml").read_text(encoding="utf-8")))
    example = set(re.findall(r"^(\w+)=", (DEPLOY / ".env.example").read_text(encoding="utf-8"), re.M))
    assert wanted == example


def test_graders_reach_nothing_but_the_site() -> None:
    """They run students' code: no secret, no database, no store, no volume, no way out."""
    services, grader = COMPOSE["services"], COMPOSE["services"]["grader"]
    assert list(grader["environment"]) == ["AUTOGRADER_TOKEN"] and "volumes" not in grader
    assert grader["networks"] == ["graders"] and COMPOSE["networks"]["graders"] == {"internal": True}
    reachable = {name for name, service in services.items() if "graders" in service.get("networks", ())}
    assert reachable == {"site", "grader"}
    assert grader["read_only"] and grader["cap_drop"] == ["ALL"]


def test_only_the_proxy_is_reached_from_outside() -> None:
    """No other container publishes a port; health is asked at an address that there is."""
    open_ports = {name for name, service in COMPOSE["services"].items() if "ports" in service}
    assert open_ports == {"proxy"}
    paths = {getattr(route, "path", "") for route in site_routes()}
    asked = re.findall(r"127\.0\.0\.1:8080(/\w+)", str(COMPOSE["services"]["site"]["healthcheck"]))
    assert asked and set(asked) <= paths


def test_what_the_image_is_made_of() -> None:
    """Everything it copies is there."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = [word for line in re.findall(r"^COPY (.*)$", text, re.M) for word in line.split()[:-1]]
    assert copied and all((ROOT / name).exists() for name in copied)


def test_secrets_of_the_example_stay_out_of_git_and_of_the_image() -> None:
    """The filled-in copy of `.env.example` is neither committed nor copied into the image."""
    place = (DEPLOY / ".env").relative_to(ROOT).as_posix()
    for name in (".gitignore", ".dockerignore"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        wanted = {".gitignore": ".env", ".dockerignore": "**/.env"}[
            name
        ]  # an engine's NAME is one at the root
        assert wanted in lines, f"{name} lets {place} through"


def test_the_page_explains_every_number() -> None:
    """The table of the night of a deadline is the list of what `/metrics` shows."""
    table = re.findall(r"^\| `(autograder_\w+)` \|", PAGE, re.M)
    assert sorted(table) == sorted(GAUGES) and len(set(table)) == len(table)
    named = set(re.findall(r"`(autograder_[a-z_0-9]+)`", PAGE))
    assert named == set(GAUGES)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
def test_units_are_units(tmp_path: Path) -> None:
    """systemd finds nothing wrong with them but that the program is not installed there."""
    for unit in UNITS:
        name = unit.name.replace("@", "@1")
        text = unit.read_text(encoding="utf-8").replace("/opt/autograder/bin/autograder", "/bin/true")
        (tmp_path / name).write_text(text, encoding="utf-8")
        done = subprocess.run(
            ["systemd-analyze", "verify", str(tmp_path / name)], capture_output=True, text=True, check=False
        )
        ours = [line for line in done.stderr.splitlines() if name in line and "User" not in line]
        assert ours == []


@pytest.mark.parametrize("chosen", ["chosen-by-an-administrator", ""], ids=["chosen", "made"])
def test_a_chosen_token_is_in_no_log(tmp_path: Path, chosen: str) -> None:
    """A server says which token graders need only where nobody can know it yet."""
    course, port = write_tiny_course(tmp_path / "course"), tmp_path / "port"
    words = ["serve", "--graders", "0", "--port", "0", "--port-file", str(port)]
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "autograder", *words],
            cwd=course.root,
            stdout=log,
            stderr=log,
            env={**os.environ, "AUTOGRADER_TOKEN": chosen},
        ) as server,
    ):
        eventually(port.exists, unless=lambda: server.poll() is not None)
        server.terminate()
    printed = (tmp_path / "log").read_text("utf-8")
    assert ("AUTOGRADER_TOKEN=" in printed) == (not chosen)
    assert "Graders elsewhere need" in printed
    assert not chosen or chosen not in printed


@pytest.mark.full
def test_people_and_work_get_into_the_containers(tmp_path: Path, postgres: str, bucket: str) -> None:
    """The commands of the page, in the environment of the running site, fill its empty database."""
    course, port = write_tiny_course(tmp_path / "course"), tmp_path / "port"
    (course.root / "roster.csv").write_text("student,name,role\nada,Ada,\nina,Ina,instructor\n", "utf-8")
    with psycopg.connect(postgres.format("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE containers")
    environment = {
        **os.environ,
        "DATABASE_URL": postgres.format("containers"),
        "QUIZ_SECRET": "a secret of this test",
        "AUTOGRADER_TOKEN": "a token of this test",
        "AUTOGRADER_FILES": bucket,
    }
    assert set(COMPOSE["services"]["site"]["environment"]) <= environment.keys() | SERVER

    def run(line: str) -> str:
        program, *words = shlex.split(line)
        done = subprocess.run(
            [sys.executable, "-m", program, *words],
            cwd=course.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    run("quizzes new week-1")
    served = COMPOSE["services"]["site"]["command"].replace("0.0.0.0", "127.0.0.1").replace("8080", "0")
    with subprocess.Popen(
        [sys.executable, "-m", "autograder", *shlex.split(served), "--port-file", str(port)],
        cwd=course.root,
        env=environment,
    ) as server:
        try:
            assert eventually(port.exists, unless=lambda: server.poll() is not None)
            lines = re.findall(r"^docker compose exec site (.*)$", PAGE, re.M)
            assert len(lines) == 4
            names = {"hw1-activations": course.assignment_ids()[0], "quiz4": "week-1"}
            printed = [run(re.sub("|".join(names), lambda found: names[found[0]], line)) for line in lines]
            address = f"http://127.0.0.1:{port.read_text('utf-8').strip()}"
            link = re.sub(r"https://course\.example\.edu", address, printed[-1].split()[-1])
            with httpx.Client(**LOCAL) as browser:
                page = browser.get(link)
                token = re.search(r'name="token" value="([^"]+)"', page.text)
                fields = {"token": token[1]} if token else {}
                signed_in = browser.post(link, data=fields, follow_redirects=True)
            assert "Ina" in signed_in.text and "Sign out" in signed_in.text
        finally:
            server.terminate()
    assert (course.root / "passcodes.csv").stat().st_mode & 0o777 == 0o600
    with psycopg.connect(postgres.format("containers")) as connection:
        people = connection.execute("SELECT person, role FROM enrolment ORDER BY person").fetchall()
        published = connection.execute(
            "SELECT id FROM homework UNION SELECT id FROM quiz ORDER BY 1"
        ).fetchall()
    assert people == [("ada", "student"), ("ina", "instructor")]
    assert [row[0] for row in published] == sorted(names.values())
