"""Backups, room on the disk, and the secret beside the database."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import autograder
from exam_fixture import ExamFixture
from homework_site import serving, solved, tiny_site
from tiny_course import ASSIGNMENT, write_tiny_course

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


def test_a_backup_without_its_files_is_none(tmp_path: Path) -> None:
    """Where files cannot be copied, no backup is left, and the same command makes one when they can.

    A copy whose files are gone is refused, also where nothing is graded yet and no ledger names them.
    """
    course, kept = tiny_site(tmp_path / "course").root, tmp_path / "kept"
    kept.mkdir()
    (kept / "files").write_bytes(b"in the way")
    refused = autograder("backup", kept / "monday.db", folder=course)
    assert refused.returncode == 2 and [path.name for path in kept.iterdir()] == ["files"], refused.stderr
    (kept / "files").unlink()
    assert autograder("backup", kept / "monday.db", folder=course).returncode == 0
    other = write_tiny_course(tmp_path / "other").root
    shutil.copy(kept / "monday.db", other.parent)
    for words in (("--check",), ()):
        alone = autograder("restore", other.parent / "monday.db", *words, folder=other)
        assert alone.returncode == 2 and f"The file of assignment {ASSIGNMENT} is missing" in alone.stderr
    restored = autograder("restore", kept / "monday.db", folder=other)
    assert restored.returncode == 0 and "there was no database before" in restored.stdout, restored.stderr


def test_why_files_cannot_be_stored(tmp_path: Path) -> None:
    """A student reads that nothing was accepted; the server's owner reads which path failed, and why."""
    course = tiny_site(tmp_path / "course")
    files = course.root / ".quizzes" / "files"
    files.rename(tmp_path / "files")
    files.write_bytes(b"in the way")
    with serving(course, "--graders", "0", complaints=f"Not a directory: '{files}") as site:
        reply = site.visitor("ann").upload(solved(course))
        assert reply.status_code == 503 and "Nothing was accepted" in reply.text
        assert str(files) not in reply.text
        files.unlink()
        (tmp_path / "files").rename(files)
        assert site.visitors[-1].upload(solved(course)).status_code == 303
