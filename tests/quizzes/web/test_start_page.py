"""The start page: what is allowed before the quiz opens, and a practice quiz that never closes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from databases import new_database
from fake_clock import MINUTE
from live_server import REPOSITORY, LiveServer, live_server

from quizzes.content.quiz_file import load_quiz
from quizzes.services.enrolment import publish_plan


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """A live server whose course has the repository's quizzes."""
    with live_server(new_database(tmp_path / "quiz.db"), tmp_path / "course") as running:
        shutil.copy(REPOSITORY.root / "quizzes" / "quiz4-practice.yaml", running.course.root / "quizzes")
        yield running


def test_rules_before_the_quiz_opens(server: LiveServer) -> None:
    """What is allowed is on the start page before the quiz opens; its instructions are not."""
    server.publish("quiz4", opens_at=server.opens + 10 * MINUTE)
    student = server.student()
    page = student.page("/quizzes/quiz4")
    assert "Not available until" in page
    for rule in ("Calculator:", "Notes:", "Collaboration:", "1.5×10⁻⁵"):
        assert rule in page
    assert "Eight questions on the recipe" not in page
    server.fake.pass_(11 * MINUTE)
    page = student.page("/quizzes/quiz4")
    assert "Collaboration:" in page
    assert "Eight questions on the recipe" in page


def test_practice_at_any_time(server: LiveServer) -> None:
    """The practice quiz can be taken again and again; it explains once it is submitted."""
    plan = load_quiz(server.course, "quiz4-practice")
    schedule = replace(plan.schedule, opens_at=server.opens)
    with server.database.transaction() as connection:
        publish_plan(
            connection, replace(plan, schedule=schedule), at=server.clock.now(), who="staff", force=True
        )
    student = server.student()
    page = student.page("/quizzes/quiz4-practice")
    assert "as many as you like" in page
    assert "no limit" in page
    for number in (1, 2, 3):
        attempt = student.start("quiz4-practice")
        questions = server.questions(attempt)
        assert len(questions) == 20
        student.ask(f"/attempts/{attempt}/finish", {})
        results = student.page(f"/attempts/{attempt}/results")
        assert results.count("<dt>Explanation</dt>") == results.count("<dt>Right answer</dt>") == 20, number


def test_pictures_of_loss_curves(server: LiveServer) -> None:
    """The picture of a loss curve is shown with its numbers in words, and served to the student."""
    server.publish("quiz4")
    student = server.student()
    attempt = student.start("quiz4")
    page = student.page(f"/attempts/{attempt}")
    file = page.split(f"/attempts/{attempt}/pictures/")[1].split('"')[0]
    assert "Training loss over 20 epochs: 2." in page
    reply = student.get(f"/attempts/{attempt}/pictures/{file}")
    assert reply.status_code == 200
    assert b"<svg" in reply.content
