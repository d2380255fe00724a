"""People: what an instructor changes of one person, what is recorded, and whom staff may see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from databases import new_database
from homework_site import links_in
from hypothesis import given
from hypothesis import strategies as st
from live_homework import LiveHomework, live_homework
from live_server import Student
from local_http import LOCAL
from marking_site import fields_of
from tiny_course import ASSIGNMENT

from autograder.site.audit import acts_on
from autograder.site.homework.due_dates import rules_in
from autograder.site.people import COURSE, people_named, students_in


@pytest.fixture
def site(tmp_path: Path) -> Iterator[LiveHomework]:
    """A live server with a published assignment, four students and staff of all kinds."""
    with live_homework(new_database(tmp_path / "quiz.db"), tmp_path / "course") as site:
        site.publish()
        yield site


def person(name: str, act: str = "") -> str:
    """The address of a person's page, or of one of its forms."""
    return f"/people/person/{quote(name)}{f'/{act}' if act else ''}"


def acts(site: LiveHomework, subject: str) -> list[tuple[str, str]]:
    """Who did what to a person, in order."""
    with site.server.database.reading() as connection:
        return [(act.who, act.act) for act in acts_on(connection, subject)]


def staff_with(site: LiveHomework, ina: Student, students: str, **fields: str) -> Student:
    """An assistant whose access to students' work an instructor has set."""
    tim = site.server.student(role="ta", name=f"tim-{students}")
    reply = ina.post(person(tim.name, "access"), role="ta", content="", students=students, **fields)
    assert reply.status_code == 200, reply.text
    return tim


def test_access_limits_every_page_of_students_work(site: LiveHomework) -> None:
    """An assistant of a section sees its students in the class and their submissions, and nobody else."""
    ina = site.server.student(role="instructor", name="ina")
    ann, bob = (site.server.student(name=name) for name in ("ann", "bob"))
    for student, section in ((ann, "Monday"), (bob, "Tuesday")):
        assert ina.post(
            person(student.name, "access"), role="student", content="", students="", sections=section
        ).is_success
        assert site.upload(student, student.name.encode()).status_code == 303
    everybody = ina.page(f"/staff/homework/{ASSIGNMENT}")
    of_ann, of_bob = sorted(
        {link for link in links_in(everybody) if "/staff/submissions/" in link},
        key=lambda link: "ann" not in ina.page(link).lower(),
    )
    views = {
        "sections": staff_with(site, ina, "sections", sections="Monday"),
        "assigned": staff_with(site, ina, "assigned", assigned="ann"),
        "all": staff_with(site, ina, "all"),
        "none": staff_with(site, ina, "none"),
    }
    for name in ("sections", "assigned"):
        tim = views[name]
        seen = tim.page(f"/staff/homework/{ASSIGNMENT}")
        assert of_ann in seen
        assert of_bob not in seen
        assert "Bob" not in seen
        assert tim.get(of_ann).status_code == 200
        assert tim.get(of_bob).status_code == tim.get(person("bob")).status_code == 404
        assert tim.get(person("ann")).status_code == 200
        for act in ("points", "answers"):
            reply = tim.post(f"{of_bob}/{act}", points="1", reason="no", seen="0")
            assert reply.status_code == 404
        assert "bob" not in tim.page("/people").lower()
        assert "bob" not in tim.page("/people/export")
    assert of_bob in views["all"].page(f"/staff/homework/{ASSIGNMENT}")
    nobody = views["none"]
    assert [
        nobody.get(path).status_code for path in (f"/staff/homework/{ASSIGNMENT}", of_ann, "/people")
    ] == [403, 403, 403]


def test_the_home_page_links_to_what_may_be_opened(site: LiveHomework) -> None:
    """Gradebook, content, people and settings: each is linked for those who may open it, for nobody else."""
    ina = site.server.student(role="instructor", name="ina")
    tea, everybody = staff_with(site, ina, "all"), ["/gradebook", "/content", "/people", "/settings"]
    editor = staff_with(site, ina, "none")
    ina.post(person(editor.name, "access"), role="ta", content="edit", students="none")
    ann = site.server.student(name="ann")
    for visitor in (ina, tea, staff_with(site, ina, "assigned", assigned="ann"), editor, ann):
        linked = {*links_in(visitor.page("/"))} & {*everybody}
        assert linked == {path for path in everybody if visitor.get(path).status_code == 200}
    assert {*links_in(tea.page("/"))} & {*everybody} == {"/gradebook", "/people"}


def test_staff_owe_no_homework(site: LiveHomework) -> None:
    """Staff are not told that they have submitted nothing; who may see the class gets there from the list."""
    ina, ann = site.server.student(role="instructor", name="ina"), site.server.student(name="ann")
    nobody, the_class = staff_with(site, ina, "none"), f"/staff/homework/{ASSIGNMENT}"
    assert "Not submitted" in ann.page("/") and the_class not in links_in(ann.page("/"))
    for staff in (ina, nobody):
        page = staff.page("/")
        assert "Not submitted" not in page
        assert (the_class in links_in(page)) == (staff.get(the_class).status_code == 200)
    assert the_class in links_in(ina.page("/"))


def test_access_limits_the_pages_of_quizzes(site: LiveHomework, tmp_path: Path) -> None:
    """The monitor lists one's own students, and an attempt of another one does not exist."""
    from live_server import live_server

    with live_server(new_database(tmp_path / "exam.db"), tmp_path / "exam") as server:
        server.publish()
        ina = server.student(role="instructor", name="ina")
        ann, bob = (server.student(name=name) for name in ("ann", "bob"))
        attempts = {student.name: student.start() for student in (ann, bob)}
        tim = server.student(role="ta", name="tim")
        done = ina.post(person("tim", "access"), role="ta", content="", students="assigned", assigned="ann")
        assert ">assistant</option>" in done.text and "<dd>assistant</dd>" in done.text
        assert "<td>assistant</td>" in ina.page("/people") and "<td>ta</td>" not in ina.page("/people")
        assert done.is_success
        monitor = tim.page("/staff/all")
        assert attempts["ann"] in monitor
        assert attempts["bob"] not in monitor
        assert tim.get(f"/staff/attempts/{attempts['ann']}").status_code == 200
        assert tim.get(f"/staff/attempts/{attempts['bob']}").status_code == 404
        give = {"minutes": "5", "percent": "", "reason": "a fire alarm"}
        assert tim.post("/staff/all/time", who="all", **give).status_code == 403
        assert tim.post("/staff/all/time", attempt=attempts["bob"], **give).status_code == 404
        assert tim.post("/staff/all/time", attempt=attempts["ann"], **give).status_code == 303


def test_nobody_changes_their_own_role(site: LiveHomework) -> None:
    """An instructor's own role, time and place in the course are another instructor's to change."""
    ina = site.server.student(role="instructor", name="ina")
    for act, fields in {
        "access": {"role": "student", "content": "", "students": ""},
        "time": {"multiplier": "2", "extra_minutes": "", "label": "", "reason": "me"},
        "remove": {"confirm": "ina"},
    }.items():
        assert ina.post(person("ina", act), **fields).status_code == 403
    assert acts(site, "ina") == []


def test_the_second_of_two_forms_is_told_of_the_first(site: LiveHomework) -> None:
    """A form carries the version it saw; where somebody was faster nothing changes and the page says so."""
    ina, ida = (site.server.student(role="instructor", name=name) for name in ("ina", "ida"))
    site.server.student(name="ann")
    seen = ida.page(person("ann")).split('name="seen" value="')[1].split('"')[0]
    first = {"role": "student", "content": "", "students": "", "sections": "Monday", "seen": seen}
    assert ina.post(person("ann", "access"), **first).status_code == 200
    reply = ida.post(person("ann", "access"), **{**first, "sections": "Tuesday"})
    assert reply.status_code == 409
    assert "Somebody else has changed" in reply.text
    assert "sections Monday" in reply.text
    late = {"multiplier": "2", "extra_minutes": "", "label": "", "reason": "doctor", "seen": seen}
    assert ida.post(person("ann", "time"), **late).status_code == 409
    assert acts(site, "ann") == [("ina", "set access")]


def test_extra_time_label_and_their_reason(site: LiveHomework) -> None:
    """Time and label are stored, shown and recorded with the reason; nonsense changes nothing."""
    ina, _ = site.server.student(role="instructor", name="ina"), site.server.student(name="ann")
    fields = {"label": "evening", "multiplier": "1,5", "extra_minutes": "10", "reason": "certificate"}
    page = ina.post(person("ann", "time"), **fields).text
    assert "× 1.5 of the time and 10 minutes more" in page
    assert "certificate" in page
    assert acts(site, "ann") == [("ina", "accommodate"), ("ina", "set time")]
    wrong = ina.post(person("ann", "time"), **{**fields, "multiplier": "lots"})
    assert wrong.status_code == 409
    assert "is not a number" in wrong.text
    assert ina.post(person("ann", "time"), **{**fields, "reason": " "}).status_code == 409
    assert len(acts(site, "ann")) == 2


def test_dropped_students_keep_their_work(site: LiveHomework) -> None:
    """Nothing new is taken, no statistic counts them, their pages stay; a roster that names them ends it."""
    ina, ann = site.server.student(role="instructor", name="ina"), site.server.student(name="ann")
    site.server.student(name="bob")
    assert site.upload(ann, b"first").status_code == 303
    assert "dropped" in ina.post(person("ann", "drop"), reason="left").text.lower()
    refused = site.upload(ann, b"second")
    assert refused.status_code == 403
    assert "dropped this course" in refused.text
    assert "/submissions/" in ann.page(f"/homework/{ASSIGNMENT}")
    with site.server.database.reading() as connection:
        assert students_in(connection, COURSE) == ["bob"]
    assert "Ann" not in ina.page(f"/staff/homework/{ASSIGNMENT}")
    assert "/staff/submissions/" in ina.page(person("ann"))
    roster = {"roster": ("roster.csv", "student_id,name\nann,Ann\nbob,Bob\n")}
    shown = ina.http.post("/people/preview", data={"token": ina.token}, files=roster)
    assert "returned: ann had dropped the course" in shown.text
    digest = shown.text.split('name="digest" value="')[1].split('"')[0]
    text = roster["roster"][1]
    assert ina.post("/people/import", digest=digest, roster=text, accommodations="").status_code == 200
    assert site.upload(ann, b"third").status_code == 303
    assert ("ina", "return student") in acts(site, "ann")


def test_an_import_drops_only_whom_it_is_told_to(site: LiveHomework) -> None:
    """People who are not in the roster are listed and stay, unless they are ticked by name."""
    ina = site.server.student(role="instructor", name="ina")
    for name in ("ann", "bob", "cem"):
        site.server.student(name=name)
    table = "student_id,name,section\nann,Ann,Monday\n"
    shown = ina.http.post(
        "/people/preview", data={"token": ina.token}, files={"roster": ("roster.csv", table)}
    ).text
    assert "missing, kept: bob, cem, ina" in shown
    assert "section none → Monday" in shown
    digest = shown.split('name="digest" value="')[1].split('"')[0]
    confirmed = {"digest": digest, "roster": table, "accommodations": ""}
    assert ina.post("/people/import", **confirmed, drop="zoe").status_code == 409
    assert ina.post("/people/import", **confirmed, drop="bob").status_code == 200
    assert [acts(site, name) for name in ("ann", "bob", "cem")] == [[], [("ina", "drop student")], []]
    assert "Monday" in ina.page(person("ann"))
    with site.server.database.reading() as connection:
        assert students_in(connection, COURSE) == ["ann", "cem"]


def test_a_test_student_is_in_no_statistic(site: LiveHomework) -> None:
    """A test student submits like any other and is missing from the class's numbers."""
    ina, _ = site.server.student(role="instructor", name="ina"), site.server.student(name="ann")
    reply = ina.post("/people/test-student")
    name = reply.headers["Location"].rpartition("/")[2]
    assert "test student" in ina.page(reply.headers["Location"]).lower()
    tester = Student(site.server, name).sign_in()
    assert site.upload(tester, b"try").status_code == 303
    page = ina.page(f"/staff/homework/{ASSIGNMENT}")
    assert "<dd>0 <small>of 1</small></dd>" in page
    assert name not in page


def test_sign_in_from_the_page(site: LiveHomework) -> None:
    """A new passcode and a new link sign in, are shown once, and are recorded without their secrets."""
    ina, ann = site.server.student(role="instructor", name="ina"), site.server.student(name="ann")
    page = ina.post(person("ann", "passcode")).text
    code = page.split("shown this once: ")[1].split("<")[0].strip()
    assert Student(site.server, "ann").sign_in(code).page("/")
    link = ina.post(person("ann", "link")).text.split("shown this once: ")[1].split("<")[0].strip()
    other = Student(site.server, "ann")
    assert other.http.post(link).status_code == 303
    assert other.came_in().page("/")
    assert code not in ina.page(person("ann"))
    assert link not in ina.page(person("ann"))
    assert "Sessions ended: 3" in ina.post(person("ann", "end-sessions"), reason="lost phone").text
    assert ann.get("/").status_code == 303
    assert [act for _, act in acts(site, "ann")] == ["new passcode", "sign-in link", "end sessions"]


def test_removing_asks_for_the_name(site: LiveHomework) -> None:
    """A person is removed only by writing the ID, and is signed out at once."""
    ina, ann = site.server.student(role="instructor", name="ina"), site.server.student(name="ann")
    assert ina.post(person("ann", "remove"), confirm="an").status_code == 409
    assert ina.post(person("ann", "remove"), confirm="ann").status_code == 303
    assert ann.get("/").status_code == 303
    assert ina.get(person("ann")).status_code == 404


def test_looking_as_a_student_changes_nothing(site: LiveHomework) -> None:
    """Every page is the student's with a bar, every form is refused, and looking is recorded."""
    from autograder.site.application import site_routes

    ina, ann = site.server.student(role="instructor", name="ina"), site.server.student(name="ann")
    site.upload(ann, b"work")
    submission = next(
        link for link in links_in(ann.page(f"/homework/{ASSIGNMENT}")) if "/submissions/" in link
    )
    assert ina.get(submission).status_code == 404
    assert ina.post("/look", person="ann").status_code == 303
    ina.came_in()
    for path in ("/", f"/homework/{ASSIGNMENT}", submission, "/tokens"):
        assert "You look at the site as <strong>Ann</strong>" in ina.page(path)
    assert ina.get("/people").status_code == 404
    values = {"assignment": ASSIGNMENT, "person": "ann", "submission": submission.rpartition("/")[2]}
    tried = 0
    for route in site_routes():
        path = getattr(route, "path", "")
        if "POST" not in (getattr(route, "methods", None) or ()) or path.startswith(ELSEWHERE):
            continue
        for part in path.split("{")[1:]:
            name = part.split("}")[0]
            path = path.replace(f"{{{name}}}", values.get(name.partition(":")[0], "1"))
        if path in ("/look/stop", "/sign-out"):
            continue
        tried += 1
        reply = ina.http.post(path, data={"token": ina.token}, headers={"X-Form-Token": ina.token})
        assert reply.status_code in (403, 404, 405, 409), path
    assert tried > 40
    assert acts(site, "ann") == [("ina", "look as")]
    assert site.upload(ina, b"not hers").status_code == 403
    assert ina.post("/look/stop").headers["Location"] == person("ann")
    ina.came_in()
    assert ina.get("/people").status_code == 200


# Signed requests of platforms, identity providers, graders and programs, which use no session.
ELSEWHERE = ("/lti", "/sso", "/graders", "/api", "/sign-in")


def test_only_visible_students_are_looked_at(site: LiveHomework) -> None:
    """An assistant looks as a student of theirs alone, nobody as a member of staff, a student as nobody."""
    ina = site.server.student(role="instructor", name="ina")
    ann, _ = (site.server.student(name=name) for name in ("ann", "bob"))
    tim = staff_with(site, ina, "assigned", assigned="ann")
    assert tim.post("/look", person="bob").status_code == 404
    assert ina.post("/look", person=tim.name).status_code == 409
    assert ann.post("/look", person="bob").status_code == 404
    assert tim.post("/look", person="ann").status_code == 303


@pytest.mark.parametrize(
    ("name", "role", "students", "assigned"),
    [
        ("tim", "student", "", ""),
        ("tim", "staff", "", ""),
        ("tim", "ta", "none", ""),
        ("tim", "ta", "sections", ""),
        ("tim", "ta", "assigned", "bob"),
        ("tim", "ta", "assigned", "ann"),
        ("tim", "instructor", "", ""),
        ("ann", "instructor", "", ""),
        ("ann", "ta", "none", ""),
    ],
)
def test_looking_ends_with_the_right_to_look(
    site: LiveHomework, name: str, role: str, students: str, assigned: str
) -> None:
    """After any change of either person, who looks sees the student as long as they could begin to look."""
    ina, tim = site.server.student(role="instructor", name="ina"), site.server.student(role="ta", name="tim")
    ann, _ = (site.server.student(name=student) for student in ("ann", "bob"))
    site.upload(ann, b"work")
    submission = next(
        link for link in links_in(ann.page(f"/homework/{ASSIGNMENT}")) if "/submissions/" in link
    )
    assert tim.post("/look", person="ann").status_code == 303
    assert tim.get(submission).status_code == 200
    changed = ina.post(person(name, "access"), role=role, students=students, assigned=assigned, content="")
    assert changed.status_code == 200
    site.server.fake.pass_(20_000)
    may_look = Student(site.server, "tim").sign_in().post("/look", person="ann").status_code == 303
    assert (tim.get(submission).status_code == 200) is may_look
    may_manage = (name, role) == ("tim", "instructor")
    assert (tim.came_in().post("/people/test-student").status_code == 303) is (may_manage and not may_look)


def test_a_program_confirms_what_it_was_not_shown(site: LiveHomework) -> None:
    """With a token no digest is needed, though a wrong one is refused; a page's form needs the right one."""
    import httpx

    ina = site.server.student(role="instructor", name="ina")
    token = ina.post("/staff-tokens", label="a script").text.split("<pre")[1].split(">")[1][:38]
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    tables = {
        "/people/import": {"roster": "student_id,name\nann,Ann\n"},
        "/groups/import": {"groups": "group,student_id\nowls,ann\n"},
        "/extensions/give": {"scope": "person", "people": "ann", "work": ASSIGNMENT, "days": "1"},
    }
    for path, fields in tables.items():
        fields = {**fields, "kind": "extend", "reason": "why"}
        assert ina.post(path, **fields).status_code == 409, path
        for digest, is_done in (("0" * 64, False), ("", True)):
            sent = {**fields, "digest": digest}
            reply = httpx.post(f"{site.server.address}{path}", data=sent, headers=headers, **LOCAL)
            assert (reply.status_code in (200, 303)) is is_done, (path, reply.status_code, reply.text)


def test_a_program_does_what_its_owner_does(site: LiveHomework) -> None:
    """A token acts with the permissions and in the name of its owner, until it or the role ends."""
    import httpx

    ina, ida = (site.server.student(role="instructor", name=name) for name in ("ina", "ida"))
    tim, ann = site.server.student(role="ta", name="tim"), site.server.student(name="ann")
    assert ann.get("/staff-tokens").status_code == 404
    tokens = {
        student.name: student.post("/staff-tokens", label="a script").text.split("<pre")[1].split(">")[1][:38]
        for student in (ina, tim)
    }

    def call(who: str, path: str, **fields: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {tokens[who]}", "Accept": "application/json"}
        return httpx.post(f"{site.server.address}{path}", data=fields, headers=headers, **LOCAL)

    assert call("ina", person("ann", "drop"), reason="by a script").status_code == 200
    assert acts(site, "ann") == [("ina", "drop student")]
    refused = call("tim", person("ann", "return"))
    assert (refused.status_code, refused.json()["message"]) == (403, "Only an instructor may do this.")
    assert ida.post(person("tim", "access"), role="student", content="", students="").status_code == 200
    site.server.site.forget(tokens["tim"])
    assert call("tim", person("ann", "return")).status_code == 401
    digest = ina.page("/staff-tokens").split('name="hash" value="')[1].split('"')[0]
    assert ina.post("/staff-tokens/revoke", hash=digest).status_code == 200
    assert call("ina", person("ann", "return")).status_code == 401


@given(st.lists(st.text(min_size=1).map(str.strip).filter(lambda name: name and len(name.splitlines()) == 1)))
def test_an_id_may_have_any_sign(names: list[str]) -> None:
    """IDs on lines of their own are read as they are, whatever separates others."""
    assert people_named("\r\n".join(names), set(names)) == list(dict.fromkeys(names))


@given(
    st.lists(st.from_regex(r"[a-z0-9.@-]+", fullmatch=True), min_size=1),
    st.sampled_from([" ", ", ", ";", "\n\n"]),
)
def test_ids_may_be_separated_as_one_likes(names: list[str], separator: str) -> None:
    """Of IDs without these signs, spaces, commas, semicolons and lines separate all, unknown ones too."""
    assert people_named(separator.join(names), names[:1]) == list(dict.fromkeys(names))


def test_every_list_of_people_takes_odd_ids(site: LiveHomework) -> None:
    """Somebody whose ID has spaces and a comma is extended, assigned and named in a case as anybody is."""
    ina = site.server.student(role="instructor", name="ina")
    odd = "van der Berg, Jan"
    for name in (odd, "ann"):
        site.server.student(name=name)
    people = f"ann\r\n{odd}"
    form = {"scope": "person", "people": people, "work": ASSIGNMENT, "no_penalty": "yes", "reason": "ill"}
    shown = ina.post("/extensions/preview", **form)
    assert shown.status_code == 200, shown.text
    again = {name: values[-1] for name, values in fields_of(shown.text, "/extensions/give").items()}
    assert ina.post("/extensions/give", **again).status_code == 303
    with site.server.database.reading() as connection:
        assert {stored.rule.who for stored in rules_in(connection, COURSE)} == {odd, "ann"}
    tim = staff_with(site, ina, "assigned", assigned=people)
    assigned = fields_of(ina.page(person(tim.name)), "/access")["assigned"][-1]
    role = {"role": "ta", "content": "", "students": "assigned"}
    assert "Nothing was changed." in ina.post(person(tim.name, "access"), **role, assigned=assigned).text
    assert odd in tim.page("/people") and "Ann" in tim.page("/people")
    case = ina.post("/integrity", title="Alike", work=ASSIGNMENT, people=odd)
    assert case.status_code == 303, case.text
