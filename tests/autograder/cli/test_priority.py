"""Commands that compute for long beside a server: it goes first, and no lock is held at a lower priority."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from autograder.cli import COMMANDS as COURSE_COMMANDS
from autograder.environment import at_usual_priority
from autograder.site.database import Database
from autograder.site.running import being_served, is_served
from autograder.site.server import FILE, FOLDER
from quizzes.cli import COMMANDS as QUIZ_COMMANDS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a priority is a whole process's")

# Runs a command in a process of its own and prints, last, how much nicer it was at its end, when it began to
# read, and when it began to write. The priority is only a little lower, so that the test ends soon.
OBSERVED = """
    import os, sys, threading
    import autograder.environment as environment
    import autograder.site.database as database
    from sqlalchemy import event
    from {program}.cli import main

    def niceness():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    environment.LOWER_PRIORITY = {lower}
    began, reading, writing = niceness(), set(), set()
    open_engine = database._sqlite

    def observed(file, kind):
        engine = open_engine(file, kind)
        seen = writing if kind == "IMMEDIATE" else reading
        event.listen(engine, "begin", lambda _: seen.add(niceness() - began))
        return engine

    database._sqlite = observed
    sys.argv = {words!r}
    try:
        main()
    finally:
        print(niceness() - began, sorted(reading), sorted(writing))
"""
LOWER = 1


def observed(program: str, *words: str) -> str:
    """The last line of what a command prints: how much nicer it was at its end, reading, and writing."""
    code = textwrap.dedent(OBSERVED).format(program=program, lower=LOWER, words=[program, *words])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A course with a database of the newest schema."""
    (tmp_path / "course.yaml").write_text("title: Course\ntime_zone: UTC\n", encoding="utf-8")
    (tmp_path / FOLDER).mkdir()
    Database(tmp_path / FOLDER / FILE).close()
    return tmp_path


def test_an_import_plans_at_a_lower_priority_and_writes_at_the_usual_one(folder: Path) -> None:
    """Beside a server, comparing gives way to it; the transaction that writes does not."""
    table = folder / "people.csv"
    table.write_text("student_id,name\nann,Ann\nben,Ben\n", encoding="utf-8")
    words = ("roster", "import", str(table), "--passcodes", str(folder / "codes.csv"))
    with being_served(folder / FOLDER):
        assert observed("autograder", *words, "--course", str(folder)) == f"{LOWER} [{LOWER}] [0]"


def test_a_command_that_only_reads_takes_no_write_lock(folder: Path) -> None:
    """Opening a database of the newest schema reads its version and keeps no server waiting."""
    with being_served(folder / FOLDER):
        assert observed("quizzes", "analysis", "none", f"--course={folder}") == f"{LOWER} [{LOWER}] []"


def test_without_a_server_nothing_gives_way(folder: Path) -> None:
    """A command on a laptop, or after the server has ended, has the machine for itself."""
    with being_served(folder / FOLDER):
        assert is_served(folder / FOLDER)
    assert not is_served(folder / FOLDER)
    assert not is_served(folder / "nowhere")
    assert observed("quizzes", "analysis", "none", "--course", str(folder)) == "0 [0] []"


def test_servers_and_load_tests_give_way_to_nobody() -> None:
    """Only what staff wait for does: a server at a lower priority would be slow for students."""
    giving_way = {
        entry.target.partition(":")[0] for entry in (*COURSE_COMMANDS, *QUIZ_COMMANDS) if entry.gives_way
    }
    assert {"autograder.cli.roster", "quizzes.cli.analysis"} <= giving_way
    assert not [name for name in giving_way if name.endswith(("serve", "loadtest", "crashtest"))]


def test_without_giving_way_work_runs_where_it_is_called() -> None:
    """A server's own writes take no other thread."""
    assert at_usual_priority(threading.get_ident) == threading.get_ident()


@pytest.mark.parametrize("act", ["give_way", "give_way_except_writes"])
def test_a_priority_is_lowered_from_where_it_is(act: str) -> None:
    """Somebody started the program with `nice`: it is never raised, which only root may do."""
    code = (
        "import os, autograder.environment as environment\n"
        f"os.nice(7); before = os.getpriority(os.PRIO_PROCESS, 0); environment.{act}()\n"
        "print(before, os.getpriority(os.PRIO_PROCESS, 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert after == min(before + 10, 19)
