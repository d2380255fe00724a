"""A wrong key corrected after 200 attempts changes exactly the scores it should, as its diff said before."""

from __future__ import annotations

from pathlib import Path

from live_server import LectureHall
from sqlalchemy import func, select

from autograder.site.people import COURSE, add_person, enrol
from autograder.site.tables import outbox
from quizzes.content.quiz_file import load_quiz
from quizzes.services.regrading import propose_regrade
from quizzes.store.attempts import find
from quizzes.store.marks import points_of
from quizzes.store.regrades import release

STUDENTS = 200
PEN = "pen-of-a-window"
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
    said = {name: str(name == right).lower() for name in ("first", "second")}
    (folder / "quizzes" / "banks" / "keys.yaml").write_text(BANK.format(**said), encoding="utf-8")


def test_a_wrong_key(lectures: LectureHall) -> None:
    """Who chose the old key loses its points, who chose the new one gains them, nobody else is touched."""
    root, proctor = lectures.course.root, lectures.proctor
    write_bank(root, "first")
    (root / "quizzes" / "keys.yaml").write_text(QUIZ, encoding="utf-8")
    lectures.publish("keys")
    names = [f"taker{number:03}" for number in range(STUDENTS)]
    with lectures.database.transaction() as connection:
        for name in names:
            add_person(connection, name, name)
            enrol(connection, COURSE, name)
    attempts = {name: one.result().id for name, one in [(n, proctor.start("keys", n, PEN)) for n in names]}
    saves = []
    for number, name in enumerate(names):
        for pos, item in enumerate(lectures.questions(attempts[name])):
            options = {one.text: id for id, one in item.options.items()}
            wanted = ("True" if number % 2 else "False") if "True" in options else ANSWERS[number % 4]
            if wanted is not None:
                id, more = f"save-{number:05}-{pos}", {"base_rev": 0, "pen": PEN}
                saves.append(proctor.save(attempts[name], name, pos, options[wanted], save_id=id, **more))
    for one in saves:
        one.result()
    for one in [proctor.finish(attempts[name], name) for name in names]:
        one.result()
    proctor.mark()

    def points() -> dict[str, float | None]:
        with lectures.database.reading() as connection:
            return {name: points_of(connection, attempts[name]) for name in names}

    def told() -> int:
        with lectures.database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(outbox)).scalar_one())

    before = points()
    assert before == {name: 2.0 * (n % 4 == 0) + n % 2 for n, name in enumerate(names)}
    write_bank(root, "second")
    corrected, now = load_quiz(lectures.course, "keys").quiz, lectures.clock.now()
    messages = told()
    with lectures.database.transaction() as connection:
        run, diff = propose_regrade(connection, "keys", corrected, "1", at=now, who="staff")
        said = {find(connection, one.attempt).person: (one.before, one.after) for one in diff}
    assert points() == before
    wanted = {name: 2.0 * (n % 4 == 1) + n % 2 for n, name in enumerate(names)}
    assert said == {name: (before[name], wanted[name]) for n, name in enumerate(names) if n % 4 in (0, 1)}
    with lectures.database.transaction() as connection:
        assert release(connection, run, at=now, who="staff") == len(said) == STUDENTS // 2
    assert points() == wanted
    assert told() - messages == len(said)
