"""Looking at a student's attempt as that student: nothing about the attempt changes by it."""

from __future__ import annotations

from live_server import LiveServer
from starlette.routing import Route

from quizzes.attempts.events import State
from quizzes.web.routes import ROUTES

MINUTE = 60_000
OF_STUDENTS = [
    route.path
    for route in ROUTES
    if isinstance(route, Route) and route.path.startswith("/attempts/") and "GET" in (route.methods or ())
]


def test_looking_closes_and_marks_nothing(server: LiveServer) -> None:
    """An attempt that is overdue, or over and not marked, stays so whatever page staff look at."""
    server.publish()
    ann, staff = server.student(name="ann"), server.student(role="instructor", name="ina")
    attempt = ann.start()
    assert staff.post("/look", person="ann").status_code == 303
    server.fake.pass_(25 * MINUTE)

    def look_everywhere() -> None:
        for path in OF_STUDENTS:
            address = path.replace("{attempt}", attempt).replace("{file:path}", "none.png")
            assert staff.get(address).status_code in (200, 303, 404, 409), path

    def state() -> tuple[State, int]:
        view, events = server.exam.inspect(attempt)
        return view.attempt.state, len(events)

    overdue = state()
    assert overdue[0] is State.OPEN
    look_everywhere()
    assert state() == overdue
    assert ann.get(f"/attempts/{attempt}").headers["Location"].endswith("/receipt")
    over = state()
    assert over[0] is State.FINISHED
    look_everywhere()
    assert state() == over
