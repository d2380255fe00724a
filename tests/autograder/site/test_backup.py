"""Backups, room on the disk, and the secret beside the database."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from exam_fixture import ExamFixture

from autograder.errors import Busy, UsageError
from autograder.site.backup import back_up, has_disk_space, secret_beside
from autograder.site.database import Database
from autograder.site.signer import Signer
from quizzes.services.exam import ExamService


@pytest.fixture
def small_fixture(tmp_path: Path) -> Iterator[ExamFixture]:
    """A hall on SQLite."""
    fixture = ExamFixture(Database(tmp_path / "quiz.db"))
    yield fixture
    fixture.exam.close()


def test_a_backup_has_everything_and_disturbs_nothing(small_fixture: ExamFixture, tmp_path: Path) -> None:
    """It is taken between two saves, opens by itself, and has the first; only its owner may read it."""
    attempt = small_fixture.started()
    small_fixture.save(attempt, "7")
    copy = back_up(small_fixture.database, tmp_path / "backup.db")
    small_fixture.save(attempt, "8", base=1)
    restored = ExamFixture(Database(copy))
    assert restored.exam.inspect(attempt.id)[0].answers[0].response == '"7"'
    restored.exam.close()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="exists already"):
        back_up(small_fixture.database, copy)
    with pytest.raises(UsageError, match="cannot be written"):
        back_up(small_fixture.database, tmp_path / "no" / "folder.db")


def test_postgresql_has_its_own_backups(fixture: ExamFixture, tmp_path: Path) -> None:
    """The command says which tool to use instead."""
    if fixture.database.dialect == "postgresql":
        with pytest.raises(UsageError, match="backs up SQLite only"):
            back_up(fixture.database, tmp_path / "backup.db")
    assert has_disk_space(fixture.database, margin=0)


def test_a_disk_nearly_full_starts_nobody_and_saves_everybody(small_fixture: ExamFixture) -> None:
    """Who has started goes on; a second start still finds the open attempt."""
    attempt, quiz = small_fixture.started(), small_fixture.quiz()
    full = ExamService(
        small_fixture.database,
        small_fixture.clock,
        small_fixture.exam._signer,
        small_fixture.exam._read_version,
        has_disk_space=lambda database: has_disk_space(database, margin=10**18),
    )
    with pytest.raises(Busy, match="nearly full"):
        full.start(quiz, small_fixture.student(), attempt.lock)
    assert full.start(attempt.quiz, attempt.person, attempt.lock).result() == attempt
    saved = full.save(attempt.id, attempt.person, 0, "7", base_rev=0, save_id="save-0001", lock=attempt.lock)
    assert saved.result().outcome == "saved"
    full.writer.close()


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every later start reads the same; several servers may be given one."""
    monkeypatch.delenv("QUIZ_SECRET", raising=False)
    secret = secret_beside(tmp_path / "quiz.db")
    assert secret == secret_beside(tmp_path / "quiz.db")
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    monkeypatch.setenv("QUIZ_SECRET", "one for all servers")
    assert secret_beside(tmp_path / "quiz.db") == b"one for all servers"
    with pytest.raises(ValueError, match="16 bytes"):
        Signer(b"short")
