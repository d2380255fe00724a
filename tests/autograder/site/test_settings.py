"""Settings and operations through HTTP: course.yaml as a form, maintenance, backups, log, new term."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import sqlite3
import weakref
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
import yaml
from command import autograder
from fake_clock import MINUTE
from graded_course import ASSIGNMENT, QUIZ, finished_quiz, graded_course
from homework_site import solved
from hypothesis import given
from hypothesis import strategies as st
from live_homework import LiveHomework
from local_http import LOCAL
from marking_site import fields_of
from report_factory import make_check, make_report, make_task
from sqlalchemy import create_engine, text

from autograder.course.course import find_course
from autograder.errors import AutograderError
from autograder.site.database import Database, migrate, migrations
from autograder.site.homework.grader_api import grader_token
from autograder.site.settings.backups import NightlyBackup, backups_in
from autograder.site.settings.course_form import changed_course, course_file_of, course_values
from autograder.site.settings.new_term import shifted
from autograder.site.settings.recent_times import RecentTimes
from autograder.site.staff_tokens import make_staff_token

DAY = 24 * 60 * MINUTE


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveHomework]:
    """A course with an assignment due in an hour, and a quiz."""
    with graded_course(tmp_path / "course") as live:
        live.publish(due_at=live.server.opens + 60 * MINUTE)
        live.server.publish(QUIZ)
        yield live


def texts(html: str) -> str:
    """A page's text."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_course_yaml_as_a_form(live: LiveHomework) -> None:
    """The difference first, comments kept, the gradebook follows, and the second of two people is told."""
    ina = live.server.student(name="ina", role="instructor")
    ann = live.server.student(name="ann")
    assert live.upload(ann, solved(live.server.course)).status_code == 303
    live.grade("3")
    finished_quiz(live, ann, "sum", "product")
    assert "70.00" in ina.page("/gradebook")  # 0.6 * 50 + 0.4 * 100
    path = live.server.course.root / "course.yaml"
    path.write_text("# Agreed in May.\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    typed = {"form": "yes", "written": "yes", "group-0-weight": "20", "scale": "A: 90, C: 0"}
    shown = ina.post("/settings/course", **typed)
    assert "Group “Homework”, weight: 60 → 20" in texts(shown.text) and "weight: 60" in path.read_text()
    seen = re.findall(r'name="seen" value="(\w+)"', shown.text)[0]
    assert ina.post("/settings/course", **typed, seen=seen, save="yes").status_code == 303
    assert path.read_text(encoding="utf-8").startswith("# Agreed in May.\n")
    assert "83.33 <b>C</b>" in ina.page("/gradebook")  # (20 * 50 + 40 * 100) / 60
    late = ina.post("/settings/course", **{**typed, "title": "Other"}, seen=seen, save="yes")
    assert late.status_code == 409 and "has changed course.yaml since" in late.text
    for wrong in ({"time_zone": "Mars/Base"}, {"group-0-weight": "much"}, {"scale": "excellent"}):
        assert ina.post("/settings/course", form="yes", written="yes", **wrong).status_code == 409, wrong
    assert "edit settings" in ina.page("/settings/log")


def test_maintenance_drains_graders_and_keeps_uploads(live: LiveHomework) -> None:
    """A grader gets nothing new, an upload gets its receipt, every page says so; a command ends it."""
    ina, ann = live.server.student(name="ina", role="instructor"), live.server.student(name="ann")
    grader = httpx.Client(base_url=live.server.address, **LOCAL)
    weakref.finalize(live, grader.close)
    authorized = {"Authorization": f"Bearer {grader_token(live.server.signer)}"}
    assert ina.post("/settings/maintenance", begin="yes", message="Back at six.").status_code == 303
    assert live.upload(ann, solved(live.server.course)).status_code == 303
    assert grader.post("/graders/lease", json={"grader": "g"}, headers=authorized).status_code == 204
    assert "Back at six." in ann.page("/") and "Back at six." in ann.page(f"/homework/{ASSIGNMENT}")
    assert httpx.get(f"{live.server.address}/healthz", **LOCAL).json()["status"] == "maintenance"
    done = autograder("maintenance", "off", folder=live.server.course.root)
    assert done.returncode == 0, done.stderr
    live.server.fake.pass_(3_000)
    leased = grader.post("/graders/lease", json={"grader": "g"}, headers=authorized)
    assert leased.status_code == 200, leased.text
    assert "Back at six." not in ann.page("/")
    log = texts(ina.page("/settings/log"))
    assert "begin maintenance" in log and "end maintenance" in log
    grader.close()


def test_health_and_metrics(live: LiveHomework) -> None:
    """Health is for everybody and names nothing; numbers are for staff, and say how much there is to do."""
    ina, ann = live.server.student(name="ina", role="instructor"), live.server.student(name="ann")
    assert httpx.get(f"{live.server.address}/healthz", **LOCAL).json() == {
        "status": "ok",
        "problems": [],
    }
    assert ann.get("/metrics").status_code == 404
    live.upload(ann, solved(live.server.course))
    live.server.fake.pass_(90_000)
    numbers = dict(
        line.split() for line in ina.page("/metrics").splitlines() if line and not line.startswith("#")
    )
    assert numbers["autograder_queue_depth"] == "1.0"
    assert 90 <= float(numbers["autograder_queue_oldest_wait_seconds"]) < 600
    assert float(numbers["autograder_receipt_seconds_p99"]) > 0
    assert float(numbers["autograder_free_bytes"]) > 0 and numbers["autograder_backup_age_seconds"] == "NaN"


@given(st.lists(st.floats(0, 100), min_size=1, max_size=300))
def test_a_quantile_is_one_of_the_times(seconds: list[float]) -> None:
    """At least the share of the requests took no longer than it says."""
    times = RecentTimes()
    for taken in seconds:
        times.note(taken)
    p99 = times.quantile(0.99)
    assert p99 in seconds and sum(taken <= (p99 or 0) for taken in seconds) >= 0.99 * len(seconds)
    assert RecentTimes().quantile(0.99) is None


def nightly(live: LiveHomework) -> NightlyBackup:
    """The nightly task of the live server."""
    server = live.server
    backups = NightlyBackup(
        server.database,
        server.site.course_rules,
        lambda work: server.exam.writer.submit(work).result(),
        server.clock.now,
    )
    server.site.backups = backups
    return backups


def test_last_night_on_an_empty_machine(live: LiveHomework, tmp_path: Path) -> None:
    """The nightly backup is checked by itself and, restored elsewhere, has every score and verifies."""
    ann = live.server.student(name="ann")
    live.upload(ann, solved(live.server.course))
    report = make_report(make_task("double", make_check())).to_json().encode()
    live.grade("4.5", report=report)
    backups = nightly(live)
    assert backups.run_due() == 0  # just started
    live.server.fake.pass_(DAY)
    assert backups.run_due() == 1 and backups.run_due() == 0
    assert backups.warning() == ""
    root = live.server.course.root
    (newest,) = backups_in(root)
    ina = live.server.student(name="ina", role="instructor")
    log = texts(ina.page("/settings/log"))
    assert "every night: back up" in log
    assert not re.search(r"\d{13}", log)  # instants are dates, sizes have a unit
    assert newest.path.name in ina.page("/settings")
    empty = tmp_path / "elsewhere"
    empty.mkdir()
    shutil.copytree(newest.path.parent, empty / "backups")
    for name in ("course.yaml", "assignments", "solutions", "quizzes"):
        (shutil.copytree if (root / name).is_dir() else shutil.copy)(root / name, empty / name)
    copy = empty / "backups" / newest.path.name
    done = autograder("restore", str(copy), "--check", folder=empty)
    assert "is whole, and its ledgers verify" in done.stdout, done.stderr
    assert autograder("restore", str(copy), folder=empty).returncode == 0
    assert autograder("verify", folder=empty).returncode == 0
    out = empty / "all.csv"
    autograder("gradebook", "export", "csv", "--site", "--out", str(out), folder=empty)
    assert ",4.5," in out.read_text(encoding="utf-8")


def test_a_backup_that_is_not_good_is_told(live: LiveHomework, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that cannot be written, and a plan that cannot be: a sentence each, for staff."""
    ina = live.server.student(name="ina", role="instructor")
    backups = nightly(live)
    file = live.server.course.root / "no-directory"
    file.write_text("", encoding="utf-8")
    monkeypatch.setenv("AUTOGRADER_BACKUPS", str(file))
    live.server.site.warnings.append(backups.warning)
    assert ina.post("/settings/backups").status_code == 303
    page = texts(ina.page("/settings"))
    assert "The last backup is not good" in page
    monkeypatch.delenv("AUTOGRADER_BACKUPS")
    assert ina.post("/settings/backups").status_code == 303
    assert "is not good" not in texts(ina.page("/settings"))
    assert ina.post("/settings/backup-plan", at="25:00", keep="3").status_code == 409
    assert ina.post("/settings/backup-plan", at="02:15", keep="3").status_code == 303
    assert 'value="02:15"' in ina.page("/settings") and "checked> Back up every night" not in ina.page(
        "/settings"
    )


def test_an_upgrade_keeps_a_way_back(tmp_path: Path) -> None:
    """A database of an earlier schema is copied before it is changed; one of a later schema is refused."""
    file = tmp_path / "quiz.db"
    newest, engine = len(migrations()), create_engine(f"sqlite:///{file}")
    with engine.begin() as earlier:
        migrate(earlier, migrations()[:-1])
        earlier.execute(text("INSERT INTO course VALUES ('course', 'Kept', 'UTC')"))
    engine.dispose()
    Database(file).close()
    copy = file.with_name(f"quiz.db.schema-{newest - 1}")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT title FROM course").fetchone() == ("Kept",)
        assert connection.execute("SELECT max(version) FROM schema_version").fetchone() == (newest - 1,)
    assert copy.stat().st_mode & 0o077 == 0
    Database(file).close()
    assert sorted(path.name for path in tmp_path.glob("quiz.db*schema-*")) == [copy.name]


def test_an_upgrade_after_a_way_back(tmp_path: Path) -> None:
    """What the earlier version did after somebody went back is copied, too; the same content once."""
    file, newest = tmp_path / "quiz.db", len(migrations())

    def earlier(title: str) -> None:
        """The earlier version at work on a database of its schema."""
        for path in tmp_path.glob("quiz.db*"):
            if "schema" not in path.name:
                path.unlink()
        engine = create_engine(f"sqlite:///{file}")
        with engine.begin() as connection:
            migrate(connection, migrations()[:-1])
            connection.execute(text("INSERT INTO course VALUES ('course', :title, 'UTC')"), {"title": title})
        engine.dispose()

    def titles() -> list[str]:
        """What each copy holds, the newest first."""
        found = sorted(tmp_path.glob(f"quiz.db.schema-{newest - 1}*"))
        with contextlib.ExitStack() as stack:
            opened = [stack.enter_context(closing(sqlite3.connect(path))) for path in found]
            return [connection.execute("SELECT title FROM course").fetchone()[0] for connection in opened]

    for title in ("First", "First", "Second"):
        earlier(title)
        Database(file).close()
    assert titles() == ["Second", "First"]
    assert not list(tmp_path.glob("*copying*"))


def test_the_log_is_found_by_words_and_pages(live: LiveHomework) -> None:
    """A text finds acts by author, subject and reason; assistants have no log."""
    ina, tim = live.server.student(name="ina", role="instructor"), live.server.student(name="tim", role="ta")
    for number in range(120):
        ina.post("/settings/maintenance", **({"begin": "y", "message": f"number {number}"}))
    first = ina.page("/settings/log")
    assert "number 119" in first and "number 3)" not in texts(first)
    (older,) = re.findall(r'href="(/settings/log\?[^"]*before=\d+)"', first)
    assert "number 3" in ina.page(older.replace("&amp;", "&"))
    found = texts(ina.page("/settings/log?find=number 77"))
    assert found.count("begin maintenance") == 1
    assert "Nothing was found" in ina.page("/settings/log?find=%25")
    assert tim.get("/settings/log").status_code == 403 and tim.get("/settings").status_code == 403


def test_a_new_term_has_content_and_nobody(live: LiveHomework, tmp_path: Path) -> None:
    """The table moves every date, one is set by hand; the archive has no person, the command agrees."""
    ina = live.server.student(name="ina", role="instructor")
    root = live.server.course.root
    (root / "roster.csv").write_text("student_id,last_name\nann,Secretname\n", encoding="utf-8")
    rules = root / "course.yaml"
    rules.write_text(rules.read_text() + "students: {ann: {extra_days: 3, reason: ill}}\n", encoding="utf-8")
    yaml_file = root / "assignments" / ASSIGNMENT / "assignment.yaml"
    yaml_file.write_text("due: 2026-05-20 23:59\n" + yaml_file.read_text(), encoding="utf-8")
    page = ina.page("/settings/new-term?days=364")
    fields = dict(re.findall(r'<input name="(date [^"]+)" aria-label="[^"]*" value="([^"]*)"', page))
    assert fields[f"date assignments/{ASSIGNMENT}/assignment.yaml due"] == "2027-05-19 23:59"
    fields["date quizzes/words.yaml due"] = "2027-05-17 17:00"
    reply = ina.http.post(
        "/settings/new-term", data={"token": ina.token, "days": "364", "title": "Next year", **fields}
    )
    assert reply.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "next")
        whole = b"".join(archive.read(name) for name in names)
    assert b"Secretname" not in whole and b"ann" not in archive_rules(tmp_path / "next")
    assert "roster.csv" not in names and not [name for name in names if ".quizzes" in name]
    course = find_course(tmp_path / "next")
    assert course.title == "Next year" and course.assignment_ids() == [ASSIGNMENT]
    quiz = yaml.safe_load((tmp_path / "next" / "quizzes" / "words.yaml").read_text(encoding="utf-8"))
    assert (quiz["opens"], quiz["due"]) == ("2027-05-17 15:00", "2027-05-17 17:00")
    done = autograder("new-term", str(tmp_path / "by-command"), "--days", "364", folder=root)
    assert done.returncode == 0, done.stderr
    made = (tmp_path / "by-command" / "assignments" / ASSIGNMENT / "assignment.yaml").read_text()
    assert made == (tmp_path / "next" / "assignments" / ASSIGNMENT / "assignment.yaml").read_text()
    again = autograder("new-term", str(tmp_path / "by-command"), "--days", "1", folder=root)
    assert again.returncode == 2 and "is there already" in again.stderr
    bad = {**fields, "date quizzes/words.yaml due": "whenever"}
    refused = ina.http.post("/settings/new-term", data={"token": ina.token, "days": "1", **bad})
    assert refused.status_code == 409 and "Words, due" in refused.text


def archive_rules(folder: Path) -> bytes:
    """The new term's course.yaml."""
    return (folder / "course.yaml").read_bytes()


@given(st.dates(), st.times(), st.integers(-4000, 4000))
def test_a_moved_date_keeps_its_wall_clock(day: object, time: object, days: int) -> None:
    """There and back is the same; what is after the date stays."""
    written = f"{day} {str(time)[:5]}"
    try:
        moved = shifted(written, days)
    except AutograderError:
        return  # out of the calendar
    assert moved[10:] == written[10:] and shifted(moved, -days) == written


SCALES = st.dictionaries(st.sampled_from("ABCDEF"), st.integers(0, 100), max_size=4)
GROUP_KEYS = st.sampled_from(["name", "weight", "of", "drop_lowest", "never_drop"])
TYPED = st.dictionaries(
    st.one_of(
        st.sampled_from(["title", "time_zone", "attempts", "written", "scale"]),
        st.builds(lambda number, key: f"group-{number}-{key}", st.integers(0, 2), GROUP_KEYS),
    ),
    st.one_of(st.text("abc 0123456789.,:-'#", max_size=12), SCALES.map(str)),
    max_size=6,
)
RULES = """\
title: A  # the title
gradebook:
  groups:
    - {name: Homework, weight: 60, of: [a, b]}  # most
    - name: Quizzes
      weight: 40
      of: [c]
  scale: {A: 90, F: 0}
students: {ann: {extra_days: 2}}
"""


@given(TYPED)
def test_whatever_is_typed_is_a_course_or_a_sentence(typed: dict[str, str]) -> None:
    """The rules of students always stay, and the form shows again what it wrote."""
    try:
        new = changed_course(RULES, typed)
    except AutograderError as problem:
        assert problem.message and problem.next_step
        return
    file = course_file_of(new)
    assert file.students["ann"].extra_days == 2
    assert changed_course(new, course_values(file)) == new


@pytest.mark.parametrize("typed", [{"group-0-weight": "7_0"}, {"scale": "A: 9_0"}])
def test_digits_joined_by_an_underscore_are_not_a_number(typed: dict[str, str]) -> None:
    """7_0 is mistyped, not 70 as Python reads it."""
    assert typed.keys() <= course_values(course_file_of(RULES)).keys()
    with pytest.raises(AutograderError, match="is not a number"):
        changed_course(RULES, typed)


def test_a_program_does_what_a_page_does(live: LiveHomework) -> None:
    """With a staff token the same route has the same permission and the same line in the log."""
    live.server.student(name="ina", role="instructor")
    live.server.student(name="tim", role="ta")
    server = live.server
    with server.database.transaction() as connection:
        at = server.clock.now()
        tokens = {
            who: make_staff_token(connection, "course", who, "program", server.signer, at=at, who=who)
            for who in ("ina", "tim")
        }
    with httpx.Client(base_url=server.address, **LOCAL) as program:
        for who, status in (("ina", 303), ("tim", 403)):
            headers = {"Authorization": f"Bearer {tokens[who]}"}
            done = program.post("/settings/maintenance", data={"begin": "yes"}, headers=headers)
            assert done.status_code == status
        headers = {"Authorization": f"Bearer {tokens['ina']}", "Accept": "application/json"}
        acts = program.get("/settings/log", headers=headers).json()["acts"]
        assert [(act["who"], act["act"]) for act in acts][:1] == [("ina", "begin maintenance")]
        assert "autograder_maintenance 1.0" in program.get("/metrics", headers=headers).text
        wrong = program.get("/settings/log", headers={"Authorization": "Bearer staff-none"})
        assert wrong.status_code in (303, 401)


def test_mail_as_a_form(live: LiveHomework) -> None:
    """mail.yaml is written whole, wrong values are a sentence, a second form on an old file is refused."""
    ina = live.server.student(name="ina", role="instructor")
    path = live.server.course.root / "mail.yaml"
    good = {
        "host": "smtp.example.org",
        "security": "tls",
        "sender": "Course <c@x.org>",
        "address": "https://x.org",
    }
    for wrong in ({"port": "many"}, {"security": "secret"}, {"host": ""}):
        assert ina.post("/settings/mail", **{**good, **wrong}, seen="").status_code == 409, wrong
    assert not path.exists()
    assert ina.post("/settings/mail", **good, port="465", seen="").status_code == 303
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert (written["host"], written["port"], written["security"]) == ("smtp.example.org", 465, "tls")
    assert ina.post("/settings/mail", **{**good, "host": "other.example.org"}, seen="").status_code == 409
    assert 'value="smtp.example.org"' in ina.page("/settings")
    assert "edit mail settings" in ina.page("/settings/log")


def test_mail_as_a_form_of_an_empty_file(live: LiveHomework) -> None:
    """A mail.yaml without any text is filled by the form, as a missing one is."""
    ina = live.server.student(name="ina", role="instructor")
    path = live.server.course.root / "mail.yaml"
    path.touch()
    form = {name: values[0] for name, values in fields_of(ina.page("/settings"), "/settings/mail").items()}
    form |= {"host": "smtp.example.org", "sender": "Course <c@x.org>", "address": "https://x.org"}
    reply = ina.post("/settings/mail", **{**form, "token": ina.token})
    assert reply.status_code == 303, reply.text
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["host"] == "smtp.example.org"
