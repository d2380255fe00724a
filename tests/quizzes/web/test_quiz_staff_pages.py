"""What staff do with a quiz on pages: publish and move it, see its keys, print it, read its results."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from fake_clock import MINUTE
from live_server import ALL, CHOICE, ESSAY, NUMERIC, LiveServer, Student
from marking_site import fields_of
from sqlalchemy import Connection

from autograder.course.course import Extension
from autograder.site.audit import acts_on
from autograder.site.people import COURSE
from quizzes.services.quiz_scores import QuizScores
from quizzes.store.attempts import answers_of
from quizzes.store.quizzes import published_in


def taken(server: LiveServer, student: Student, right: bool = True) -> str:
    """An attempt that is submitted and marked; the number is right or wrong."""
    attempt = student.start()
    key = str(server.questions(attempt)[NUMERIC].key_answer)
    student.save(attempt, NUMERIC, key if right else "4711")
    student.save(attempt, ESSAY, "Because it saturates.")
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    return attempt


def schedule_at(server: LiveServer) -> tuple[int, int | None]:
    """When the quiz opens and closes."""
    with server.database.reading() as connection:
        (row,) = published_in(connection, "course")
    return row.schedule.opens_at, row.schedule.closes_at


def test_publishing(server: LiveServer) -> None:
    """A file is published by its button, a changed one again; a mistake in it is a sentence."""
    ina, tim = server.student(role="instructor"), server.student(role="ta")
    page = ina.page("/quiz-files")
    assert "not published" in page and str(server.course.root) not in page
    assert tim.get("/quiz-files").status_code == 403
    assert tim.post("/quiz-files/all/publish").status_code == 403
    assert ina.post("/quiz-files/nothing/publish").status_code == 409
    assert ina.post("/quiz-files/all/publish", force="yes").status_code == 303
    with server.database.reading() as connection:
        assert [row.id for row in published_in(connection, "course")] == ["all"]
        assert [act.act for act in acts_on(connection, "all")] == ["publish"]
    path = server.course.root / "quizzes" / "all.yaml"
    path.write_text(path.read_text("utf-8") + "dropped: [adagrad/rate-after-two]\n", encoding="utf-8")
    assert "changed since it was published" in ina.page("/quiz-files")
    path.write_text(path.read_text("utf-8") + "nonsense: [\n", encoding="utf-8")
    assert "the file has a mistake" in ina.page("/quiz-files")
    assert ina.post("/quiz-files/all/publish").status_code == 409


def test_moving_times(server: LiveServer) -> None:
    """Times move with a reason; impossible ones, and less time for a running attempt, are refused."""
    server.publish()
    ina, student = server.student(role="instructor"), server.student()
    opens, closes = schedule_at(server)
    form = dict(
        re.findall(
            r'name="(opens_at|due_at|closes_at)" class="text" autocomplete="off" value="([^"]*)"',
            ina.page("/quiz-files"),
        )
    )
    path = "/quiz-files/all/times"
    assert ina.post(path, **form).status_code == 409  # without a reason
    assert ina.post(path, **{**form, "closes_at": "yesterday", "reason": "x"}).status_code == 409
    assert ina.post(path, **{**form, "closes_at": "1999-01-01 10:00", "reason": "x"}).status_code == 409
    assert ina.post(path, **{**form, "closes_at": "", "due_at": "", "reason": "No close"}).status_code == 303
    assert schedule_at(server) == (opens, None)
    assert ina.post(path, **{**form, "reason": "As before"}).status_code == 303
    assert schedule_at(server) == (opens, closes)
    student.start()
    earlier = {**form, "closes_at": form["opens_at"].replace(":00", ":59", 1), "due_at": "", "reason": "x"}
    refused = ina.post(path, **earlier, force="yes")
    assert refused.status_code == 409
    assert "moved the times of the quiz" in ina.page("/staff/all")
    with server.database.reading() as connection:
        acts = [act for act in acts_on(connection, "all") if act.act == "reschedule"]
    assert [act.detail["reason"] for act in acts] == ["No close", "As before"]


def test_moved_times_reach_everybody(server: LiveServer) -> None:
    """Open attempts get the later end and due date at once, and the class is told, once for each move."""
    server.publish()
    ina, student, other = server.student(role="instructor"), server.student(), server.student()
    server.fake.pass_(50 * MINUTE)
    attempt = student.start()  # ten minutes before the close, of the twenty that it may take
    path = "/quiz-files/all/times"
    form = {name: values[0] for name, values in fields_of(ina.page("/quiz-files"), path).items()}
    more = timedelta(minutes=5)
    later = {name: str(datetime.fromisoformat(form[name]) + more) for name in ("due_at", "closes_at")}
    for _ in range(2):
        moved = {"opens_at": form["opens_at"], **later, "reason": "A strike", "force": "yes"}
        assert ina.post(path, **moved).status_code == 303
    row = server.exam.inspect(attempt)[0].attempt
    assert (row.deadline_at, row.due_at) == (server.opens + 65 * MINUTE, server.opens + 65 * MINUTE)
    subject = "The times of Of every kind were moved"
    assert [who.page("/notices").count(subject) for who in (student, other)] == [1, 1]


def test_the_same_move_by_several_people_at_once(server: LiveServer) -> None:
    """Requests that move the times to the same ones at once tell the class once: the first moved them."""
    server.publish()
    student, people = server.student(), [server.student(role="instructor") for _ in range(4)]
    path = "/quiz-files/all/times"
    form = {name: values[0] for name, values in fields_of(people[0].page("/quiz-files"), path).items()}
    moved = {"opens_at": form["opens_at"], "due_at": "", "closes_at": "", "reason": "A strike"}
    free = threading.Event()
    busy = server.site.writer.submit(lambda _: free.wait(60))  # all of them are read before one is written
    with ThreadPoolExecutor(len(people)) as pool:
        responses = []
        for who in people:
            responses.append(pool.submit(who.post, path, **moved))
            wait(responses, timeout=0.3)
            server.fake.pass_(1)  # each request is of another instant
        free.set()
    assert busy.result() and [sent.result().status_code for sent in responses] == [303] * len(people)
    assert student.page("/notices").count("The times of Of every kind were moved") == 1


def test_keys_wait_for_a_due_date_that_was_moved(server: LiveServer) -> None:
    """Whoever submitted before the class got more time sees the keys, shown after the due date, with all."""
    quiz = server.course.root / "quizzes" / "all.yaml"
    quiz.write_text(f"{ALL}release: {{key: after_due, score: after_due}}\n", encoding="utf-8")
    server.publish()
    ina, early = server.student(role="instructor"), server.student()
    attempt = early.start()
    early.post(f"/attempts/{attempt}/finish")
    late = server.student()
    server.fake.pass_(55 * MINUTE)
    running = late.start()
    more = {"who": "all", "minutes": "30", "reason": "An outage"}
    assert ina.post("/staff/all/time", **more).status_code == 303
    server.exam.mark()
    results = f"/attempts/{attempt}/results"
    of_class = QuizScores(COURSE, server.quizzes.quiz, rules_of(server))
    for minutes, shown in ((10, False), (26, True)):
        server.fake.pass_(minutes * MINUTE)
        assert ("Right answer" in early.page(results)) == shown
        assert ("not shown yet" in early.page("/grades")) != shown
        with server.database.reading() as connection:
            score = of_class.score(connection, early.name, "all", server.clock.now())
        assert score is not None and score.hidden != shown
    assert late.get(f"/attempts/{running}").status_code == 303  # it is over by now


def rules_of(server: LiveServer) -> Callable[[Connection, str, str], Extension]:
    """The rules of course.yaml, without anybody's exception."""
    return lambda connection, student, quiz: server.course.extension(student, quiz)


def test_two_people_move_times(server: LiveServer) -> None:
    """Whoever sends a form that began with other times is told, and what the first one gave stays."""
    server.publish()
    ina, tea = (server.student(role="instructor", name=name) for name in ("ina", "tea"))
    path = "/quiz-files/all/times"
    first, second = (
        {name: values[0] for name, values in fields_of(who.page("/quiz-files"), path).items()}
        for who in (ina, tea)
    )
    opens, _ = schedule_at(server)
    longer = {**first, "closes_at": "", "due_at": "", "reason": "A strike"}
    assert ina.post(path, **longer).status_code == 303
    reply = tea.post(path, **{**second, "opens_at": second["opens_at"].replace("15:", "14:"), "reason": "x"})
    assert reply.status_code == 409 and "Somebody else has moved the times" in reply.text
    assert schedule_at(server) == (opens, None)


def test_preview_with_keys(server: LiveServer) -> None:
    """An instructor sees each key and explanation before anybody can take it; students see nothing."""
    ina, student = server.student(role="instructor"), server.student()
    page = ina.page("/quiz-files/all/preview")
    assert page.count("<dt>Key</dt>") == 11 and "<math" in page
    assert page != ina.page("/quiz-files/all/preview?variant=2")
    for path in ("preview", "print", "print?part=key", "pictures/x.png"):
        assert student.get(f"/quiz-files/all/{path}").status_code == 404
    assert ina.get("/quiz-files/none/preview").status_code == 409


def test_filling_in(server: LiveServer) -> None:
    """The right answers are saved in one's own preview, which then has all points but the essay's."""
    server.publish()
    ina, student = server.student(role="instructor"), server.student()
    reply = ina.post("/quizzes/all/start", preview="yes")
    attempt = reply.headers["Location"].rpartition("/")[2].partition("#")[0]
    assert "Fill in the right answers" in ina.page(f"/attempts/{attempt}")
    assert ina.post(f"/staff/attempts/{attempt}/fill-in").status_code == 303
    with server.database.reading() as connection:
        stored = answers_of(connection, attempt)
    assert sorted(stored) == [pos for pos in range(11) if pos != ESSAY]
    for pos, answer in stored.items():
        assert server.questions(attempt)[pos].problem_with(json.loads(answer.response)) == ""
    assert ina.post(f"/staff/attempts/{attempt}/fill-in").status_code == 303  # over what is there
    other = student.start()
    assert ina.post(f"/staff/attempts/{other}/fill-in").status_code == 409
    assert student.post(f"/staff/attempts/{other}/fill-in").status_code == 404


def test_paper(server: LiveServer) -> None:
    """The parts of a version have the same questions; formulas are MathML, and only the key has keys."""
    ina = server.student(role="instructor")
    pages = {
        part: ina.page(f"/quiz-files/all/print?part={part}&version=B")
        for part in ("questions", "sheet", "key")
    }
    assert all("version B" in page for page in pages.values())
    assert all(page.count("<section>") == 11 for page in pages.values())
    assert "<math" in pages["questions"] and "<math" in pages["key"]
    assert ina.get("/quiz-files/all/print?part=nothing").status_code == 404
    assert ina.get("/quiz-files/all/print?version=<b>").status_code == 409
    assert (
        "script"
        not in ina.get("/quiz-files/all/print").headers["Content-Security-Policy"].split("default")[0]
    )


def test_results(server: LiveServer) -> None:
    """Each student's points by question with links, found and sorted; previews are left out."""
    server.publish()
    tim = server.student(role="ta")
    good, bad = server.student(name="good"), server.student(name="bad")
    attempts = {"good": taken(server, good), "bad": taken(server, bad, right=False)}
    preview = tim.post("/quizzes/all/start", preview="yes").headers["Location"]
    page = tim.page("/staff/all/results")
    heads = re.findall(r"/marking/quiz/all/questions/[^>]*>([^<]*)</a> <small>([^<]*)</small></th>", page)
    assert [head for head, _ in heads] == [f"Question {number}" for number in range(1, 12)]
    assert heads[0][1] == "Adagrad: rate after two, 1 point"
    assert preview.rpartition("/")[2].partition("#")[0] not in page
    for name, attempt in attempts.items():
        assert f'/staff/attempts/{attempt}">{name.capitalize()}' in page
        assert f"/staff/attempts/{attempt}#question-{NUMERIC + 1}" in page
    assert page.index(">Bad<") < page.index(">Good<")
    best_first = tim.page("/staff/all/results?sort=-points")
    assert best_first.index(">Good<") < best_first.index(">Bad<")
    assert ">Good<" not in tim.page("/staff/all/results?find=bad&sort=nonsense&page=99")
    rows = tim.get("/staff/all/results", headers={"Accept": "application/json"}).json()
    assert sorted((row["student"], row["points"]) for row in rows) == [("bad", 0.0), ("good", 1.0)]
    assert good.get("/staff/all/results").status_code == 404


def test_analysis(server: LiveServer) -> None:
    """Staff see the item analysis of the class as a page and as a table; students do not."""
    server.publish()
    tim, student = server.student(role="ta"), server.student()
    assert tim.get("/staff/all/analysis").status_code == 409  # nobody has finished
    taken(server, student)
    assert "adagrad/rate-after-two" in tim.page("/staff/all/analysis")
    table = tim.get("/staff/all/analysis?format=csv")
    assert table.headers["Content-Type"].startswith("text/csv") and len(table.text.splitlines()) == 12
    assert student.get("/staff/all/analysis").status_code == 404


def test_the_live_page_sorts_and_finds(server: LiveServer) -> None:
    """Who is silent comes first when sorted by activity; what is loaded again keeps the choice."""
    server.publish()
    tim, busy, silent = server.student(role="ta"), server.student(name="aaa"), server.student(name="zzz")
    first, second = silent.start(), busy.start()
    silent.save(first, CHOICE, server.questions(first)[CHOICE].key_answer)
    server.fake.pass_(5 * MINUTE)
    busy.save(second, CHOICE, server.questions(second)[CHOICE].key_answer)
    by_name, by_activity = tim.page("/staff/all"), tim.page("/staff/all?sort=now")
    assert by_name.index(">Aaa<") < by_name.index(">Zzz<")
    assert by_activity.index(">Zzz<") < by_activity.index(">Aaa<")
    part = tim.get("/staff/all?part=table&show=silent").text
    assert ">Zzz<" in part and ">Aaa<" not in part and "<html" not in part
    assert ">Aaa<" not in tim.page("/staff/all?find=zz") and "Nobody of" in tim.page("/staff/all?find=nobody")
    for sort in ("answers", "last", "left", "nonsense"):
        assert ">Aaa<" in tim.page(f"/staff/all?sort={sort}")
