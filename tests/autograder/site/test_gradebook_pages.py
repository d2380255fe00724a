"""The gradebook through real HTTP: one computation for the class, a student, exports and platforms."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from command import autograder
from fake_clock import MINUTE
from graded_course import ASSIGNMENT, QUIZ, finished_quiz, graded_course
from homework_site import solved
from live_homework import LiveHomework
from live_server import Student
from local_http import LOCAL
from report_factory import make_check, make_report, make_task
from sqlalchemy import insert, select

from autograder.site.people import add_person
from autograder.site.tables import audit, lti_link, lti_score

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Doubling and squaring (71),Words (72),Final Score\n"
    "    Points Possible,,,,,6,2,\n"
    "Ann,901,ann,ann@x,S1,1,,\n"
    "Bob,902,bob,bob@x,S1,,,\n"
    "Cid,903,cid,cid@x,S2,,,\n"
)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveHomework]:
    """A course with an assignment due in an hour, and a quiz."""
    with graded_course(tmp_path / "course") as live:
        (live.server.course.root / "roster.csv").write_text(
            "student_id,last_name,first_name,email,section\n"
            "ann,Ash,Ann,ann@x.org,S1\nbob,Birch,Bob,bob@x.org,S1\ncid,Cedar,Cid,cid@x.org,S2\n",
            encoding="utf-8",
        )
        live.publish(due_at=live.server.opens + 60 * MINUTE)
        live.server.publish(QUIZ)
        yield live


def scored(live: LiveHomework) -> tuple[Student, Student, Student, Student]:
    """Ann has 4.5 of 6 and 1 of 2, Bob 6 of 6 and no quiz, Cid nothing; an instructor."""
    ann, bob, cid = (live.server.student(name=name) for name in ("ann", "bob", "cid"))
    ina = live.server.student(name="ina", role="instructor")
    assert live.upload(ann, solved(live.server.course)).status_code == 303
    report = make_report(make_task("double", make_check())).to_json().encode()
    live.grade("4.5", report=report)
    assert live.upload(bob, solved(live.server.course)).status_code == 303
    live.grade("6", report=report)
    finished_quiz(live, ann, "sum", "difference")
    return ann, bob, cid, ina


def texts(html: str) -> str:
    """A page's text."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def cells(page: str, name: str) -> list[tuple[str, str]]:
    """The scores of a student in the grid: where each leads, and its text."""
    (row,) = re.findall(rf"<tr><th[^>]*>(?:(?!</tr>).)*{name}(?:(?!</tr>).)*</tr>", page, re.DOTALL)
    return re.findall(r'<td[^>]*><a href="([^"]*)">([^<]*)</a></td>', row)


def test_the_grid_of_the_class(live: LiveHomework) -> None:
    """Every score leads to its work; totals, weights and letters are the computation's own."""
    _, _, _, ina = scored(live)
    page = ina.page("/gradebook")
    homework, quiz = cells(page, "Ash, Ann")
    assert homework[1] == "4.5" and quiz[1] == "1"
    assert "points" in ina.page(homework[0]) and "Ann" in ina.page(quiz[0])
    assert "75 %" not in page and ">65.00 <b>F</b>" in page  # 0.6 * 75 + 0.4 * 50
    assert [text for _, text in cells(page, "Birch, Bob")] == ["6", "–"]
    assert ">100.00 <b>A</b>" in page  # nothing of the quizzes counts yet
    live.server.fake.pass_(61 * MINUTE)
    after = ina.page("/gradebook")
    assert [text for _, text in cells(after, "Birch, Bob")] == ["6", "0"]
    assert [text for _, text in cells(after, "Cedar, Cid")] == ["0", "0"]
    for link, _ in cells(after, "Cedar, Cid"):
        assert ina.page(link)
    assert "Homework 60 %" in texts(after)
    only = ina.page("/gradebook?section=S2")
    assert "Cedar, Cid" in only and "Ash, Ann" not in only
    assert "Cedar, Cid" not in ina.page("/gradebook?find=ash")
    order = [ina.page(f"/gradebook?sort={sort}") for sort in ("-total", "total", f"-{ASSIGNMENT}")]
    first = [re.findall(r"Ash, Ann|Birch, Bob|Cedar, Cid", text)[0] for text in order]
    assert first == ["Ash, Ann", "Cedar, Cid", "Birch, Bob"]


def test_a_student_sees_what_is_shown_and_no_more(live: LiveHomework) -> None:
    """Their own page has the same numbers; a score that staff hold is in none of them, nor in the total."""
    ann, _, _, ina = scored(live)
    own_page = texts(ann.page("/grades"))
    assert "65.00 %" in own_page and "4.5 of 6" in own_page and "1 of 2" in own_page
    staff = texts(ina.page("/gradebook/students/ann"))
    assert "65.00 %" in staff and "4.5 of 6" in staff
    assert ina.post(f"/staff/homework/{ASSIGNMENT}/release", hold="yes").status_code == 303
    held = texts(ann.page("/grades"))
    assert "4.5" not in held and "50.00 %" in held and "staff look at the results" in held
    assert "4.5 of 6" in texts(ina.page("/gradebook/students/ann"))
    assert ann.get("/gradebook").status_code == 404
    assert ann.get("/gradebook/students/bob").status_code == 404
    assert ina.get("/grades").status_code == 404  # has no grades
    nobody = httpx.get(f"{live.server.address}/gradebook", **LOCAL)
    assert (nobody.status_code, nobody.headers["Location"]) == (303, "/sign-in?next=%2Fgradebook")


def test_what_waits_is_no_zero(live: LiveHomework) -> None:
    """A submission that nobody has graded yet is not final after its due date, and counts for nothing."""
    ann, ina = live.server.student(name="ann"), live.server.student(name="ina", role="instructor")
    assert live.upload(ann, solved(live.server.course)).status_code == 303
    live.server.fake.pass_(61 * MINUTE)
    page = ina.page("/gradebook?show=waiting")
    assert [text for _, text in cells(page, "Ash, Ann")] == ["…", "0"]
    assert "Waiting for grading" in ann.page("/grades")


def exported(who: Student, kind: str, template: str = "", **fields: str) -> tuple[str, str]:
    """Make an export as a browser does: the page, and the file that it leads to."""
    files = {"template": ("their.csv", template.encode(), "text/csv")}
    reply = who.http.post(
        "/gradebook/exports", data={"token": who.token, "format": kind, **fields}, files=files
    )
    assert reply.status_code == 200, texts(reply.text)
    (link,) = re.findall(r'href="(/gradebook/exports/[0-9a-f]{64})"', reply.text)
    return texts(reply.text), who.page(link)


def test_canvas_own_file_is_filled_in(live: LiveHomework) -> None:
    """Only scores change, each change is listed before, and the download is what the page was made from."""
    _, _, _, ina = scored(live)
    live.server.fake.pass_(61 * MINUTE)
    page, file = exported(ina, "canvas", CANVAS)
    rows = {row[0].strip(): row for row in csv.reader(io.StringIO(file))}
    assert rows["Ann"][5:] == ["4.5", "1", ""] and rows["Bob"][5:] == ["6", "0", ""]
    assert rows["Cid"][5:] == ["0", "0", ""] and len(rows["Student"]) == 8
    assert "Ann, Doubling and squaring (71): 1 → 4.5" in page and "Bob, Words (72): empty → 0" in page
    again, same = exported(ina, "canvas", file)
    assert "No cell changes" in again and same == file
    with live.server.database.reading() as connection:
        acts = connection.execute(select(audit).where(audit.c.act == "export gradebook")).all()
    assert [act.who for act in acts] == ["ina", "ina"]


def test_what_an_export_leaves_out_is_named(live: LiveHomework) -> None:
    """Of Canvas's file without Cid, of a file that is none, of final grades before the end."""
    _, _, _, ina = scored(live)
    live.server.fake.pass_(61 * MINUTE)
    page, _ = exported(ina, "canvas", CANVAS.rpartition("Cid")[0])
    assert "1 student is not in it cid" in page.lower()
    for kind, template, what in (
        ("canvas", "\0\1\2", "no column Student"),
        ("moodle-worksheet", "", "worksheet is missing"),
        ("pdf", "", "no export"),
    ):
        files = {"template": ("x.csv", template.encode(), "text/csv")}
        fields = {"token": ina.token, "format": kind, "column": ASSIGNMENT}
        reply = ina.http.post("/gradebook/exports", data=fields, files=files)
        assert reply.status_code == 409 and what in reply.text
    assert ina.get(f"/gradebook/exports/{'0' * 64}").status_code == 404
    assert ina.get("/gradebook/exports/..%2f..%2fcourse.yaml").status_code == 404


def test_what_students_may_not_see_leaves_the_site_in_no_export(live: LiveHomework) -> None:
    """Held results are in no platform's file and in no final grade, and the page says how many."""
    _, _, _, ina = scored(live)
    live.server.fake.pass_(61 * MINUTE)
    assert ina.post(f"/staff/homework/{ASSIGNMENT}/release", hold="yes").status_code == 303
    page, file = exported(ina, "canvas", CANVAS)
    rows = {row[0].strip(): row for row in csv.reader(io.StringIO(file))}
    assert rows["Ann"][5:7] == ["1", "1"] and "2 scores of Doubling and squaring are not in it" in page
    _, moodle = exported(ina, "moodle")
    assert "4.5" not in moodle
    _, final = exported(ina, "final")
    assert [row[0] for row in csv.reader(io.StringIO(final))] == ["student_id", "cid"]
    _, everything = exported(ina, "csv")
    assert ",4.5," in everything


def test_a_quiz_that_was_held_in_a_terminal(live: LiveHomework) -> None:
    """A table of `quizzes results` beside results is a column, unless the site has the quiz itself.

    One that cannot be read is a warning to staff and spoils no page.
    """
    ann, bob, _, ina = scored(live)
    graded, quizzes = (live.server.course.root / name for name in ("graded", "quizzes"))
    graded.mkdir()
    (quizzes / "oral.yaml").write_text((quizzes / f"{QUIZ}.yaml").read_text(encoding="utf-8"))
    rules = live.server.course.root / "course.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("of: [words]", "of: [words, oral]"))
    row = "{},,{},Oral exam,1,{},10,graded,0,,2026-05-01T10:00:00+00:00,0,2026-05-01T11:00:00+00:00\n"
    heads = (
        "student,name,quiz,title,attempt,points,out_of,"
        "state,waiting,started_at,finished_at,late_seconds,due_at\n"
    )
    (graded / "oral.csv").write_text(heads + row.format("ann", "oral", 7) + row.format("bob", "oral", 4))
    (graded / "again.csv").write_text(heads + row.format("ann", QUIZ, 9))
    page = ina.page("/gradebook")
    assert ("/gradebook?find=ann#students", "7") in cells(page, "Ann")
    assert "Oral exam" in texts(ann.page("/grades")) and "9" not in [text for _, text in cells(page, "Ann")]
    assert ">7<" not in bob.page("/grades")
    (graded / "oral.csv").write_text(heads + row.format("ann", "oral", "many"))
    assert "oral.csv, line 2" in ina.page(f"/staff/homework/{ASSIGNMENT}")
    assert "Oral exam" not in ina.page("/gradebook") and ann.get("/grades").status_code == 200


def test_moodle_both_ways(live: LiveHomework) -> None:
    """One table of all work by e-mail address, and one assignment's worksheet filled in."""
    _, _, _, ina = scored(live)
    _, file = exported(ina, "moodle")
    rows = {row["Email address"]: row for row in csv.DictReader(io.StringIO(file))}
    assert rows["ann@x.org"]["Doubling and squaring"] == "4.5"
    worksheet = (
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\n"
        "Participant 7,Ann Ash,ann@x.org,Submitted for grading,,6,\n"
    )
    page, filled = exported(ina, "moodle-worksheet", worksheet, column=ASSIGNMENT)
    (row,) = csv.DictReader(io.StringIO(filled))
    assert row["Grade"] == "4.5" and "Bob" not in filled and "Bob" in page


def test_final_grades_for_the_registrar(live: LiveHomework) -> None:
    """Nobody is in the file whose total can still change, unless that is asked for."""
    _, _, _, ina = scored(live)
    page, file = exported(ina, "final")
    assert list(csv.reader(io.StringIO(file)))[1:] == [
        ["ann", "", "Ash", "Ann", "ann@x.org", "S1", "65.00", "F"]
    ]
    assert "Bob Birch: The total can still change: Words." in page
    _, whole = exported(ina, "final", unfinished="yes")
    assert [row[0] for row in csv.reader(io.StringIO(whole))] == ["student_id", "ann", "bob"]
    live.server.fake.pass_(61 * MINUTE)
    _, late = exported(ina, "final")
    grades = {row[0]: row[-2:] for row in csv.reader(io.StringIO(late))}
    assert grades["bob"] == ["60.00", "F"] and grades["cid"] == ["0.00", "F"]


def undelivered(live: LiveHomework, person: str, problem: str, sent: str = "", state: str = "failed") -> None:
    """A score that a platform does not have."""
    key = {"issuer": "https://lms.example.org", "client": "c", "deployment": "d", "resource": f"r-{person}"}
    now = live.server.clock.now()
    with live.server.database.transaction() as connection:
        add_person(connection, person, person.title())
        connection.execute(
            insert(lti_link).values(
                **key, context="x", kind="quiz", work=QUIZ, line_item="", line_items="", members=""
            )
        )
        connection.execute(
            insert(lti_score).values(
                **key, subject="7", person=person, kind="quiz", work=QUIZ, state=state, rev=1, tries=3,
                next_at=now + 60 * MINUTE, sent=sent, sent_at=now if sent else None, problem=problem,
            )
        )  # fmt: skip


def test_what_a_platform_has_and_why_not(live: LiveHomework) -> None:
    """The student reads what it has since when; staff read its answer, the usual cause, and try again."""
    ann, _, _, ina = scored(live)
    undelivered(live, "ann", "https://lms.example.org/x answered 403: no", sent="0.5/2 1a2b")
    own_page = texts(ann.page("/grades"))
    assert (
        "lms.example.org has 0.5 since" in own_page and "did not arrive" in own_page and "403" not in own_page
    )
    page = ina.page("/gradebook")
    assert "allow it to write grades" in page and "answered 403: no" in page
    assert cells(ina.page("/gradebook?show=undelivered"), "Ash, Ann")
    assert "Birch" not in ina.page("/gradebook?show=undelivered")
    assert "answered 403: no" in ina.page("/gradebook/students/ann")
    done = ina.post("/gradebook/scores", student="ann")
    assert (done.status_code, done.headers["Location"]) == (303, "/gradebook/students/ann")
    with live.server.database.reading() as connection:
        assert connection.execute(select(lti_score.c.next_at)).scalar_one() <= live.server.clock.now()
        act = connection.execute(select(audit).where(audit.c.act == "send scores again")).one()
    assert act.who == "ina" and '"scores": 1' in act.detail


def test_an_assistant_looks_and_exports_nothing(live: LiveHomework) -> None:
    """The class is theirs to see; files and platforms are the instructors'."""
    scored(live)
    tim = live.server.student(name="tim", role="ta")
    assert "Ash, Ann" in tim.page("/gradebook")
    assert tim.post("/gradebook/scores").status_code == 403
    files = {"template": ("x.csv", b"", "text/csv")}
    fields = {"token": tim.token, "format": "csv"}
    assert tim.http.post("/gradebook/exports", data=fields, files=files).status_code == 403


def test_a_broken_course_yaml_is_a_sentence(live: LiveHomework) -> None:
    """Staff read where a rule is wrong, students only that it is not their fault; nothing fails meanwhile."""
    ann, _, _, ina = scored(live)
    path = live.server.course.root / "course.yaml"
    path.write_text(path.read_text().replace("of: [tiny]", "of: [tinny]"), encoding="utf-8")
    reply = ina.get("/gradebook")
    assert reply.status_code == 409 and "tinny" in reply.text and "line 5" in reply.text
    own_page = ann.get("/grades")
    assert own_page.status_code == 503 and "tinny" not in own_page.text
    path.write_text("title: [", encoding="utf-8")  # the rules that were read last count meanwhile
    assert ina.get(f"/staff/homework/{ASSIGNMENT}").status_code == 200


def test_the_command_writes_what_the_page_gives(live: LiveHomework) -> None:
    """`gradebook export … --site` and `lti send-again` are the page's own computation and act."""
    _, _, _, ina = scored(live)
    undelivered(live, "ann", "no")
    root = live.server.course.root
    live.server.fake.pass_(61 * MINUTE)
    _, page = exported(ina, "csv")
    out = root / "all.csv"
    done = autograder("gradebook", "export", "csv", "--site", "--out", str(out), folder=root)
    assert done.returncode == 0, done.stderr
    assert out.read_text(encoding="utf-8") == page
    done = autograder("lti", "send-again", "--student", "ann", folder=root)
    assert "1 score will be sent again" in done.stdout, done.stderr


def test_who_dropped_the_course_is_in_no_list(live: LiveHomework) -> None:
    """Not in the grid or an export; whoever returns is there again, with the scores as they were."""
    _, bob, _, ina = scored(live)
    assert ina.post("/people/person/bob/drop", reason="Left.").status_code == 200

    def listed() -> list[str]:
        grid = re.findall(r'href="/gradebook/students/(\w+)"', ina.page("/gradebook"))
        table = {"token": ina.token, "format": "csv"}
        reply = ina.http.post(
            "/gradebook/exports",
            data=table,
            files={"template": ("", b"")},
            headers={"Accept": "application/json"},
        )
        rows = csv.DictReader(io.StringIO(ina.page(reply.json()["file"]).removeprefix("\ufeff")))
        assert [row["student_id"] for row in rows] == sorted(grid)
        return sorted(grid)

    assert listed() == ["ann", "cid"]
    assert "Not on the roster" not in ina.page("/gradebook")
    assert bob.get("/grades").status_code == 200
    assert ina.post("/people/person/bob/return").status_code == 200
    assert listed() == ["ann", "bob", "cid"]
    assert [text for _, text in cells(ina.page("/gradebook"), "Birch, Bob")] == ["6", "–"]
