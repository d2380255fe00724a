"""`quizzes grade`: from a student's function in a browser to its points, by a process of its own."""

from __future__ import annotations

import os
import subprocess
from decimal import Decimal
from pathlib import Path

from command import run_command
from live_server import CODE, LiveServer, live_server

from autograder.site.database import Database
from quizzes.store.marks import history_of, points_of

RIGHT = "def shuffled_together(x, y, order):\n    return x[order], y[order]\n"


def grade(server: LiveServer, database: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the command on the server's database."""
    environment = {**os.environ, "DATABASE_URL": str(database)}
    words = "grade", "--course", server.course.root, *more
    return run_command("quizzes", *words, folder=database.parent, environment=environment)


def points(server: LiveServer, attempt: str) -> Decimal | None:
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
        completed = grade(server, file)
        assert (completed.returncode, completed.stdout, completed.stderr) == (0, "1 function graded.\n", "")
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
            completed = grade(server, file, *more)
            assert completed.returncode == 3
            assert (
                f"{student.name.capitalize()} ({student.name}), all, attempt 1, question {CODE + 1}: "
                "The check “Rows and labels come" in completed.stdout
            )
            assert "1 mark waits for you" in completed.stderr
        assert points(server, attempt) == 0


def test_a_corrected_check(tmp_path: Path) -> None:
    """Regraded by another check, a function keeps its points until the sandbox has graded it again."""
    file = tmp_path / "quiz.db"
    with live_server(Database(file), tmp_path / "course") as server:
        teacher, student = server.student(role="instructor"), server.student()
        attempt = student.start(server.publish())
        student.save(attempt, CODE, RIGHT)
        server.exam.finish(attempt, student.name).result()
        server.exam.mark()
        assert grade(server, file).stdout == "1 function graded.\n"
        teacher.post("/staff/all/regrades")
        assert "graded again" not in teacher.page("/staff/all/regrades")
        bank = server.course.root / "quizzes" / "banks" / "mini-batch.yaml"
        text = bank.read_text(encoding="utf-8")
        wrong = text.replace("rng.permutation(6)", "rng.permutation(6)[:0]").replace(
            "def rows_and_labels", "def other_name"
        )
        assert wrong != text
        bank.write_text(wrong, encoding="utf-8")
        teacher.post("/staff/all/regrades")
        page = teacher.page("/staff/all/regrades")
        assert f"Question {CODE + 1} is graded again in the sandbox." in page
        assert teacher.post("/staff/all/regrades/2/release").status_code == 303
        assert points(server, attempt) == 1
        assert (
            "waits to be marked"
            not in student.page(f"/attempts/{attempt}/results")
            .split(f'id="question-{CODE + 1}"')[1]
            .split("</section>")[0]
        )
        assert "1 function graded" in grade(server, file).stdout
        with server.database.reading() as connection:
            history = history_of(connection, attempt)[CODE]
        assert [(mark.source.value, mark.pending) for mark in history] == [
            ("auto", True),
            ("sandbox", False),
            ("auto", True),
            ("sandbox", False),
        ]
        assert len({mark.key_version for mark in history}) == 2
