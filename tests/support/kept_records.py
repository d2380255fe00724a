"""What version 0.1 wrote and said (`tests/support/make_kept_records.py`), copied to where tests change it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tiny_course import write_tiny_course

KEPT = Path(__file__).parents[1] / "records" / "v0.1"
EXPECTED: dict[str, Any] = json.loads((KEPT / "expected.json").read_text("utf-8"))
QUIZZES = ("-m", "quizzes")  # how Python is told to run the command


def course_in(folder: Path) -> Path:
    """The course of version 0.1 with the checks and the solution of today, and its database in place."""
    course = folder / "course"
    write_tiny_course(course)
    shutil.copytree(KEPT / "course", course, dirs_exist_ok=True)
    database = course / ".quizzes"
    database.mkdir(mode=0o700)
    for name in ("quiz.db", "quiz-secret", "lti-key.pem"):
        shutil.copyfile(KEPT / "quizzes" / name, database / name)
        (database / name).chmod(0o600)
    return course


def results_in(folder: Path) -> Path:
    """The folder of results of version 0.1."""
    return Path(shutil.copytree(KEPT / "graded" / "tiny", folder / "graded" / "tiny"))


def quizzes(course: Path, *words: object, database: str = "") -> subprocess.CompletedProcess[str]:
    """The `quizzes` command, on the course's own database or another one."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "QUIZ_SECRET")
    }
    if database:
        environment["DATABASE_URL"] = database
    return subprocess.run(
        [sys.executable, *QUIZZES, *map(str, words)],
        cwd=course,
        env=environment | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
