"""Due dates on the site: extensions with their difference first, requests, late days, dates of sections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from databases import new_database
from fake_clock import MINUTE
from live_homework import LiveHomework, live_homework
from live_server import NUMERIC, LiveServer, Student, live_server
from local_http import LOCAL
from tiny_course import ASSIGNMENT

from autograder.site.audit import acts_on
from autograder.site.homework.assignments import due_for_student, published
from autograder.site.homework.due_dates import course_with_rules
from autograder.site.homework.scores import attempts_of, counted
from autograder.site.people import COURSE

SECOND, HOUR, DAY = 1000, 60 * MINUTE, 24 * 60 * MINUTE
LATE = {"late_per_day": 0.1, "late_at_most": 0.5, "grace_minutes": 0}


def local(instant: int) -> str:
    """An instant as a form takes it."""
    return datetime.fromtimestamp(instant / 1000, UTC).strftime("%Y-%m-%d %H:%M")


class Dates:
    """A site with an assignment that is due in two hours, an instructor, and students."""

    def __init__(self, site: LiveHomework) -> None:
        self.site, self.server = site, site.server
        self.due = self.server.clock.now() // MINUTE * MINUTE + 2 * HOUR
        site.publish(self.due, **LATE)
        self.ina = self.server.student(role="instructor", name="ina")
        self.ann, self.bob = (self.server.student(name=name) for name in ("ann", "bob"))

    def of(self, name: str) -> int:
        """How many minutes after the class's first due date a student's is."""
        with self.server.database.reading() as connection:
            course = course_with_rules(connection, self.server.course, COURSE)
            due = due_for_student(course, published(connection, COURSE, ASSIGNMENT), name)
        assert due is not None
        return (due - self.due) // MINUTE

    def score(self, name: str) -> str:
        """A student's score."""
        with self.server.database.reading() as connection:
            course = course_with_rules(connection, self.server.course, COURSE)
            row = published(connection, COURSE, ASSIGNMENT)
            attempts = attempts_of(connection, course, COURSE, row, name)
            attempt = counted(course, row, name, attempts)
        return "" if attempt is None else attempt.score

    def preview(self, **fields: str) -> httpx.Response:
        """The difference that a form would make."""
        return self.ina.post("/extensions/preview", **{"reason": "a reason", **fields})

    def give(self, **fields: str) -> httpx.Response:
        """Preview a form and confirm it."""
        page = self.preview(**fields)
        assert page.status_code == 200, page.text
        form = page.text.split('action="/extensions/give"')[1].split("</form>")[0]
        hidden = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
        if "take_away" not in fields:
            hidden.pop("take_away", None)
        return self.ina.post("/extensions/give", **{**hidden, "token": self.ina.token})

    def acts(self, subject: str) -> list[str]:
        """What was done to somebody, in order."""
        with self.server.database.reading() as connection:
            return [act.act for act in acts_on(connection, subject)]


@pytest.fixture
def dates(tmp_path: Path) -> Iterator[Dates]:
    """A live server with them."""
    folder = tmp_path / "course"
    with live_homework(new_database(tmp_path / "quiz.db"), folder) as site:
        (folder / "course.yaml").write_text(
            "title: A tiny course\ntime_zone: UTC\nlate_days: {per_term: 3, per_assignment: 2}\n"
        )
        yield Dates(site)


def test_one_some_a_label_a_section_and_everybody(dates: Dates) -> None:
    """Each choice reaches whom it names; the narrower one wins, and an extension of all still counts."""
    for name, section, label in (("ann", "Monday", "evening"), ("bob", "Tuesday", "")):
        page = f"/people/person/{name}"
        dates.ina.post(f"{page}/access", role="student", content="", students="", sections=section)
        dates.ina.post(f"{page}/time", label=label, multiplier="1", extra_minutes="0", reason="a label")
    assert dates.give(scope="label", label="evening", work=ASSIGNMENT, days="3").status_code == 303
    assert (dates.of("ann"), dates.of("bob")) == (3 * 24 * 60, 0)
    assert dates.give(scope="section", section="Tuesday", days="2").status_code == 303
    assert dates.of("bob") == 2 * 24 * 60
    assert dates.give(scope="person", people="ann, bob", work=ASSIGNMENT, days="4").status_code == 303
    assert (dates.of("ann"), dates.of("bob")) == (4 * 24 * 60, 4 * 24 * 60)
    page = dates.preview(scope="all", work=ASSIGNMENT, hours="2").text
    assert "0 dates change" in page
    assert "2 dates stay as they are" in page
    assert dates.of("") == 0
    assert dates.give(scope="all", work=ASSIGNMENT, hours="2").status_code == 303
    assert dates.of("") == 120
    listed = dates.ina.page("/extensions")
    for words in ("label evening", "section Tuesday", "everybody", "2 hours", "4 days", "every assignment"):
        assert words in listed
    assert dates.acts("ann") == ["set access", "accommodate", "set time", *["give extension"] * 2]


def test_the_difference_is_what_is_stored(dates: Dates) -> None:
    """A form that was overtaken by another stores nothing and says so; bad input is a sentence."""
    form = {"scope": "person", "people": "ann", "work": ASSIGNMENT, "days": "1", "reason": "ill"}
    digest = dates.preview(**form).text.split('name="digest" value="')[1].split('"')[0]
    assert dates.give(**{**form, "days": "2"}).status_code == 303
    assert dates.ina.post("/extensions/give", **form, digest=digest).status_code == 409
    assert dates.of("ann") == 2 * 24 * 60
    for wrong, sentence in (
        ({"people": "zoe"}, "zoe is not a student who takes part"),
        ({"days": "1.5"}, "is not a whole number"),
        ({"days": ""}, "Nothing is given"),
        ({"until": "soon"}, "soon"),
        ({"reason": " "}, "The reason is missing"),
        ({"work": "hw9"}, "is not published"),
        ({"scope": "label", "label": "x"}, "No student has the label"),
        ({"kind": "move"}, "for everybody or for a section"),
        ({"people": ""}, "No student is named"),
    ):
        reply = dates.preview(**{**form, **wrong})
        assert reply.status_code == 409
        assert sentence in reply.text
    assert dates.of("ann") == 2 * 24 * 60


def test_a_form_that_is_sent_twice_gives_once(dates: Dates) -> None:
    """A double click gives an extension once, and is answered as the first one was."""
    page = dates.preview(scope="person", people="ann", work=ASSIGNMENT, days="3").text
    form = page.split('action="/extensions/give"')[1].split("</form>")[0]
    hidden = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    responses = [dates.ina.post("/extensions/give", **{**hidden, "token": dates.ina.token}) for _ in range(2)]
    assert [reply.status_code for reply in responses] == [303, 303]
    assert dates.of("ann") == 3 * 24 * 60
    assert dates.acts("ann").count("give extension") == 1


def test_moving_a_due_date_lists_whom_it_overtakes(dates: Dates) -> None:
    """A later class date names the extensions it swallows; an earlier one has to be confirmed."""
    dates.give(scope="person", people="ann", work=ASSIGNMENT, days="1")
    later = {"scope": "all", "kind": "move", "work": ASSIGNMENT}
    until = dates.due + 2 * DAY
    stamp = local(until)
    page = dates.preview(**later, until=stamp).text
    assert "2 dates change" in page
    assert dates.give(**later, until=stamp).status_code == 303
    # The extension is counted from the new date: it is overtaken only where it is no later.
    assert (dates.of("ann"), dates.of("bob")) == (3 * 24 * 60, 2 * 24 * 60)
    fixed = local(dates.due + 3 * DAY)
    dates.give(scope="person", people="bob", work=ASSIGNMENT, until=fixed)
    even_later = local(dates.due + 5 * DAY)
    assert "1 extension is overtaken" in dates.preview(**later, until=even_later).text
    early = local(dates.due - HOUR)
    assert "becomes earlier" in dates.preview(**later, until=early).text
    form = {**later, "until": early, "reason": "a mistake"}
    digest = dates.preview(**form).text.split('name="digest" value="')[1].split('"')[0]
    assert dates.ina.post("/extensions/give", **form, digest=digest).status_code == 409
    assert dates.ina.post("/extensions/give", **form, digest=digest, take_away="yes").status_code == 303
    assert dates.of("") == -60
    assert "move due date" in dates.acts("ann")


def test_an_extension_counts_for_lateness_and_ends(dates: Dates) -> None:
    """A late submission costs points, an extension gives them back, and ending it takes them again."""
    dates.server.fake.pass_(3 * HOUR)
    assert dates.site.upload(dates.ann, b"late").status_code == 303
    dates.site.grade("6")
    assert dates.score("ann") == "5.4 of 6 points"
    dates.give(scope="person", people="ann", work=ASSIGNMENT, days="1")
    assert dates.score("ann") == "6 of 6 points"
    number = re.findall(r'action="/extensions/(\d+)/end"', dates.ina.page("/extensions"))[0]
    assert dates.ina.post(f"/extensions/{number}/end").status_code == 303
    assert dates.score("ann") == "5.4 of 6 points"
    assert dates.ina.post(f"/extensions/{number}/end").status_code == 404


def test_a_roster_takes_no_date_of_a_section_away_unasked(dates: Dates) -> None:
    """Who leaves a section with dates of its own is marked, and stays in it unless that is ticked."""
    access = {"role": "student", "content": "", "students": "", "sections": "Tuesday"}
    dates.ina.post("/people/person/bob/access", **access)
    dates.give(scope="section", section="Tuesday", days="2")
    table = "student_id,section\nann,Monday\nbob,Monday\n"

    def imported(**more: str) -> str:
        """The difference of the table, which is confirmed."""
        files = {"roster": ("roster.csv", table)}
        page = dates.ina.http.post("/people/preview", data={"token": dates.ina.token}, files=files).text
        digest = page.split('name="digest" value="')[1].split('"')[0]
        done = dates.ina.post("/people/import", roster=table, accommodations="", digest=digest, **more)
        assert done.status_code == 200
        return page

    shown = imported()
    assert "changed: ann: section none → Monday" in shown
    assert "TAKEN AWAY: bob: section Tuesday → Monday, without the due dates of Tuesday" in shown
    assert dates.of("bob") == 2 * 24 * 60
    imported(take_away="yes")
    assert dates.of("bob") == 0


def test_students_ask_and_staff_answer(dates: Dates) -> None:
    """A request waits on the staff's page; granting gives the days, declining needs a reply, once each."""
    page = f"/homework/{ASSIGNMENT}/dates"
    assert dates.ann.post(page, days="2", text="a cold").status_code == 303
    assert dates.ann.post(page, days="2", text="again").status_code == 409
    assert dates.bob.post(page, days="0", text="zero").status_code == 409
    assert dates.bob.post(page, days="1", text="a match").status_code == 303
    listed = dates.ina.page("/extensions")
    assert "a cold" in listed
    first, second = re.findall(r'action="/extensions/requests/(\d+)"', listed)
    assert dates.ina.post(f"/extensions/requests/{first}", days="3", reply="get well").status_code == 303
    assert dates.ina.post(f"/extensions/requests/{first}", days="3").status_code == 409
    for days in ("", "0"):  # pressing Grant declines nothing
        reply = dates.ina.post(f"/extensions/requests/{second}", days=days, reply="Of course.")
        assert reply.status_code == 409 and "The number of days is missing" in reply.text
    assert dates.ina.post(f"/extensions/requests/{second}", decline="yes").status_code == 409
    assert dates.ina.post(f"/extensions/requests/{second}", decline="yes", reply="no").status_code == 303
    assert (dates.of("ann"), dates.of("bob")) == (3 * 24 * 60, 0)
    assert "Granted." in dates.ann.page(page)
    assert "get well" in dates.ann.page(page)
    assert "Declined." in dates.bob.page(page)
    assert "answer extension request" in dates.acts("ann")


def test_given_days_are_added_to_what_a_student_has(dates: Dates) -> None:
    """Whoever has an extension, of a label or their own, gets later; nothing that they have is taken away."""
    page = f"/homework/{ASSIGNMENT}/dates"
    dates.ina.post(
        "/people/person/bob/time", label="evening", multiplier="1", extra_minutes="0", reason="a label"
    )
    dates.give(scope="label", label="evening", days="2")
    dates.give(scope="person", people="ann", work=ASSIGNMENT, days="3", no_penalty="yes")
    dates.ann.post(f"/homework/{ASSIGNMENT}/late-days", days="1")
    assert (dates.of("ann"), dates.of("bob")) == (4 * 24 * 60, 2 * 24 * 60)
    for student in (dates.ann, dates.bob):
        assert student.post(page, days="1", text="a cold").status_code == 303
    for number in re.findall(r'action="/extensions/requests/(\d+)"', dates.ina.page("/extensions")):
        assert dates.ina.post(f"/extensions/requests/{number}", days="1").status_code == 303
    assert (dates.of("ann"), dates.of("bob")) == (5 * 24 * 60, 3 * 24 * 60)
    with dates.server.database.reading() as connection:
        course = course_with_rules(connection, dates.server.course, COURSE)
        assert course.extension("ann", ASSIGNMENT).no_penalty


def test_late_days_are_spent_by_the_student(dates: Dates) -> None:
    """A budget for the term and for an assignment; a day on which a submission rests is not taken back."""
    page = f"/homework/{ASSIGNMENT}/late-days"
    assert dates.ann.post(page, days="3").status_code == 409
    assert dates.ann.post(page, days="2").status_code == 303
    assert dates.of("ann") == 2 * 24 * 60
    assert "1 of 3 left" in dates.ann.page(f"/homework/{ASSIGNMENT}/dates")
    assert dates.ann.post(page, days="0").status_code == 303
    assert dates.of("ann") == 0
    dates.server.fake.pass_(3 * HOUR)
    assert dates.site.upload(dates.ann, b"late").status_code == 303
    dates.site.grade("6")
    assert dates.score("ann") == "5.4 of 6 points"
    assert dates.ann.post(page, days="1").status_code == 303  # also afterwards
    assert dates.score("ann") == "6 of 6 points"
    taken_back = dates.ann.post(page, days="0")
    assert taken_back.status_code == 409
    assert "would be late" in taken_back.text
    dates.server.fake.pass_(3 * DAY)
    dates.bob.sign_in()
    over = dates.bob.post(page, days="1")
    assert over.status_code == 409
    assert "That is over" in over.text
    assert (dates.of("ann"), dates.of("bob")) == (24 * 60, 0)


@pytest.mark.parametrize(
    ("after_due", "may_take_back"),
    [
        (4 * MINUTE, True),  # on time without the day, in the grace
        (5 * MINUTE + 900, True),  # fractions of a second do not count
        (5 * MINUTE + SECOND, False),
        (DAY + 4 * MINUTE, False),  # in the grace of the day that was spent
        (DAY + 5 * MINUTE + SECOND, True),  # late with it, too: the day has bought nothing
    ],
)
def test_a_late_day_stays_spent_where_it_counts(dates: Dates, after_due: int, may_take_back: bool) -> None:
    """A day is taken back if and only if no submission is on time by it, as lateness is counted."""
    dates.site.publish(dates.due, **{**LATE, "grace_minutes": 5})
    page = f"/homework/{ASSIGNMENT}/late-days"
    assert dates.ann.post(page, days="1").status_code == 303
    dates.server.fake.pass_(dates.due + after_due - dates.server.clock.now())
    dates.ann.sign_in()
    assert dates.site.upload(dates.ann, b"late").status_code == 303
    assert dates.ann.post(page, days="0").status_code == (303 if may_take_back else 409)


def test_nobody_extends_their_own_date(dates: Dates) -> None:
    """Staff who are named themselves are refused, and an assistant gives nothing."""
    tim = dates.server.student(role="ta", name="tim")
    form = {"scope": "person", "people": "tim", "days": "1", "reason": "me"}
    assert tim.post("/extensions/preview", **form).status_code == 403
    assert dates.preview(**{**form, "people": "ina"}).status_code in (403, 409)
    assert tim.get("/extensions").status_code == 200


def test_a_program_gives_an_extension(dates: Dates) -> None:
    """With a token the confirming form alone does it, in its owner's name."""
    shown = dates.ina.post("/staff-tokens", label="a script").text
    token = shown.split("<pre")[1].split(">")[1].split("<")[0]
    form = {"scope": "person", "people": "ann", "work": ASSIGNMENT, "days": "1", "reason": "by a script"}
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    address = f"{dates.server.address}/extensions/give"
    assert httpx.post(address, data=form, headers=headers, **LOCAL).status_code == 303
    assert dates.of("ann") == 24 * 60
    assert dates.acts("ann") == ["give extension"]


@pytest.fixture
def exam(tmp_path: Path) -> Iterator[tuple[LiveServer, Student]]:
    """A live server with a quiz, and an instructor."""
    with live_server(new_database(tmp_path / "exam.db"), tmp_path / "exam") as server:
        server.publish()
        yield server, server.student(role="instructor", name="ina")


def test_dates_of_a_quiz(exam: tuple[LiveServer, Student]) -> None:
    """Due date and close of a quiz move for the students named, and for nobody else."""
    server, ina = exam
    server.student(name="ann")
    bob = server.student(name="bob")
    form = {"scope": "person", "people": "bob", "work": "quiz:all", "days": "1", "reason": "away"}
    page = ina.post("/extensions/preview", **form)
    assert "close in all" in page.text
    digest = page.text.split('name="digest" value="')[1].split('"')[0]
    assert ina.post("/extensions/give", **form, digest=digest).status_code == 303
    server.fake.pass_(3 * HOUR)
    assert bob.post("/quizzes/all/start").status_code == 303
    assert Student(server, "ann").sign_in().post("/quizzes/all/start").status_code == 403
    whole = ina.post("/extensions/preview", **{**form, "scope": "all"})
    assert whole.status_code == 409
    assert "monitor" in whole.text


def test_extra_time_for_some(exam: tuple[LiveServer, Student]) -> None:
    """Extra time reaches the students who are named, takes nothing away, and is told and recorded."""
    server, ina = exam
    for name in ("ann", "bob"):
        server.student(name=name)
    more = {"multiplier": "2", "extra_minutes": "0", "label": "", "reason": "certificate"}
    assert ina.post("/people/person/bob/time", **more).status_code == 200
    form = {"scope": "all", "work": "time", "multiplier": "1.5", "reason": "a slow room"}
    page = ina.post("/extensions/preview", **form)
    assert "ann: time" in page.text
    assert "bob: time" not in page.text
    digest = page.text.split('name="digest" value="')[1].split('"')[0]
    assert ina.post("/extensions/give", **form, digest=digest).status_code == 303
    assert "× 1.5 of the time" in ina.page("/people/person/ann")
    assert "× 2 of the time" in ina.page("/people/person/bob")
    assert "gave extra time in quizzes (a slow room)" in ina.page("/people/person/ann")
    assert "more time in quizzes" in Student(server, "ann").sign_in().page("/notices")
    wrong = ina.post("/extensions/preview", **{**form, "multiplier": "lots"})
    assert (wrong.status_code, "is not a number" in wrong.text) == (409, True)


def test_dropped_and_test_students_in_quizzes(exam: tuple[LiveServer, Student]) -> None:
    """A dropped student starts nothing; a test student's attempt is in no list of the class."""
    server, ina = exam
    ann = server.student(name="ann")
    ina.post("/people/person/ann/drop", reason="left")
    assert ann.post("/quizzes/all/start").status_code == 403
    tester = Student(server, ina.post("/people/test-student").headers["Location"].rpartition("/")[2])
    attempt = tester.sign_in().start()
    monitor = ina.page("/staff/all")
    assert attempt not in monitor
    assert "Ann" not in monitor
    assert "Test student" not in monitor


def test_dropped_in_the_middle_of_a_quiz(exam: tuple[LiveServer, Student]) -> None:
    """An open attempt may be finished: a list that left somebody out by mistake costs no answer."""
    server, ina = exam
    ann = server.student(name="ann")
    attempt = ann.start()
    ina.post("/people/person/ann/drop", reason="not in the list")
    assert ann.save(attempt, NUMERIC, "1").status_code == 200
    assert ann.ask(f"/attempts/{attempt}/finish", {}).status_code == 200
    assert "Ann" not in ina.page("/staff/all")
    assert ina.get(f"/staff/attempts/{attempt}").status_code == 200
    assert ann.post("/quizzes/all/start").status_code == 403
    ina.post("/people/person/ann/return")
    assert attempt in ina.page("/staff/all")
