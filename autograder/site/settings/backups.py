"""Backups of a course's site: made every night, checked at once, kept for two weeks.

A backup is a copy of the database at one moment; what students submitted goes to `files/` beside it, which
all backups there share. Commands, the page of settings and the nightly task call these.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from autograder.course.course import Course
from autograder.course.local_time import counted
from autograder.environment import all_cores, module_command
from autograder.errors import AutograderError, UsageError
from autograder.site.audit import Act, record_act
from autograder.site.backup import back_up, faults_in_file
from autograder.site.database import Database
from autograder.site.file_store import FileStore
from autograder.site.homework.context import files_address
from autograder.site.ledger_check import check_ledgers, missing_files
from autograder.site.people import COURSE
from autograder.site.private_file import make_private
from autograder.site.settings.site_settings import read_setting, write_setting

__all__ = [
    "FILES",
    "Backup",
    "BackupPlan",
    "NightlyBackup",
    "backup_folder",
    "backups_in",
    "check_copy",
    "files_of_backup",
    "make_backup",
    "plan_of",
    "remove_copy",
    "remove_upgrade_copies",
    "set_plan",
]

FILES = "files"  # beside a backup: submissions, reports and published content, for all backups there
NAME, PLAN, LAST = re.compile(r"(\d{4}-\d{2}-\d{2})(-\d+)?\.db"), "backups", "last backup"
CHECK_SECONDS = 3600
TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
WARM_UP = 5 * 60_000  # milliseconds
AGAIN = 60 * 60_000  # milliseconds after a backup that failed
OLD = 2 * 24 * 60 * 60_000  # milliseconds after which a missing backup is a warning


@dataclass(frozen=True)
class BackupPlan:
    """When backups are made, and how many are kept."""

    on: bool = True
    at: str = "03:30"  # local time
    keep: int = 14


@dataclass(frozen=True)
class Backup:
    """A backup on the disk."""

    path: Path
    size: int
    made_at: int


def backup_folder(course: Path) -> Path:
    """Where backups go: AUTOGRADER_BACKUPS, which may be another disk, or a folder beside the database."""
    return Path(os.environ.get("AUTOGRADER_BACKUPS") or course / ".quizzes" / "backups")


def backups_in(course: Path) -> list[Backup]:
    """The backups that are there, the newest first."""
    folder = backup_folder(course)
    found = [path for path in folder.glob("*.db") if NAME.fullmatch(path.name)] if folder.is_dir() else []
    stats = [(path, path.stat()) for path in found]
    made = [Backup(path, status.st_size, int(status.st_mtime * 1000)) for path, status in stats]
    return sorted(made, key=lambda backup: (-backup.made_at, backup.path.name))


def make_backup(database: Database, course: Path, target: Path) -> list[str]:
    """Write a backup while people work; what was written, a sentence each. Raises UsageError."""
    files, kept = FileStore(files_address(course)), target.absolute().parent / FILES
    copied = 0

    def copy_files() -> None:
        nonlocal copied
        copied = files.copy_to(FileStore(kept)) if files.local else 0

    # The database first: whatever it names was stored before its row.
    back_up(database, target, copy_files)
    size = target.stat().st_size / 1e6
    sentences = [
        f"{target}: {size:.1f} MB, without the secret in the database's directory: "
        "keep a copy of that one elsewhere, or passcodes and tokens end with this machine."
    ]
    if not files.local:
        return [*sentences, f"The files are in {files_address(course)}: back them up there."]
    if kept.is_dir():
        new = counted(copied, "file is", "files are")
        sentences.append(f"{kept}: {new} new; backups in one directory share it.")
    return sentences


def files_of_backup(source: Path, course: Path) -> FileStore:
    """Where the files of a backup are: beside it, or in the object store."""
    kept = source.absolute().parent / FILES
    return FileStore(kept if kept.is_dir() else files_address(course))


def check_copy(source: Path, part: Path, files: FileStore) -> None:
    """Copy a backup to `part` and check it there, with the files it names; raises UsageError."""
    if _is_of_postgresql(source):
        raise UsageError(
            f"{source} is a dump of PostgreSQL; this command restores SQLite.",
            next_step="Restore it into an empty database with pg_restore, then run `autograder verify`.",
        )
    if not _is_of_a_course(source):  # opening it would make one of it
        raise UsageError(
            f"{source} is not a backup of a course's database.", next_step="Name a file that was backed up."
        )
    make_private(part)
    shutil.copyfile(source, part)
    try:
        database = Database(part)
        try:
            faults = faults_in_file(database)
            if not faults:
                with database.reading() as connection:
                    faults = check_ledgers(connection, COURSE, files).faults or list(
                        missing_files(connection, COURSE, files)
                    )
        finally:
            database.close()
    except UsageError as problem:
        remove_copy(part)
        raise UsageError(
            f"{source} is not a backup of a course's database: {problem.message}",
            next_step="Name another backup.",
        ) from problem
    if faults:
        remove_copy(part)
        more = f" {len(faults) - 1} more faults follow." if len(faults) > 1 else ""
        raise UsageError(f"{source} is damaged: {faults[0]}{more}", next_step="Name another backup.")


def _is_of_a_course(file: Path) -> bool:
    """Whether a file is a database with the tables of a course; an empty file is a database without any."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            return {"course", "person", "schema_version"} <= tables
    except sqlite3.Error:
        return False


def _is_of_postgresql(file: Path) -> bool:
    """Whether a file is a dump that pg_dump wrote, as an archive or as SQL."""
    try:
        with file.open("rb") as opened:
            head = opened.read(200)
    except OSError:
        return False
    return head.startswith(b"PGDMP") or b"PostgreSQL database dump" in head


def remove_copy(part: Path) -> None:
    """Remove a copy of a database with SQLite's files beside it, and what it was before an upgrade."""
    for ending in ("", "-wal", "-shm"):
        part.with_name(f"{part.name}{ending}").unlink(missing_ok=True)
    remove_upgrade_copies(part)


def remove_upgrade_copies(part: Path) -> None:
    """Remove what a copy was before its upgrade: the backup is still there."""
    for copy in part.parent.glob(f"{part.name}.schema-*"):
        copy.unlink(missing_ok=True)


def plan_of(connection: Connection) -> BackupPlan:
    """The plan; every night at half past three, unless staff set it."""
    values = read_setting(connection, PLAN)
    return BackupPlan(**{name: values[name] for name in ("on", "at", "keep") if name in values})


def set_plan(connection: Connection, plan: BackupPlan, *, at: int, who: str) -> None:
    """Set the plan; raises UsageError for an impossible one."""
    if not TIME.fullmatch(plan.at) or not 1 <= plan.keep <= 1000:
        raise UsageError(
            f"Backups at “{plan.at[:10]}”, of which {plan.keep} are kept, cannot be.",
            next_step="Write a time such as 03:30, and keep at least 1.",
        )
    values: dict[str, Any] = {"on": plan.on, "at": plan.at, "keep": plan.keep}
    write_setting(connection, PLAN, values, at=at, who=who)
    record_act(connection, Act(at, who, "plan backups", "server", values))


class NightlyBackup:
    """Makes the backup of a night and checks it, when its time has come; `run_due` is called every minute."""

    def __init__(
        self,
        database: Database,
        course: Callable[[], Course],
        write: Callable[[Callable[[Connection], Any]], Any],
        now: Callable[[], int],
    ) -> None:
        """`write` runs a function of a connection in the server's writer and returns its result."""
        self._database, self._course, self._write, self._now = database, course, write, now
        self._started_at = now()

    def run_due(self) -> int:
        """Make the backup of today if its time has come and there is none; how many were made."""
        if self._database.file is None:
            return 0  # PostgreSQL has tools of its own
        course, now = self._course(), self._now()
        if 0 <= now - self._started_at < WARM_UP:
            return 0  # a server that was just started has more urgent work
        with self._database.reading() as connection:
            plan, last = plan_of(connection), read_setting(connection, LAST)
        local = datetime.fromtimestamp(now / 1000, UTC).astimezone(course.zone)
        hour, minute = map(int, plan.at.split(":"))
        if not plan.on or (local.hour, local.minute) < (hour, minute):
            return 0
        again = last.get("problem") and now - int(last["at"]) > AGAIN
        if last.get("night") == str(local.date()) and not again:
            return 0
        self.make(who="every night")
        return 1

    def make(self, who: str) -> dict[str, Any]:
        """Make a backup now and check it, and remove the oldest; what is known of it."""
        course, at = self._course(), self._now()
        night = str(datetime.fromtimestamp(at / 1000, UTC).astimezone(course.zone).date())
        folder = backup_folder(course.root)
        state: dict[str, Any] = {"night": night, "at": at, "file": "", "size": 0, "problem": ""}
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            target = _free_name(folder, night)
            make_backup(self._database, course.root, target)
            state |= {"file": target.name, "size": target.stat().st_size, "problem": check(target, course)}
        except AutograderError as problem:
            state["problem"] = f"{problem.message} {problem.next_step}"
        except OSError as problem:
            state["problem"] = f"{folder} cannot be written: {problem.strerror}."
        with self._database.reading() as connection:
            plan = plan_of(connection)
        if not state["problem"]:
            for old in backups_in(course.root)[plan.keep :]:
                old.path.unlink(missing_ok=True)

        def store(connection: Connection) -> None:
            write_setting(connection, LAST, state, at=at, who=who)
            record_act(connection, Act(at, who, "back up", "server", state))

        self._write(store)
        return state

    def warning(self) -> str:
        """Why there is no good backup, for staff; empty where all is well."""
        if self._database.file is None:
            return ""
        with self._database.reading() as connection:
            plan, last = plan_of(connection), read_setting(connection, LAST)
        if last.get("problem"):
            return f"The last backup is not good: {last['problem']}"
        known = int(last.get("at", self._started_at))
        if plan.on and self._now() - known > OLD:
            return "There has been no backup for two days: look at the settings, under Backups."
        return ""


def check(backup: Path, course: Course) -> str:
    """Check a backup in a program of its own, as `restore --check` does; the fault, or nothing."""
    command = module_command("autograder", "restore", str(backup), "--check")
    try:
        with all_cores():
            done = subprocess.run(
                command, cwd=course.root, capture_output=True, check=False, timeout=CHECK_SECONDS,
                encoding="utf-8", errors="replace", env={**os.environ, "COLUMNS": "400"},
            )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as problem:
        return f"{backup.name} could not be checked: {problem}"
    return "" if done.returncode == 0 else " ".join(done.stderr.split())[-500:] or "The check failed."


def _free_name(folder: Path, night: str) -> Path:
    """A name of that night that no backup has."""
    number, path = 1, folder / f"{night}.db"
    while path.exists():
        number += 1
        path = folder / f"{night}-{number}.db"
    return path
