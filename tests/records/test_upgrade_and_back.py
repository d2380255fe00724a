"""A running term of version 0.1 is upgraded, used and taken back: what each way keeps, and where it is."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from command import autograder
from kept_records import EXPECTED, KEPT, course_in, quizzes, results_in
from sqlalchemy import Connection, select

from autograder.site.database import migrations
from autograder.site.homework.grade_records import TOTAL
from autograder.site.homework.tables import submission, submission_owner
from autograder.site.marks import Mark, Source, add_marks
from autograder.site.server import open_site
from quizzes.store.tables import attempt

SCHEMA: int = EXPECTED["quizzes"]["schema"]
SINCE = 1_800_000_000_000  # after everything in the records
ANN = EXPECTED["quizzes"]["attempts"]["ann"]
pytestmark = pytest.mark.full


def run(folder: Path, *words: object) -> str:
    """An `autograder` command in the course; what it prints."""
    done = autograder(*words, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rows_of(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of a SQLite database that nothing changes."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for (name,) in tables
        }


def files_in(folder: Path) -> dict[str, bytes]:
    """The content of every file by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def use_the_site(connection: Connection) -> None:
    """What the term goes on with after the upgrade: points by hand for a homework and for a quiz."""
    owned = submission_owner.c.submission == submission.c.id, submission_owner.c.person == "gil"
    work = connection.execute(select(submission.c.id).join(submission_owner, owned[0]).where(*owned)).scalar()
    assert work is not None
    given = Mark(TOTAL, Decimal("5.5"), Source.MANUAL, SINCE, who="tea", reason="looked again")
    add_marks(connection, "homework", work, [given])
    assert connection.execute(select(attempt.c.id).where(attempt.c.id == ANN)).scalar() is not None
    given = Mark("0", Decimal("0.25"), Source.MANUAL, SINCE, who="tea", reason="looked again")
    add_marks(connection, "quiz", ANN, [given])


def points_by_student(table: Path, column: str) -> dict[str, float]:
    """A column of a table of scores, by student."""
    with table.open(encoding="utf-8", newline="") as file:
        return {row["student"]: float(row[column]) for row in csv.DictReader(file) if row[column]}


def test_an_upgrade_and_the_way_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy beside the database is version 0.1's, row for row; what was done since is in three tables."""
    for name in ("DATABASE_URL", "QUIZ_SECRET", "AUTOGRADER_FILES"):
        monkeypatch.delenv(name, raising=False)
    course, kept, since = course_in(tmp_path), results_in(tmp_path), tmp_path / "since"
    file, before = course / ".quizzes" / "quiz.db", files_in(kept)
    run(course, "publish", "tiny")
    run(course, "ledger", "import", kept)
    with open_site(course) as site, site.database.transaction() as connection:
        use_the_site(connection)
    run(course, "verify")

    run(course, "ledger", "export", "tiny", "--out", since)
    table = tmp_path / "midterm.csv"
    done = quizzes(course, "results", "midterm", "--out", table)
    assert done.returncode == 0, done.stderr
    old = points_by_student(kept / "grades.csv", "earned")
    assert points_by_student(since / "grades.csv", "earned") == {**old, "gil": 5.5}
    assert (since / "ledger.jsonl").read_bytes().startswith(before["ledger.jsonl"])
    assert "ann" in points_by_student(table, "points")

    # Back: what version 0.1 wrote is as it was, and nothing of the later version is in its way.
    copy = file.with_name(f"quiz.db.schema-{SCHEMA}")
    assert rows_of(copy) == rows_of(KEPT / "quizzes" / "quiz.db")
    assert files_in(kept) == before
    for ending in ("", "-wal", "-shm"):
        part = file.with_name(f"quiz.db{ending}")
        if part.exists():
            part.rename(file.with_name(f"quiz.db.later{ending}"))
    shutil.copyfile(copy, file)
    assert rows_of(file)["schema_version"][-1] == (SCHEMA,)

    # And forward again: the homework that was graded by the later version comes back from its table.
    run(course, "publish", "tiny")
    run(course, "ledger", "import", since)
    run(course, "verify")
    again = tmp_path / "again"
    run(course, "ledger", "export", "tiny", "--out", again)
    for name in ("ledger.jsonl", "grades.csv"):
        assert (again / name).read_bytes() == (since / name).read_bytes()
    with closing(sqlite3.connect(file.with_name("quiz.db.later"))) as later:
        assert later.execute("SELECT max(version) FROM schema_version").fetchone() == (len(migrations()),)
