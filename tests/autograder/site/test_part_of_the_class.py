"""Staff who see a part of the class: no page names anybody else, and no form reaches them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_clock import MINUTE
from graded_course import ASSIGNMENT, QUIZ, finished_quiz, graded_course
from homework_site import links_in, solved
from live_homework import LiveHomework
from live_server import Student
from report_factory import make_check, make_report, make_task
from site_pages import page_paths
from sqlalchemy import insert

from autograder.site.homework.scores import GradingSummary
from autograder.site.people import COURSE
from autograder.site.tables import section_member

OTHERS = ("zq-tuesday", "zq-partner")  # of another section
MOST_PAGES = 150


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHomework]:
    """A course in which much is recorded of two students of another section, and Ann is in Monday's."""
    folder = tmp_path_factory.mktemp("part") / "course"
    with graded_course(folder) as live:
        server = live.server
        live.publish(due_at=server.opens + 60 * MINUTE)
        server.publish(QUIZ, attempts=2)
        ina = server.student(role="instructor", name="ina")
        students = {name: server.student(name=name) for name in ("ann", *OTHERS)}
        with server.database.transaction() as connection:
            sections = {"ann": "Monday", **dict.fromkeys(OTHERS, "Tuesday")}
            rows = [
                {"course": COURSE, "person": name, "section": section} for name, section in sections.items()
            ]
            connection.execute(insert(section_member), rows)
        put_in_a_group(ina, *OTHERS)
        (folder / "groups.csv").write_text("group,student_id\nA,zq-nobody\n", encoding="utf-8")
        for student in students.values():
            live.upload(student, solved(server.course))
            finished_quiz(live, student, "sum", "no")
        report = make_report(make_task("double", make_check(points=3), functions=["double"]))
        live.grade("4", report=report.to_json().encode(), summary=GradingSummary.of(report).to_json())
        attempt = students[OTHERS[0]].start(QUIZ)
        reason = "for zq-tuesday"
        sent(ina, f"/staff/{QUIZ}/time", attempt=attempt, minutes="5", reason=reason)
        sent(students[OTHERS[0]], f"/homework/{ASSIGNMENT}/dates", days="1", text=reason)
        sent(ina, "/extensions/requests/1", days="2", reply=reason)
        sent(students[OTHERS[1]], f"/homework/{ASSIGNMENT}/dates", days="1", text="zq-partner asks")
        sent(ina, "/marking/conflicts", marker="ina", person=OTHERS[0], reason=reason)
        sent(ina, "/integrity", title="A case", work=ASSIGNMENT, people=" ".join(OTHERS))
        sent(ina, f"/staff/{QUIZ}/regrades")
        yield live


def put_in_a_group(ina: Student, *names: str) -> None:
    """Let students submit together."""
    table = "group,student_id\n" + "".join(f"A pair,{name}\n" for name in names)
    files = {"groups": ("groups.csv", table)}
    shown = ina.http.post("/groups/preview", data={"token": ina.token}, files=files)
    digest = shown.text.split('name="digest" value="')[1].split('"')[0]
    sent(ina, "/groups/import", groups=table, digest=digest)


def sent(student: Student, path: str, **fields: str) -> None:
    """A form that was taken."""
    reply = student.post(path, **fields)
    assert reply.status_code == 303, (path, reply.text)


def reader(live: LiveHomework, students: str) -> Student:
    """An assistant of Monday's section, or one to whom Ann is assigned."""
    name = f"tim-{students}"
    tim = live.server.student(role="ta", name=name)
    ina = Student(live.server, "ina").sign_in()
    form = {"role": "ta", "content": "", "students": students, "sections": "Monday", "assigned": ""}
    if students == "assigned":
        form |= {"sections": "", "assigned": "ann"}
    assert ina.post(f"/people/person/{name}/access", **form).status_code == 200
    return tim


@pytest.mark.parametrize("students", ["sections", "assigned"])
def test_no_page_names_anybody_else(live: LiveHomework, students: str) -> None:
    """Every page of the route table and every page that one of them links to; an instructor's do."""
    tim = reader(live, students)
    values = {"assignment": ASSIGNMENT, "quiz": QUIZ, "person": "ann", "student": "ann", "run": "1"}
    left = [
        path
        for work in ({"kind": "homework", "work": ASSIGNMENT}, {"kind": "quiz", "work": QUIZ})
        for path in page_paths({**values, **work})
    ]
    seen: dict[str, bool] = {}
    while left and len(seen) < MOST_PAGES:
        path = left.pop(0)
        if path in seen or path.startswith(("/static/", "/sign-in")):
            continue
        reply = tim.get(path)
        seen[path] = reply.status_code == 200
        if seen[path] and reply.headers["Content-Type"].startswith("text/"):
            assert "zq-" not in reply.text.casefold(), path
            left += [link.partition("#")[0] for link in links_in(reply.text)]
    assert sum(seen.values()) > 20
    ina = Student(live.server, "ina").sign_in()
    for path in ("/groups", f"/staff/{QUIZ}", "/marking", "/extensions"):
        assert seen[path] and "zq-" in ina.page(path).casefold(), path


def test_a_message_goes_to_everybody_or_to_nobody(live: LiveHomework) -> None:
    """Like time for the whole class: whoever sees a part of it is not offered it, and is refused."""
    tim = reader(live, "sections")
    monitor = tim.page(f"/staff/{QUIZ}")
    assert "/message" not in monitor and 'value="all"' not in monitor
    assert tim.post(f"/staff/{QUIZ}/message", text="Stop.").status_code == 403
    ann = Student(live.server, "ann").sign_in()
    attempt = ann.start(QUIZ)
    assert "Stop." not in ann.page(f"/attempts/{attempt}")
    sent(Student(live.server, "ina").sign_in(), f"/staff/{QUIZ}/message", text="Go on.")
    assert "Go on." in ann.page(f"/attempts/{attempt}")
