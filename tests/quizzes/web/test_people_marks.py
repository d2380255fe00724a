"""Marks that people give last, through the pages: whatever happens to the attempt afterwards."""

from __future__ import annotations

import re

import pytest
from fake_clock import MINUTE
from live_server import CHOICE, ESSAY, NUMERIC, TEXT, LiveServer, Student
from marking_site import answer_with, fields_of, mark, points_on

from autograder.site.audit import acts_on
from quizzes.store.marks import points_of

ODD = ("NaN", "-1", "1.5", "²", "1e-5", "sNaN", "Infinity", "0.00001", "", "0x1", "1" * 5000, "½", "0.5\0")


def points(server: LiveServer, attempt: str) -> float | None:
    """What an attempt has now."""
    with server.database.reading() as connection:
        found = points_of(connection, attempt)
    return None if found is None else float(found)


def taken(server: LiveServer, student: Student) -> str:
    """An attempt with an essay and a right number, submitted and marked."""
    attempt = student.start()
    student.save(attempt, NUMERIC, str(server.questions(attempt)[NUMERIC].key_answer))
    student.save(attempt, ESSAY, "Because it saturates.")
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    return attempt


def mark_essay(server: LiveServer, teacher: Student, attempt: str) -> None:
    """Give an essay full marks on the page of what waits."""
    path = answer_with(teacher, f"/staff/attempts/{attempt}#question-{ESSAY + 1}")
    rubric = server.questions(attempt)[ESSAY].item.rubric
    items = [f"author-{number}" for number in range(1, len(rubric) + 1)]
    assert mark(teacher, path, item=items).status_code == 303


def reopen(server: LiveServer, teacher: Student, student: Student, attempt: str) -> None:
    """Let an attempt go on."""
    again = {"minutes": "10", "reason": "a power cut"}
    assert teacher.post(f"/staff/attempts/{attempt}/reopen", **again).status_code == 303
    student.ask(f"/attempts/{attempt}/lock", {"lock": student.lock})


def question(page: str, pos: int) -> str:
    """The text of one question on staff's page of an attempt."""
    section = page.split(f'id="question-{pos + 1}"')[1].split("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", section).split())


def override(teacher: Student, attempt: str, pos: int, given: str, reason: str = "a fair point") -> int:
    """Set the points of a question on the attempt's page."""
    path = f"/staff/attempts/{attempt}/points/{pos}"
    return teacher.post(path, points=given, reason=reason).status_code


def test_an_essay_submitted_again_unchanged(server: LiveServer) -> None:
    """Reopened and submitted as it was, the attempt has the points that a person gave."""
    server.publish()
    teacher, student = server.student(role="ta"), server.student()
    attempt = taken(server, student)
    mark_essay(server, teacher, attempt)
    assert points(server, attempt) == 2
    reopen(server, teacher, student, attempt)
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    assert points(server, attempt) == 2
    assert "1 of 1 answer marked" in teacher.page("/staff/all/marking")


def marked_and_changed(server: LiveServer) -> tuple[Student, str]:
    """An attempt whose essay was marked and then written anew, and who marked it."""
    server.publish()
    teacher, student = server.student(role="ta"), server.student()
    attempt = taken(server, student)
    mark_essay(server, teacher, attempt)
    reopen(server, teacher, student, attempt)
    student.save(attempt, ESSAY, "Because of something else.", base=1)
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    return teacher, attempt


def test_an_essay_that_changed(server: LiveServer) -> None:
    """The mark stands and is shown for another look; marked again, the second one counts."""
    teacher, attempt = marked_and_changed(server)
    assert points(server, attempt) == 2
    path = answer_with(teacher, "Because of something else.")
    assert "The points are for an earlier answer" in teacher.page(path)
    assert "The answer changed after this mark was given" in teacher.page(f"/staff/attempts/{attempt}")
    form = fields_of(teacher.page(path), path)
    assert teacher.post(path, **{**form, "item": []}).status_code == 303  # nothing of the rubric is met
    assert points(server, attempt) == 1
    assert teacher.post(path, **form).status_code == 409
    assert "1 of 1 answer marked" in teacher.page("/staff/all/marking")


def test_undo_brings_back_no_mark_of_an_earlier_answer(server: LiveServer) -> None:
    """Undone, the mark of a changed essay leaves it waiting: the mark before was for another text."""
    teacher, _ = marked_and_changed(server)
    path = answer_with(teacher, "Because of something else.")
    mark(teacher, path, item=[])
    undo = fields_of(teacher.page(path), f"{path}/undo")
    assert teacher.post(f"{path}/undo", **undo).status_code == 303
    server.exam.mark()
    assert "0 of 1 answer marked" in teacher.page("/staff/all/marking")
    assert points_on(teacher.page(path)) == "–"


def test_a_late_save_of_another_question(server: LiveServer) -> None:
    """Accepting it marks that question; the essay keeps its points."""
    server.publish()
    teacher, student = server.student(role="ta"), server.student()
    attempt = taken(server, student)
    mark_essay(server, teacher, attempt)
    right = server.questions(attempt)[CHOICE].key_answer
    late = student.save(attempt, CHOICE, right, save_id="a-late-save")
    assert late.json()["outcome"] == "closed"
    assert teacher.post(f"/staff/attempts/{attempt}/accept", save="a-late-save").status_code == 303
    server.exam.mark()
    assert points(server, attempt) == 3


def test_a_regrade_proposed_before_the_marking(server: LiveServer) -> None:
    """Its release leaves the essay's points, names the question, and changes what it proposed elsewhere."""
    server.publish()
    teacher, student = server.student(role="instructor"), server.student()
    attempt = taken(server, student)
    path = server.course.root / "quizzes" / "all.yaml"
    path.write_text(path.read_text("utf-8") + "dropped: [vanishing-gradients/name-it]\n", encoding="utf-8")
    assert teacher.post("/staff/all/regrades").status_code == 303
    essay = answer_with(teacher, f"/staff/attempts/{attempt}#question-{ESSAY + 1}")
    assert f"{teacher.name.capitalize()} has begun regrade 1:" in teacher.page(essay)
    mark_essay(server, teacher, attempt)
    assert teacher.post("/staff/all/regrades/1/release").status_code == 303
    assert points(server, attempt) == 3  # the number, the essay, and the question that everybody has right
    page = " ".join(teacher.page("/staff/all/regrades").split())
    assert f"Question {ESSAY + 1} was marked by {teacher.name} after the proposal; that mark stands." in page


def test_points_of_any_question(server: LiveServer) -> None:
    """The attempt's page shows them; a person overrides them with a reason, which is on the page after."""
    server.publish()
    teacher, student = server.student(role="ta"), server.student()
    attempt = taken(server, student)
    page = teacher.page(f"/staff/attempts/{attempt}")
    assert "1 of 1" in question(page, NUMERIC) and "0 of 1" in question(page, TEXT)
    assert "waits to be marked" in question(page, ESSAY)
    assert "1 of 11, 1 question still to be marked" in " ".join(page.split())
    assert override(teacher, attempt, TEXT, "0.75", "nearly the word") == 303
    page = teacher.page(f"/staff/attempts/{attempt}")
    assert f"0.75 of 1, given by {teacher.name.capitalize()}" in question(page, TEXT)
    assert "nearly the word" in question(page, TEXT)
    assert points(server, attempt) == 1.75
    assert f'href="/attempts/{attempt}/results#question-{TEXT + 1}"' in student.page("/notices")
    assert "Of every kind: a mark was changed" in student.page("/notices")
    assert "1.75 of 11 points" in " ".join(
        re.sub("<[^>]+>", "", student.page(f"/attempts/{attempt}/results")).split()
    )
    with server.database.reading() as connection:
        (act,) = [act for act in acts_on(connection, attempt) if act.act == "set points"]
    assert (
        act.who,
        act.detail["question"],
        act.detail["before"],
        act.detail["after"],
        act.detail["reason"],
    ) == (
        teacher.name,
        TEXT + 1,
        "0",
        "0.75",
        "nearly the word",
    )
    assert override(teacher, attempt, TEXT, "0,5") == 303
    assert points(server, attempt) == 1.5


def test_an_override_stands_and_is_flagged(server: LiveServer) -> None:
    """Reopening, another answer and a regrade leave it; a change of the answer is shown on two pages."""
    server.publish()
    teacher, student = server.student(role="instructor"), server.student()
    attempt = taken(server, student)
    assert override(teacher, attempt, NUMERIC, "0.3") == 303
    reopen(server, teacher, student, attempt)
    student.save(attempt, NUMERIC, "4711", base=1)
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    assert points(server, attempt) == 0.3
    assert "The answer changed after this mark was given" in question(
        teacher.page(f"/staff/attempts/{attempt}"), NUMERIC
    )
    assert "1 changed since" in teacher.page("/staff/all/marking")
    path = server.course.root / "quizzes" / "all.yaml"
    path.write_text(path.read_text("utf-8") + "dropped: [adagrad/rate-after-two]\n", encoding="utf-8")
    teacher.post("/staff/all/regrades")
    page = " ".join(teacher.page("/staff/all/regrades").split())
    assert f"Question 1 keeps the mark of {teacher.name}, 0.3; the key gives 1." in page
    teacher.post("/staff/all/regrades/1/release")
    assert points(server, attempt) == 0.3
    reply = teacher.post(f"/staff/attempts/{attempt}/withdraw/{NUMERIC}", reason="the key is right now")
    assert reply.status_code == 303
    assert points(server, attempt) == 1
    reply = teacher.post(f"/staff/attempts/{attempt}/withdraw/{NUMERIC}", reason="once more")
    assert reply.status_code == 409


def test_two_people_and_one_mark(server: LiveServer) -> None:
    """A form that shows an older mark is refused with what was given meanwhile."""
    server.publish()
    first, second, student = server.student(role="ta"), server.student(role="ta"), server.student()
    attempt = taken(server, student)
    path = f"/staff/attempts/{attempt}/points/{TEXT}"
    section = second.page(f"/staff/attempts/{attempt}").split(f'id="question-{TEXT + 1}"')[1]
    seen = re.search(r'name="seen" value="(\d+)"', section)
    assert seen is not None
    assert first.post(path, points="0.25", reason="a quarter", seen=seen[1]).status_code == 303
    reply = second.post(path, points="1", reason="all of it", seen=seen[1])
    assert reply.status_code == 409 and f"set to 0.25 by {first.name} meanwhile" in reply.text
    assert points(server, attempt) == 1.25


@pytest.mark.parametrize("given", ODD)
def test_odd_points(server: LiveServer, given: str) -> None:
    """What is not a number from nothing to the question's points is refused with a sentence."""
    server.publish()
    teacher, student = server.student(role="ta"), server.student()
    attempt = taken(server, student)
    assert override(teacher, attempt, NUMERIC, given) == 409
    assert points(server, attempt) == 1


def test_who_may_override(server: LiveServer) -> None:
    """Staff, with a reason, and only what is marked; for students the page does not exist."""
    server.publish()
    teacher, student = server.student(role="ta"), server.student()
    attempt = taken(server, student)
    assert override(student, attempt, NUMERIC, "1") == 404
    assert student.post(f"/staff/attempts/{attempt}/withdraw/{NUMERIC}", reason="x").status_code == 404
    assert override(teacher, attempt, NUMERIC, "0", reason=" ") == 409
    assert override(teacher, attempt, 99, "0") == 404
    path = f"/staff/attempts/{attempt}/points/{NUMERIC}"
    assert teacher.http.post(path, data={"points": "0", "reason": "x"}).status_code == 403
    reopen(server, teacher, student, attempt)
    assert override(teacher, attempt, NUMERIC, "0") == 409
    server.fake.pass_(60 * MINUTE)
    server.exam.sweep()
    server.exam.mark()
    assert points(server, attempt) == 1
