"""`quizzes grade`: from a student's function in a browser to its points, by a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from live_server import CODE, LiveServer, live_server

from autograder.site.database import Database
from quizzes.store.marks import points_of

RIGHT = "def shuffled_together(x, y, order):\n    return x[order], y[order]\n"


def grade(server: LiveServer, database: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the command on the server's database."""
    command = [sys.executable, "-m", "quizzes", "grade", "--course", str(server.course.root), *more]
    environment = {**os.environ, "DATABASE_URL": str(database)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def points(server: LiveServer, attempt: str) -> float | None:
    """What an attempt has."""
    with server.database.reading() as connection:
        return points_of(connection, attempt)


def test_a_function_gets_its_points(tmp_path: Path) -> None:
    """It waits when the attempt is marked; the command gives its points once, in ended attempts alone."""
    file = tmp_path / "quiz.db"
    with live_server(Database(file), tmp_path / "course") as server:
        quiz = server.publish()
        students = [server.student() for _ in range(2)]
        attempts = [student.start(quiz) for student in students]
        for student, attempt in zip(students, attempts, strict=True):
            student.save(attempt, CODE, RIGHT)
        server.exam.finish(attempts[0], students[0].name).result()
        server.exam.mark()
        assert points(server, attempts[0]) == 0
        ran = grade(server, file)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "1 function graded.\n", "")
        assert (points(server, attempts[0]), points(server, attempts[1])) == (1, None)
        assert grade(server, file).stdout == "0 functions graded.\n"


def test_a_broken_check_is_told(tmp_path: Path) -> None:
    """Staff read which check of which attempt's question broke; the mark waits."""
    file = tmp_path / "quiz.db"
    with live_server(Database(file), tmp_path / "course") as server:
        bank = server.course.root / "quizzes" / "banks" / "mini-batch.yaml"
        text = bank.read_text(encoding="utf-8")
        assert "rng.permutation(6)" in text
        bank.write_text(text.replace("rng.permutation(6)", "rng.permute(6)"), encoding="utf-8")
        student = server.student()
        attempt = student.start(server.publish())
        student.save(attempt, CODE, RIGHT)
        server.exam.finish(attempt, student.name).result()
        server.exam.mark()
        for more in ((), ("--again",)):
            ran = grade(server, file, *more)
            assert ran.returncode == 3
            assert f"Attempt {attempt}, question {CODE + 1}: The check “Rows and labels come" in ran.stdout
            assert "1 mark waits for you" in ran.stderr
        assert points(server, attempt) == 0
