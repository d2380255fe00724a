"""A small course with everything the gradebook shows: an assignment, a quiz, weights, a live server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from databases import new_database
from live_homework import LiveHomework
from live_server import Student, live_server
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.course.course import find_course
from autograder.site.database import Database
from autograder.site.file_store import FileStore
from autograder.site.homework.context import files_address

__all__ = ["ASSIGNMENT", "QUIZ", "finished_quiz", "graded_course"]

QUIZ = "words"
COURSE_YAML = """\
title: A tiny course
time_zone: UTC
gradebook:
  groups:
    - {name: Homework, weight: 60, of: [tiny]}
    - {name: Quizzes, weight: 40, of: [words]}
  scale: {A: 90, B: 70, F: 0}
"""
BANK = """\
topic: Words
items:
  - id: sum
    type: short_text
    prompt: What is the result of an addition called?
    accept: [sum]
    explanation: It is the sum.
  - id: product
    type: short_text
    prompt: What is the result of a multiplication called?
    accept: [product]
    explanation: It is the product.
"""
QUIZ_FILE = """\
title: Words
points: 2
opens: 2026-05-18 15:00
due: 2026-05-18 16:00
shuffle: false
questions:
  - {item: words/sum}
  - {item: words/product}
"""


@contextmanager
def graded_course(folder: Path, database: Database | None = None) -> Iterator[LiveHomework]:
    """A live server on the course; nothing grades beside it."""
    write_tiny_course(folder)
    banks = folder / "quizzes" / "banks"
    banks.mkdir(parents=True)
    (folder / "course.yaml").write_text(COURSE_YAML, encoding="utf-8")
    (banks / "words.yaml").write_text(BANK, encoding="utf-8")
    (folder / "quizzes" / f"{QUIZ}.yaml").write_text(QUIZ_FILE, encoding="utf-8")
    (folder / ".quizzes").mkdir(mode=0o700)
    database = database or new_database(folder / ".quizzes" / "quiz.db")
    with live_server(database, folder, course=find_course(folder)) as server:
        yield LiveHomework(server, FileStore(files_address(folder)))


def finished_quiz(live: LiveHomework, student: Student, *answers: str) -> str:
    """An attempt at the quiz with these answers, submitted and marked; its id."""
    attempt = student.start(QUIZ)
    for pos, answer in enumerate(answers):
        assert student.save(attempt, pos, answer).status_code == 200
    student.ask(f"/attempts/{attempt}/finish", {})
    live.server.exam.mark()
    return attempt
