"""Nobody marks or extends themselves, and a conflict of interest excludes a pair, on every page of staff."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fake_clock import MINUTE
from graded_course import ASSIGNMENT, QUIZ, finished_quiz, graded_course
from homework_site import solved
from live_homework import LiveHomework
from live_server import Student
from report_factory import make_check, make_report, make_task
from sqlalchemy import func, select

from autograder.site.tables import mark
from quizzes.store.tables import attempt

FIELDS = {
    "points": "1",
    "reason": "Why not.",
    "comment": "Why not.",
    "minutes": "30",
    "save": "a-save-that-is-late",
    "scope": "person",
    "people": "tim",
    "days": "1",
    "work": ASSIGNMENT,
    "label": "",
    "multiplier": "2",
    "role": "instructor",
}


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveHomework]:
    """Tim, who took part as a student and marks now; and Ann, whose work he does not mark."""
    with graded_course(tmp_path / "course") as live:
        server = live.server
        live.publish(due_at=server.opens + 60 * MINUTE)
        server.publish(QUIZ, attempts=2)
        ina = server.student(name="ina", role="instructor")
        for name in ("tim", "ann", "bob"):
            student = server.student(name=name)
            live.upload(student, solved(server.course))
            finished_quiz(live, student, "sum", "no")
        live.grade("4", report=make_report(make_task("double", make_check())).to_json().encode())
        role = {"role": "ta", "content": "", "students": "", "sections": "", "assigned": ""}
        assert ina.post("/people/person/tim/access", **role).status_code == 200
        conflict = {"marker": "tim", "person": "ann", "reason": "They are related."}
        assert ina.post("/marking/conflicts", **conflict).status_code == 303
        yield live


def acts_on(live: LiveHomework, name: str) -> dict[str, tuple[str, dict[str, str]]]:
    """The acts on points and time of one person's work, by what they are: address and form."""
    student = Student(live.server, name).sign_in()
    (submission, *_) = re.findall(r"/submissions/([\w-]+)", student.page(f"/homework/{ASSIGNMENT}"))
    with live.server.database.reading() as connection:
        work = connection.execute(select(attempt.c.id).where(attempt.c.person == name)).scalars().one()
        newest = select(func.max(mark.c.id)).where(mark.c.work == work, mark.c.part == "1")
        seen = str(connection.execute(newest).scalar_one())
    on_attempt = f"/staff/attempts/{work}"
    return {
        "points of a submission": (f"/staff/submissions/{submission}/points", {"seen": "0"}),
        "written answers": (f"/staff/submissions/{submission}/answers", {}),
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


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("tim", "Nobody marks their own work, or gives themselves time."),
        ("ann", "You do not mark this student's work: a conflict of interest is recorded."),
    ],
)
def test_who_may_not_mark_marks_nowhere(live: LiveHomework, name: str, sentence: str) -> None:
    """Each act on points and time is refused with the reason, and no mark or time is another."""
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
    page = acts["points of a submission"][0].rpartition("/")[0]
    assert sentence.replace("'", "&#39;") in tim.page(page) and "Set the points" not in tim.page(page)
    page = acts["points of a question"][0].rpartition("/points/")[0]
    assert sentence.replace("'", "&#39;") in tim.page(page) and "Set the points" not in tim.page(page)


def test_others_are_marked(live: LiveHomework) -> None:
    """The same acts on somebody else's work are not refused for that."""
    tim = Student(live.server, "tim").sign_in()
    answers = {what: sent(tim, *act) for what, act in acts_on(live, "bob").items()}
    assert {what: reply.status_code for what, reply in answers.items() if reply.status_code == 403} == {}
    assert answers["points of a submission"].status_code == 303
    assert answers["an attempt opened again"].status_code == 303
