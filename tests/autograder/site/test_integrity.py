"""Integrity cases: a hold on scores, evidence as a bundle, notes that only staff read, an outcome."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from databases import new_database
from homework_site import solved
from live_homework import LiveHomework, live_homework
from live_server import NUMERIC, live_server
from tiny_course import ASSIGNMENT

from autograder.site.audit import acts_on
from autograder.site.homework.assignments import published
from autograder.site.homework.context import context_of
from autograder.site.homework.posted_scores import class_scores, person_score
from autograder.site.homework.releases import announce_results
from autograder.site.people import COURSE


class Cases:
    """A site with an instructor and two students who have submitted."""

    def __init__(self, site: LiveHomework) -> None:
        self.site, self.server = site, site.server
        site.publish()
        self.ina = self.server.student(role="instructor", name="ina")
        self.students = {name: self.server.student(name=name) for name in ("ann", "bob")}
        for student in self.students.values():
            assert site.upload(student, solved(self.server.course)).status_code == 303
        site.grade("5")

    def opened(self, *people: str, **fields: str) -> str:
        """Open a case; its page."""
        form = {"title": "The same code", "work": ASSIGNMENT, "people": " ".join(people), **fields}
        reply = self.ina.post("/integrity", **form)
        assert reply.status_code == 303, reply.text
        return str(reply.headers["Location"])

    def seen(self, name: str) -> bool:
        """Whether a student sees the score."""
        student = self.students[name]
        pages = [student.page("/"), student.page(f"/homework/{ASSIGNMENT}")]
        return any("5 of 6" in page for page in pages)


@pytest.fixture
def cases(tmp_path: Path) -> Iterator[Cases]:
    """A live server with them."""
    with live_homework(new_database(tmp_path / "quiz.db"), tmp_path / "course") as site:
        yield Cases(site)


def test_a_hold_hides_a_score_until_the_case_is_closed(cases: Cases) -> None:
    """Its student, their ZIP and the learning platform do not get it; others, and staff, see as before."""
    case = cases.opened("ann", held="yes")
    assert (cases.seen("ann"), cases.seen("bob")) == (False, True)
    assert "look at this result" in cases.students["ann"].page(f"/homework/{ASSIGNMENT}")
    assert "5 of 6" in cases.ina.page("/people/person/ann")
    with zipfile.ZipFile(io.BytesIO(cases.students["ann"].get("/my-data.zip").content)) as archive:
        facts = json.loads(archive.read(f"homework/{ASSIGNMENT}/submissions.json"))
    assert facts[0]["score"] is None
    with cases.server.database.reading() as connection:
        row = published(connection, COURSE, ASSIGNMENT)
        of_class = class_scores(connection, cases.server.course, COURSE, row, cases.server.clock.now())
        of_ann = person_score(connection, cases.server.course, COURSE, row, "ann", cases.server.clock.now())
    assert of_ann is not None
    assert (of_ann.hidden, of_class["ann"].hidden, of_class["bob"].hidden) == (True, True, False)
    assert cases.ina.post(f"{case}/hold").status_code == 303
    assert cases.seen("ann")
    assert cases.ina.post(f"{case}/hold", hold="yes").status_code == 303
    assert not cases.seen("ann")
    assert cases.ina.post(f"{case}/close", outcome=" ").status_code == 409
    assert cases.ina.post(f"{case}/close", outcome="A misunderstanding.").status_code == 303
    assert cases.seen("ann")
    assert cases.ina.post(f"{case}/hold", hold="yes").status_code == 409
    with cases.server.database.reading() as connection:
        done = [act.act for act in acts_on(connection, "ann")]
    assert done == ["open integrity case", "let score go", "hold score", "close integrity case"]


def test_a_hold_of_a_quiz(tmp_path: Path) -> None:
    """The results of an attempt are not shown while a case holds them."""
    with live_server(new_database(tmp_path / "exam.db"), tmp_path / "exam") as server:
        server.publish(due_at=None)
        ina, ann = server.student(role="instructor", name="ina"), server.student(name="ann")
        attempt = ann.start()
        ann.save(attempt, NUMERIC, "0.25")
        server.close_attempt(attempt)
        server.exam.mark(10)
        page = f"/attempts/{attempt}/results"
        free = ann.page(page)
        form = {"title": "Notes in the hall", "work": "all", "people": "ann", "held": "yes"}
        assert ina.post("/integrity", **form).status_code == 303
        held = ann.page(page)
        assert "have looked at it" in held
        assert "have looked at it" not in free


def test_the_bundle_proves_what_is_in_it(cases: Cases) -> None:
    """Submissions with receipts, evidence and notes, each with its digest; downloading is recorded."""
    case = cases.opened("ann", "bob")
    files = {"evidence": ("../mail.txt", b"we worked together")}
    added = cases.ina.http.post(f"{case}/evidence", data={"token": cases.ina.token}, files=files)
    assert added.status_code == 303
    assert cases.ina.post(f"{case}/notes", text="Talked to both.").status_code == 303
    assert cases.ina.post(f"{case}/notes", text=" ").status_code == 409
    reply = cases.ina.post(f"{case}/bundle")
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(contents.pop("manifest.json"))
    assert manifest == {name: sha256(content).hexdigest() for name, content in contents.items()}
    assert contents["evidence/1 mail.txt"] == b"we worked together"
    assert b"Talked to both." in contents["case.txt"]
    receipt = json.loads(contents["submissions/ann/receipts.json"])[0]
    assert manifest[f"submissions/ann/1 {ASSIGNMENT}.ipynb"] == receipt["sha256"]
    with cases.server.database.reading() as connection:
        done = [act.act for act in acts_on(connection, "case 1")]
    assert done == ["add integrity evidence", "add integrity note", "download integrity bundle"]


def test_the_class_is_compared_from_the_page(cases: Cases) -> None:
    """The page of similar pairs is made by a process of its own, kept, and shown without any right."""
    case = cases.opened("ann", "bob")
    reply = cases.ina.post(f"{case}/compare")
    assert reply.status_code == 303, reply.text
    shown = cases.ina.get(f"{case}/evidence/1")
    assert shown.headers["Content-Security-Policy"].startswith("sandbox")
    assert "similarity.html" in cases.ina.page(case)
    assert "Doubling and squaring" in shown.text


def test_earlier_cases_and_who_may_look(cases: Cases) -> None:
    """A second case names the first; students and assistants see none of it."""
    first, second = cases.opened("ann"), cases.opened("ann", "bob", title="Again")
    page = cases.ina.page(second)
    assert "Ann is in 1 other case" in page
    assert first in page
    tim = cases.server.student(role="ta", name="tim")
    for path in ("/integrity", first):
        assert cases.students["ann"].get(path).status_code == 404
        assert tim.get(path).status_code == 403
    history = "/people/person/ann"
    assert "opened an integrity case" in cases.ina.page(history)
    assert "integrity" not in tim.page(history)
    form = {"title": "x", "work": ASSIGNMENT}
    assert cases.ina.post("/integrity", **form, people="zoe").status_code == 409
    assert cases.ina.post("/integrity", **form, people="ina").status_code == 409
    assert cases.ina.post("/integrity", **{**form, "work": "hw9"}, people="ann").status_code == 409
    assert cases.ina.get("/integrity/99").status_code == 404


def test_whose_score_is_held_is_told_when_it_is_let_go(cases: Cases) -> None:
    """A release tells everybody else; the people of a case hear of it when no case holds their score."""
    subject = "The results of Doubling and squaring can be seen"
    path, context = f"/staff/homework/{ASSIGNMENT}/release", context_of(cases.server.site)
    first, second = cases.opened("ann", held="yes"), cases.opened("ann", title="Another", held="yes")
    for form in ({"hold": "yes"}, {"now": "yes"}):
        assert cases.ina.post(path, **form).status_code == 303
    announce_results(context, cases.server.clock.now())
    ann, bob = cases.students["ann"], cases.students["bob"]
    assert (ann.page("/notices").count(subject), bob.page("/notices").count(subject)) == (0, 1)
    assert cases.ina.post(f"{first}/close", outcome="A misunderstanding.").status_code == 303
    assert subject not in ann.page("/notices")
    assert cases.ina.post(f"{second}/hold").status_code == 303
    assert (ann.page("/notices").count(subject), bob.page("/notices").count(subject)) == (1, 1)
    assert cases.ina.post(f"{second}/close", outcome="Nothing.").status_code == 303
    assert ann.page("/notices").count(subject) == 1
