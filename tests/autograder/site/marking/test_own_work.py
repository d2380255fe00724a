"""Nobody sets points or time of their own work, nor where a conflict of interest is recorded, on any page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fake_clock import MINUTE
from graded_course import ASSIGNMENT, COURSE_YAML, QUIZ, finished_quiz, graded_course
from homework_site import solved, with_mistake
from live_homework import LiveHomework
from live_server import Student
from marking_site import answer_paths
from report_factory import make_check, make_report, make_task
from sqlalchemy import func, select
from starlette.routing import Match, Route

from autograder.site.application import site_routes
from autograder.site.homework.scores import GradingSummary
from autograder.site.marking.tables import regrade_request
from autograder.site.roles import Permission
from autograder.site.tables import mark
from quizzes.store.tables import attempt

FIELDS = {
    "points": "1",
    "reason": "Why not.",
    "comment": "Why not.",
    "minutes": "30",
    "save": "a-save-that-is-late",
    "text": "Why not.",
}
QUESTION = "/marking/{kind}/{work}/questions/{question}"
# Forms of staff about students that set no points and no time of single people.
OTHER_FORMS = {
    *("/look", "/staff/{quiz}/message", f"{QUESTION}/rubric", f"{QUESTION}/comments"),
    *(f"/staff/attempts/{{attempt}}/{act}" for act in ("end-sessions", "close")),
    "/staff/attempts/{attempt}/fill-in",  # of previews alone
    # Who may not mark an answer is not shown it: see `test_a_conflict_of_interest`.
    *(f"{QUESTION}/answers/{{code}}{act}" for act in ("", "/undo", "/notes")),
}
OWN_WORK = "Nobody marks their own work, or gives themselves time."
IN_CONFLICT = "You do not mark this student's work: a conflict of interest is recorded."


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveHomework]:
    """Tim, who took part as a student, with Eve as partner, and marks now; and Ann, whom he may not mark."""
    monkeypatch.setattr("graded_course.COURSE_YAML", f"{COURSE_YAML}regrade_requests: {{after_hours: 0}}\n")
    with graded_course(tmp_path / "course") as live:
        server = live.server
        live.publish(due_at=server.opens + 60 * MINUTE)
        server.publish(QUIZ, attempts=2)
        ina = server.student(name="ina", role="instructor")
        students = {name: server.student(name=name) for name in ("tim", "ann", "bob", "eve")}
        pair_up(ina, "tim", "eve")
        for name in ("tim", "ann", "bob"):
            live.upload(students[name], solved(server.course))
            finished_quiz(live, students[name], "sum", "no")
        report = make_report(make_task("double", make_check(points=3), functions=["double"]))
        live.grade("4", report=report.to_json().encode(), summary=GradingSummary.of(report).to_json())
        server.fake.pass_(61 * MINUTE)
        for student in students.values():
            about = {"kind": "homework", "answer": submission_of(student), "part": "task:double"}
            sent = student.post("/regrade-requests", **about, text="Please.")
            assert sent.status_code == 303, sent.text
        become_assistant(ina, "tim")
        conflict = {"marker": "tim", "person": "ann", "reason": "They are related."}
        assert ina.post("/marking/conflicts", **conflict).status_code == 303
        yield live


def pair_up(ina: Student, *names: str) -> None:
    """Let students submit together from now on."""
    table = "group,student_id\n" + "".join(f"A pair,{name}\n" for name in names)
    files = {"groups": ("groups.csv", table)}
    shown = ina.http.post("/groups/preview", data={"token": ina.token}, files=files)
    digest = shown.text.split('name="digest" value="')[1].split('"')[0]
    assert ina.post("/groups/import", groups=table, digest=digest).status_code == 303


def become_assistant(ina: Student, name: str) -> None:
    """Make a student an assistant."""
    role = {"role": "ta", "content": "", "students": "", "sections": "", "assigned": ""}
    assert ina.post(f"/people/person/{name}/access", **role).status_code == 200


def submission_of(student: Student) -> str:
    """The id of a student's submission."""
    (submission, *_) = re.findall(r"/submissions/([\w-]+)", student.page(f"/homework/{ASSIGNMENT}"))
    return str(submission)


def acts_on_homework(live: LiveHomework, name: str) -> dict[str, tuple[str, dict[str, str]]]:
    """The acts on points of one person's homework, by what they are: address and form."""
    submission = submission_of(Student(live.server, name).sign_in())
    with live.server.database.reading() as connection:
        number = connection.execute(select(regrade_request.c.id).where(regrade_request.c.person == name))
        request = f"/regrade-requests/{number.scalar_one()}/answer"
    return {
        "points of a submission": (f"/staff/submissions/{submission}/points", {"seen": "0"}),
        "written answers": (f"/staff/submissions/{submission}/answers", {}),
        "a regrade request": (request, {"seen": "0"}),
    }


def acts_on(live: LiveHomework, name: str) -> dict[str, tuple[str, dict[str, str]]]:
    """The acts on points and time of one person's homework and quiz."""
    with live.server.database.reading() as connection:
        work = connection.execute(select(attempt.c.id).where(attempt.c.person == name)).scalars().one()
        newest = select(func.max(mark.c.id)).where(mark.c.work == work, mark.c.part == "1")
        seen = str(connection.execute(newest).scalar_one())
    on_attempt = f"/staff/attempts/{work}"
    return acts_on_homework(live, name) | {
        "points of a question": (f"{on_attempt}/points/1", {"seen": seen, "page": f"points-{name}"}),
        "points taken back": (f"{on_attempt}/withdraw/1", {"seen": seen, "page": f"back-{name}"}),
        "a late answer": (f"{on_attempt}/accept", {"page": f"late-{name}"}),
        "an attempt opened again": (f"{on_attempt}/reopen", {"page": f"open-{name}"}),
        "more time": (f"/staff/{QUIZ}/time", {"who": "chosen", "attempt": work, "page": f"time-{name}"}),
    }


def sent(who: Student, address: str, fields: dict[str, str]) -> httpx.Response:
    """A form of staff, as a program sends it to read the answer."""
    form = {**FIELDS, **fields, "token": who.token}
    return who.http.post(address, data=form, headers={"Accept": "application/json"})


@pytest.mark.parametrize(("name", "sentence"), [("tim", OWN_WORK), ("ann", IN_CONFLICT)])
def test_who_may_not_mark_marks_nowhere(live: LiveHomework, name: str, sentence: str) -> None:
    """Each act on points and time is refused with the reason, and changes no mark and no time."""
    tim = Student(live.server, "tim").sign_in()

    def stored() -> list[object]:
        with live.server.database.reading() as connection:
            marks = connection.execute(select(mark.c.id, mark.c.points).order_by(mark.c.id)).all()
            ends = connection.execute(
                select(attempt.c.id, attempt.c.state, attempt.c.deadline_at).order_by(attempt.c.id)
            ).all()
        return [*marks, *ends]

    before = stored()
    acts = acts_on(live, name)
    answers = {what: sent(tim, *act) for what, act in acts.items()}
    refused = {what: (reply.status_code, reply.json().get("message")) for what, reply in answers.items()}
    assert refused == dict.fromkeys(acts, (403, sentence))
    assert stored() == before
    for act in ("points of a submission", "points of a question"):
        page = tim.page(acts[act][0].partition("/points")[0])
        assert sentence.replace("'", "&#39;") in page and "Set the points" not in page
    assert acts["a regrade request"][0] not in tim.page("/regrade-requests")


def test_a_partners_points_are_ones_own(live: LiveHomework) -> None:
    """What Eve submitted with Tim is his own work, whoever of the two asks to look at it again."""
    tim = Student(live.server, "tim").sign_in()
    acts = acts_on_homework(live, "eve")
    answers = {what: sent(tim, *act) for what, act in acts.items()}
    refused = {what: (reply.status_code, reply.json().get("message")) for what, reply in answers.items()}
    assert refused == dict.fromkeys(acts, (403, OWN_WORK))
    assert len(answer_paths(tim, f"/marking/homework/{ASSIGNMENT}/questions/task:double")) == 1  # Bob's
    assert acts["a regrade request"][0] not in tim.page("/regrade-requests")


def test_a_pairs_work_that_counts_for_one(tmp_path: Path) -> None:
    """After Tim has left the pair, its work counts for Eve alone, and is still what he submitted, too."""
    with graded_course(tmp_path / "course") as live:
        live.publish()
        ina = live.server.student(name="ina", role="instructor")
        tim, eve = (live.server.student(name=name) for name in ("tim", "eve"))
        report = make_report(make_task("double", make_check(points=3), functions=["double"]))
        pair_up(ina, "tim", "eve")
        live.upload(eve, solved(live.server.course))
        pair_up(ina, "eve")
        live.upload(tim, with_mistake(live.server.course))
        live.grade("4", report=report.to_json().encode(), summary=GradingSummary.of(report).to_json())
        become_assistant(ina, "tim")
        question = f"/marking/homework/{ASSIGNMENT}/questions/task:double"
        assert len(answer_paths(ina, question)) == 2
        assert answer_paths(tim.came_in(), question) == []


def test_every_form_about_students_is_thought_of(live: LiveHomework) -> None:
    """A form of staff about students is tried here, or is named among those that set no points or time."""
    routes = [
        route for route in site_routes() if isinstance(route, Route) and "POST" in (route.methods or ())
    ]
    about_students = {
        route.path for route in routes if getattr(route.endpoint, "permission", None) is Permission.STUDENTS
    }
    tried = set()
    for address, _ in acts_on(live, "bob").values():
        scope = {"type": "http", "method": "POST", "path": address}
        tried.add(next(route.path for route in routes if route.matches(scope)[0] is Match.FULL))
    assert tried.isdisjoint(OTHER_FORMS)
    assert about_students == tried | OTHER_FORMS


def test_others_are_marked(live: LiveHomework) -> None:
    """The same acts on somebody else's work are not forbidden."""
    tim = Student(live.server, "tim").sign_in()
    answers = {what: sent(tim, *act) for what, act in acts_on(live, "bob").items()}
    assert {what: reply.status_code for what, reply in answers.items() if reply.status_code == 403} == {}
    assert answers["points of a submission"].status_code == 303
    assert answers["an attempt opened again"].status_code == 303


def test_the_home_page_counts_the_requests_that_the_list_shows(live: LiveHomework) -> None:
    """A partner's request, one's own and one in a conflict of interest are in neither."""
    for name, shown in (("tim", 1), ("ina", 4)):
        reader = Student(live.server, name).sign_in()
        listed = reader.get("/regrade-requests", headers={"Accept": "application/json"}).json()
        assert len(listed) == shown
        words = "1 regrade request waits" if shown == 1 else f"{shown} regrade requests wait"
        assert f"{words} for an answer" in reader.page("/")
