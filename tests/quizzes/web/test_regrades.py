"""Regrades through the pages: ordinary corrections, attempts of other versions, and what is left alone."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from examples import one_in
from live_server import LiveServer, Student, live_server
from patience import eventually
from sqlalchemy import Connection, select

from autograder.site import background
from autograder.site.background import CROWD
from autograder.site.database import Database
from quizzes.analysis.data import read_points
from quizzes.analysis.summary import summary
from quizzes.store.marks import points_of
from quizzes.store.tables import attempt as attempt_table

BANK = """topic: Keys
items:
  - id: point
    type: choice
    prompt: Which?
    explanation: So.
    options:
      - {text: to the north, correct: true}
      - {text: to the esat}
      - {text: to the south}
  - id: number
    type: numeric
    prompt: What is [[a]] and one?
    explanation: So.
    parameters: {a: {range: [1, 4]}}
    key: a + 1
    tolerance: {mode: exact}
  - id: order
    type: ordering
    prompt: In which order?
    explanation: So.
    rule: exact
    entries: [first of all, then teh second, third and last]
  - id: pairs
    type: matching
    prompt: What belongs together?
    explanation: So.
    pairs:
      - {left: an apple, right: a fruit}
      - {left: a carrot, right: a vegetable}
    distractors: [a stone]
  - id: gaps
    type: blanks
    prompt: Fill in.
    explanation: So.
    blanks:
      - {id: list, label: The list, options: [the good one, the bad one, teh ugly one]}
      - {id: word, label: The word, accept: [loss]}
  - id: both
    type: choices
    prompt: Which two?
    explanation: So.
    rule: net-correct
    options:
      - {text: red as a rose, correct: true}
      - {text: green as gras, correct: true}
      - {text: blue as the sky}
"""
QUIZ = """title: Keys
points: 6
opens: 2026-05-18 15:00
due: 2026-05-18 23:59
shuffle: false
questions:
  - {item: keys/point}
  - {item: keys/number}
  - {item: keys/order}
  - {item: keys/pairs}
  - {item: keys/gaps}
  - {item: keys/both}
"""
POINT, NUMBER, ORDER, PAIRS, GAPS, BOTH = range(6)


@pytest.fixture
def server(address: str, tmp_path: Path) -> Iterator[LiveServer]:
    """A live server on each database, with a published quiz."""
    with live_server(Database(address), tmp_path / "course") as live:
        (live.course.root / "quizzes" / "keys.yaml").write_text(QUIZ, encoding="utf-8")
        bank(live).write_text(BANK, encoding="utf-8")
        live.publish("keys")
        yield live


def bank(server: LiveServer) -> Path:
    """The file with the items."""
    return server.course.root / "quizzes" / "banks" / "keys.yaml"


def correct(server: LiveServer, *changes: tuple[str, str]) -> None:
    """Correct the bank."""
    text = bank(server).read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    bank(server).write_text(text, encoding="utf-8")


def points(server: LiveServer, attempt: str) -> float:
    """What an attempt has now."""
    with server.database.reading() as connection:
        found = points_of(connection, attempt)
    assert found is not None
    return float(found)


def chosen(question: Any, text: str) -> str:
    """The id of the option with this text."""
    return next(str(id) for id, option in question.options.items() if option.text == text)


def right(server: LiveServer, attempt: str) -> dict[int, Any]:
    """The right answers by the key of the attempt's own version."""
    return {pos: question.key_answer for pos, question in enumerate(server.questions(attempt))}


def taken(server: LiveServer, student: Student, **answers: Any) -> str:
    """An attempt with everything right but for these answers, by position, submitted and marked."""
    attempt = student.start("keys")
    for pos, answer in {
        **right(server, attempt),
        **{int(pos[1:]): given for pos, given in answers.items()},
    }.items():
        given = answer(server.questions(attempt)[pos]) if callable(answer) else answer
        reply = student.save(attempt, pos, given)
        assert reply.status_code == 200, reply.text
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    return attempt


def regraded(server: LiveServer, teacher: Student) -> str:
    """Propose and release by the files as they are; the page after it."""
    proposed = teacher.post("/staff/keys/regrades")
    assert proposed.status_code == 303, proposed.text
    run = proposed.headers["Location"].rpartition("-")[2]
    assert teacher.post(f"/staff/keys/regrades/{run}/release").status_code == 303
    return " ".join(re.sub(r"<[^>]+>", " ", teacher.page("/staff/keys/regrades")).split())


def option(text: str) -> Callable[[Any], str]:
    """Choose the option with this text."""
    return lambda question: chosen(question, text)


def two_more(question: Any) -> str:
    """The answer that is right by the corrected key."""
    return str(int(question.context.values["a"]) + 2)


KEY = "key: a + 1", "key: a + 2"
# The correction, an answer (by position) that differs from the right one, and points before and after.
CORRECTIONS: dict[str, tuple[tuple[tuple[str, str], ...], dict[str, Any], int | float, int | float]] = {
    "a typo in a wrong option": (
        (("to the esat", "to the east"),),
        {"q0": option("to the esat")},
        5,
        5,
    ),
    "a typo in the right option": (
        (("to the north, correct", "to the North Pole, correct"),),
        {},
        6,
        6,
    ),
    "credit for both": (
        (("{text: to the esat}", "{text: to the esat, correct: true}"),),
        {"q0": option("to the esat")},
        5,
        6,
    ),
    "credit for both with a typo mended": (
        (("{text: to the esat}", "{text: to the east, correct: true}"),),
        {"q0": option("to the esat")},
        5,
        6,
    ),
    "the other option, and one more": (
        (
            ("{text: to the north, correct: true}", "{text: to the north}"),
            ("{text: to the south}", "{text: to the south, correct: true}\n      - {text: nowhere at all}"),
        ),
        {"q0": option("to the south")},
        5,
        6,
    ),
    "an added option": (
        (("{text: to the south}", "{text: to the south}\n      - {text: nowhere}"),),
        {},
        6,
        6,
    ),
    "options in another order": (
        (
            (
                "{text: to the north, correct: true}\n      - {text: to the esat}",
                "{text: to the esat}\n      - {text: to the north, correct: true}",
            ),
        ),
        {},
        6,
        6,
    ),
    "a wider range": ((("range: [1, 4]", "range: [1, 90]"),), {}, 6, 6),
    "a wider range and another key": (
        (("range: [1, 4]", "range: [0, 7]"), ("key: a + 1", "key: a + 2")),
        {"q1": lambda question: str(int(question.context.values["a"]) + 2)},
        5,
        6,
    ),
    "a wider tolerance": (
        (("tolerance: {mode: exact}", "tolerance: {mode: abs, abs: 1}"),),
        {"q1": lambda question: str(int(question.context.values["a"]) + 2)},
        5,
        6,
    ),
    "a typo in an order": ((("then teh second", "then the second"),), {}, 6, 6),
    "another order": (
        (("[first of all, then teh second, third", "[then the second, first of all, third"),),
        {"q2": lambda question: [list(question.entries)[place] for place in (1, 0, 2)]},
        5,
        6,
    ),
    "a typo in a pair": ((("an apple", "an Apple"), ("a vegetable", "a Vegetable")), {}, 6, 6),
    "another partner": (
        (
            ("{left: a carrot, right: a vegetable}", "{left: a carrot, right: a stone}"),
            ("[a stone]", "[a vegetable]"),
        ),
        {
            "q3": lambda question: {
                left: next(id for id, text in question.rights.items() if text == partner)
                for left, partner in zip(question.lefts, ("a fruit", "a stone"), strict=True)
            }
        },
        5.5,
        6,
    ),
    "a typo in a list": ((("teh ugly one", "the ugly one"),), {}, 6, 6),
    "another one of a list": (
        (("[the good one, the bad one,", "[the bad one, the good one,"),),
        {
            "q4": lambda question: {
                "list": next(id for id, text in question.choices["list"].items() if text == "the bad one"),
                "word": "loss",
            }
        },
        5.5,
        6,
    ),
    "one more accepted word": (
        (("accept: [loss]", "accept: [loss, cost]"),),
        {"q4": lambda question: {**question.key_answer, "word": "cost"}},
        5.5,
        6,
    ),
    "a typo in one of two right options": ((("green as gras", "green as grass"),), {}, 6, 6),
    "one option less is right": (
        (("{text: green as gras, correct: true}", "{text: green as gras}"),),
        {"q5": lambda question: [chosen(question, "red as a rose")]},
        5.5,
        6,
    ),
}


@pytest.mark.parametrize("name", one_in(3, CORRECTIONS))
def test_ordinary_corrections(server: LiveServer, name: str) -> None:
    """Each is proposed, released, and gives exactly what the corrected key gives for what was shown."""
    changes, answers, before, after = CORRECTIONS[name]
    teacher = server.student(role="instructor")
    attempt = taken(server, server.student(), **answers)
    assert points(server, attempt) == before
    correct(server, *changes)
    page = regraded(server, teacher)
    assert points(server, attempt) == after
    assert "Left as they were" not in page and "keeps its mark" not in page


def test_the_analysis_uses_the_key_that_counts(server: LiveServer) -> None:
    """After a correction the options that are right and the key of a number are the corrected ones."""
    teacher = server.student(role="instructor")
    attempts = [taken(server, server.student(), q0=option("to the esat"), q1=two_more) for _ in range(3)]

    def analysed() -> tuple[list[str], float, bool]:
        table, items = read_points(server.exam, "keys")
        found = {item.name: item for item in summary(table, items).items}
        rights = sorted(
            re.sub("<[^>]*>", "", text) for text, line in found["keys/point"].options if line.right
        )
        responses = [row[table.names.index("keys/number")] for row in table.rows]
        return rights, found["keys/number"].p, all(response.text == response.key for response in responses)

    assert analysed() == (["to the north"], 0.0, False)
    correct(server, ("{text: to the esat}", "{text: to the esat, correct: true}"), KEY)
    regraded(server, teacher)
    assert [points(server, attempt) for attempt in attempts] == [6, 6, 6]
    assert analysed() == (["to the esat", "to the north"], 1.0, True)


def test_another_version_does_not_stop_the_class(server: LiveServer) -> None:
    """An attempt with other numbers and a question of its own is regraded by its own version."""
    teacher = server.student(role="instructor")
    wrong = {"q0": option("to the esat")}
    early = taken(server, server.student(), **wrong)
    correct(server, ("id: order", "id: sequence"), ("range: [1, 4]", "range: [10, 90]"))
    quiz = server.course.root / "quizzes" / "keys.yaml"
    quiz.write_text(QUIZ.replace("keys/order", "keys/sequence"), encoding="utf-8")
    server.publish("keys")
    later = taken(server, server.student(), **wrong)
    assert (points(server, early), points(server, later)) == (5, 5)
    correct(server, ("{text: to the esat}", "{text: to the esat, correct: true}"))
    page = regraded(server, teacher)
    assert (points(server, early), points(server, later)) == (6, 6)
    assert "Question 3 keeps its mark: it is not in this version." in page


def test_an_older_proposal(server: LiveServer) -> None:
    """It is never released over a newer one, released or not, and the page says why."""
    teacher = server.student(role="instructor")
    attempt = taken(server, server.student(), q1=two_more)
    assert teacher.post("/staff/keys/regrades").status_code == 303
    correct(server, KEY)
    assert teacher.post("/staff/keys/regrades").status_code == 303
    assert teacher.post("/staff/keys/regrades/1/release").status_code == 409
    assert teacher.post("/staff/keys/regrades/2/release").status_code == 303
    assert points(server, attempt) == 6
    reply = teacher.post("/staff/keys/regrades/1/release")
    assert reply.status_code == 409 and "Regrade 2 is newer" in reply.text
    assert points(server, attempt) == 6
    page = teacher.page("/staff/keys/regrades")
    assert "Regrade 2 is newer" in page and "/release" not in page


def test_published_since(server: LiveServer) -> None:
    """A proposal made before the quiz was published again is refused: its key is the older one."""
    teacher = server.student(role="instructor")
    taken(server, server.student())
    teacher.post("/staff/keys/regrades")
    correct(server, ("to the esat", "to the east"))
    server.publish("keys")
    reply = teacher.post("/staff/keys/regrades/1/release")
    assert reply.status_code == 409 and "published again" in reply.text


def test_an_attempt_reopened_since(server: LiveServer) -> None:
    """It is left alone and named; submitted again, it is marked by the released key."""
    teacher, student = server.student(role="instructor"), server.student()
    attempt = taken(server, student, q1=two_more)
    correct(server, KEY)
    teacher.post("/staff/keys/regrades")
    teacher.post(f"/staff/attempts/{attempt}/reopen", minutes="10", reason="a power cut")
    assert teacher.post("/staff/keys/regrades/1/release").status_code == 303
    assert "The attempt was reopened after the proposal; nothing was changed." in teacher.page(
        "/staff/keys/regrades"
    )
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    assert points(server, attempt) == 6


def test_regraded_and_reopened(server: LiveServer) -> None:
    """An attempt that a regrade gave points, reopened and submitted unchanged, keeps them."""
    teacher, student = server.student(role="instructor"), server.student()
    attempt = taken(server, student, q1=two_more)
    correct(server, KEY)
    regraded(server, teacher)
    teacher.post(f"/staff/attempts/{attempt}/reopen", minutes="10", reason="a power cut")
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    assert points(server, attempt) == 6


def test_a_question_that_became_another_kind(server: LiveServer) -> None:
    """It keeps its mark there; a proposal by which nobody can be regraded is refused."""
    teacher = server.student(role="instructor")
    attempt = taken(server, server.student())
    correct(
        server,
        ("type: numeric\n    prompt: What is [[a]] and one?", "type: short_text\n    prompt: What is it?"),
        (
            "    parameters: {a: {range: [1, 4]}}\n    key: a + 1\n    tolerance: {mode: exact}\n",
            "    accept: [two]\n",
        ),
    )
    reply = teacher.post("/staff/keys/regrades")
    assert reply.status_code == 409 and "Question 2 keeps its mark: it is another kind" in reply.text
    assert points(server, attempt) == 6


def test_one_write_for_each_attempt(server: LiveServer) -> None:
    """No write of a proposal or a release changes two attempts, and none of them reads a file or marks."""
    teacher = server.student(role="instructor")
    attempts = [taken(server, server.student(), q1=two_more) for _ in range(4)]
    correct(server, KEY)
    writer, changed = server.exam.writer, []
    submit = writer.submit

    def watched(work: Callable[[Connection], Any], rows: Any = (), **named: Any) -> Any:
        def run(connection: Connection) -> Any:
            def now() -> list[Any]:
                ids = connection.execute(select(attempt_table.c.id)).scalars().all()
                return [points_of(connection, attempt) for attempt in sorted(ids)]

            before = now()
            done = work(connection)
            changed.append(sum(a != b for a, b in zip(before, now(), strict=True)))
            return done

        return submit(run, rows, **named)

    writer.submit = watched  # type: ignore[method-assign]
    regraded(server, teacher)
    assert [points(server, attempt) for attempt in attempts] == [6] * 4
    assert sum(changed) == 4 and max(changed) == 1


def test_a_regrade_ends_while_students_go_on(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a crowd that never gets smaller and saves that never end, every attempt gets its new marks."""
    monkeypatch.setattr(background, "LONGEST_WAIT", 0.1)
    teacher, student = server.student(role="instructor"), server.student()
    attempts = [taken(server, server.student(), q1=two_more) for _ in range(6)]
    saved, over = list[int](), threading.Event()
    going_on = student.start("keys")

    def save_again_and_again() -> None:
        while not over.is_set():
            answer = {"word": str(len(saved))}
            saved.append(student.save(going_on, GAPS, answer, base=len(saved)).status_code)

    correct(server, KEY)
    saving = threading.Thread(target=save_again_and_again)
    saving.start()
    try:
        server.site.crowd.requests += CROWD
        regraded(server, teacher)
        before = len(saved)
        eventually(lambda: [points(server, attempt) for attempt in attempts] == [6] * 6)
        eventually(lambda: len(saved) > before)
    finally:
        server.site.crowd.requests -= CROWD
        over.set()
        saving.join()
    assert set(saved) == {200}


def test_results_show_the_accepted_options(server: LiveServer) -> None:
    """After the release the student sees their option, as it was shown, among the right ones."""
    quiz = server.course.root / "quizzes" / "keys.yaml"
    quiz.write_text(QUIZ + "release: {key: after_submit}\n", encoding="utf-8")
    server.publish("keys")
    teacher, student = server.student(role="instructor"), server.student()
    attempt = taken(server, student, q0=option("to the esat"))
    correct(server, ("{text: to the esat}", "{text: to the east, correct: true}"))
    regraded(server, teacher)
    page = student.page(f"/attempts/{attempt}/results")
    section = page.split('id="question-1"')[1].split("</section>")[0]
    assert re.search(r"to the (north|esat) or to the (north|esat)", section), section
    assert "1 of 1" in section


def test_a_mistake_in_the_file(server: LiveServer) -> None:
    """It is shown with its line, relative to the course; nothing is proposed."""
    teacher = server.student(role="instructor")
    taken(server, server.student())
    correct(server, ("key: a + 1", "kee: a + 1"))
    reply = teacher.post("/staff/keys/regrades")
    assert reply.status_code == 409
    assert "quizzes/banks/keys.yaml, line" in reply.text and str(server.course.root) not in reply.text
    assert "Run 1" not in teacher.page("/staff/keys/regrades")
