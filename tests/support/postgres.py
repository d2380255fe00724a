"""A private PostgreSQL server for the tests: its own folder, a socket in it, no port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from patience import eventually

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # what these tests hold has nothing to do with the disk
    "max_connections": "60",
    "shared_buffers": "16MB",
    "lc_messages": "C",
}


def programs() -> Path | None:
    """The folder with PostgreSQL's programs, the newest if there are several."""
    if initdb := shutil.which("initdb"):
        return Path(initdb).resolve().parent
    folders = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in folders), default=None)


def somebody() -> dict[str, Any]:
    """How to run a program as nobody in particular, since PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a running server, {} for a database's name; skipped without PostgreSQL, not in CI."""
    binaries = programs()
    if binaries is None:
        missing = "PostgreSQL is missing; `apt-get install postgresql` installs it."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    # Where any account can reach it, and near: a socket's path may have a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="quiz-pg-", dir="/tmp"))
    as_whom = somebody()
    if as_whom:
        os.chown(folder, as_whom["user"], as_whom["group"])
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "quiz", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"],
        check=True,
        capture_output=True,
        cwd=folder,
        **as_whom,
    )
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", folder, *settings],
            stdout=log,
            stderr=log,
            cwd=folder,
            **as_whom,
        )
    try:
        wait_for(server, folder)
        yield f"postgresql://quiz@/{{}}?host={folder}"
    finally:
        server.send_signal(signal.SIGINT)  # ends its clients, too
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(server: subprocess.Popen[bytes], folder: Path) -> None:
    """Return when it takes connections."""

    def answers() -> bool:
        try:
            psycopg.connect(f"postgresql://quiz@/postgres?host={folder}").close()
        except psycopg.OperationalError:
            return False
        return True

    assert eventually(answers, unless=lambda: server.poll() is not None), (folder / "log").read_text()
