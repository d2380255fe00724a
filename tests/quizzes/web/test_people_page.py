"""The page of imports through real HTTP, on both databases: the difference first, nothing lost."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import httpx
import pytest
from fake_clock import MINUTE
from live_server import LiveServer, Student, live_server
from platform_rosters import CANVAS

from autograder.site.database import Database
from autograder.site.people import add_person
from autograder.site.roles import Role
from quizzes.schedule.timing import Accommodation


@pytest.fixture
def live(address: str, tmp_path: Path) -> Iterator[LiveServer]:
    """A live server on SQLite or PostgreSQL."""
    with live_server(Database(address), tmp_path / "course") as server:
        server.publish()
        yield server


def upload(teacher: Student, **files: str) -> httpx.Response:
    """Upload tables as a browser does."""
    parts = {name: (f"{name}.csv", text.encode(), "text/csv") for name, text in files.items()}
    return teacher.http.post("/people/preview", data={"token": teacher.token}, files=parts)


def confirm(teacher: Student, page: str, **fields: str) -> httpx.Response:
    """Press Import on the page that shows the difference."""
    digest = page.split('name="digest" value="')[1].split('"')[0]
    texts = re.findall(r'<textarea name="(\w+)" hidden>\n(.*?)</textarea>', page, re.DOTALL)
    tables = {name: html.unescape(text) for name, text in texts}
    (once,) = re.findall(r'name="page" value="([^"]+)"', page)
    return teacher.post("/people/import", **{"digest": digest, "page": once, **tables, **fields})


def test_an_import_shows_its_difference_first(live: LiveServer) -> None:
    """Who is added is read, then confirmed; the new passcodes are shown, and they sign in."""
    teacher = live.student(role="instructor")
    page = upload(teacher, roster=CANVAS).text
    assert "added: ann1 (Ann Lee)" in page
    assert "columns not read: Quiz 3 (901)" in page
    assert f"missing, kept: {teacher.name}" in page
    assert "ann1</td>" not in teacher.page("/people")
    done = confirm(teacher, page)
    assert done.status_code == 200
    codes = dict(re.findall(r"<tr><td>(\w+)</td><td>[^<]*</td><td><code>([\w-]+)</code>", done.text))
    assert codes.keys() == {"ann1", "ben2"}
    Student(live, "ann1").sign_in(codes["ann1"])
    assert "<td>instructor</td>" in teacher.page("/people")


def test_a_double_click_shows_the_passcodes(live: LiveServer) -> None:
    """The same form again imports nothing, and its answer has the passcodes of the first; they sign in."""
    teacher = live.student(role="instructor")
    page = upload(teacher, roster=CANVAS).text
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(lambda _: confirm(teacher, page), range(2))
    third = confirm(teacher, page)
    responses = first, second, third
    assert [reply.status_code for reply in responses] == [200, 200, 200]
    row = re.compile(r"<td>(\w+)</td><td>[^<]*</td><td><code>([\w-]+)</code>")
    answers = [row.findall(reply.text) for reply in responses]
    assert answers[0] == answers[1] == answers[2] != []
    Student(live, "ann1").sign_in(dict(answers[2])["ann1"])
    another = page.replace('name="page" value="', 'name="page" value="another-')
    assert confirm(teacher, another).status_code == 409  # with a difference that is none any more


def test_a_table_in_excels_encoding(live: LiveServer) -> None:
    """Blackboard's gradebook for Excel is UTF-16 with tabs; it is shown and imported as it comes."""
    teacher = live.student(role="instructor")
    table = '"Last Name"\t"First Name"\t"Username"\t"Student ID"\n"García"\t"Ann"\t"ann1"\t"1001"\n'
    files = {"roster": ("gc_full.xls", table.encode("utf-16"), "application/vnd.ms-excel")}
    shown = teacher.http.post("/people/preview", data={"token": teacher.token}, files=files)
    assert "added: 1001 (Ann García)" in shown.text
    assert confirm(teacher, shown.text).status_code == 200
    assert "Ann García" in teacher.page("/people")


def test_a_loss_has_to_be_ticked(live: LiveServer) -> None:
    """Extra time stays although a table takes it away, until that is ticked; an attempt gets more at once."""
    teacher = live.student(role="instructor")
    student = live.student(Accommodation(Fraction(3, 2)))
    attempt = student.start()
    started_at = live.exam.inspect(attempt)[0].attempt.started_at
    table = f"student,multiplier,extra_minutes\n{student.name},1,10\n"
    page = upload(teacher, accommodations=table).text
    assert f"TAKEN AWAY: {student.name}: time × 1.5 → × 1" in page
    assert confirm(teacher, page).status_code == 200
    assert live.exam.inspect(attempt)[0].attempt.deadline_at == started_at + 40 * MINUTE
    assert "× 1.5" in teacher.page("/people")
    page = upload(teacher, accommodations=table).text
    assert confirm(teacher, page, take_away="yes").status_code == 200
    assert "× 1.5" not in teacher.page("/people")
    assert live.exam.inspect(attempt)[0].attempt.deadline_at == started_at + 40 * MINUTE


@pytest.mark.parametrize("role", list(Role))
def test_a_loss_beside_somebody_of_any_role(live: LiveServer, role: Role) -> None:
    """A table that names members of staff is imported, too, where what it takes away stays."""
    teacher, student = live.student(role="instructor"), live.student(Accommodation(Fraction(3, 2)))
    other = live.student(role=role.value)
    table = f"student_id,name,multiplier\n{student.name},Ann,1\n{other.name},Sam,1\n"
    page = upload(teacher, roster=table).text
    assert confirm(teacher, page).status_code == 200
    people = teacher.page("/people")
    assert "× 1.5" in people and "Sam" in people


def test_the_exported_table_changes_nothing(live: LiveServer) -> None:
    """Whatever stands in it, what is imported again is what is stored: roles, factors, signs of formulas."""
    teacher = live.student(role="instructor")
    odd = {"=1+1": "4/3", "'=a": "1.3333333", "@ann": "2", "-": "1", "+49, tel": "1.125"}
    for number, (name, factor) in enumerate(odd.items()):
        student = live.student(Accommodation(Fraction(factor), 466_667 * number), name=f"s{number}")
        section = {"role": "student", "sections": f"{name.replace(',', '')}, B", "seen": ""}
        teacher.post(f"/people/person/{student.name}/access", **section)
        with live.database.transaction() as connection:
            add_person(connection, student.name, name, f"{number}@example.org")
    for role in Role:
        live.student(role=role.value)
    exported = teacher.get("/people/export").text
    shown = upload(teacher, roster=exported.replace("1.33333333333,", "1.33333333334,"))  # 4/3 has no end
    assert shown.status_code == 200, shown.text
    assert "TAKEN AWAY" not in shown.text
    assert {line for line in re.findall(r"changed: [^<\n]*", shown.text) if "s0: time" not in line} == set()
    page = teacher.page("/people/person/s1")
    fields = dict(re.findall(r'name="(label|multiplier|extra_minutes)" value="([^"]*)"', page))
    done = teacher.post("/people/person/s1/time", **{**fields, "label": "early"}, reason="A label")
    assert "label: none → early" in done.text or "label none → early" in done.text
    assert "time × " not in done.text.split("<dl", 1)[0]


def test_what_changed_meanwhile(live: LiveServer) -> None:
    """A difference that is another one by now is not stored."""
    teacher = live.student(role="instructor")
    page = upload(teacher, roster="student_id\ns1\n").text
    live.student(name="s1")
    assert confirm(teacher, page).status_code == 409


def test_wrong_tables(live: LiveServer) -> None:
    """Each is a sentence with the line, and nothing is stored."""
    teacher = live.student(role="instructor")
    for files in (
        {"roster": "colour\nred\n"},
        {"roster": 'student_id\n"s1\n'},
        {"accommodations": "student,multiplier\nnobody,2\n"},
        {"accommodations": f"student,multiplier\n{teacher.name},NaN\n"},
        {"roster": ""},
        {"roster": "student_id\na\0b\n"},
    ):
        reply = upload(teacher, **files)
        assert reply.status_code == 409, reply.text
        assert 'role="alert"' in reply.text
    for content, sentence in (
        ("student_id\nJos\xe9\n".encode("latin-1"), "not UTF-8 text"),
        (b"PK\x03\x04workbook", "The roster is a workbook"),
        (b"<html><table></table></html>", "The roster is a web page"),
    ):
        other = {"roster": ("r.csv", content, "text/csv")}
        reply = teacher.http.post("/people/preview", data={"token": teacher.token}, files=other)
        assert (reply.status_code, sentence in reply.text) == (400, True)


def test_who_may_import(live: LiveServer) -> None:
    """Instructors only; a student finds no such page, and a form without its token is refused."""
    student, assistant, teacher = live.student(), live.student(role="ta"), live.student(role="instructor")
    assert assistant.get("/people").status_code == 200  # they see who is there
    for person, status in ((student, 404), (assistant, 403)):
        assert student.get("/people").status_code == 404
        assert upload(person, roster="student_id\ns1\n").status_code == status
        assert person.post("/people/import", roster="student_id\ns1\n").status_code == status
    parts = {"roster": ("r.csv", b"student_id\ns1\n", "text/csv")}
    assert teacher.http.post("/people/preview", data={"token": "x"}, files=parts).status_code == 403
    assert teacher.http.post("/people/preview", data={"token": teacher.token}).status_code == 403
