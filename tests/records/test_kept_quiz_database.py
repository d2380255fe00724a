"""A quiz database that version 0.1 wrote: nothing of it is lost, and the quiz goes on where it was.

The same tests run on SQLite, with the file itself, and on PostgreSQL, with the same rows.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import psycopg
import pytest
from exam_fixture import numbers
from fake_clock import MINUTE, FakeClock
from kept_records import EXPECTED, KEPT, course_in, quizzes
from live_server import LiveServer, Student
from marking_site import answer_with, fields_of
from platform_simulator import CLAIM, CLIENT, DEPLOYMENT, INSTRUCTOR, LEARNER, Browser, Platform
from sqlalchemy import select

from autograder.course.course import Extension, find_course
from autograder.site.backup import faults_in_file, secret_beside
from autograder.site.database import Database
from autograder.site.lti.contexts import connect
from autograder.site.lti.score_sender import ScoreSender
from autograder.site.lti.services import Tool
from autograder.site.lti.users import Context
from autograder.site.marks import Waiting
from autograder.site.signer import Signer
from autograder.site.tables import waiting_mark
from quizzes.services.quiz_scores import QuizScores
from quizzes.store.marks import history_of, marks_in, pending_marks, points_of
from quizzes.store.receipts import is_genuine, last_receipt

SAID = EXPECTED["quizzes"]
NAMED: dict[str, str] = SAID["attempts"]  # an attempt's id by what it was made for
ATTEMPTS: dict[str, dict[str, Any]] = SAID["attempt"]
NOW: int = SAID["now"]
ISSUER, OLD_PLATFORM = "https://lms.example.org", "http://127.0.0.1:8701"
NUMERIC, CHOICE, CHOICES, BLANKS, FORMULA, CODE, ESSAY = range(7)
OPEN = [one for one, said in ATTEMPTS.items() if said["state"] == "open"]
ENDED = [one for one, said in ATTEMPTS.items() if said["state"] == "graded"]
# What tables and columns of version 0.1 are called today, where that is something else.
# A request of version 0.1 and its reply, which are messages now, with the names of its columns then.
REQUESTS = """(
    SELECT about.answer AS attempt, CAST(about.part AS INTEGER) AS pos, asked.at AS at, asked.text AS text,
        reply.at AS answered_at, reply.who AS who, reply.text AS reply
    FROM regrade_request AS about
    JOIN regrade_message AS asked
        ON asked.id = (SELECT min(id) FROM regrade_message WHERE request = about.id)
    LEFT JOIN regrade_message AS reply ON reply.request = about.id AND reply.id > asked.id
) AS request"""
TABLE: dict[str, str] = {"request": REQUESTS}
COLUMN: dict[tuple[str, str], str] = {
    ("attempt", "pen"): "lock",
    ("answer", "raw"): "response",
    ("answer_event", "raw"): "response",
    ("lti_link", "quiz"): "work",
}


def old_rows(table: str) -> list[dict[str, Any]]:
    """A table as version 0.1 left it."""
    with closing(
        sqlite3.connect(f"file:{KEPT / 'quizzes' / 'quiz.db'}?mode=ro&immutable=1", uri=True)
    ) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]


def plain(value: Any) -> Any:
    """A value without its database's way to write it."""
    if isinstance(value, memoryview):
        return bytes(value)
    return float(value) if isinstance(value, (bool, int, float, Decimal)) else value


def exact(value: Any) -> Decimal:
    """Points, however a database writes them."""
    return Decimal(str(value))


class Kept:
    """The course of version 0.1 with its database, and a server of today."""

    def __init__(self, place: Path, kind: str, server: str) -> None:
        self.course = course_in(place)
        self.file = self.course / ".quizzes" / "quiz.db"
        self.platform = Platform()
        registered = (
            (self.course / "lti.yaml").read_text("utf-8").replace(OLD_PLATFORM, self.platform.address)
        )
        (self.course / "lti.yaml").write_text(registered, encoding="utf-8")
        self.address = str(self.file)
        if kind == "sqlite":
            with closing(sqlite3.connect(self.file)) as connection:
                connection.execute(self._moved())
                connection.commit()
        else:
            name = f"kept{next(numbers)}"
            with psycopg.connect(server.format("postgres"), autocommit=True) as postgresql:
                postgresql.execute(f"CREATE DATABASE {name}".encode())
            self.address = server.format(name)
            with psycopg.connect(self.address) as postgresql:
                postgresql.execute((KEPT / "quizzes" / "postgresql.sql").read_bytes())
                postgresql.execute(self._moved().encode())
        self._server: LiveServer | None = None

    def _moved(self) -> str:
        """A statement after which the learning platform is at the port it has now."""
        names = ("line_item", "line_items", "members")
        moved = (f"{name} = replace({name}, '{OLD_PLATFORM}', '{self.platform.address}')" for name in names)
        return f"UPDATE lti_link SET {', '.join(moved)}"

    def execute(self, statements: str) -> None:
        """Change the database of version 0.1 before it is opened."""
        if self.address == str(self.file):
            with closing(sqlite3.connect(self.file)) as connection:
                connection.executescript(statements)
                connection.commit()
        else:
            with psycopg.connect(self.address) as postgresql:
                postgresql.execute(statements.encode())

    @property
    def server(self) -> LiveServer:
        """The server, with its clock at the moment the records were kept; started when it is asked for."""
        if self._server is None:
            signer = Signer(secret_beside(self.file))
            course, fake = find_course(self.course), FakeClock(NOW)
            database = Database(self.address)
            self._server = LiveServer(database, self.course, fake, course=course, signer=signer)
            self._server.site.lti = Tool(self.course, self.file.parent, signer)
            self.platform.tool_keys = f"{self._server.address}/lti/keys"
        return self._server

    def close(self) -> None:
        """End both servers."""
        self.platform.close()
        if self._server is not None:
            self._server.close()

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """What a query finds now."""
        with self.server.database.reading() as connection:
            return [dict(row) for row in connection.exec_driver_sql(statement).mappings()]

    def signed_in(self, person: str) -> Student:
        """Somebody with the passcode of version 0.1."""
        with (KEPT / "quizzes" / "passcodes.csv").open(encoding="utf-8", newline="") as file:
            codes = {row["student"]: row["passcode"] for row in csv.DictReader(file)}
        return Student(self.server, person).sign_in(codes[person])

    def still_in(self, person: str, lock: str = "") -> Student:
        """Somebody with the cookie, and the edit lock, of version 0.1."""
        student = Student(self.server, person)
        student.http.cookies.update(SAID["sessions"][person])
        student.lock = SAID["pens"].get(lock or person, student.lock)
        return student.came_in()

    def view(self, attempt: str) -> Any:
        """An attempt as staff see it."""
        return self.server.exam.inspect(attempt)[0]

    def state(self, attempt: str) -> str:
        """Whether an attempt is open, finished or graded."""
        return str(self.view(attempt).attempt.state.value)

    def total(self, attempt: str) -> float | None:
        """The points of an attempt now, as `quizzes results` lists them."""
        with self.server.database.reading() as connection:
            points = points_of(connection, attempt)
        return None if points is None else float(points)

    def key(self, attempt: str, pos: int) -> Any:
        """The right answer by the version the attempt was begun with."""
        return self.view(attempt).items[pos].question.key_answer

    def command(self, *words: object, exit_code: int = 0) -> str:
        """The `quizzes` command on this database; what it says."""
        database = "" if self.address == str(self.file) else self.address
        ran = quizzes(self.course, *words, database=database)
        assert ran.returncode == exit_code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """What version 0.1 left, in a database of each kind."""
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else ""
    kept = Kept(tmp_path, request.param, server)
    yield kept
    kept.close()


def test_every_row_is_there(kept: Kept) -> None:
    """Opening brings the database to its newest form and keeps every value of every row of version 0.1."""
    database = Database(kept.address)
    with database.reading() as connection:
        for table in SAID["counts"].keys() - {"schema_version", "grade"}:
            old = old_rows(table)
            columns = list(old[0])
            names = ", ".join(COLUMN.get((table, column), column) for column in columns)
            now = connection.exec_driver_sql(f"SELECT {names} FROM {TABLE.get(table, table)}").all()
            kept_rows = {tuple(map(plain, row)) for row in now}
            if table == "attempt_item":
                kept_rows = {(*row[:-1], exact(row[-1])) for row in kept_rows}
            for row in old:
                wanted = tuple(plain(row[column]) for column in columns)
                if table == "attempt_item":  # points are decimal numbers now
                    wanted = tuple(
                        exact(value) if column == "points" else value
                        for column, value in zip(columns, wanted, strict=True)
                    )
                if table == "lti_link":
                    moved = (OLD_PLATFORM, kept.platform.address)
                    wanted = tuple(value.replace(*moved) for value in wanted)
                assert wanted in kept_rows, (table, row)
    assert faults_in_file(database) == []
    database.close()


def test_every_mark_is_there(kept: Kept) -> None:
    """Each row of version 0.1 is a mark with its points, words, author and answer; the same ones count."""
    with kept.server.database.reading() as connection:
        histories = {attempt: history_of(connection, attempt) for attempt in ATTEMPTS}
        currents = {attempt: marks_in(connection, attempt) for attempt in ENDED}
    old = old_rows("grade")
    assert sum(len(marks) for history in histories.values() for marks in history.values()) == len(old)
    for row in old:
        detail = json.loads(row["detail"])
        author = detail["detail"].get("by", "")
        (mark,) = [
            mark
            for mark in histories[row["attempt"]][row["pos"]]
            if (mark.key_version, mark.grader_version, mark.answer_rev)
            == (row["key_version"], row["grader_version"], row["answer_rev"])
        ]
        assert (mark.points, mark.at, mark.detail) == (exact(row["points"]), row["at"], row["detail"])
        assert (mark.who, mark.source) == (author, "manual" if author else "auto")
        assert mark.pending == detail["pending"]
        if row["current"] and row["attempt"] in ENDED:
            assert currents[row["attempt"]][row["pos"]].mark == mark
    with kept.server.database.reading() as connection:
        waiting = {(mark.attempt, mark.pos) for mark in pending_marks(connection, again=True)}
    assert waiting == {
        (row["attempt"], row["pos"])
        for row in old
        if row["current"] and row["attempt"] in ENDED and json.loads(row["detail"])["pending"]
    }


ESSAY_OF_ANN = f"attempt = '{NAMED['ann']}' AND pos = {ESSAY}"
AUTOMATIC_AFTER = f"""UPDATE grade SET current = {{no}} WHERE {ESSAY_OF_ANN};
INSERT INTO grade (attempt, pos, key_version, grader_version, answer_rev, points, detail, at, current)
    SELECT attempt, pos, 'another', '1', answer_rev + 1, 0, '{{{{"pending": {{pending}}}}}}', at + 1, {{yes}}
    FROM grade WHERE {ESSAY_OF_ANN};
UPDATE answer SET rev = rev + 1 WHERE {ESSAY_OF_ANN}"""
WORDS = {"sqlite": {"no": "0", "yes": "1"}, "postgresql": {"no": "false", "yes": "true"}}


@pytest.mark.parametrize("pending", ["true", "false"])
def test_a_mark_that_version_0_1_lost(kept: Kept, pending: str) -> None:
    """Where an automatic mark had taken a person's place, the score stays, and staff are asked about it."""
    kind = "sqlite" if kept.address == str(kept.file) else "postgresql"
    kept.execute(AUTOMATIC_AFTER.format(pending=pending, **WORDS[kind]))
    ann = NAMED["ann"]
    with kept.server.database.reading() as connection:
        marks = history_of(connection, ann)[ESSAY]
        assert [(mark.source, mark.who, mark.points) for mark in marks] == [
            ("manual", "tea", exact("0.6667")),
            ("auto", "", 0),
            ("manual", "version 0.1", None),
        ]
        assert marks_in(connection, ann)[ESSAY].points == 0
        waiting = {(mark.attempt, mark.pos) for mark in pending_marks(connection)}
        assert ((ann, ESSAY) in waiting) == (pending == "true")
        changed = select(waiting_mark.c.part).where(
            waiting_mark.c.work == ann, waiting_mark.c.why == Waiting.CHANGED
        )
        parts = connection.execute(changed).scalars().all()
        assert list(map(int, parts)) == ([] if pending == "true" else [ESSAY])
    total = ATTEMPTS[ann]["total"]
    assert kept.total(ann) == round(total - 0.6667, 4)
    page = kept.still_in("tea").page(f"/staff/attempts/{ann}")
    assert "Version 0.1 counted the automatic mark" in page


def test_a_mark_of_an_attempt_that_goes_on(kept: Kept) -> None:
    """A person's mark that reopening had switched off counts again once the attempt is submitted."""
    kind = "sqlite" if kept.address == str(kept.file) else "postgresql"
    no = WORDS[kind]["no"]
    kept.execute(
        f"UPDATE grade SET current = {no} WHERE attempt = '{NAMED['ann']}';"
        f"UPDATE attempt SET state = 'finished' WHERE id = '{NAMED['ann']}'"
    )
    assert kept.total(NAMED["ann"]) is None
    kept.server.exam.mark()
    assert kept.total(NAMED["ann"]) == ATTEMPTS[NAMED["ann"]]["total"]


def test_attempts_answers_and_marks(kept: Kept) -> None:
    """State, times, answers, points and the feedback that students read are as version 0.1 had them."""
    for attempt, said in ATTEMPTS.items():
        view = kept.view(attempt)
        row = view.attempt
        assert (row.quiz, row.person, row.number, row.preview) == (
            said["quiz"],
            said["person"],
            said["number"],
            said["preview"],
        )
        assert row.state.value == said["state"], attempt
        for name in ("started_at", "deadline_at", "due_at", "finished_at", "seq"):
            assert getattr(row, name) == said[name], (attempt, name)
        assert (row.finished_by.value if row.finished_by else None) == said["finished_by"]
        answers = {
            str(pos): [held.rev, held.received_at, held.response] for pos, held in view.answers.items()
        }
        assert answers == said["answers"]
        assert kept.total(attempt) == said["total"]


def test_what_students_see_of_their_marks(kept: Kept) -> None:
    """Each student's results show the total, a person's words, the reply to a request, and what waits."""
    for name in ("ann", "bob", "fay", "hal"):
        page = kept.signed_in(name).page(f"/attempts/{NAMED[name]}/results")
        text = " ".join(re.sub(r"<[^>]+>", "", page).split())
        total = f"{ATTEMPTS[NAMED[name]]['total']:.4f}".rstrip("0").rstrip(".")
        assert f"{total} of 7 points" in text, name
        waiting = sum(mark["pending"] for mark in ATTEMPTS[NAMED[name]]["marks"].values())
        assert page.count("waits to be marked") == waiting
        if name == "ann":
            assert "An *example*?" in page
    kept.server.fake.pass_(24 * 60 * MINUTE)  # when the quiz has closed for everybody
    kept.server.exam.sweep()
    page = kept.signed_in("ann").page(f"/attempts/{NAMED['ann']}/results")
    assert "I had two of two." in page and "Agreed, partly." in page


def test_receipts_verify(kept: Kept) -> None:
    """The newest receipt of each ended attempt is as version 0.1 gave it, and the secret confirms it."""
    newest = {receipt["attempt"]: receipt for receipt in SAID["receipts"]}
    for attempt, receipt in newest.items():
        with kept.server.database.reading() as connection:
            given = last_receipt(connection, attempt)
        assert given is not None and is_genuine(kept.server.signer, given)
        assert (given.body, given.digest, given.signature) == (
            receipt["body"],
            receipt["digest"],
            receipt["signature"],
        )
    for name in ("ann", "bob", "gil"):
        told = kept.signed_in(name).get(f"/attempts/{NAMED[name]}/receipt.json").json()
        receipt = newest[NAMED[name]]
        assert (told["body"], told["sha256"], told["signature"]) == (
            receipt["body"],
            receipt["digest"],
            receipt["signature"],
        )


def test_signing_in(kept: Kept) -> None:
    """Passcodes, a link that nobody has used, and who was signed in: all as before, a wrong code not."""
    for person in ("ann", "bob", "cid", "dan", "eve", "fay", "gil", "hal", "ivy", "tea", "tom"):
        kept.signed_in(person)
    for person in ("ann", "dan", "tea", "eve"):
        kept.still_in(person)
    visitor = Student(kept.server, "ivy")
    assert visitor.post("/sign-in", person="ivy", passcode="WRONG-WRONG").status_code == 401
    assert "Ivy Isle" in visitor.page(SAID["link"])
    assert visitor.post(SAID["link"]).status_code == 303
    assert "Midterm" in visitor.page("/")
    assert Student(kept.server, "ivy").post(SAID["link"]).status_code == 410


def test_an_open_attempt_goes_on(kept: Kept) -> None:
    """The tab with the edit lock saves on, another does not; handing in gives a receipt of all answers."""
    attempt, said = NAMED["dan"], ATTEMPTS[NAMED["dan"]]
    dan = kept.still_in("dan")
    page = dan.page(f"/attempts/{attempt}")
    assert "Second thought." in page
    assert kept.view(attempt).remaining == said["deadline_at"] - NOW
    assert dan.save(attempt, CHOICE, kept.key(attempt, CHOICE)).status_code == 200
    assert dan.save(attempt, ESSAY, "From an old page.", 1).status_code == 409
    assert dan.save(attempt, ESSAY, "Third thought.", 2).json()["rev"] == 3
    assert dan.save(attempt, FORMULA, "w", lock="another-tab-of-dan").status_code == 409
    assert kept.rows("SELECT pos FROM flag") == [{"pos": CHOICE}]
    kept.server.fake.pass_(MINUTE)
    assert dan.ask(f"/attempts/{attempt}/finish", {}).status_code == 200
    told = json.loads(dan.get(f"/attempts/{attempt}/receipt.json").json()["body"])
    answers = {pos: [rev, raw] for pos, rev, _, raw in told["answers"]}
    assert answers[ESSAY] == [3, json.dumps("Third thought.")]
    assert set(answers) == {int(pos) for pos in said["answers"]} | {CHOICE}
    assert told["finished_at"] == NOW + MINUTE
    kept.server.exam.mark()
    # The number, the choice, the choices, and one of two gaps.
    assert kept.total(attempt) == 3.5


def test_a_reopened_attempt_goes_on(kept: Kept) -> None:
    """Its answers can be changed until the new end; the second receipt stands beside the first one."""
    attempt = NAMED["cid"]
    cid = kept.still_in("cid")
    assert cid.save(attempt, FORMULA, kept.key(attempt, FORMULA), 1).status_code == 200
    assert cid.save(attempt, BLANKS, {"half": "0.5", "word": "the loss"}, 1).status_code == 200
    assert cid.ask(f"/attempts/{attempt}/finish", {}).status_code == 200
    kept.server.exam.mark()
    assert kept.state(attempt) == "graded" and kept.total(attempt) == 3
    receipts = kept.rows("SELECT attempt, digest FROM receipt ORDER BY seq")
    old = [receipt["digest"] for receipt in SAID["receipts"] if receipt["attempt"] == attempt]
    assert [row["digest"] for row in receipts if row["attempt"] == attempt][:-1] == old


def test_others_that_are_open(kept: Kept) -> None:
    """A second attempt, an attempt without a limit and a preview take saves; nobody gets a third attempt."""
    hal, ann = kept.still_in("hal", "hal again"), kept.signed_in("ann")
    second, practice = NAMED["hal again"], NAMED["practice"]
    assert hal.save(second, FORMULA, kept.key(second, FORMULA)).status_code == 200
    hal.ask(f"/attempts/{second}/finish", {})
    kept.server.exam.mark()
    assert kept.total(second) == 2
    assert hal.post("/quizzes/midterm/start").status_code == 403
    assert ann.start("practice") == practice
    assert ann.save(practice, 1, kept.key(practice, 1)).status_code == 200
    tea = kept.signed_in("tea")
    assert tea.get(f"/attempts/{NAMED['preview']}").status_code == 200


def test_what_is_overdue_is_ended(kept: Kept) -> None:
    """Hours later the sweeper ends every timed attempt at its own deadline, with a receipt, and marks it."""
    timed = [one for one in OPEN if ATTEMPTS[one]["deadline_at"] < NOW + 12 * 60 * MINUTE]
    assert len(timed) == 4
    kept.server.fake.pass_(12 * 60 * MINUTE)
    assert kept.server.exam.sweep() == len(timed)
    kept.server.exam.mark()
    for attempt in timed:
        row = kept.view(attempt).attempt
        assert (row.finished_at, row.finished_by) == (ATTEMPTS[attempt]["deadline_at"], "sweeper")
        assert kept.state(attempt) == "graded"
        with kept.server.database.reading() as connection:
            receipt = last_receipt(connection, attempt)
        assert receipt is not None and is_genuine(kept.server.signer, receipt)
    assert {kept.total(one) for one in ENDED} == {ATTEMPTS[one]["total"] for one in ENDED}


def test_staff_give_time(kept: Kept) -> None:
    """To one who writes, and to all; extra time and dates of their own that were imported hold on."""
    tea = kept.still_in("tea")
    dan, cid = NAMED["dan"], NAMED["cid"]
    given = {"who": "chosen", "attempt": dan, "minutes": "7", "percent": "0", "reason": "a headache"}
    assert tea.post("/staff/midterm/time", **given).status_code == 303
    assert kept.view(dan).attempt.deadline_at == ATTEMPTS[dan]["deadline_at"] + 7 * MINUTE
    assert tea.post("/staff/midterm/time", who="all", minutes="5", reason="a power cut").status_code == 303
    assert kept.view(dan).attempt.deadline_at == ATTEMPTS[dan]["deadline_at"] + 12 * MINUTE
    assert kept.view(cid).attempt.deadline_at == ATTEMPTS[cid]["deadline_at"] + 5 * MINUTE
    assert "headache" in tea.page(f"/staff/attempts/{dan}")
    enrolled = {row["person"]: row for row in kept.rows("SELECT * FROM enrolment")}
    for said in SAID["enrolments"]:
        row = enrolled[said["person"]]
        assert (row["role"], row["label"]) == (said["role"], said["label"])
        assert Fraction(row["multiplier"]) == Fraction(said["multiplier"]) and row["extra"] == said["extra"]


def test_the_roster_again(kept: Kept) -> None:
    """The same files import again: no new passcodes, the same roles, extra time and dates."""
    people = ("--accommodations", "accommodations.csv", "--passcodes", "new.csv")
    kept.command("roster", "import", "roster.csv", *people)
    assert not (kept.course / "new.csv").exists()
    enrolled = {row["person"]: row for row in kept.rows("SELECT * FROM enrolment")}
    for said in SAID["enrolments"]:
        row = enrolled[said["person"]]
        assert (row["role"], row["label"]) == (said["role"], said["label"])
        assert Fraction(row["multiplier"]) == Fraction(said["multiplier"])
    overrides = kept.rows(
        "SELECT quiz, scope, who, field, value FROM quiz_override ORDER BY quiz, who, field"
    )
    for said in SAID["overrides"]:
        # An extension for everybody moved the closes of single students along; the file says the first one.
        assert any(row["who"] == said["who"] and row["field"] == said["field"] for row in overrides)
    kept.signed_in("ivy")


def test_staff_mark_by_hand(kept: Kept) -> None:
    """An essay that waited gets its mark, with the total; a late request is answered with points."""
    tea, fay = kept.still_in("tea"), NAMED["fay"]
    path = answer_with(tea, "They do.", work="midterm")
    form = {**fields_of(tea.page(path), path), "item": ["author-1", "author-2"], "comment": "Good."}
    assert tea.post(path, **form).status_code == 303
    assert kept.total(fay) == ATTEMPTS[fay]["total"] + 1
    assert tea.post(path, **form).status_code == 409
    page = tea.page("/staff/midterm/regrade-requests")
    assert "Why not?" in page
    to = next(path for path in re.findall(r'action="(/regrade-requests/\d+/answer)"', page))
    asked = {**fields_of(page, to), "text": "A half.", "points": "0.5"}
    assert tea.post(to, **asked).status_code == 303
    assert kept.total(fay) == ATTEMPTS[fay]["total"] + 0.5
    assert tea.post(to, **asked).status_code == 409
    assert kept.total(NAMED["ann"]) == ATTEMPTS[NAMED["ann"]]["total"]


def test_a_late_answer_and_reopening(kept: Kept) -> None:
    """Staff reopen an attempt that the sweeper had ended; the late answer they accepted is still there."""
    tea, bob = kept.still_in("tea"), NAMED["bob"]
    assert "a-late-save-of-bob" in {
        row["save_id"] for row in kept.rows("SELECT save_id FROM answer_event WHERE late")
    }
    assert "a broken chair" in tea.page(f"/staff/attempts/{bob}")
    again = {"minutes": "10", "reason": "the wrong room"}
    assert tea.post(f"/staff/attempts/{bob}/reopen", **again).status_code == 303
    student = kept.signed_in("bob")
    student.ask(f"/attempts/{bob}/lock", {"lock": student.lock})
    assert student.save(bob, CHOICE, kept.key(bob, CHOICE)).status_code == 200
    student.ask(f"/attempts/{bob}/finish", {})
    kept.server.exam.mark()
    held = kept.view(bob).answers
    assert json.loads(held[FORMULA].response) == "w - a*g"
    # The choice is right by the key that bob's attempt was begun with.
    assert kept.total(bob) == ATTEMPTS[bob]["total"] + 1


def test_the_proposed_regrade_is_released(kept: Kept) -> None:
    """It changes whom version 0.1 said, by as much; points given by a person stay."""
    tea = kept.still_in("tea")
    page = tea.page("/staff/midterm/regrades")
    assert "/staff/midterm/regrades/2/release" in page
    (run,) = [row for row in old_rows("regrade_run") if row["released_at"] is None]
    changes = {change["attempt"]: change for change in json.loads(run["diff"])["changes"]}
    assert changes
    assert tea.post("/staff/midterm/regrades/2/release").status_code == 303
    for attempt in ENDED:
        before = ATTEMPTS[attempt]["total"]
        change = changes.get(attempt, {"before": before, "after": before})
        assert (change["before"], change["after"]) == (before, kept.total(attempt)), attempt
    assert tea.page("/staff/midterm/regrades").count("/release") == 0


def test_another_regrade(kept: Kept) -> None:
    """A key that is mended today marks the attempts of version 0.1; open ones are left alone."""
    tea, bank = kept.still_in("tea"), kept.course / "quizzes" / "banks" / "kept.yaml"
    assert tea.post("/staff/midterm/regrades/2/release").status_code == 303
    before = {attempt: kept.total(attempt) for attempt in ENDED}
    text = bank.read_text("utf-8")
    assert "key: g * h" in text
    bank.write_text(text.replace("key: g * h", "key: g * h + 1"), encoding="utf-8")
    assert tea.post("/staff/midterm/regrades").status_code == 303
    assert {attempt: kept.total(attempt) for attempt in ENDED} == before
    assert tea.post("/staff/midterm/regrades/3/release").status_code == 303
    for attempt in ENDED:
        right = NAMED["hal"] != attempt  # everybody else had the number right by the old key
        assert kept.total(attempt) == round((before[attempt] or 0) - right, 4), attempt
    assert [kept.state(attempt) for attempt in OPEN] == ["open"] * len(OPEN)


def test_waiting_functions_are_graded(kept: Kept) -> None:
    """The sandbox marks what version 0.1 left to it, by checks as they were published then."""
    kept.server.exam.mark()
    assert "2 functions graded" in kept.command("grade")
    bob, gil = NAMED["bob"], NAMED["gil"]
    assert kept.total(bob) == ATTEMPTS[bob]["total"] + 1
    assert (kept.state(gil), kept.total(gil)) == ("graded", 3)


def test_the_table_of_results(kept: Kept) -> None:
    """`quizzes results` says of every marked attempt, and of who was absent, what it said in version 0.1."""
    kept.command("results", "midterm", "--out", "scores.csv")
    with (kept.course / "scores.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["student"], row["attempt"]): row for row in csv.DictReader(file)}
    assert len(rows) == len(EXPECTED["scores"])
    for said in EXPECTED["scores"]:
        row = rows[said["student"], said["attempt"]]
        if said["state"] != "open":  # those the sweeper has ended since
            assert row == said


def test_a_learning_platform(kept: Kept) -> None:
    """Its user is the same person, its launch leads to the quiz, and nobody is added."""
    people = len(kept.rows("SELECT id FROM person"))
    for subject, name, email in (
        ("user-eve", "Eve Elm", "eve@example.org"),
        ("user-zed", "Zed Zinn", "zed@example.org"),
    ):
        browser = Browser(kept.platform, kept.server.address, lambda: kept.server.clock.now() / 1000)
        asked = browser.login(iss=ISSUER)
        claims = kept.platform.claims(
            asked["nonce"], kept.server.clock.now() / 1000, iss=ISSUER, sub=subject, name=name, email=email
        )
        claims["https://purl.imsglobal.org/spec/lti/claim/target_link_uri"] = (
            "https://tool.example/quizzes/midterm"
        )
        reply = browser.post(kept.platform.signed(claims), asked["state"])
        assert (reply.status_code, reply.headers["Location"]) == (303, "/quizzes/midterm")
        if subject == "user-eve":
            assert browser.http.get(f"/attempts/{NAMED['eve']}/receipt").status_code == 200
    assert len(kept.rows("SELECT id FROM person")) == people
    assert {(row["subject"], row["person"]) for row in kept.rows("SELECT * FROM lti_user")} == {
        (row["subject"], row["person"]) for row in SAID["lti_users"]
    }


def test_links_of_version_0_1_are_for_students(kept: Kept) -> None:
    """Until a course is connected here, a link of version 0.1 lets students in, and no launch connects it.

    In version 0.1 an instructor of any course of the platform became one here.
    """
    kept.execute(
        "INSERT INTO lti_user (issuer, subject, person) VALUES ('https://lms.example.org', 'user-tea', 'tea')"
    )

    def launch(subject: str, role: str, course: str) -> int:
        at = kept.server.clock.now() / 1000
        browser = Browser(kept.platform, kept.server.address, lambda: at)
        claims = kept.platform.claims(browser.login(iss=ISSUER)["nonce"], at, iss=ISSUER, sub=subject)
        state = browser.http.cookies["lti_state"]
        claims[f"{CLAIM}roles"], claims[f"{CLAIM}context"] = [role], {"id": course}
        claims[f"{CLAIM}target_link_uri"] = "https://tool.example/quizzes/midterm"
        return browser.post(kept.platform.signed(claims), state.strip('"')).status_code

    assert launch("user-eve", LEARNER, "course-1") == 303
    for subject, course in (("user-new", "course-2"), ("user-eve", "course-2"), ("user-tea", "course-1")):
        assert launch(subject, INSTRUCTOR, course) == 403
    assert launch("user-tea", LEARNER, "course-1") == 403  # staff here: a passcode signs them in
    assert kept.rows("SELECT role FROM enrolment WHERE person = 'eve'") == [{"role": "student"}]
    assert kept.rows("SELECT context FROM lti_context WHERE connected_at IS NOT NULL") == []
    waiting = kept.rows("SELECT context FROM lti_context ORDER BY context")
    assert waiting == [{"context": "course-1"}, {"context": "course-2"}]
    with kept.server.database.transaction() as connection:
        context = Context(ISSUER, CLIENT, DEPLOYMENT, "course-1")
        connect(connection, context, at=kept.server.clock.now(), who="tea")
    assert launch("user-tea", INSTRUCTOR, "course-1") == 303
    assert launch("user-eve", LEARNER, "course-1") == 303
    assert launch("user-eve", LEARNER, "course-2") == 403


def test_instructors_of_other_courses_in_version_0_1(kept: Kept) -> None:
    """Whom the platform alone made an instructor is one while a connected course says so, and no longer."""
    kept.execute(
        "INSERT INTO person (id, name) VALUES ('lti-poet', 'Poet');"
        "INSERT INTO enrolment (course, person, role, label, multiplier, extra) "
        "VALUES ('course', 'lti-poet', 'instructor', '', '1', 0);"
        "INSERT INTO lti_user (issuer, subject, person) "
        "VALUES ('https://lms.example.org', 'poet', 'lti-poet')"
    )
    with kept.server.database.transaction() as connection:
        context = Context(ISSUER, CLIENT, DEPLOYMENT, "course-1")
        connect(connection, context, at=kept.server.clock.now(), who="tea")
    assert kept.rows("SELECT role FROM enrolment WHERE person = 'lti-poet'") == [{"role": "student"}]


def test_scores_that_waited_are_sent(kept: Kept) -> None:
    """What is in the outbox goes out, once: also the score that the platform had refused."""
    server = kept.server
    assert server.site.lti is not None
    scores = QuizScores(server.site.course, server.quizzes.quiz, lambda *_: Extension(attempts="best"))
    sender = ScoreSender(server.database, server.exam.writer, server.site.lti, {"quiz": scores})
    waiting = [row for row in SAID["outbox"] if row["done_at"] is None]
    assert any(row["last_problem"] for row in waiting) and any(row["tries"] == 0 for row in waiting)
    for _ in range(4):
        sender.send_due(server.clock.now())
    eve = ATTEMPTS[NAMED["eve"]]["total"]
    assert [(score["userId"], score["scoreGiven"]) for score in kept.platform.scores] == [("user-eve", eve)]
    assert kept.rows("SELECT id FROM outbox WHERE done_at IS NULL") == []


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_a_backup_goes_back(kept: Kept, tmp_path: Path) -> None:
    """A copy of the file that version 0.1 wrote can be put in place of a database, and is whole."""
    copy = tmp_path / "copy.db"
    copy.write_bytes((KEPT / "quizzes" / "quiz.db").read_bytes())
    assert "is the backup now" in kept.command("restore", copy)
    assert kept.total(NAMED["ann"]) == ATTEMPTS[NAMED["ann"]]["total"]


def test_the_fixture_is_whole() -> None:
    """The rows for PostgreSQL are those of the file, whose receipts hold by the standard library alone."""
    statements = (KEPT / "quizzes" / "postgresql.sql").read_text("utf-8")
    for table, count in SAID["counts"].items():
        assert statements.count(f"INSERT INTO {table} (") == count == len(old_rows(table)), table
    for receipt in old_rows("receipt"):
        assert hashlib.sha256(receipt["body"].encode()).hexdigest() == receipt["digest"]


def test_no_record_names_a_machine() -> None:
    """Folders of the machine that made the records are in none of them."""
    for path in sorted(KEPT.rglob("*")):
        if path.is_file():
            assert re.search(rb"/tmp/|/home/|/root/|/usr/", path.read_bytes()) is None, path.name
