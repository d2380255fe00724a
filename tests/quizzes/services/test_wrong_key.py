"""A wrong key corrected after 200 attempts changes exactly the scores it should, as its diff said before."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from live_server import LiveServer
from sqlalchemy import func, select

from autograder.site.people import COURSE, add_person, enrol
from autograder.site.tables import outbox
from quizzes.content.quiz_file import load_quiz
from quizzes.store.attempts import find_attempt
from quizzes.store.marks import points_of

STUDENTS = 200
LOCK = "lock-of-a-tab"
BANK = """topic: Keys
items:
  - id: wrong
    type: choice
    prompt: Which?
    explanation: The second.
    options:
      - {{text: first, correct: {first}}}
      - {{text: second, correct: {second}}}
      - {{text: third}}
  - id: sound
    type: true_false
    prompt: It is.
    answer: true
    explanation: It is.
"""
QUIZ = """title: Keys
points: 3
opens: 2026-05-18 15:00
due: 2026-05-18 23:59
questions:
  - {item: keys/wrong, points: 2}
  - {item: keys/sound}
"""
ANSWERS = ("first", "second", "third", None)  # of each fourth of the class; every other one has `sound` right


def write_bank(folder: Path, right: str) -> None:
    """The bank with this option for the key."""
    truths = {name: str(name == right).lower() for name in ("first", "second")}
    (folder / "quizzes" / "banks" / "keys.yaml").write_text(BANK.format(**truths), encoding="utf-8")


def test_a_wrong_key(server: LiveServer) -> None:
    """Who chose the old key loses its points, who chose the new one gains them, nobody else is touched."""
    root, exam = server.course.root, server.exam
    write_bank(root, "first")
    (root / "quizzes" / "keys.yaml").write_text(QUIZ, encoding="utf-8")
    server.publish("keys")
    names = [f"taker{number:03}" for number in range(STUDENTS)]
    with server.database.transaction() as connection:
        for name in names:
            add_person(connection, name, name)
            enrol(connection, COURSE, name)
    attempts = {
        name: future.result().id for name, future in [(n, exam.start("keys", n, LOCK)) for n in names]
    }
    saves = []
    for number, name in enumerate(names):
        for pos, item in enumerate(server.questions(attempts[name])):
            options = {option.text: id for id, option in item.options.items()}
            wanted_text = ("True" if number % 2 else "False") if "True" in options else ANSWERS[number % 4]
            if wanted_text is not None:
                id = f"save-{number:05}-{pos}"
                saved = exam.save(
                    attempts[name], name, pos, options[wanted_text], save_id=id, base_rev=0, lock=LOCK
                )
                saves.append(saved)
    for save in saves:
        save.result()
    for ending in [exam.finish(attempts[name], name) for name in names]:
        ending.result()
    exam.mark()

    def points() -> dict[str, Decimal | None]:
        with server.database.reading() as connection:
            return {name: points_of(connection, attempts[name]) for name in names}

    def messages_now() -> int:
        with server.database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(outbox)).scalar_one())

    before = points()
    assert before == {name: 2.0 * (n % 4 == 0) + n % 2 for n, name in enumerate(names)}
    write_bank(root, "second")
    corrected = load_quiz(server.course, "keys").quiz
    messages = messages_now()
    run, diff = exam.regrades.propose("keys", corrected, who="staff")
    with server.database.reading() as connection:
        changed = {
            find_attempt(connection, change.attempt).person: (change.before, change.after) for change in diff
        }
    assert points() == before
    wanted_points = {name: 2.0 * (n % 4 == 1) + n % 2 for n, name in enumerate(names)}
    assert changed == {
        name: (before[name], wanted_points[name]) for n, name in enumerate(names) if n % 4 in (0, 1)
    }
    exam.regrades.release("keys", run, who="staff")
    assert exam.regrades.apply(run) == len(changed) == STUDENTS // 2
    assert points() == wanted_points
    assert messages_now() - messages == len(changed)
