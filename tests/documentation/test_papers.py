"""What a university asks for: papers agree with the program, its tables, numbers and libraries."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet
from sqlalchemy import Connection, func, select

from autograder.report import Status
from autograder.site import sessions, staff_tokens, tables
from autograder.site.database import Database
from autograder.site.homework import tokens
from autograder.site.lti import users
from autograder.site.people import COURSE, add_course, add_person, enrol
from autograder.site.signer import Signer

ROOT = Path(__file__).parents[2]
HASHES = ROOT / ".ci" / "hashes.txt"
PIN = re.compile(r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.M)


def pins(path: Path) -> dict[str, str]:
    """Versions by library."""
    return {
        re.sub(r"[-_.]+", "-", name).lower(): version
        for name, version in PIN.findall(path.read_text(encoding="utf-8"))
    }


def test_every_table_is_in_the_data_inventory() -> None:
    """A new table is described before it is merged: whose data it holds, what for, how long."""
    for path in (
        path for package in ("autograder", "quizzes") for path in (ROOT / package).rglob("tables.py")
    ):
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    page = (ROOT / "autograder/site/DATA.md").read_text(encoding="utf-8")
    assert sorted(name for name in tables.metadata.tables if f"`{name}`" not in page) == []


def rows_that_end() -> dict[str, Callable[[Connection, int], object]]:
    """What the inventory keeps for a time: table, and how a row of it is stored at an instant."""
    signer = Signer(b"secret of a test")

    def session_row(connection: Connection, at: int) -> object:
        return sessions.open_session(connection, "ina", signer, at, "a browser")

    def link(connection: Connection, at: int) -> object:
        return sessions.new_link(connection, "ina", signer, at)

    def wrong_passcode(connection: Connection, at: int) -> object:
        return sessions.open_by_passcode(connection, "ina", "WRONG", signer, at, "a browser", "192.0.2.1")

    def submit_token(connection: Connection, at: int) -> object:
        return tokens.new_token(connection, COURSE, "ina", "", signer, at)

    def staff_token(connection: Connection, at: int) -> object:
        return staff_tokens.make_staff_token(connection, COURSE, "ina", "", signer, at=at, who="ina")

    def nonce(connection: Connection, at: int) -> object:
        return users.use_nonce(connection, f"nonce {at}", at)

    return {
        "session": session_row,
        "credential": link,
        "failed_sign_in": wrong_passcode,
        "submit_token": submit_token,
        "staff_token": staff_token,
        "lti_nonce": nonce,
    }


MINUTES = {"session": 720, "credential": 7 * 1440, "failed_sign_in": 15, "lti_nonce": 60}


@pytest.mark.parametrize("table", list(rows_that_end()))
def test_what_is_kept_for_a_time_is_deleted(tmp_path: Path, table: str) -> None:
    """A row is kept as long as the inventory says, and is deleted when the next one is stored after that."""
    store, lasts = rows_that_end()[table], MINUTES.get(table, 180 * 1440) * 60_000
    database = Database(tmp_path / "quiz.db")
    try:
        with database.transaction() as connection:
            add_course(connection, COURSE, "Course", "UTC")
            add_person(connection, "ina", "Ina", None)
            enrol(connection, COURSE, "ina", role="instructor")
            store(connection, 0)
            count = select(func.count()).select_from(tables.metadata.tables[table])
            rows = connection.execute(count).scalar_one()
            store(connection, lasts - 1)
            assert connection.execute(count).scalar_one() == 2 * rows
            store(connection, 2 * lasts)
            assert connection.execute(count).scalar_one() == rows
    finally:
        database.close()


def value_of(name: str) -> Any:
    """A constant, or the default of a parameter, by its name on the page."""
    module, _, rest = name.partition(".")
    package = "grading" if module == "causes" else "checks"
    found: Any = importlib.import_module(f"autograder.{package}.{module}")
    for part in rest.split("."):
        found = inspect.signature(found).parameters[part].default if callable(found) else getattr(found, part)
    return found


def test_the_numbers_of_how_grading_decides() -> None:
    """Each tolerance and limit on the page is the one in the code."""
    page = (ROOT / "autograder/grading/README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| .* \| `([\w.]+)` \| ([\d.e-]+) \|$", page, re.M)
    assert len(rows) >= 10
    assert [(name, number) for name, number in rows if float(number) != float(value_of(name))] == []


def test_the_words_for_how_a_check_ends() -> None:
    """The page of grading names each status of a report, and nothing that is none."""
    page = (ROOT / "autograder/grading/README.md").read_text(encoding="utf-8")
    section = page.partition("## One check")[2].partition("\n\n")[2].partition("\n\n")[0]
    named = re.findall(r"`([a-z]+)`", section) + re.findall(r"\*\*([a-z]+)\*\*", section)
    assert sorted(named) == sorted(status.value for status in Status)


def test_pinned_libraries_run_on_the_oldest_python() -> None:
    """Every pinned library that is installed here accepts the oldest Python that the project accepts."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = f"{project['requires-python'].removeprefix('>=')}.0"
    pinned = pins(ROOT / "constraints.txt")
    needs = {
        found.name: "".join(found.metadata.get_all("Requires-Python") or ())
        for found in metadata.distributions()
        if re.sub(r"[-_.]+", "-", found.name).lower() in pinned
    }
    assert len(needs) > 100
    assert {name: need for name, need in needs.items() if oldest not in SpecifierSet(need)} == {}


def test_hashed_libraries_are_the_pinned_ones() -> None:
    """Every library with digests has the version of constraints.txt; every one has a digest."""
    pinned, hashed = pins(ROOT / "constraints.txt"), pins(HASHES)
    assert {name for name, version in hashed.items() if pinned.get(name, version) != version} == set()
    for block in re.split(r"\n(?=\S)", HASHES.read_text(encoding="utf-8").strip()):
        assert "--hash=sha256:" in block, block[:60]
    wanted = re.findall(r'^  "([\w.-]+)', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    listed = set(hashed)
    runtime = wanted[: wanted.index("uvloop") + 1]
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in runtime} <= listed


def test_the_bill_of_materials(tmp_path: Path) -> None:
    """It has every library of hashes.txt with version and digest, and is the same each time."""
    texts = []
    for name in ("a.json", "b.json"):
        done = subprocess.run(
            [sys.executable, ROOT / ".ci/sbom", tmp_path / name], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        texts.append((tmp_path / name).read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    bill = json.loads(texts[0])
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    parts = {part["name"]: part for part in bill["components"]}
    assert {name: part["version"] for name, part in parts.items()} == pins(HASHES)
    assert all(part["externalReferences"][0]["hashes"] for part in parts.values())


def test_an_audit_that_could_not_ask_is_not_a_pass(tmp_path: Path) -> None:
    """Without its program, or an answer for a library, it says so and ends with another code than 0."""
    answers = {
        "silent": ("", 3, "did not run"),
        "skipping": (
            '{"dependencies": [{"name": "a", "skip_reason": "no network"}]}',
            3,
            "Not audited: 1 of 1",
        ),
        "finding": (
            '{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "CVE-1"}]}]}',
            1,
            "a 1: CVE-1",
        ),
        "content": ('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', 0, "0 known"),
    }
    for name, (answer, code, sentence) in answers.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nprintf '%s' '{answer}'\n", encoding="utf-8")
        program.chmod(0o755)
        done = subprocess.run(
            [ROOT / ".ci/audit"],
            env={"PATH": "/usr/bin:/bin", "PIP_AUDIT": str(program)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, sentence in done.stdout) == (code, True), (name, done.stdout, done.stderr)
    missing = subprocess.run(
        [ROOT / ".ci/audit"],
        env={"PATH": "/usr/bin:/bin", "PIP_AUDIT": "not-there"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert missing.returncode == 3 and "pip-audit is missing" in missing.stderr


def cookies_of(path: Path) -> list[tuple[str, int]]:
    """The cookies that a module sets, and for how many seconds."""
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "set_cookie"
    ]
    if not calls:
        return []
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    ages = [next(word.value for word in call.keywords if word.arg == "max_age") for call in calls]
    return [
        (getattr(module, ast.unparse(call.args[0])), getattr(module, ast.unparse(age)))
        for call, age in zip(calls, ages, strict=True)
    ]


def test_every_cookie_is_in_the_data_inventory() -> None:
    """The table has each cookie that a page sets, and how long a browser keeps it, and no other."""
    units = {"minute": 60, "day": 86400}
    page = (ROOT / "autograder/site/DATA.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .* \| (\d+) (minute|day)s? \|$", page, re.M)
    listed = {name: int(number) * units[unit] for name, number, unit in rows}
    files = [path for package in ("autograder", "quizzes") for path in (ROOT / package).rglob("*.py")]
    assert dict(cookie for path in files for cookie in cookies_of(path)) == listed
