"""The commands of supervision: a restore waits for nobody's server, sessions end, receipts are verified."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from live_server import TEXT, LiveServer, course_in
from typer.testing import CliRunner

from autograder.cli import app as autograder
from autograder.errors import UsageError
from autograder.site.backup import back_up, secret_beside
from autograder.site.database import Database
from autograder.site.people import COURSE, add_person, enrol
from autograder.site.running import database_alone, database_in_use
from autograder.site.server import FILE, FOLDER, open_site
from autograder.site.sessions import open_session, session_of
from autograder.site.signer import Signer
from quizzes.cli import app as quizzes
from quizzes.services.enrolment import add_the_course

RUNNER = CliRunner()


def test_restore_refuses_under_a_running_server(tmp_path: Path) -> None:
    """Nothing is replaced while a server has the database open; afterwards it is."""
    course = course_in(tmp_path / "course")
    with open_site(course.root, course_file=True) as site:
        with site.database.transaction() as connection:
            add_the_course(connection, course)
        copy = back_up(site.database, tmp_path / "copy.db")
        file = course.root / FOLDER / FILE
        before = file.stat().st_ino
        result = RUNNER.invoke(autograder, ["restore", str(copy), "--course", str(course.root)])
        assert result.exit_code != 0
        assert "uses this database" in f"{result.output}{result.exception}"
        assert file.stat().st_ino == before
        assert not (course.root / FOLDER / f"{FILE}.before").exists()
    result = RUNNER.invoke(autograder, ["restore", str(copy), "--course", str(course.root)])
    assert result.exit_code == 0, result.output
    assert file.stat().st_ino != before


def test_no_server_starts_during_a_restore(tmp_path: Path) -> None:
    """And several may run at once otherwise."""
    with (
        database_alone(tmp_path),
        pytest.raises(UsageError, match="being restored"),
        database_in_use(tmp_path),
    ):
        pass
    with database_in_use(tmp_path), database_in_use(tmp_path):
        pass


def test_sessions_are_ended_by_a_command(tmp_path: Path) -> None:
    """All of one person, nobody else's, with the reason in the audit log."""
    course = course_in(tmp_path / "course")
    with open_site(course.root, course_file=True) as site:
        with site.database.transaction() as connection:
            add_the_course(connection, course)
            at = site.clock.now()
            tokens = {}
            for person in ("ana", "bo"):
                add_person(connection, person, person)
                enrol(connection, COURSE, person)
                tokens[person] = open_session(connection, person, site.signer, at, "test")
        command = ["end-sessions", "ana", "--reason", "stolen", "--course", str(course.root)]
        result = RUNNER.invoke(autograder, command, env={"DATABASE_URL": ""})
        assert result.exit_code == 0, result.output
        assert "1 session of ana ended" in result.output
        unknown = RUNNER.invoke(autograder, [command[0], "anna", *command[2:]], env={"DATABASE_URL": ""})
        assert "anna is not in this course" in str(unknown.exception)
        with site.database.reading() as connection:
            assert session_of(connection, COURSE, tokens["ana"], site.signer, at) is None
            assert session_of(connection, COURSE, tokens["bo"], site.signer, at) is not None


def test_a_receipt_is_verified_by_a_command(tmp_path: Path) -> None:
    """It names the student; a changed receipt is refused with a sentence."""
    root = tmp_path / "course"
    (root / FOLDER).mkdir(parents=True)
    file = root / FOLDER / FILE
    signer = Signer(secret_beside(file))
    server = LiveServer(Database(str(file)), root, signer=signer)
    try:
        server.publish()
        student = server.student(name="ana")
        attempt = student.start()
        student.save(attempt, TEXT, "vanishing")
        student.ask(f"/attempts/{attempt}/finish", {})
        text = student.get(f"/attempts/{attempt}/receipt.json").text
    finally:
        server.close()
    receipt = tmp_path / "receipt.json"
    receipt.write_text(text, encoding="utf-8")
    command = ["verify-receipt", str(receipt), "--course", str(root)]
    result = RUNNER.invoke(quizzes, command, env={"DATABASE_URL": ""})
    assert result.exit_code == 0, result.output
    assert "Genuine: Ana, all, attempt 1" in result.output
    changed = json.loads(text)
    changed["body"] = changed["body"].replace("vanishing", "exploding")
    receipt.write_text(json.dumps(changed), encoding="utf-8")
    result = RUNNER.invoke(quizzes, command, env={"DATABASE_URL": ""})
    assert result.exit_code != 0
    assert "was changed" in f"{result.output}{result.exception}"
