"""`quizzes grade`: from a student's function in a browser to its points, by a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from live_server import CODE, LectureHall, lecture_hall

from autograder.site.database import Database
from quizzes.store.marks import points_of

RIGHT = "def shuffled_together(x, y, order):\n    return x[order], y[order]\n"


def grade(hall: LectureHall, database: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the command on the hall's database."""
    command = [sys.executable, "-m", "quizzes", "grade", "--course", str(hall.course.root), *more]
    environment = {**os.environ, "DATABASE_URL": str(database)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def points(hall: LectureHall, attempt: str) -> float | None:
    """What an attempt has."""
    with hall.database.reading() as connection:
        return points_of(connection, attempt)


def test_a_function_gets_its_points(tmp_path: Path) -> None:
    """It waits when the attempt is marked; the command gives its points once, in ended attempts alone."""
    file = tmp_path / "quiz.db"
    with lecture_hall(Database(file), tmp_path / "course") as hall:
        quiz = hall.publish()
        attempts = []
        for _ in range(2):
            student = hall.student()
            attempts.append(student.start(quiz))
            student.save(attempts[-1], CODE, RIGHT)
        hall.proctor.finish_for(attempts[0]).result()
        hall.proctor.mark()
        assert points(hall, attempts[0]) == 0
        ran = grade(hall, file)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "1 function graded.\n", "")
        assert (points(hall, attempts[0]), points(hall, attempts[1])) == (1, None)
        assert grade(hall, file).stdout == "0 functions graded.\n"


def test_a_broken_check_is_told(tmp_path: Path) -> None:
    """Staff read which check of which attempt's question broke; the mark waits."""
    file = tmp_path / "quiz.db"
    with lecture_hall(Database(file), tmp_path / "course") as hall:
        bank = hall.course.root / "quizzes" / "banks" / "mini-batch.yaml"
        text = bank.read_text(encoding="utf-8")
        assert "rng.permutation(6)" in text
        bank.write_text(text.replace("rng.permutation(6)", "rng.permute(6)"), encoding="utf-8")
        student = hall.student()
        attempt = student.start(hall.publish())
        student.save(attempt, CODE, RIGHT)
        hall.proctor.finish_for(attempt).result()
        hall.proctor.mark()
        for more in ((), ("--again",)):
            ran = grade(hall, file, *more)
            assert ran.returncode == 3
            assert f"Attempt {attempt}, question {CODE + 1}: The check “Rows and labels come" in ran.stdout
            assert "1 mark waits for you" in ran.stderr
        assert points(hall, attempt) == 0
