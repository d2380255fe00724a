"""The staff's side through HTTP: who may do what, giving time, mending, and what students see of it."""

from __future__ import annotations

import re
from decimal import Decimal

import httpx
import pytest
from fake_clock import MINUTE
from live_server import ESSAY, NUMERIC, TEXT, LiveServer, Student
from local_http import LOCAL
from marking_site import answer_with, answers_of, fields_of

from autograder.site.audit import acts_on
from quizzes.store.marks import marks_in, points_of
from quizzes.store.regrades import regrade_runs

GETS = (
    "/staff/all",
    "/marking/quiz/all",
    "/staff/all/regrades",
    "/staff/attempts/{}",
)
OF_THE_QUIZ = ("time", "message", "regrades", "regrades/1/release")
POSTS = (
    *(f"/staff/all/{act}" for act in OF_THE_QUIZ),
    *(f"/staff/attempts/{{}}/{act}" for act in ("reopen", "close", "accept")),
)


def taken(server: LiveServer, student: Student, right: bool = True, **answers: str) -> str:
    """An attempt that was handed in and marked; its id."""
    attempt = student.start()
    key = str(server.questions(attempt)[NUMERIC].key_answer)
    student.save(attempt, NUMERIC, key if right else "123456")
    if "essay" in answers:
        student.save(attempt, ESSAY, answers["essay"])
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    return attempt


def points(server: LiveServer, attempt: str) -> Decimal | None:
    """What an attempt has now."""
    with server.database.reading() as connection:
        return points_of(connection, attempt)


def test_permissions(server: LiveServer) -> None:
    """No staff page exists for students; a TA sees all and regrades nothing; an instructor may."""
    server.publish()
    student, ta, teacher = (server.student(role=role) for role in ("student", "ta", "instructor"))
    attempt = student.start()
    for path in GETS:
        for who, status in ((student, 404), (ta, 200), (teacher, 200)):
            assert who.get(path.format(attempt)).status_code == status, (path, who.name)
    for path in POSTS:
        assert student.post(path.format(attempt)).status_code == 404, path
        assert ta.http.post(path.format(attempt), data={"token": "none"}).status_code == 403, path
    for path in ("/staff/all/regrades", "/staff/all/regrades/1/release"):
        assert ta.post(path).status_code == 403
    assert teacher.post("/staff/all/regrades").status_code == 303
    assert student.get("/staff/none").text == student.get("/staff/all").text
    assert server.exam.inspect(attempt)[0].attempt.state == "open"


def test_the_live_page(server: LiveServer) -> None:
    """Who has not started, writes, is silent and has finished, with the time left; looking ends nothing."""
    server.publish()
    teacher = server.student(role="instructor")
    absent, writing, silent, done = (server.student() for _ in range(4))
    quiet = silent.start()
    taken(server, done)
    server.fake.pass_(4 * MINUTE)
    attempt = writing.start()
    writing.save(attempt, TEXT, "x")
    page = teacher.page("/staff/all?part=table")
    assert "<html" not in page
    rows = {
        name: " ".join(re.sub(r"<[^>]+>", " ", row).split())
        for row in page.split("<tr>")[2:]
        if (name := re.search(r"<small>(\w+)</small></th>", row)[1])  # type: ignore[index]
    }
    assert "not started" in rows[absent.name]
    assert "writing 1" in rows[writing.name] and "20 minutes" in rows[writing.name]
    assert "silent 0" in rows[silent.name] and "16 minutes" in rows[silent.name]
    assert "finished 1" in rows[done.name]
    server.fake.pass_(60 * MINUTE)
    teacher.page("/staff/all")
    teacher.page(f"/staff/attempts/{quiet}")
    assert server.exam.inspect(quiet)[0].attempt.state == "open"


def test_more_time_for_some_of_whom_one_has_submitted(server: LiveServer) -> None:
    """Two are chosen, one hands in meanwhile: the other gets the time, and the page says who did not."""
    server.publish()
    teacher, working, gone = server.student(role="ta"), server.student(), server.student()
    attempts = [working.start(), gone.start()]
    ends = server.exam.inspect(attempts[0])[0].attempt.deadline_at or 0
    gone.ask(f"/attempts/{attempts[1]}/finish", {})
    form = {"who": "chosen", "attempt": attempts, "minutes": "5", "percent": "", "reason": "noise"}
    assert teacher.post("/staff/all/time", **form).status_code == 303
    assert server.exam.inspect(attempts[0])[0].attempt.deadline_at == ends + 5 * MINUTE
    names = [student.name.capitalize() for student in (working, gone)]
    page = teacher.page("/staff/all")
    assert f"more to {names[0]}: noise. No time for {names[1]}: the attempt was over." in page


def test_more_time(server: LiveServer) -> None:
    """For those chosen or for everybody, by minutes or percent, with the reason written down."""
    server.publish()
    teacher, first, second = server.student(role="ta"), server.student(), server.student()
    first_attempt, two = first.start(), second.start()
    ends = server.exam.inspect(first_attempt)[0].attempt.deadline_at
    assert ends is not None
    form = {
        "who": "chosen",
        "attempt": first_attempt,
        "minutes": "5",
        "percent": "50",
        "reason": "fire alarm",
    }
    assert teacher.post("/staff/all/time", **form).status_code == 303
    assert server.exam.inspect(first_attempt)[0].attempt.deadline_at == ends + 15 * MINUTE
    assert server.exam.inspect(two)[0].attempt.deadline_at == ends
    assert first.get(f"/attempts/{first_attempt}/status").json()["remaining_ms"] == 35 * MINUTE
    teacher.post("/staff/all/time", who="all", minutes="10", reason="power cut")
    assert server.exam.inspect(two)[0].attempt.deadline_at == ends + 10 * MINUTE
    with server.database.reading() as connection:
        (act,) = acts_on(connection, first_attempt)[:1]
    assert (act.who, act.detail["reason"]) == (teacher.name, "fire alarm")
    for wrong in ({"reason": ""}, {"minutes": "x"}, {"attempt": "none"}, {"minutes": "0", "percent": "0"}):
        reply = teacher.post("/staff/all/time", **{**form, **wrong})
        assert reply.status_code in (404, 409), wrong


def test_closing_and_opening_again(server: LiveServer) -> None:
    """Staff end an attempt and let it go on; a save that came too late may count."""
    server.publish()
    teacher, student = server.student(role="instructor"), server.student()
    attempt = student.start()
    assert teacher.post(f"/staff/attempts/{attempt}/close", reason="phone in hand").status_code == 303
    late = student.save(attempt, TEXT, "vanishing", save_id="a-late-save")
    assert late.json()["outcome"] == "closed"
    page = teacher.page(f"/staff/attempts/{attempt}")
    assert "Late answers" in page
    assert teacher.post(f"/staff/attempts/{attempt}/accept", save="a-late-save").status_code == 303
    assert server.exam.inspect(attempt)[0].answers[TEXT].response == '"vanishing"'
    again = {"minutes": "10", "reason": "it was a calculator"}
    assert teacher.post(f"/staff/attempts/{attempt}/reopen", **again).status_code == 303
    student.ask(f"/attempts/{attempt}/lock", {"lock": student.lock})
    assert student.save(attempt, TEXT, "on", base=1).status_code == 200
    assert "phone in hand" in teacher.page(f"/staff/attempts/{attempt}")


def test_every_act_on_an_attempt_is_confirmed_once(server: LiveServer) -> None:
    """Done, with the name of who did it, until the next reload; a form that is sent twice acts once."""
    server.publish()
    teacher, student = server.student(role="instructor"), server.student()
    attempt = student.start()
    student.save(attempt, NUMERIC, "0.5")
    path, name = f"/staff/attempts/{attempt}", teacher.name.capitalize()
    pages = [teacher.page(path)]

    def act(form: str, words: str, **fields: str) -> None:
        (page_id, *_) = re.findall(r'name="page" value="([^"]*)"', pages[-1])
        for _ in range(2):  # a double click
            reply = teacher.post(f"{path}/{form}", page=page_id, **fields)
            assert reply.status_code == 303, (form, reply.text)
        pages.append(teacher.page(path))
        assert re.search(rf"<strong>Done\.</strong> {name} {words}", pages[-1]), form
        assert len(re.findall(rf"</time> {name} {words}", pages[-1])) == 1, form
        assert "<strong>Done.</strong>" not in teacher.page(path)

    act("end-sessions", r"ended the student&#39;s sessions \(1\): a lost phone", reason="a lost phone")
    act("close", "closed the attempt: the exam is over", reason="the exam is over")
    student.sign_in()
    server.fake.pass_(21_000)
    assert student.save(attempt, NUMERIC, "0.25", base=1).status_code == 409
    (late,) = re.findall(r'name="save" value="([^"]*)"', teacher.page(path))
    act("accept", rf"accepted the late answer to question {NUMERIC + 1}", save=late)
    assert server.exam.mark() == 1
    words = rf"set the points of question {TEXT + 1} from 0 to 1: kind"
    act(f"points/{TEXT}", words, points="1", reason="kind")
    assert f"1 of 1, given by {name}" in pages[-1]
    act(f"withdraw/{TEXT}", rf"withdrew the 1 points of question {TEXT + 1}", reason="too kind")
    act("reopen", "reopened the attempt: a power cut", minutes="5", reason="a power cut")
    assert teacher.post(f"{path}/close", reason="enough").status_code == 303
    over = teacher.post(f"{path}/close", reason="once more")
    assert over.status_code == 409 and "This attempt is over already." in over.text


def test_a_message(server: LiveServer) -> None:
    """All students hear it with their next word from the server; those who start later do not."""
    server.publish()
    teacher, student = server.student(role="ta"), server.student()
    attempt = student.start()
    teacher.post("/staff/all/message", text="Question 3: <b>take</b> natural logarithms.")
    notice = student.get(f"/attempts/{attempt}/status").json()["notices"][0]
    assert notice["text"] == "Question 3: <b>take</b> natural logarithms."
    server.fake.pass_(MINUTE)
    later = server.student()
    assert "notices" not in later.get(f"/attempts/{later.start()}/status").json()
    assert teacher.post("/staff/all/message", text=" ").status_code == 409


def test_marking_by_hand(server: LiveServer) -> None:
    """An essay is marked by its rubric, without the writer's name, once; the student reads the words."""
    server.publish()
    teacher, student = server.student(role="ta"), server.student(name="hidden")
    attempt = taken(server, student, essay="Because <sigmoid> saturates.")
    path = answer_with(teacher, "Because &lt;sigmoid&gt; saturates.")
    page = teacher.page(path)
    assert "hidden" not in page.lower().replace('type="hidden"', "").replace(" hidden>", "")
    rubric = server.questions(attempt)[ESSAY].item.rubric
    items = [f"author-{number}" for number in range(1, len(rubric) + 1)]
    form_sent = {**fields_of(page, path), "item": items, "comment": "Well *said* <b>."}
    assert teacher.post(path, **form_sent).status_code == 303
    assert teacher.post(path, **form_sent).status_code == 409
    with server.database.reading() as connection:
        assert marks_in(connection, attempt)[ESSAY].points == 1
    assert "1 of 1 answer marked" in teacher.page("/staff/all/marking")
    server.fake.pass_(61 * MINUTE)
    assert "Well *said* &lt;b&gt;." in student.page(f"/attempts/{attempt}/results")


def test_a_preview_is_not_marked(server: LiveServer) -> None:
    """An essay that staff wrote in a preview does not wait for a mark, and cannot be given one."""
    server.publish()
    teacher = server.student(role="instructor")
    reply = teacher.post("/quizzes/all/start", preview="yes")
    attempt = reply.headers["Location"].rpartition("/")[2].partition("#")[0]
    teacher.ask(f"/attempts/{attempt}/lock", {"lock": teacher.lock})
    assert teacher.save(attempt, ESSAY, "Only a try.").status_code == 200
    teacher.post(f"/attempts/{attempt}/finish")
    server.exam.mark()
    assert answers_of(teacher, "quiz", "all") == []


def test_the_live_table_signed_out(server: LiveServer) -> None:
    """A part of a page is never a sign-in page: the script hears 401 and loads the whole page."""
    server.publish()
    reply = httpx.get(f"{server.address}/staff/all?part=table", **LOCAL)
    assert (reply.status_code, reply.headers["content-type"]) == (401, "application/json")
    assert (
        httpx.get(f"{server.address}/staff/all", **LOCAL).headers["Location"]
        == "/sign-in?next=%2Fstaff%2Fall"
    )


def test_a_wrong_key(server: LiveServer) -> None:
    """The difference is shown before it counts, and then changes exactly whom it said."""
    server.publish()
    teacher = server.student(role="instructor")
    wrong = [taken(server, server.student(), right=False) for _ in range(2)]
    right = [taken(server, server.student()) for _ in range(2)]
    path = server.course.root / "quizzes" / "all.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "dropped: [adagrad/rate-after-two]\n", encoding="utf-8")
    assert teacher.post("/staff/all/regrades").status_code == 303
    with server.database.reading() as connection:
        (run,) = regrade_runs(connection, "all")
    assert {(change.attempt, change.before, change.after) for change in run.changes} == {
        (attempt, 0.0, 1.0) for attempt in wrong
    }
    assert [points(server, attempt) for attempt in wrong + right] == [0, 0, 1, 1]
    page = teacher.page("/staff/all/regrades")
    assert all(f"/staff/attempts/{attempt}" in page for attempt in wrong)
    assert not any(f"/staff/attempts/{attempt}" in page for attempt in right)
    assert teacher.post(f"/staff/all/regrades/{run.id}/release").status_code == 303
    assert [points(server, attempt) for attempt in wrong + right] == [1, 1, 1, 1]


def test_another_quiz_is_no_correction(server: LiveServer) -> None:
    """A file whose questions are others is refused with a sentence; nobody's points move."""
    server.publish()
    teacher = server.student(role="instructor")
    attempt = taken(server, server.student())
    path = server.course.root / "quizzes" / "all.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("adagrad/rate-after-two", "total-loss/sum-or-mean"), encoding="utf-8")
    reply = teacher.post("/staff/all/regrades")
    assert reply.status_code == 409
    assert "showed other numbers" in reply.text
    assert points(server, attempt) == 1


def test_a_request(server: LiveServer) -> None:
    """A student asks once for another look; the answer may change the points, and a regrade keeps them."""
    server.publish()
    teacher, student = server.student(role="instructor"), server.student()
    attempt = taken(server, student, right=False)
    server.fake.pass_(61 * MINUTE)
    for part in ("²", "9" * 30, "99", "-1", ""):  # no question of this attempt
        values = {"kind": "quiz", "answer": attempt, "part": part, "text": "Which?"}
        assert student.post("/regrade-requests", **values).status_code == 404
    path = f"/attempts/{attempt}/regrade-requests/{NUMERIC}"
    assert student.post(path, text="I rounded <late>.").status_code == 303
    assert student.post(path, text="Again!").status_code == 409
    assert "I rounded &lt;late&gt;." in teacher.page("/staff/all/regrade-requests")
    to = "/regrade-requests/1/answer"
    form = fields_of(teacher.page("/staff/all/regrade-requests"), to)
    answer = {**form, "text": "Half of it is right.", "points": "0.5"}
    assert teacher.post(to, **{**answer, "points": "2"}).status_code == 409
    assert teacher.post(to, **answer).status_code == 303
    assert points(server, attempt) == 0.5
    assert "Half of it is right." in student.page(f"/attempts/{attempt}/results")
    teacher.post("/staff/all/regrades")
    with server.database.reading() as connection:
        (run,) = regrade_runs(connection, "all")
    assert run.changes == []
    teacher.post(f"/staff/all/regrades/{run.id}/release")
    assert points(server, attempt) == 0.5


@pytest.mark.parametrize("quiz", ["none", "<script>"])
def test_no_such_quiz(server: LiveServer, quiz: str) -> None:
    """An unknown quiz is no page, for staff too."""
    server.publish()
    assert server.student(role="instructor").get(f"/staff/{quiz}").status_code == 404
