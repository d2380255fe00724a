"""Results that are held: no page, file or JSON of their student says what they were, whoever holds them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_clock import MINUTE
from graded_course import ASSIGNMENT, COURSE_YAML, QUIZ, finished_quiz, graded_course
from homework_site import solved
from live_homework import LiveHomework
from live_server import Student
from report_factory import make_check, make_report, make_task

from autograder.site.homework.scores import GradingSummary

JSON = {"Accept": "application/json"}
BEGIN = ("/", "/grades", "/notices", "/regrade-requests", "/my-data.zip", f"/homework/{ASSIGNMENT}")
LINK = re.compile(r'(?:href|src|data-status)="(/[^"#]*)')
# Points that nothing else on a page is: what the checks gave, and what people gave afterwards.
HOMEWORK, QUIZZES = ("1.37", "4.37", "0.83", "3.83"), ("0.61", "0.77")


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveHomework]:
    """A course with work of Ann's that was marked, objected to, and marked again; all is shown."""
    monkeypatch.setattr("graded_course.COURSE_YAML", f"{COURSE_YAML}regrade_requests: {{after_hours: 0}}\n")
    with graded_course(tmp_path / "course") as live:
        live.publish(due_at=live.server.opens + 60 * MINUTE)
        live.server.publish(QUIZ)
        ann, ina = live.server.student(name="ann"), live.server.student(name="ina", role="instructor")
        submission = live.upload(ann, solved(live.server.course)).headers["Location"].rpartition("/")[2]
        tasks = (
            make_task("double", make_check(points=3, earned=1.37), functions=["double"]),
            make_task("mean_square", make_check(points=3), functions=["mean_square"]),
        )
        report = make_report(*tasks, student="ann", assignment=ASSIGNMENT)
        live.grade("4.37", report=report.to_json().encode(), summary=GradingSummary.of(report).to_json())
        attempt = finished_quiz(live, ann, "sum", "no")
        live.server.fake.pass_(61 * MINUTE)
        live.server.exam.mark()
        assert ann.post(f"/attempts/{attempt}/regrade-requests/1", text="Please.").status_code == 303
        about = {"kind": "homework", "answer": submission, "part": "task:double", "text": "Please."}
        assert ann.post("/regrade-requests", **about).status_code == 303
        for request in ina.get("/regrade-requests", headers=JSON).json():
            points = "0.83" if request["kind"] == "homework" else "0.61"
            answer = {"text": "You are right.", "points": points, "seen": request["seen"]}
            assert ina.post(f"/regrade-requests/{request['id']}/answer", **answer).status_code == 303
        page = ina.page(f"/staff/attempts/{attempt}")
        (seen, *_) = re.findall(r'name="seen" value="(\d+)"', page)
        given = {"points": "0.77", "reason": "Why not.", "seen": seen}
        assert ina.post(f"/staff/attempts/{attempt}/points/0", **given).status_code == 303
        yield live


def shown_to(student: Student, known: set[str]) -> dict[str, str]:
    """What everything says that a student may open from the start page, and what they could open before."""
    texts: dict[str, str] = {}
    left = [*BEGIN, *sorted(known)]
    while left:
        path = left.pop()
        if path in texts or path.startswith("/static/"):
            continue
        reply = student.get(path)
        texts[path] = f"{reply.headers}\n{reply.text}"
        if path == "/my-data.zip":
            with zipfile.ZipFile(io.BytesIO(reply.content)) as file:
                texts[path] = "\n".join(
                    file.read(name).decode("utf-8", "replace") for name in file.namelist()
                )
        elif reply.status_code == 200:
            left += LINK.findall(reply.text)
    texts |= {f"{path} as JSON": student.get(path, headers=JSON).text for path in (*BEGIN[:4], *known)}
    return texts


def found_in(texts: dict[str, str], words: tuple[str, ...]) -> set[tuple[str, str]]:
    """Which of the words stand in which text."""
    return {(path, word) for path, text in texts.items() for word in words if word in text}


HOLDS = {
    "a case of the homework": ("/integrity", {"work": ASSIGNMENT, "held": "yes"}, HOMEWORK),
    "a case of the quiz": ("/integrity", {"work": QUIZ, "held": "yes"}, QUIZZES),
    "results that are held": (f"/staff/homework/{ASSIGNMENT}/release", {"hold": "yes"}, HOMEWORK),
}


@pytest.mark.parametrize("hold", HOLDS)
def test_what_is_held_is_nowhere(live: LiveHomework, hold: str) -> None:
    """Points that the student saw before are on no page from then on, and are there again afterwards."""
    ann, ina = (Student(live.server, name).sign_in() for name in ("ann", "ina"))
    before = shown_to(ann, set())
    known = {path for path in before if " as JSON" not in path}
    path, fields, words = HOLDS[hold]
    assert {word for _, word in found_in(before, words)} == set(words)
    assert ina.post(path, people="ann", title="A case", **fields).status_code == 303
    live.server.fake.pass_(MINUTE)
    assert found_in(shown_to(ann, known), words) == set()
    other = tuple({*HOMEWORK, *QUIZZES} - set(words))
    assert {word for _, word in found_in(shown_to(ann, known), other)} == set(other)
    if path == "/integrity":
        assert ina.post("/integrity/1/close", outcome="Nothing was wrong.").status_code == 303
        assert {word for _, word in found_in(shown_to(ann, known), words)} == set(words)
