"""The pages of an exam without a script: messages, refused answers beside good ones, incomplete orders."""

from __future__ import annotations

import re

import pytest
from fake_clock import MINUTE
from live_server import CHOICE, ESSAY, NUMERIC, ORDERING, TEXT, LiveServer, Student


def places_of(server: LiveServer, attempt: str) -> list[str]:
    """The names of the controls of the order."""
    view = server.questions(attempt)[ORDERING].public_view()
    return [f"a{ORDERING}.{option.id}" for option in view.options]


def sent(student: Student, attempt: str, action: str = "1", **fields: str) -> tuple[int, str]:
    """The quiz page's form with its hidden fields; status and page, or address, of the reply."""
    reply = student.post(f"/attempts/{attempt}", **{**student.form(attempt), "action": action, **fields})
    return reply.status_code, reply.headers.get("Location", reply.text)


def test_a_message_reaches_a_page_without_script(server: LiveServer) -> None:
    """Every message since the start is on the quiz page and on the review, as text; none from before."""
    server.publish()
    teacher, student = server.student(role="ta"), server.student()
    teacher.post("/staff/all/message", text="Before the start.")
    server.fake.pass_(MINUTE)
    attempt = student.start()
    for text in ("Question 3: <b>take</b> logarithms.", "The room is open until six."):
        teacher.post("/staff/all/message", text=text)
    for path in (f"/attempts/{attempt}", f"/attempts/{attempt}/review"):
        page = student.page(path)
        assert "Question 3: &lt;b&gt;take&lt;/b&gt; logarithms." in page
        assert "The room is open until six." in page
        assert "Before the start." not in page
    notices = student.get(f"/attempts/{attempt}/status").json()["notices"]
    assert [notice["text"][:10] for notice in notices] == ["Question 3", "The room i"]


@pytest.mark.parametrize(
    "essay",
    [
        "é" * 40_000,
        "x" * 70_000,
        "word " * 500_000,
        "\N{GRINNING FACE}" * 300_000,
    ],
    ids=["bytes", "characters", "megabytes", "encoded"],
)
def test_one_answer_that_is_too_large_loses_no_other(server: LiveServer, essay: str) -> None:
    """The others are stored, the large one stays typed with its reason, whatever its size."""
    server.publish()
    student = server.student()
    attempt = student.start()
    status, page = sent(student, attempt, **{f"a{TEXT}": "kept", f"a{ESSAY}": essay, f"a{NUMERIC}": "0.5"})
    answers = server.exam.inspect(attempt)[0].answers
    assert (answers[TEXT].response, answers[NUMERIC].response) == ('"kept"', '"0.5"')
    assert status in (413, 422)
    assert ESSAY not in answers
    problem = re.search(rf'id="problem-{ESSAY}">([^<]+)', page)
    assert problem and ("KB" in problem[1] or "words" in problem[1])
    assert essay[:1000] in page


def test_an_incomplete_order_can_be_passed_over(server: LiveServer) -> None:
    """It is refused with its reason and shown as it was typed; after this warning the review follows."""
    server.publish()
    student = server.student()
    attempt = student.start()
    first, second, *_ = places_of(server, attempt)
    fields = {first: "3", second: "2", f"a{TEXT}": "kept"}
    status, page = sent(student, attempt, "review", **fields)
    assert status == 422
    assert "The order is not complete" in page and "reload" not in page
    for name, place in ((first, "3"), (second, "2")):
        control = page.split(f'name="{name}"')[1].split("</select>")[0]
        assert f'<option value="{place}" selected>' in control and control.count("selected") == 1
    assert 'value="anyway"' in page
    assert sent(student, attempt, "anyway", **fields) == (303, f"/attempts/{attempt}/review")
    assert "1 question has no answer" not in (review := student.page(f"/attempts/{attempt}/review"))
    assert "10 questions have no answer" in review
    answers = server.exam.inspect(attempt)[0].answers
    assert set(answers) == {TEXT}


def test_two_entries_at_one_place_are_no_order(server: LiveServer) -> None:
    """Nobody decides between them for the student."""
    server.publish()
    student = server.student()
    attempt = student.start()
    names = places_of(server, attempt)
    places = {name: str(place) for place, name in enumerate(names, start=1)} | {names[1]: "1"}
    status, page = sent(student, attempt, **places)
    assert status == 422 and "The order is not complete" in page
    assert ORDERING not in server.exam.inspect(attempt)[0].answers


def test_answered_is_what_is_stored(server: LiveServer) -> None:
    """Navigation and review count the same: a value that cannot be read is not answered."""
    server.publish()
    student = server.student()
    attempt = student.start()
    _, page = sent(student, attempt, **{f"a{NUMERIC}": "a half", f"a{TEXT}": "kept"})
    links = re.findall(r'data-pos="(\d+)"(?: class="([^"]*)")?>', page.split("<nav")[1].split("</nav>")[0])
    states = {int(pos): set(names.split()) for pos, names in links}
    assert states[NUMERIC] == {"unsaved"} and states[TEXT] == {"answered"} and states[CHOICE] == set()
    assert "10 questions have no answer" in student.page(f"/attempts/{attempt}/review")
