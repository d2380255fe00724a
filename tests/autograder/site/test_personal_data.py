"""Personal data: everything about one person as a ZIP, and erasing a person without breaking a hash."""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from databases import new_database
from fake_clock import MINUTE
from hypothesis import given, settings
from hypothesis import strategies as st
from live_homework import LiveHomework, live_homework
from live_server import ALL, ESSAY, NUMERIC, REPOSITORY, SIGNER, Student
from marking_site import answer_paths, marking_site
from report_factory import make_check, make_report, make_task
from sqlalchemy import Boolean, Connection, Table, Text, insert, select
from tiny_course import ASSIGNMENT

from autograder.report import SubmissionFacts
from autograder.site.audit import Act, acts_on, record_act
from autograder.site.content.file_versions import keep_found
from autograder.site.database import Database
from autograder.site.file_store import FileStore
from autograder.site.homework.assignments import Facts, publish, published
from autograder.site.homework.queue import MOST_TRIES, fail, lease_next
from autograder.site.homework.regrades import regrades_of
from autograder.site.homework.scores import GradingSummary
from autograder.site.homework.submissions import store_submission
from autograder.site.ledger_check import check_ledgers
from autograder.site.marking.tables import regrade_message, regrade_request
from autograder.site.people import COURSE, add_course, add_person, enrol
from autograder.site.personal_data.erasure import counts_of, delete_erased_files, erase_person
from autograder.site.personal_data.pages import retention_warning
from autograder.site.personal_data.rows import AUTHORS, author_columns, person_columns
from autograder.site.tables import file_version, lti_member, lti_user, metadata
from autograder.site.upsert import upsert
from quizzes.store.tables import attempt

NAME, FULL, ADDRESS = "zq-anna", "Zqanna Zqsmith", "zqanna@example.org"
TRACES = (NAME, FULL, ADDRESS, "zqpartner-note")
HANDOUT = b"the handout, which somebody submits as it is"


def filled(table: Table, **values: Any) -> dict[str, Any]:
    """A row of a table with values in every column that needs one."""
    usual: dict[Any, Any] = {Text: "x", Boolean: False}
    return {
        column.name: values.get(column.name, usual.get(type(column.type), 1))
        for column in table.columns
        if column.name in values or (not column.nullable and column.name != "id")
    }


class Person:
    """A site on which somebody has left everything that a person can leave."""

    def __init__(self, site: LiveHomework, folder: Path) -> None:
        self.site, self.server = site, site.server
        shutil.copytree(REPOSITORY.root / "quizzes" / "banks", folder / "quizzes" / "banks")
        (folder / "quizzes" / "all.yaml").write_text(ALL, encoding="utf-8")
        site.publish(self.server.clock.now() + 60 * MINUTE)
        self.server.publish("all")
        self.ina = self.server.student(role="instructor", name="ina")
        self.anna = self.server.student(name=NAME)
        self.bob = self.server.student(name="bob")
        with self.server.database.transaction() as connection:
            add_person(connection, NAME, FULL, ADDRESS)
            user = {"issuer": "https://lms.example", "subject": "user-1"}
            upsert(connection, lti_user, {**user, "person": NAME})
            member = {"client": "c", "deployment": "d", "context": "x", "launched": "student", "listed": ""}
            upsert(connection, lti_member, {**user, **member})

    def submit(self, student: Student, content: bytes, name: str) -> str:
        """Submit a file that is graded with a report; the submission."""
        reply = self.site.upload(student, content, name)
        assert reply.status_code == 303, reply.text
        submission = str(reply.headers["Location"].rpartition("/")[2])
        report = make_report(
            make_task("double", make_check(points=6)),
            student=student.name,
            assignment=ASSIGNMENT,
            submission=SubmissionFacts(sha256="0" * 64, file=name, problem=""),
        )
        content = report.to_json().encode()
        self.site.grade("6", report=content, summary=GradingSummary.of(report).to_json())
        return submission

    def leave_everything(self) -> None:
        """Submissions alone and in a group, a quiz with an answer, marks, rules, requests, tokens."""
        self.submit(self.anna, b"alone", "zq-anna work.ipynb")
        group = {"groups": ("groups.csv", f"group,student_id\nG,{NAME}\nG,bob\n")}
        page = self.ina.http.post("/groups/preview", data={"token": self.ina.token}, files=group).text
        digest = page.split('name="digest" value="')[1].split('"')[0]
        self.ina.post("/groups/import", groups=group["groups"][1], digest=digest)
        together = self.submit(self.bob, b"together", "ours.ipynb")
        by_hand = {"points": "5", "reason": "looked again", "seen": "0"}
        assert self.ina.post(f"/staff/submissions/{together}/points", **by_hand).status_code == 303
        attempt = self.anna.start()
        self.anna.save(attempt, NUMERIC, "0.25")
        assert self.ina.post(f"/staff/attempts/{attempt}/close", reason="the end").status_code == 303
        given = {"points": "1", "reason": "by hand", "seen": "0"}
        self.ina.post(f"/staff/attempts/{attempt}/points/{NUMERIC}", **given)
        self.anna.post(f"/homework/{ASSIGNMENT}/dates", days="1", text="zqpartner-note")
        self.ina.post("/extensions/requests/1", days="2", reply="zqpartner-note")
        form = {"label": "evening", "multiplier": "2", "extra_minutes": "0", "reason": "zqpartner-note"}
        assert self.ina.post(f"/people/person/{NAME}/time", **form).status_code == 200
        rule = {"scope": "person", "people": f"{NAME} bob", "days": "3", "reason": "a trip"}
        digest = self.ina.post("/extensions/preview", **rule).text.split('name="digest" value="')[1]
        self.ina.post("/extensions/give", **rule, digest=digest.split('"')[0])
        conflict = {"marker": "ina", "person": NAME, "reason": "zqpartner-note"}
        assert self.ina.post("/marking/conflicts", **conflict).status_code == 303
        with self.server.database.transaction() as connection:
            request = filled(regrade_request, person=NAME, course=COURSE, kind="quiz", state="open")
            connection.execute(insert(regrade_request), request)
            message = filled(regrade_message, person=NAME, request=1, who=NAME, text="zqpartner-note")
            connection.execute(insert(regrade_message), message)
        self.anna.post("/tokens", label="my notebook")
        self.ina.post("/announcements/send", kind="all", subject="Hello", text="All.")
        self.ina.post("/look", person=NAME)
        self.ina.post("/look/stop")
        exception = f"students:\n  {NAME}: {{extension_days: 1}} # {FULL}\n  'bob': {{extension_days: 2}}\n"
        course = self.server.course.root / "course.yaml"
        course.write_text(course.read_text(encoding="utf-8") + exception, encoding="utf-8")
        with self.server.database.transaction() as connection:
            keep_found(connection, "course.yaml", course.read_text(encoding="utf-8"), 1)

    def faults(self) -> list[str]:
        """What verifying the ledgers finds."""
        with self.server.database.reading() as connection:
            return check_ledgers(connection, COURSE, self.site.files).faults

    def heads(self) -> dict[str, Any]:
        """The ends of the ledgers."""
        with self.server.database.reading() as connection:
            return check_ledgers(connection, COURSE, self.site.files).heads

    def traces(self) -> list[str]:
        """Where in the database, ledgers aside, the person is still named."""
        found = []
        with self.server.database.reading() as connection:
            for table in metadata.sorted_tables:
                for row in connection.execute(select(table)).all():
                    text = repr(tuple(row))
                    found += [f"{table.name}: {text[:200]}" for trace in TRACES if trace in text]
        for path in (self.server.course.root / ".quizzes" / "files").rglob("*.gz"):
            content = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
            found += [path.name for trace in (*TRACES, "alone") if trace in content]
        return found


@pytest.fixture
def person(address: str, tmp_path: Path) -> Iterator[Person]:
    """A live server with it, on either database."""
    folder = tmp_path / "course"
    with live_homework(Database(address), folder) as site:
        yield Person(site, folder)


def test_erasing_leaves_no_trace_and_breaks_no_hash(person: Person) -> None:
    """Nothing names the person any more, ledgers verify with the same ends, other people's work is whole."""
    person.leave_everything()
    assert person.faults() == []
    heads, bob = person.heads(), person.bob.page(f"/homework/{ASSIGNMENT}")
    counts = person.ina.page(f"/personal-data/person/{NAME}")
    for words in (
        "submitted files: 1",
        "reports: 1",
        "answers: ",
        "submissions: 2",
        "attempts at quizzes: 1",
    ):
        assert words in counts, words
    assert f"Files that name {FULL}:</strong> course.yaml." in counts
    assert person.ina.post(f"/personal-data/person/{NAME}/erase", confirm="zq").status_code == 409
    assert person.traces()
    assert person.ina.post(f"/personal-data/person/{NAME}/erase", confirm=NAME).status_code == 303
    assert person.traces() == []
    with person.server.database.reading() as connection:
        (version,) = connection.execute(select(file_version.c.content)).scalars()
    assert re.search(r"\n  erased-\w+: \{extension_days: 1\} # erased-\w+\n  'bob': ", version)
    assert person.faults() == []
    assert person.heads() == heads
    assert person.anna.get("/").status_code == 303
    assert person.ina.get(f"/people/person/{NAME}").status_code == 404
    assert person.ina.get(f"/personal-data/person/{NAME}").status_code == 404
    assert person.bob.page(f"/homework/{ASSIGNMENT}").count("5 of 6") == bob.count("5 of 6") == 1
    assert "erased-" not in person.ina.page(f"/staff/homework/{ASSIGNMENT}").split("students")[1]


def test_what_an_erased_person_had_waiting_is_nobodys_work(person: Person) -> None:
    """What failed to be graded before its student was erased is no work on the home page of staff."""
    server = person.server
    assert person.site.upload(person.anna, b"never graded").status_code == 303
    with server.database.transaction() as connection:
        for _ in range(MOST_TRIES):
            lease = lease_next(connection, COURSE, "a test", server.clock.now())
            assert lease is not None
            fail(connection, lease.id, lease.secret, "the check is broken")
    sentence = "not graded because of an error"
    assert sentence in person.ina.page("/")
    path = f"/personal-data/person/{NAME}/erase"
    assert person.ina.post(path, confirm=NAME).status_code == 303
    assert sentence not in person.ina.page("/")


class Owned(NamedTuple):
    """A submission: by whom, and which of a few contents, of which one is the handout."""

    owners: frozenset[str]
    content: bytes


PEOPLE = ("ann", "bob", "cy")
CONTENTS = (HANDOUT, b"work", b"more work")
OWNERS = st.frozensets(st.sampled_from(PEOPLE), min_size=1)
SUBMISSIONS = st.builds(Owned, OWNERS, st.sampled_from(CONTENTS))


@settings(max_examples=25)
@given(st.lists(SUBMISSIONS, max_size=5), st.permutations(PEOPLE))
def test_a_file_goes_with_the_last_who_needs_it(owned: list[Owned], order: list[str]) -> None:
    """Whoever shares a submission or has made the same one: erased people need no file, the handout stays.

    What a person's page says is deleted is what goes.
    """
    with tempfile.TemporaryDirectory() as folder, closing(new_database(Path(folder) / "site.db")) as database:
        files = FileStore(Path(folder) / "files")
        with database.transaction() as connection:
            add_course(connection, COURSE, "A course", "UTC")
            for name in ("ina", *PEOPLE):
                add_person(connection, name, name.title())
                enrol(connection, COURSE, name)
            publish_with_handout(connection, files)
            row = published(connection, COURSE, ASSIGNMENT)
            for at, (owners, content) in enumerate(owned):
                people = sorted(owners)
                store_submission(
                    connection,
                    row,
                    course=COURSE,
                    person=people[0],
                    owners=people,
                    digest=files.put(content),
                    size=1,
                    file="a.ipynb",
                    signer=SIGNER,
                    began_at=at,
                    received_at=at,
                )
        left = set(PEOPLE)
        for name in order:
            here = {content for content in CONTENTS if sha256(content).hexdigest() in files}
            with database.transaction() as connection:
                counted = counts_of(connection, COURSE, name).deleted.get("submitted files", 0)
                erase_person(connection, COURSE, name, at=1, who="ina")
                delete_erased_files(connection, files, at=2)
            left.remove(name)
            needed = {content for owners, content in owned if owners & left} | {HANDOUT}
            kept = {content for content in CONTENTS if sha256(content).hexdigest() in files}
            assert kept == needed
            assert counted == len(here - kept)


def publish_with_handout(connection: Connection, files: FileStore) -> None:
    """Publish an assignment whose handout is in the file store."""
    facts = Facts("Doubling", 6.0, (), (), 0.0, 1.0, 0)
    publish(
        connection,
        COURSE,
        ASSIGNMENT,
        digest=files.put(b"bundle"),
        handout=files.put(HANDOUT),
        facts=facts,
        due_at=None,
        at=0,
        who="staff",
    )


def test_bytes_that_come_back_are_erased_again(tmp_path: Path) -> None:
    """What was deleted with one person, and submitted by another since, goes with that one, too."""
    with live_homework(new_database(tmp_path / "site.db"), tmp_path / "course") as site:
        site.publish()
        ina = site.server.student(role="instructor", name="ina")
        for name in ("ann", "bob"):
            assert site.upload(site.server.student(name=name), b"the same").status_code == 303
            assert ina.post(f"/personal-data/person/{name}/erase", confirm=name).status_code == 303
            assert sha256(b"the same").hexdigest() not in site.files


def test_evidence_goes_with_the_last_of_its_case(tmp_path: Path) -> None:
    """Of a case about two, notes and files stay for the second; what somebody has submitted stays theirs."""
    with live_homework(new_database(tmp_path / "site.db"), tmp_path / "course") as site:
        site.publish()
        ina = site.server.student(role="instructor", name="ina")
        ann, bob, cy = (site.server.student(name=name) for name in ("ann", "bob", "cy"))
        for student, content in ((ann, b"of ann"), (bob, b"of bob"), (cy, b"of cy")):
            assert site.upload(student, content).status_code == 303
        assert ina.post("/integrity", title="Alike", work=ASSIGNMENT, people="ann bob").status_code == 303
        for content in (b"a letter", b"of cy"):
            files = {"evidence": ("evidence.txt", content)}
            sent = ina.http.post("/integrity/1/evidence", data={"token": ina.token}, files=files)
            assert sent.status_code == 303
        assert ina.post("/integrity/1/notes", text="Talked to zq-both.").status_code == 303
        kept = {b"of ann", b"of bob", b"of cy", b"a letter"}
        for name, gone in (("ann", {b"of ann"}), ("bob", {b"of bob", b"a letter"})):
            assert ina.post(f"/personal-data/person/{name}/erase", confirm=name).status_code == 303
            kept -= gone
            assert {content for content in kept | gone if sha256(content).hexdigest() in site.files} == kept
            assert ("Talked to zq-both." in ina.page("/integrity/1")) == (name == "ann")


def test_nothing_of_an_erased_person_waits_for_a_marker(tmp_path: Path) -> None:
    """Written answers and essays of whoever was erased are in no queue, and are not graded again."""
    answers = {"ann": "Two halves.", "bob": "No idea."}
    with marking_site(str(tmp_path / "site.db"), tmp_path / "course", **answers) as site:
        ina = site.person("ina")
        assert len(answer_paths(ina)) == 2
        assert ina.post("/personal-data/person/ann/erase", confirm="ann").status_code == 303
        (left,) = answer_paths(ina)
        assert "No idea." in ina.page(left)
        assert "2 answers wait" in ina.page("/")  # two questions of Bob's
        regrades = f"/staff/homework/{ASSIGNMENT}/regrades"
        assert ina.post(regrades, scope="all", reason="A wrong check").status_code == 303
        with site.server.database.reading() as connection:
            (regrade,) = regrades_of(connection, COURSE, ASSIGNMENT)
        assert regrade.many == 1


def test_an_essay_of_an_erased_person_waits_for_nobody(person: Person) -> None:
    """The home page of staff does not send anybody to an answer that is gone."""
    attempt = person.anna.start()
    person.anna.save(attempt, ESSAY, "zqpartner-note")
    person.anna.ask(f"/attempts/{attempt}/finish", {})
    person.server.exam.mark()
    assert "1 answer waits" in person.ina.page("/")
    assert person.ina.post(f"/personal-data/person/{NAME}/erase", confirm=NAME).status_code == 303
    assert "answer waits" not in person.ina.page("/")


def test_an_id_that_is_a_number_is_no_number_in_the_log(tmp_path: Path) -> None:
    """Erasing student 5 leaves the points and reasons of others in the log; what is about 5 goes."""
    with live_homework(new_database(tmp_path / "site.db"), tmp_path / "course") as site:
        site.publish()
        ina, bob = site.server.student(role="instructor", name="ina"), site.server.student(name="bob")
        site.server.student(name="5")
        submission = site.upload(bob, b"work").headers["Location"].rpartition("/")[2]
        site.grade("4")
        by_hand = {"points": "5", "reason": "A slip of ours", "seen": "0"}
        assert ina.post(f"/staff/submissions/{submission}/points", **by_hand).status_code == 303
        with site.server.database.transaction() as connection:
            for number, detail in enumerate(({"added": ["5", "bob"]}, {"changes": ["5: name A → B"]}), 1):
                record_act(connection, Act(number, "ina", "roster import", COURSE, {**detail}))
        assert ina.post("/personal-data/person/5/erase", confirm="5").status_code == 303
        with site.server.database.reading() as connection:
            (act,) = (act for act in acts_on(connection, submission) if act.act == "override points")
            imports = [act.detail for act in acts_on(connection, COURSE) if act.act == "roster import"]
        assert (act.detail["points"], act.detail["reason"]) == ("5", "A slip of ours")
        added, changes = (detail[key] for detail, key in zip(imports, ("added", "changes"), strict=True))
        assert re.fullmatch(r"\['erased-\w+', 'bob'\]", str(added))
        assert re.fullmatch(r"\['erased-\w+: name A → B'\]", str(changes))


def test_an_open_attempt_is_closed_first(person: Person) -> None:
    """A person with an open attempt is not erased, and nothing is half done; nobody erases themselves."""
    person.anna.start()
    reply = person.ina.post(f"/personal-data/person/{NAME}/erase", confirm=NAME)
    assert reply.status_code == 409
    assert "attempt at a quiz open" in reply.text
    assert person.ina.get(f"/people/person/{NAME}").status_code == 200
    assert person.ina.post("/personal-data/person/ina/erase", confirm="ina").status_code == 409


def test_the_zip_of_ones_own_data(person: Person) -> None:
    """It holds what one submitted, answered and was told; no secret, nobody else's, and nothing held back."""
    person.leave_everything()
    person.ina.post(f"/staff/homework/{ASSIGNMENT}/release", hold="yes")
    reply = person.anna.get("/my-data.zip")
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert files[f"homework/{ASSIGNMENT}/1 zq-anna_work.ipynb"] == b"alone"
    about = json.loads(files["person.json"])
    assert about["person"][0]["email"] == ADDRESS
    assert {"enrolment (person)", "notification (person)", "extension_request (person)"} <= about.keys()
    everything = b"".join(files.values())
    assert b"0.25" in files["quizzes/all attempt 1.json"]
    assert b'"hash"' not in everything
    assert b"report.json" not in b" ".join(name.encode() for name in files)
    assert json.loads(files[f"homework/{ASSIGNMENT}/submissions.json"])[0]["score"] is None
    staff = person.ina.post(f"/personal-data/person/{NAME}/zip")
    with zipfile.ZipFile(io.BytesIO(staff.content)) as archive:
        assert f"homework/{ASSIGNMENT}/1 report.json" in archive.namelist()
    assert person.bob.post(f"/personal-data/person/{NAME}/zip").status_code == 404


def test_what_only_staff_read_is_in_no_zip_of_ones_own(person: Person) -> None:
    """Conflicts of interest, markers, cases and the seeds of quizzes are in the ZIP that staff make alone."""
    person.leave_everything()
    person.server.student(name="tim", role="ta")
    reason = "They are zq-friends."
    assert person.ina.post("/marking/conflicts", marker="tim", person=NAME, reason=reason).status_code == 303
    case = {"work": ASSIGNMENT, "people": NAME, "title": "A case", "held": "yes"}
    assert person.ina.post("/integrity", **case).status_code == 303
    with person.server.database.reading() as connection:
        seed = connection.execute(select(attempt.c.seed).where(attempt.c.person == NAME)).scalars().first()
    assert seed
    of_person, of_staff = (
        zipfile.ZipFile(io.BytesIO(reply.content))
        for reply in (
            person.anna.get("/my-data.zip"),
            person.ina.post(f"/personal-data/person/{NAME}/zip"),
        )
    )
    with of_person, of_staff:
        mine, theirs = (
            b"".join(file.read(name) for name in file.namelist()).decode("utf-8", "replace")
            for file in (of_person, of_staff)
        )
        tables = json.loads(of_person.read("person.json"))
        assert b"leaves out what only the course's staff read" in of_person.read("README.txt")
    secrets = (reason, seed, "integrity case", "integrity_person", "marking_conflict", '"grace"', '"lock"')
    assert [word for word in secrets if word not in theirs] == []
    assert [word for word in secrets if word in mine] == []
    assert {"attempt (person)", "notification (person)", "submission_owner (person)"} <= tables.keys()


def test_rows_that_name_staff_are_looked_at() -> None:
    """A table about a person that says who of the staff judges them is for staff, or has been thought of."""
    judged = {
        found.table.name
        for found in person_columns()
        if not found.is_for_staff
        and found.column.name == "person"
        and {"marker", "staff", "reason", "case_id"} & set(found.table.columns.keys())
    }
    assert judged == {"regrade_request"}  # its student reads who answered


@pytest.mark.parametrize("detail", ["full", "titles"])
def test_a_report_that_cannot_be_read_spoils_no_zip(tmp_path: Path, detail: str) -> None:
    """It is in the ZIP as it is stored where all of it may be seen, and a sentence is there otherwise."""
    with live_homework(new_database(tmp_path / "site.db"), tmp_path / "course") as site:
        site.publish(site.server.clock.now() + 60 * MINUTE, detail=detail)
        anna = site.server.student(name=NAME)
        assert site.upload(anna, b"alone", "work.ipynb").status_code == 303
        site.grade("6", report=b"of another version")
        with zipfile.ZipFile(io.BytesIO(anna.get("/my-data.zip").content)) as archive:
            (name,) = [name for name in archive.namelist() if name.endswith("report.json")]
            shown = archive.read(name)
    assert shown == b"of another version" if detail == "full" else b"cannot read the report" in shown


def test_everybody_is_erased_at_the_end(person: Person) -> None:
    """With a date in course.yaml staff are reminded from a month before, until all students are erased."""
    course = person.server.course.root / "course.yaml"
    assert retention_warning(person.server.site) == ""
    course.write_text("title: A tiny course\nretention: 2026-06-10\n", encoding="utf-8")
    assert "is kept until 2026-06-10" in retention_warning(person.server.site)
    course.write_text("title: A tiny course\nretention: 2026-05-01\n", encoding="utf-8")
    assert "was to be erased" in retention_warning(person.server.site)
    course.write_text("title: A tiny course\nretention: 2027-05-01\n", encoding="utf-8")
    assert retention_warning(person.server.site) == ""
    person.leave_everything()
    wrong = person.ina.post("/personal-data/erase-all", confirm="yes")
    assert wrong.status_code == 409
    assert person.ina.post("/personal-data/erase-all", confirm="A tiny course").status_code == 303
    assert "0 students" in person.ina.page("/personal-data")
    assert person.traces() == []
    assert person.faults() == []
    assert person.ina.page("/people")


def test_every_table_that_names_people_takes_part() -> None:
    """Columns that refer to people or to authors are found by themselves; none has a name of its own."""
    found = {(item.table.name, item.column.name) for item in (*person_columns(), *author_columns())}
    odd = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if any(word in column.name for word in ("person", "student", "staff", "marker", "author", *AUTHORS))
        and (table.name, column.name) not in found
    }
    # A digest, a right, and who may also be a label: what erases these two is tested above.
    others = {("due_rule", "who"), ("quiz_override", "who")}
    assert odd == {("failed_sign_in", "who"), ("enrolment", "students")} | others
