"""Groups on the site: import with the difference first, and sign-up until the first submission."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from databases import new_database
from examples import examples
from fake_clock import MINUTE
from hypothesis import given, settings
from hypothesis import strategies as st
from live_homework import LiveHomework, live_homework
from live_server import Student
from tiny_course import ASSIGNMENT

from autograder.course.csv_table import parse_table
from autograder.site.homework.partners import partners_in
from autograder.site.homework.site_groups import plan_groups, site_groups
from autograder.site.people import COURSE, add_course, add_person, enrol

PAGE = f"/homework/{ASSIGNMENT}/group"
PEOPLE = ("ann", "bob", "cem", "dea")
# Everybody in one group or in none.
TABLES = (
    st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(["A1", "B1", "C1"]), min_size=1)
    .map(lambda groups: "".join(f"{group},{name}\n" for name, group in groups.items()))
    .map(lambda lines: parse_table(Path("groups.csv"), f"group,student_id\n{lines}".encode()))
)


class Groups:
    """A site with an assignment, an instructor, and four students."""

    def __init__(self, site: LiveHomework) -> None:
        self.site, self.server = site, site.server
        site.publish()
        self.ina = self.server.student(role="instructor", name="ina")
        self.students = {name: self.server.student(name=name) for name in ("ann", "bob", "cem", "dea")}

    def partners(self, name: str) -> tuple[str, ...]:
        """With whom a student submits."""
        with self.server.database.reading() as connection:
            return partners_in(connection, self.server.course, COURSE, ASSIGNMENT).owners(name)

    def preview(self, table: str) -> httpx.Response:
        """What a table would change."""
        files = {"groups": ("groups.csv", table)}
        return self.ina.http.post("/groups/preview", data={"token": self.ina.token}, files=files)

    def imported(self, table: str) -> httpx.Response:
        """The reply to a table that was looked at and confirmed."""
        page = self.preview(table)
        assert page.status_code == 200, page.text
        digest = page.text.split('name="digest" value="')[1].split('"')[0]
        return self.ina.post("/groups/import", groups=table, digest=digest)

    def number(self, student: Student, name: str) -> str:
        """The number with which a group is joined."""
        found = re.findall(rf'name="join" value="(\d+)">Join {name}<', student.page(PAGE))
        return found[0] if found else "0"


@pytest.fixture
def groups(tmp_path: Path) -> Iterator[Groups]:
    """A live server with them."""
    with live_homework(new_database(tmp_path / "quiz.db"), tmp_path / "course") as site:
        yield Groups(site)


def test_an_import_shows_its_difference_and_keeps_the_rest(groups: Groups) -> None:
    """New groups, who joins and leaves; groups that are not in the table stay as they are."""
    table = "group,student_id\nTeam A,ann\nTeam A,bob\nTeam B,cem\nTeam C,dea\n"
    assert groups.imported(table).status_code == 303
    assert groups.partners("ann") == ("ann", "bob")
    page = groups.preview("group,student_id\nTeam A,ann\nTeam A,Cem\n").text
    assert "changed: Team A: joins: Cem leaves: Bob" in page
    assert "removed: Team B: leaves: Cem" in page
    assert "not in the table, kept: Team C<" in page
    assert groups.partners("ann") == ("ann", "bob")
    assert groups.imported("group,student_id\nTeam A,ann\nTeam A,cem\n").status_code == 303
    assert [groups.partners(name) for name in ("ann", "bob", "cem")] == [
        ("ann", "cem"),
        ("bob",),
        ("ann", "cem"),
    ]
    assert "Team B" not in groups.ina.page("/groups")  # nobody is in it any more
    assert "Nothing changes" in groups.preview("group,student_id\nTeam A,ann\nTeam A,cem\n").text


def test_a_form_that_is_sent_twice_imports_once(groups: Groups) -> None:
    """A double click is answered as the first one was, and not by a refusal that says nothing was stored."""
    table = "group,student_id\nTeam A,ann\nTeam A,bob\n"
    page = groups.preview(table).text
    fields = dict(re.findall(r'name="(page|digest)" value="([^"]+)"', page))
    responses = [groups.ina.post("/groups/import", groups=table, **fields) for _ in range(2)]
    assert [reply.status_code for reply in responses] == [303, 303]
    assert groups.partners("ann") == ("ann", "bob")
    fields["page"] = "another"
    assert groups.ina.post("/groups/import", groups=table, **fields).status_code == 409


def test_an_import_names_the_groups_that_somebody_leaves(groups: Groups) -> None:
    """Whoever has another group in the table leaves one that it does not name; the difference says so."""
    assert groups.imported("group,student_id\nTeam A,ann\nTeam A,bob\nTeam A,cem\n").status_code == 303
    page = groups.preview("group,student_id\nTeam B,cem\nTeam B,dea\n").text
    assert "new: Team B: Cem, Dea" in page
    assert "changed: Team A: leaves: Cem" in page
    assert "kept: Team A" not in page


@settings(max_examples=examples(40))
@given(st.data())
def test_the_difference_is_what_an_import_does(data: st.DataObject) -> None:
    """Of any table: whoever joins or leaves a group is in its line, and what is called kept stays."""
    with tempfile.TemporaryDirectory() as folder:
        database = new_database(Path(folder) / "quiz.db")
        with database.transaction() as connection:
            add_course(connection, COURSE, "Course", "UTC")
            for name in PEOPLE:
                add_person(connection, name, name)
                enrol(connection, COURSE, name)
            for _ in range(2):
                before = {group.name: set(group.members) for group in site_groups(connection, COURSE)}
                plan = plan_groups(connection, COURSE, data.draw(TABLES), [])
                plan.apply(connection, COURSE, 1, "ina")
                after = {group.name: set(group.members) for group in site_groups(connection, COURSE)}
                for name in before.keys() | after.keys():
                    old, new = before.get(name, set()), after.get(name, set())
                    words = {*plan.lines[-1].replace(",", "").split()}
                    kept = plan.lines[-1].startswith("not in the table") and name in words
                    line = next((line for line in plan.lines if f": {name}: " in line), "")
                    assert (old == new) == (not line)
                    assert not kept or old == new
                    assert {*line.replace(",", "").split()} >= old ^ new
        database.close()


def test_a_bad_table_stores_nothing(groups: Groups) -> None:
    """An unknown person, two groups of one person, an unknown assignment: file, line and what to do."""
    for table, sentence in (
        ("group,student_id\nA,zoe\n", "line 2: zoe is not on the roster"),
        ("group,student_id\nA,ann\nB,ann\n", "line 3: ann is in another group in line 2"),
        ("group,student_id,assignment\nA,ann,hw9\n", "is not published"),
        ("name\nann\n", "expected the columns group and student_id"),
        ("", "No table was chosen"),
    ):
        reply = groups.preview(table)
        assert reply.status_code == 409
        assert sentence in reply.text
    table = "group,student_id\nTeam A,ann\n"
    digest = groups.preview(table).text.split('name="digest" value="')[1].split('"')[0]
    groups.imported("group,student_id\nTeam A,bob\n")
    assert groups.ina.post("/groups/import", groups=table, digest=digest).status_code == 409
    assert groups.partners("ann") == ("ann",)


def test_the_site_goes_before_the_file(groups: Groups) -> None:
    """A group of one assignment before one of all, and both before groups.csv; the file's others stay."""
    file = groups.server.course.root / "groups.csv"
    file.write_text("group,student_id\nOld,ann\nOld,bob\nOld,cem\n", encoding="utf-8")
    assert groups.partners("ann") == ("ann", "bob", "cem")
    groups.imported(f"group,student_id,assignment\nOne,ann,{ASSIGNMENT}\nOne,dea,{ASSIGNMENT}\nAll,ann,\n")
    assert groups.partners("ann") == ("ann", "dea")
    assert groups.partners("bob") == ("bob", "cem")


def test_students_form_join_and_leave_groups(groups: Groups) -> None:
    """Only while the sign-up is open, only up to its size, and only until the group has submitted."""
    ann, bob, cem, dea = groups.students.values()
    assert ann.post(PAGE, name="Team A").status_code == 409
    assert groups.ina.post("/groups/sign-up", assignment=ASSIGNMENT, largest="2").status_code == 303
    assert ann.post(PAGE, name="  ").status_code == 409
    assert ann.post(PAGE, name="Team A").status_code == 303
    assert cem.post(PAGE, name="team-a").status_code == 409
    number = groups.number(bob, "Team A")
    assert bob.post(PAGE, join=number).status_code == 303
    full = cem.post(PAGE, join=number)
    assert full.status_code == 409
    assert "Team A is full" in full.text
    assert groups.partners("ann") == ("ann", "bob")
    assert bob.post(PAGE, leave="yes").status_code == 303
    assert groups.partners("ann") == ("ann",)
    assert cem.post(PAGE, join=number).status_code == 303
    assert groups.site.upload(ann, b"ours").status_code == 303
    for student in (ann, cem):
        reply = student.post(PAGE, leave="yes")
        assert reply.status_code == 409
        assert "has submitted" in reply.text
    assert "/submissions/" in cem.page(f"/homework/{ASSIGNMENT}")
    assert dea.post(PAGE, join=number).status_code == 409


def test_the_sign_up_ends(groups: Groups) -> None:
    """After its end, and when staff close it, students change nothing."""
    ann, bob, *_ = groups.students.values()
    until = {"assignment": "", "largest": "3", "until": "2026-05-17 07:00"}
    assert groups.ina.post("/groups/sign-up", **until).status_code == 303
    assert ann.post(PAGE, name="Team A").status_code == 303
    groups.server.fake.pass_(60 * MINUTE)
    assert bob.post(PAGE, name="Team B").status_code == 409
    assert groups.ina.post("/groups/sign-up", assignment="", largest="0").status_code == 303
    assert ann.post(PAGE, leave="yes").status_code == 409
    assert groups.ina.post("/groups/sign-up", assignment="", largest="1").status_code == 409


def test_the_last_place_is_taken_once(groups: Groups) -> None:
    """Of several who join at once, as many get in as there are places."""
    ann, *others = groups.students.values()
    groups.ina.post("/groups/sign-up", assignment=ASSIGNMENT, largest="2")
    ann.post(PAGE, name="Team A")
    number = groups.number(others[0], "Team A")
    with ThreadPoolExecutor(3) as pool:
        codes = list(pool.map(lambda student: student.post(PAGE, join=number).status_code, others))
    assert sorted(codes) == [303, 409, 409]
    assert len(groups.partners("ann")) == 2
