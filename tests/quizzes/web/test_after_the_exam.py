"""After the exam: start page and results, with dates and signs; and what staff see of who did what."""

from __future__ import annotations

import re

from fake_clock import MINUTE
from live_server import BLANKS, CHOICE, CHOICES, NUMERIC, TEXT, LiveServer, Student

from autograder.course.local_time import shown
from quizzes.schedule.timing import Accommodation
from quizzes.store.messages import notices_of


def submitted(server: LiveServer, student: Student, answers: dict[int, object]) -> str:
    """An attempt with these answers, submitted and marked."""
    attempt = student.start()
    for pos, answer in answers.items():
        assert student.save(attempt, pos, answer).status_code == 200
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    return attempt


def test_the_start_page_says_that_it_was_submitted(server: LiveServer) -> None:
    """With the score, since this quiz shows it at once; the list says it too."""
    server.publish()
    student = server.student()
    attempt = student.start()
    key = server.questions(attempt)[NUMERIC].key_answer
    student.save(attempt, NUMERIC, key)
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    page = student.page("/quizzes/all")
    assert "You submitted attempt 1" in page
    assert "Score: 1 of 11 points" in page
    assert shown(server.clock.now(), server.course.zone) in page
    assert "<strong>Submitted</strong>" in student.page("/")


def test_a_score_that_is_not_shown_yet_has_its_date(server: LiveServer) -> None:
    """The start page and the results name the instant from which the score and the keys are shown."""
    path = server.course.root / "quizzes" / "all.yaml"
    path.write_text(path.read_text("utf-8") + "release: {score: after_close}\n", encoding="utf-8")
    server.publish()
    student = server.student()
    server.student(Accommodation(extra=30 * MINUTE))
    attempt = submitted(server, student, {TEXT: "vanishing"})
    last = shown(server.opens + 90 * MINUTE, server.course.zone)
    for page in (student.page("/quizzes/all"), student.page(f"/attempts/{attempt}/results")):
        assert f"from {last}" in page
        assert "everyone" not in page and "everybody" not in page
        assert "✓" not in page and "of 11 points" not in page
    server.fake.pass_(91 * MINUTE)
    assert "of 11 points" in student.page("/quizzes/all")


def test_results_show_right_partly_right_and_wrong(server: LiveServer) -> None:
    """By a sign and by words."""
    server.publish()
    student = server.student()
    attempt = student.start()
    questions = server.questions(attempt)
    blanks = dict(questions[BLANKS].key_answer)
    blanks.pop(next(iter(blanks)))
    wrong = next(
        o.id for o in questions[CHOICE].public_view().options if o.id != questions[CHOICE].key_answer
    )
    answers = {
        NUMERIC: questions[NUMERIC].key_answer,
        CHOICE: wrong,
        CHOICES: questions[CHOICES].key_answer[:1],
    }
    for pos, answer in answers.items():
        assert student.save(attempt, pos, answer).status_code == 200
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    page = student.page(f"/attempts/{attempt}/results")
    parts = page.split('<section class="question result"')[1:]
    output = [" ".join(re.sub(r"<[^>]+>", " ", part.split("</h2>")[0]).split()) for part in parts]
    assert "✓ right , 1 of 1 pt" in output[NUMERIC]
    assert "✗ wrong , 0 of 1 pt" in output[CHOICE]
    assert "◐ partly right" in output[CHOICES]
    assert "✗ no answer , 0 of 1 pt" in output[TEXT]


def test_giving_time_is_confirmed_once_and_listed(server: LiveServer) -> None:
    """The page says what was done and to whom; a reload does not, and the list keeps it."""
    server.publish()
    teacher, student = server.student(role="ta", name="tina"), server.student(name="ana")
    attempt = student.start()
    form = {"who": "chosen", "attempt": attempt, "minutes": "5", "reason": "fire alarm", "page": "page-1"}
    for _ in range(2):  # a double click
        assert teacher.post("/staff/all/time", **form).status_code == 303
    ends = server.exam.inspect(attempt)[0].attempt.deadline_at
    assert ends == server.opens + 25 * MINUTE
    words = "Tina gave 5 minutes more to Ana: fire alarm"
    first, second = teacher.page("/staff/all"), teacher.page("/staff/all")
    assert f"<strong>Done.</strong> {words}" in first
    assert "<strong>Done.</strong>" not in second and second.count(words) == 1
    everybody = {"who": "all", "minutes": "10", "percent": "50", "reason": "power cut", "page": "page-2"}
    for _ in range(2):
        teacher.post("/staff/all/time", **everybody)
    words = "Tina gave 10 minutes and 50 percent of their time more to the whole class (1 open attempt)"
    assert f"<strong>Done.</strong> {words}" in teacher.page("/staff/all")
    assert server.exam.inspect(attempt)[0].attempt.deadline_at == ends + 10 * MINUTE + 25 * MINUTE // 2


def test_a_message_is_sent_once_and_listed(server: LiveServer) -> None:
    """A form that is sent twice sends one message; another one with the same words is another message."""
    server.publish()
    teacher = server.student(role="ta", name="tina")
    for page in ("page-1", "page-1", "page-2"):
        assert teacher.post("/staff/all/message", text="Mind <the> gap.", page=page).status_code == 303
    with server.database.reading() as connection:
        assert len(notices_of(connection, "all")) == 2
    words = "Tina sent a message to everybody in the quiz: “Mind &lt;the&gt; gap.”"
    page = teacher.page("/staff/all")
    assert f"<strong>Done.</strong> {words}" in page and page.count(words) == 3
    ids = re.findall(r'name="page" value="([^"]+)"', page)
    assert len(ids) == len(set(ids)) == 2


def test_the_attempt_page_names_people_and_answers(server: LiveServer) -> None:
    """Its heading is a name; its log has names and answers as they were read, no ids and no codes."""
    server.publish()
    teacher, student = server.student(role="instructor", name="tina"), server.student(name="ana")
    attempt = student.start()
    question = server.questions(attempt)[CHOICE]
    option = question.public_view().options[0]
    student.save(attempt, CHOICE, option.id)
    teacher.post(f"/staff/attempts/{attempt}/close", reason="phone")
    student.save(attempt, CHOICE, question.public_view().options[1].id, base=1, save_id="a-late-save")
    teacher.post(f"/staff/attempts/{attempt}/reopen", minutes="5", reason="a calculator")
    page = teacher.page(f"/staff/attempts/{attempt}")
    assert re.search(r"<h1>Ana\s", page) and "<title>Ana: " in page
    text = " ".join(re.sub(r"<[^>]+>", " ", page.split("<h2>Log</h2>")[1]).split())
    assert "Tina reopened the attempt" in text and "Tina closed the attempt: phone" in text
    for code in (attempt, option.id, "tina", "sweeper", "FinishedBy", "State."):
        assert code not in text, code
    plain = " ".join(re.sub(r"<[^>]+>", " ", option.html).split())
    assert plain in text


def test_the_monitor_counts_what_the_review_counts(server: LiveServer) -> None:
    """Blank answers, of any form, are not answered."""
    server.publish()
    teacher, student = server.student(role="ta"), server.student()
    attempt = student.start()
    student.save(attempt, TEXT, "   ")
    field = next(iter(server.questions(attempt)[BLANKS].key_answer))
    student.save(attempt, BLANKS, {field: " "})
    student.save(attempt, NUMERIC, "0.5")
    row = next(
        row for row in teacher.page("/staff/all").split("<tr>") if f"<small>{student.name}</small>" in row
    )
    cells = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row.split("</td>")]
    assert cells[2] == "1", cells
    assert "10 questions have no answer" in student.page(f"/attempts/{attempt}/review")
