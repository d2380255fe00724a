"""Roster imports at the terminal, on both databases: what is shown, what changes and what stays."""

from __future__ import annotations

import csv
import os
import stat
import subprocess
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from command import run_command
from exam_fixture import LOCK, ExamFixture
from examples import examples, one_in
from fake_clock import MINUTE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from platform_rosters import CANVAS, GRADESCOPE, MOODLE_GRADEBOOK, MOODLE_PARTICIPANTS, MOODLE_WORKSHEET
from sqlalchemy import select

from autograder.course.csv_table import parse_table
from autograder.course.roster import read_people
from autograder.site.database import Database
from autograder.site.people import COURSE, add_person, enrol, names_in
from autograder.site.roster_import import plan_import
from autograder.site.tables import audit, enrolment, person
from quizzes.schedule.timing import Accommodation
from quizzes.store.overrides import terms_of
from quizzes.store.tables import override


class Course:
    """A course folder with the command, on one database."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        folder.mkdir()
        (folder / "course.yaml").write_text("title: Test\ntime_zone: Europe/Berlin\n", encoding="utf-8")

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        """`autograder roster …` on the test's database."""
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment["DATABASE_URL"] = self.address
        return run_command("autograder", "roster", *words, folder=self.folder, environment=environment)

    def take(self, text: str, *words: object, accommodations: str = "") -> subprocess.CompletedProcess[str]:
        """Import tables by their text; passcodes go to a file of their own each time."""
        files = []
        if text:
            (self.folder / "table.csv").write_text(text, encoding="utf-8", newline="")
            files.append("table.csv")
        if accommodations:
            (self.folder / "extra.csv").write_text(accommodations, encoding="utf-8", newline="")
            files += ["--accommodations", "extra.csv"]
        (self.folder / "codes.csv").unlink(missing_ok=True)
        return self.run("import", *files, "--passcodes", "codes.csv", *words)

    def people(self) -> dict[str, tuple[str, str | None, str, str, str, int]]:
        """Everybody enrolled: name, address, role, label, multiplier and extra milliseconds."""
        database = Database(self.address)
        try:
            with database.reading() as connection:
                rows = connection.execute(select(enrolment, person).join_from(enrolment, person)).all()
        finally:
            database.close()
        return {
            row.person: (row.name, row.email, row.role, row.label, row.multiplier, row.extra) for row in rows
        }


@pytest.fixture
def course(tmp_path: Path, address: str) -> Course:
    """A course without people."""
    return Course(tmp_path / "course", address)


@pytest.mark.parametrize(
    ("table", "people"),
    [
        (CANVAS, {"ann1": "Ann Lee", "ben2": "Ben Ott"}),
        (MOODLE_PARTICIPANTS, {"ann@x.org": "Ann Lee", "ben@x.org": "Ben Ott"}),
        (MOODLE_GRADEBOOK, {"101": "Ann Lee", "ben@x.org": "Ben Ott"}),
        (MOODLE_WORKSHEET, {"ann@x.org": "Ann Lee", "ben@x.org": "Ben Ott, Jr."}),
        (GRADESCOPE, {"u1": "Ann Lee", "u2": "Ben Ott"}),
    ],
)
def test_platform_tables_let_people_in(course: Course, table: str, people: dict[str, str]) -> None:
    """A table as a platform gives it out enrols its people, and nobody whom the platform made up."""
    done = course.take(table)
    assert (done.returncode, done.stderr) == (0, "")
    assert {student: row[0] for student, row in course.people().items()} == people
    codes = csv.DictReader((course.folder / "codes.csv").read_text("utf-8").splitlines())
    assert {row["student"]: row["name"] for row in codes} == people


def test_an_address_finds_its_student(course: Course) -> None:
    """Tables of one platform by address and by ID number name the same people; so do accommodations."""
    course.take(MOODLE_GRADEBOOK)
    course.take(MOODLE_PARTICIPANTS)
    assert sorted(course.people()) == ["101", "ben@x.org"]
    done = course.take("", accommodations="Email address;multiplier\nANN@x.org;1,5\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert course.people()["101"][4] == "3/2"


def test_a_table_with_ids_after_one_with_addresses(course: Course) -> None:
    """Whoever was enrolled by address stays the same person, and the terminal says so."""
    course.take(MOODLE_PARTICIPANTS)
    done = course.take(MOODLE_GRADEBOOK)
    assert "101 in the table is ann@x.org" in done.stdout
    assert sorted(course.people()) == ["ann@x.org", "ben@x.org"]


def test_what_a_table_does_not_speak_of_stays(course: Course) -> None:
    """Roles, labels, extra time, names and addresses survive a table without them, and people stay."""
    course.take(
        "student_id,name,email,role,label,multiplier,extra_minutes\n"
        "s1,Ana,ana@x.org,,B,1.5,10\nprof,Prof,p@x.org,instructor,,,\ngone,Gone,,,,,\n"
    )
    before = course.people()
    done = course.take("student_id\ns1\nprof\n")
    assert done.stdout.startswith("Nothing changes.\nmissing, kept: gone\n")
    assert course.people() == before
    done = course.take("", accommodations="student,multiplier\ns1,2\n")
    assert "changed: s1: time × 1.5 → × 2" in done.stdout
    after = course.people()
    assert after["prof"] == before["prof"]
    assert after["s1"] == ("Ana", "ana@x.org", "student", "B", "2", 10 * MINUTE)


def test_accommodations_do_not_demote_staff(course: Course) -> None:
    """The roster again with today's accommodations: staff stay staff, also those who are in both tables."""
    roster = "student_id,role\ns1,\nta,ta\nprof,instructor\n"
    course.take(roster)
    done = course.take(roster, accommodations="student,extra_minutes\ns1,10\nta,5\n")
    assert done.returncode == 0
    assert {student: row[2] for student, row in course.people().items()} == {
        "s1": "student",
        "ta": "ta",
        "prof": "instructor",
    }


def test_somebody_new_has_nothing_before(course: Course) -> None:
    """What a new person gets is shown as set, not as a change of what they never had."""
    done = course.take("student_id,role,multiplier\nta,ta,\ns1,,2\n")
    assert "added: ta (ta)\n" in done.stdout
    assert "set: ta: role assistant\n" in done.stdout
    assert "set: s1: time × 2\n" in done.stdout
    assert "→" not in done.stdout


@pytest.mark.parametrize(
    ("table", "shown"),
    [
        ("student_id,multiplier\ns1,1\n", "s1: time × 1.5 → × 1"),
        ("student_id,extra_minutes\ns1,5\n", "s1: extra time + 10 minutes → + 5 minutes"),
        ("student_id,extra_minutes\ns1,-\n", "s1: extra time + 10 minutes → none"),
        ("student_id,label\ns1,-\n", "s1: label B → none"),
        ("student_id,role\nprof,student\n", "prof: role instructor → student"),
        ("student_id,role\nprof,TA\n", "prof: role instructor → assistant"),
    ],
)
def test_a_loss_is_confirmed(course: Course, table: str, shown: str) -> None:
    """What takes time or a role away is shown and kept, until somebody insists; the rest is imported."""
    course.take("student_id,role,label,multiplier,extra_minutes\ns1,,B,1.5,10\nprof,instructor,,,\n")
    before = course.people()
    dry = course.take(table, "--dry-run")
    assert f"TAKEN AWAY: {shown}" in dry.stdout
    assert dry.returncode == 0
    kept = course.take(f"{table}new{',' * (table.count(',') // 2)}\n")
    assert kept.returncode == 0
    assert f"TAKEN AWAY: {shown}" in kept.stdout
    assert "Kept, because --yes is not given: 1 change" in kept.stdout
    people = course.people()
    assert people.pop("new")[2] == "student"
    assert people == before
    done = course.take(table, "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert course.people() != before


def test_a_dry_run_changes_nothing(course: Course) -> None:
    """It shows who would be added and asks for no file."""
    done = course.take("student_id,name,colour\ns1,Ana,red\n", "--dry-run")
    assert done.stdout == (
        "added: s1 (Ana)\ncolumns not read: colour\nNothing was changed: this was a dry run.\n"
    )
    assert course.people() == {}
    assert not (course.folder / "codes.csv").exists()


def test_passcodes_are_asked_for_only_when_there_are_new_ones(course: Course) -> None:
    """An old file is in the way of new codes only; the new file is private and its cells are no formulas."""
    assert course.run("import", "none.csv").returncode == 2
    (course.folder / "table.csv").write_text('student_id,name\ns1,"=HYPERLINK(1)"\n', encoding="utf-8")
    assert course.run("import", "table.csv").returncode == 0
    file = course.folder / "passcodes.csv"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "s1,'=HYPERLINK(1)," in file.read_text(encoding="utf-8")
    again = course.run("import", "table.csv")
    assert (again.returncode, again.stderr) == (0, "")
    (course.folder / "table.csv").write_text("student_id\ns2\n", encoding="utf-8")
    refused = course.run("import", "table.csv")
    assert "passcodes.csv exists" in refused.stderr
    assert list(course.people()) == ["s1"]


def test_passcodes_stay_out_of_version_control(course: Course) -> None:
    """In a working tree, `git add` does not take the new file along."""
    subprocess.run(["git", "init", "-q"], cwd=course.folder, check=True)
    course.take("student_id\ns1\n")
    command = ["git", "status", "--porcelain", "-uall"]
    status = subprocess.run(command, cwd=course.folder, capture_output=True, text=True, check=True)
    assert "codes.csv" not in status.stdout
    assert "table.csv" in status.stdout


@pytest.mark.parametrize(
    ("rows", "both"),
    [
        ("s1,1.5,\ns1,2,\n", ("line 2: s1,1.5,", "line 3: s1,2,")),
        ("s1,,5\ns2,,\ns1,,6\n", ("line 2: s1,,5", "line 4: s1,,6")),
    ],
)
def test_lines_that_contradict_each_other(course: Course, rows: str, both: tuple[str, str]) -> None:
    """Two lines for one student are both shown, and nothing is imported."""
    course.take("student_id\ns1\ns2\n")
    refused = course.take("", accommodations=f"student,multiplier,extra_minutes\n{rows}")
    assert refused.returncode == 3
    for line in both:
        assert line in refused.stderr
    assert course.people()["s1"][4:] == ("1", 0)


def test_two_lines_that_both_hold(course: Course) -> None:
    """What one line says of a student's minutes and another of their factor are both stored."""
    course.take("student_id\ns1\n", accommodations="student,multiplier,extra_minutes\ns1,,10\ns1,1.5,\n")
    assert course.people()["s1"][4:] == ("3/2", 10 * MINUTE)
    twice = "student_id,name,section\ns2,Bo,A\ns2,Bo,B\n"
    assert course.take(twice).returncode == 0
    refused = course.take("student_id,name\ns3,Bo\ns3,Cy\n")
    assert "line 2: s3,Bo" in refused.stderr.casefold().replace("s3,bo", "s3,Bo")
    assert "s3,Cy" in refused.stderr


@pytest.mark.parametrize(
    "number", one_in(3, ["NaN", "1e999", "-1", "9" * 5000, "sNaN", "Infinity", "²", "1.5.5", "0"])
)
def test_odd_numbers(course: Course, number: str) -> None:
    """Each is a sentence with file, line and column, never a trace."""
    course.take("student_id\ns1\n")
    for column in ("multiplier", "extra_minutes"):
        if (column, number) == ("extra_minutes", "0"):
            continue
        refused = course.take("", accommodations=f"student,{column}\ns1,{number}\n")
        assert f"extra.csv, line 2, {column}" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert refused.returncode == 3


def test_anonymous_participants_enrol_nobody(course: Course) -> None:
    """Moodle numbers people anew in every assignment: such a number is nobody's ID."""
    refused = course.take("Identifier,Status\nParticipant 15,Submitted\n")
    assert "another number in every assignment" in refused.stderr
    assert course.people() == {}


def test_removal_is_by_name(course: Course) -> None:
    """Only a named person is removed, and a wrong name removes nobody."""
    course.take("student_id\ns1\ns2\ns3\n")
    assert "s9 is not in this course" in course.run("remove", "s1", "s9").stderr
    assert len(course.people()) == 3
    assert course.run("remove", "s1", "s3").stdout == "2 removed: s1, s3.\n"
    assert list(course.people()) == ["s2"]


def test_an_import_while_a_quiz_runs(fixture: ExamFixture, address: str, tmp_path: Path) -> None:
    """Extra time reaches the open attempt at once and is audited; a quiz's other dates stay as they are."""
    course = Course(tmp_path / "course", address)
    student, quiz = fixture.student(), fixture.quiz()
    attempt = fixture.started(quiz, student)
    course.take("", accommodations=f"student,quiz,attempts,closes\n{student},{quiz},3,2030-01-01 12:00\n")
    done = course.take("", accommodations=f"student,multiplier\n{student},1.5\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert fixture.row(attempt).deadline_at == attempt.started_at + 30 * MINUTE
    done = course.take("", accommodations=f"student,quiz,extra_minutes\n{student},{quiz},5\n")
    assert fixture.row(attempt).deadline_at == attempt.started_at + 35 * MINUTE
    with fixture.database.reading() as connection:
        assert terms_of(connection, quiz, student).attempts == 3
        assert len(connection.execute(select(override)).all()) == 3
        acts = connection.execute(select(audit.c.act, audit.c.subject)).all()
    assert [act.act for act in acts if act.subject == student] == ["accommodate"] * 3
    assert [act.act for act in acts if act.subject == attempt.id] == ["extend"] * 2
    shorter = course.take("", accommodations=f"student,quiz,extra_minutes\n{student},{quiz},-\n")
    assert "TAKEN AWAY" in shorter.stdout
    with fixture.database.reading() as connection:
        assert terms_of(connection, quiz, student).time_allowed == 35 * MINUTE
    course.take("", "--yes", accommodations=f"student,quiz,extra_minutes\n{student},{quiz},-\n")
    assert fixture.row(attempt).deadline_at == attempt.started_at + 35 * MINUTE  # never shortened
    assert fixture.row(attempt).lock == LOCK


def test_two_lines_for_one_quiz(fixture: ExamFixture, address: str, tmp_path: Path) -> None:
    """A student's time and another's close in one quiz, each in a line of its own, both hold."""
    course = Course(tmp_path / "course", address)
    student, quiz = fixture.student(), fixture.quiz()
    table = f"student,multiplier,quiz,closes\n{student},2,{quiz},\n{student},,{quiz},2030-01-01 12:00\n"
    assert course.take("", accommodations=table).returncode == 0
    assert course.take(f"student_id,name\n{student},Bo\nother,Di\n").returncode == 0
    with fixture.database.reading() as connection:
        terms = terms_of(connection, quiz, student)
        assert names_in(connection, COURSE)[student] == "Bo"
    assert terms.time_allowed == 40 * MINUTE
    assert terms.closes_at == 1_893_495_600_000


CELLS = st.sampled_from(["", "", "1", "1.5", "2", "3"])
ROLES = st.sampled_from(["", "", "student", "ta", "instructor"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(25))
@given(st.lists(st.tuples(st.sampled_from("abc"), ROLES, CELLS, CELLS), max_size=4, unique_by=lambda r: r[0]))
def test_any_import_keeps_what_it_does_not_speak_of(
    fixture: ExamFixture, rows: list[tuple[str, str, str, str]]
) -> None:
    """Whatever a table says: an empty cell changes nothing, and a loss is always marked as one."""

    with fixture.database.transaction() as connection:
        for name in "abc":
            add_person(connection, name, name.upper())
            enrol(
                connection,
                COURSE,
                name,
                role="ta",
                label="L",
                accommodation=Accommodation(Fraction(3, 2), 2 * MINUTE),
            )
        lines = [",".join(row) for row in rows]
        text = "\n".join(["student_id,role,multiplier,extra_minutes", *lines])
        table = read_people(parse_table(Path("t.csv"), text.encode()))
        plan = plan_import(connection, ZoneInfo("UTC"), table)
        gentle = plan_import(connection, ZoneInfo("UTC"), table, take_away=False)
        assert gentle.losses == ()
        assert set(gentle.changes) == set(plan.changes) - set(plan.losses)
        plan.apply(connection, 0, "staff")
        after = {row.person: row for row in connection.execute(select(enrolment))}
    losing = {change.student for change in plan.losses}
    output = {row[0]: row for row in rows}
    for name in "abc":
        _, role, multiplier, extra = output.get(name, (name, "", "", ""))
        assert after[name].role == (role or "ta")
        assert after[name].multiplier == str(Fraction(multiplier or "3/2"))
        assert after[name].extra == Fraction(extra or 2) * MINUTE
        assert after[name].label == "L"
        lost = role == "student" or multiplier == "1" or extra in ("1", "1.5")
        assert (name in losing) == lost


def test_a_gain_beside_a_loss_is_imported(fixture: ExamFixture, address: str, tmp_path: Path) -> None:
    """Of one table what gives more is stored, and what takes away stays, in words and not by fields."""
    course = Course(tmp_path / "course", address)
    student, quiz = fixture.student(Accommodation(Fraction(3, 2))), fixture.quiz()
    table = f"student,multiplier,quiz,closes\n{student},1,,\n{student},,{quiz},2030-01-01 12:00\n"
    done = course.take("", accommodations=table)
    assert f"TAKEN AWAY: {student}: time × 1.5 → × 1\n" in done.stdout
    assert f"changed: {student}: close in {quiz} as for everybody → Tue 01 Jan 2030, 12:00" in done.stdout
    with fixture.database.reading() as connection:
        terms = terms_of(connection, quiz, student)
    assert (terms.time_allowed, terms.closes_at) == (30 * MINUTE, 1_893_495_600_000)
