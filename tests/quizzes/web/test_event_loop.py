"""The event loop stays free: no page reads a table on it, and attempts are dealt before they are started."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from fake_clock import MINUTE
from live_server import ESSAY, NUMERIC, TEXT, LiveServer, Student
from noted_statements import noted_statements
from sqlalchemy import update
from starlette.routing import Route

from autograder.site.application import site_routes
from autograder.site.tables import enrolment
from quizzes.store.quizzes import current_version


@contextmanager
def statements_on_the_loop(server: LiveServer) -> Iterator[list[str]]:
    """The statements that the thread of the event loop runs meanwhile."""
    with noted_statements(server, lambda thread: thread is server.thread) as seen:
        yield seen


@contextmanager
def statements_of_the_writer(server: LiveServer) -> Iterator[list[str]]:
    """The statements that the thread of the writer runs meanwhile."""
    with noted_statements(server, lambda thread: thread.name == "quiz-writer") as seen:
        yield seen


def test_no_page_reads_a_table_on_the_event_loop(server: LiveServer) -> None:
    """All pages of students and staff, signed in and out, when no session and no notice is at hand."""
    server.publish()
    with statements_on_the_loop(server) as seen:
        student, teacher = server.student(), server.student(role="instructor")

        def visit(who: Any, *paths: str) -> None:
            for path in paths:
                before = len(seen)
                status = who.get(path).status_code
                assert status < 500, path
                assert seen[before:] == [], path
                server.fake.pass_(16_000)  # no session and no notice is at hand any more

        visit(student, "/", "/quizzes/all", "/quizzes/none", "/staff/all", "/clock", "/no-such-page")
        attempt = student.start()
        visit(
            student, *(f"/attempts/{attempt}{part}" for part in ("", "/review", "/status", "/pictures/x.png"))
        )
        server.exam._items_cache.clear()  # as after a restart
        for pos, answer in ((NUMERIC, "0.5"), (TEXT, "x"), (ESSAY, "Because."), (NUMERIC, "a half")):
            student.save(attempt, pos, answer)
            server.fake.pass_(16_000)
        student.ask(f"/attempts/{attempt}/flags/0", {"flagged": True})
        student.post(f"/attempts/{attempt}", **student.form(attempt), action="review")
        teacher.post("/staff/all/message", text="Hello.", page="p")
        teacher.post("/staff/all/time", who="all", minutes="5", reason="x", page="q")
        visit(teacher, "/staff/all", "/staff/all?part=table", f"/staff/attempts/{attempt}")
        student.ask(f"/attempts/{attempt}/finish", {})
        assert server.exam.mark() == 1
        student.post(f"/attempts/{attempt}/regrade-requests/{TEXT}", text="Look.")
        visit(student, *(f"/attempts/{attempt}/{part}" for part in ("receipt", "receipt.json", "results")))
        visit(student, "/quizzes/all", "/")
        visit(
            teacher,
            *(f"/staff/all/{part}" for part in ("marking", "regrade-requests", "regrades")),
            "/receipts",
            "/clock",
        )
        teacher.post("/staff/all/regrades")
        teacher.post(f"/staff/attempts/{attempt}/reopen", minutes="5", reason="x")
        teacher.post(f"/staff/attempts/{attempt}/close", reason="x")
        teacher.post(f"/staff/attempts/{attempt}/end-sessions", reason="x")
        visit(student, "/", f"/attempts/{attempt}", "/sign-in", "/sign-in/none", "/healthz")
    assert seen == []


def test_no_route_reads_a_table_on_the_event_loop(server: LiveServer) -> None:
    """Every address that can be got, of the site and its extensions, when no session is at hand."""
    server.publish()
    student, teacher = server.student(), server.student(role="instructor")
    values = {"quiz": "all", "attempt": student.start(), "file": "x.png", "secret": "none"}
    paths = [
        re.sub(r"\{(\w+)(:\w+)?\}", lambda match: values.get(match[1], "1"), route.path)
        for route in site_routes()
        if isinstance(route, Route) and "GET" in (route.methods or ())
    ]
    assert {"/people", "/platforms", "/banks", "/staff/all/regrades"} <= set(paths)
    with statements_on_the_loop(server) as seen:
        for path in paths:
            for who in (teacher, student):
                server.fake.pass_(16_000)  # no session is at hand any more
                assert who.get(path).status_code < 500, path
                assert seen == [], path


def test_an_import_reads_its_table_before_it_writes(server: LiveServer) -> None:
    """The event loop reads nothing, and the write is as many statements for many people as for a few."""
    server.publish()
    teacher = server.student(role="instructor")
    counts = []
    for many in (3, 40):
        table = "student_id,multiplier\n" + "".join(f"new-{many}-{number},1.5\n" for number in range(many))
        parts = {"roster": ("roster.csv", table.encode(), "text/csv")}
        with statements_on_the_loop(server) as seen, statements_of_the_writer(server) as written:
            shown = teacher.http.post("/people/preview", data={"token": teacher.token}, files=parts).text
            digest = shown.split('name="digest" value="')[1].split('"')[0]
            done = teacher.post("/people/import", digest=digest, roster=table)
        assert done.status_code == 200 and f"new-{many}-0" in done.text
        assert seen == []
        counts.append(len(written))
    assert counts[0] == counts[1] > 0


def test_attempts_are_prepared_before_the_opening(server: LiveServer) -> None:
    """One for each student who has none, not before ten minutes before it; a start takes one of them."""
    students = [server.student() for _ in range(3)]
    server.student(role="ta")
    server.publish(opens_at=server.opens + 11 * MINUTE)
    assert server.quizzes.prepare() == 0
    server.fake.pass_(MINUTE)
    assert server.quizzes.prepare() == 3
    assert server.quizzes.prepare() == 0
    prepared = [attempt.id for attempt in server.exam._prepared["all"][1]]
    assert all(student.get(f"/attempts/{id}").status_code == 404 for student in students for id in prepared)
    server.fake.pass_(10 * MINUTE)
    attempts = [student.start() for student in students]
    assert attempts == prepared
    seeds = {server.exam.inspect(attempt)[0].attempt.seed for attempt in attempts}
    assert len(seeds) == 3
    for student, attempt in zip(students, attempts, strict=True):
        page = student.page(f"/attempts/{attempt}")
        for question in server.questions(attempt):
            assert question.public_view().prompt in page
    assert server.quizzes.prepare() == 0


def test_a_new_version_drops_what_was_prepared(server: LiveServer) -> None:
    """Nobody starts with the questions of the version before."""
    server.publish()
    student = server.student()
    assert server.quizzes.prepare() == 1
    path = server.course.root / "quizzes" / "all.yaml"
    path.write_text(path.read_text("utf-8").replace("Answer them all.", "Answer some."), encoding="utf-8")
    server.publish()
    attempt = student.start()
    row = server.exam.inspect(attempt)[0].attempt
    assert "Answer some." in student.page(f"/attempts/{attempt}")
    with server.database.reading() as connection:
        assert row.version == current_version(connection, "all")
    assert attempt not in [attempt.id for attempt in server.exam._prepared["all"][1]]


def outcome(student: Student, quiz: str = "all") -> tuple[int, str, str]:
    """What a start answers: its status, what it says, and the state of the attempt that it leads to."""
    reply = student.post(f"/quizzes/{quiz}/start")
    if reply.status_code != 303:
        return reply.status_code, re.sub(r"<[^>]+>", "", reply.text.split("<main")[1]).strip(), ""
    attempt, _, begun = reply.headers["Location"].rpartition("/")[2].partition("#")
    row = student.server.exam.inspect(attempt)[0].attempt
    return 303, begun, f"{row.number} {row.state.value} {row.preview} {row.version}"


def drop(server: LiveServer, students: Sequence[Student]) -> None:
    """They have left the course."""
    with server.database.transaction() as connection:
        gone = update(enrolment).where(enrolment.c.person.in_([student.name for student in students]))
        connection.execute(gone.values(dropped_at=server.clock.now()))


def start_all(server: LiveServer, students: Sequence[Student]) -> None:
    """Their attempts are open."""
    for student in students:
        student.start()


def use_up(server: LiveServer, students: Sequence[Student]) -> None:
    """Their attempts are submitted."""
    for student in students:
        server.close_attempt(student.start())


def run_out(server: LiveServer, students: Sequence[Student]) -> None:
    """The time of their attempts is over, and the server has not closed them yet."""
    start_all(server, students)
    server.fake.pass_(30 * MINUTE)


def publish_another(server: LiveServer, students: Sequence[Student]) -> None:
    """A new version is out, of which nothing is prepared."""
    path = server.course.root / "quizzes" / "all.yaml"
    path.write_text(path.read_text("utf-8").replace("Answer them all.", "Answer some."), encoding="utf-8")
    server.publish(attempts=None)


SITUATIONS: dict[str, Callable[[LiveServer, Sequence[Student]], object]] = {
    "nothing special": lambda server, students: None,
    "open already": start_all,
    "used up": use_up,
    "ran out": run_out,
    "dropped": drop,
    "a new version": publish_another,
    "closed": lambda server, students: server.fake.pass_(120 * MINUTE),
    "a full disk": lambda server, students: setattr(server.exam, "_has_disk_space", lambda database: False),
}


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("attempts", [1, None])
def test_a_prepared_attempt_starts_as_any_other(
    server: LiveServer, situation: str, attempts: int | None
) -> None:
    """Whether an attempt was prepared changes nothing but the time it takes, whatever else has happened."""
    server.publish(attempts=attempts)
    students = [server.student() for _ in range(2)]
    server.quizzes.prepare()
    SITUATIONS[situation](server, students)
    server.quizzes.exam.prepare("all", server.exam._prepared["all"][0], 2, 2)
    with_prepared = outcome(students[0])
    server.exam._prepared.clear()
    assert with_prepared == outcome(students[1])


@pytest.mark.parametrize("situation", ["open already", "used up", "dropped", "closed"])
def test_a_start_that_is_refused_uses_up_nothing(server: LiveServer, situation: str) -> None:
    """However often one student tries, what was prepared for the others is still there."""
    server.publish()
    students = [server.student() for _ in range(2)]
    server.quizzes.prepare()
    SITUATIONS[situation](server, students)
    server.quizzes.exam.prepare("all", server.exam._prepared["all"][0], 3, 3)
    before = {attempt.id for attempt in server.exam._prepared["all"][1]}
    for _ in range(5):
        students[0].post("/quizzes/all/start")
    assert {attempt.id for attempt in server.exam._prepared["all"][1]} == before
    assert len(before) == 3


def test_a_prepared_start_is_one_short_write(server: LiveServer) -> None:
    """A class that starts at once reads nothing before the write, which is five statements for each."""
    server.publish()
    students = [server.student() for _ in range(2)]
    server.quizzes.prepare()
    students[0].start()  # the statements are compiled
    with noted_statements(server) as seen:
        assert students[1].post("/quizzes/all/start").status_code == 303
    written = [statement for statement in seen if not statement.startswith("BEGIN")]
    assert len(written) == 5


def test_a_page_without_answers_is_the_page_with_them(server: LiveServer) -> None:
    """What was rendered before the start is what is rendered now, but for the answers."""
    server.publish()
    student = server.student()
    server.quizzes.prepare()
    attempt = student.start()

    def questions(page: str) -> str:
        return page.split("<nav class")[1].split('<p class="end">')[0]

    fresh = questions(student.page(f"/attempts/{attempt}"))
    server.quizzes._fresh.clear()
    assert questions(student.page(f"/attempts/{attempt}")) == fresh
    student.save(attempt, TEXT, "kept")
    stored = questions(student.page(f"/attempts/{attempt}"))
    assert 'value="kept"' in stored and stored != fresh
    assert 'value="kept"' not in fresh
    student.save(attempt, TEXT, None, base=1, clear=True)
    assert "answered" not in questions(student.page(f"/attempts/{attempt}")).replace("data-answered", "x")
