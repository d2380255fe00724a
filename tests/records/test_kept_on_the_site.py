"""What version 0.1 wrote moves into the site and back: results directory, ledger and quiz database."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from command import autograder
from kept_records import EXPECTED, course_in, results_in
from sqlalchemy import select

from autograder.course.course import find_course
from autograder.site.homework.assignments import published
from autograder.site.homework.scores import attempts_of_class, counted
from autograder.site.ledger import LedgerName, read_site_ledger
from autograder.site.marks import Mark, Source, add_marks
from autograder.site.people import COURSE, add_person
from autograder.site.server import open_site
from autograder.site.tables import mark

HOMEWORK: dict[str, Any] = EXPECTED["homework"]
STUDENTS: dict[str, Any] = HOMEWORK["students"]


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The course of version 0.1 with its quiz database, its assignment published."""
    for name in ("DATABASE_URL", "QUIZ_SECRET", "AUTOGRADER_FILES"):
        monkeypatch.delenv(name, raising=False)
    folder = course_in(tmp_path)
    run(folder, "publish", "tiny")
    return folder


def run(folder: Path, *words: object, exit_code: int = 0) -> str:
    """An `autograder` command in the course; what it prints."""
    done = autograder(*map(str, words), folder=folder)
    assert done.returncode == exit_code, done.stdout + done.stderr
    return done.stdout + done.stderr


def site_scores(folder: Path) -> dict[str, float]:
    """Everybody's score as the site shows it."""
    found = find_course(folder)
    with open_site(folder) as site, site.database.reading() as connection:
        row = published(connection, COURSE, "tiny")
        attempts = attempts_of_class(connection, found, COURSE, row)
        chosen = {person: counted(found, row, person, items) for person, items in attempts.items()}
        return {
            person: float(attempt.final)
            for person, attempt in chosen.items()
            if attempt is not None and attempt.final is not None
        }


def test_results_move_in_and_back(course: Path, tmp_path: Path) -> None:
    """Every score is the same on the site, everything verifies, and the same bytes come back."""
    kept, out = results_in(tmp_path), tmp_path / "out"
    assert HOMEWORK["head"] in run(course, "ledger", "import", kept)
    assert "0 lines and 0 submissions are new" in run(course, "ledger", "import", kept)
    assert f"tiny: {HOMEWORK['lines']} lines" in run(course, "verify", "--head", HOMEWORK["head"])
    assert site_scores(course) == pytest.approx({who: said["earned"] for who, said in STUDENTS.items()})
    run(course, "ledger", "export", "tiny", "--out", out)
    for name in ("ledger.jsonl", "grades.csv"):
        assert (out / name).read_bytes() == (kept / name).read_bytes()
    run(course, "verify", out, "--head", HOMEWORK["head"])


@pytest.mark.full
def test_a_changed_directory_is_not_taken_over(course: Path, tmp_path: Path) -> None:
    """A report or a line that somebody edited stops the import before anything is stored."""
    kept = results_in(tmp_path)
    report = next((kept / "reports").iterdir())
    report.write_bytes(report.read_bytes().replace(b'"earned"', b'"Earned"', 1))
    assert report.name in run(course, "ledger", "import", kept, exit_code=2)
    shutil.rmtree(kept)
    kept = results_in(tmp_path)
    ledger = kept / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b'"earned": 6', b'"earned": 5', 1))
    assert "the line was changed" in run(course, "ledger", "import", kept, exit_code=2)
    assert "no graded homework" in run(course, "verify")


@pytest.mark.full
def test_marks_of_the_quiz_are_chained(course: Path) -> None:
    """The first mark of today brings those of version 0.1 into the quiz's ledger; a changed one is found."""
    with open_site(course) as site, site.database.transaction() as connection:
        personal = mark.c.source.in_(["manual", "import"])
        old = connection.execute(select(mark).where(personal).order_by(mark.c.id)).all()
        assert old
        new = Mark("0", Decimal("0.5"), Source.MANUAL, 1_800_000_000_000, who="tea", reason="looked again")
        add_marks(connection, "quiz", old[0].work, [new])
        name = LedgerName(COURSE, "quiz", "midterm")
        assert len(read_site_ledger(connection, name)[0]) == 1 + len(old) + 1
    assert "quiz midterm" in run(course, "verify")
    with open_site(course) as site, site.database.transaction() as connection:
        add_person(connection, "tea", "Another Name")  # the ledger knows no names
    run(course, "verify")
    with open_site(course) as site, site.database.transaction() as connection:
        connection.execute(mark.update().where(mark.c.id == old[0].id).values(points=Decimal("0.25")))
    assert "is not what the ledger says" in run(course, "verify", exit_code=2)
