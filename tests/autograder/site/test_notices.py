"""Notices: on the site and by mail, once, by kind and choice; announcements; a release that can be undone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from databases import new_database
from fake_clock import MINUTE
from hypothesis import example, given
from hypothesis import strategies as st
from live_homework import LiveHomework, live_homework
from tiny_course import ASSIGNMENT

from autograder.site.homework.assignments import published
from autograder.site.homework.context import context_of
from autograder.site.homework.notices import tell_graded
from autograder.site.homework.releases import announce_results
from autograder.site.homework.tables import grading
from autograder.site.notices.mail import MailSender, mail_address
from autograder.site.outbox import LEASE
from autograder.site.people import COURSE, add_person

STAFF_PAGE = f"/staff/homework/{ASSIGNMENT}"


class Mailbox:
    """An SMTP server that keeps what it takes; addresses at `refused.example` are refused for good."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Take or refuse a recipient."""
        if address.endswith("refused.example"):
            return "550 nobody of this name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep a message."""
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"

    def subjects(self, address: str) -> list[str]:
        """The subjects of the letters to an address."""
        return [str(letter["Subject"]) for letter in self.letters if address in str(letter["To"])]


class Noticed:
    """A site with students who have addresses, a sender of mail, and a mailbox."""

    def __init__(self, site: LiveHomework, folder: Path) -> None:
        self.site, self.server, self.folder = site, site.server, folder
        self.ina = self.server.student(role="instructor", name="ina")
        self.students = {name: self.server.student(name=name) for name in ("ann", "bob")}
        with self.server.database.transaction() as connection:
            for name in ("ann", "bob", "ina"):
                add_person(connection, name, name.title(), f"{name}@example.org")
        writer = self.server.site.writer
        self.sender = MailSender(self.server.database, writer, folder, COURSE)

    def turn_mail_on(self, port: int) -> None:
        """Write the settings of mail."""
        (self.folder / "mail.yaml").write_text(
            f"host: 127.0.0.1\nport: {port}\nsecurity: none\nsender: Tiny <course@example.org>\n"
            "address: https://course.example.org/\n",
            encoding="utf-8",
        )

    def send(self) -> int:
        """Send what is due."""
        return self.sender.send_due(self.server.clock.now())

    def graded(self, name: str, earned: str = "5") -> None:
        """Let a student submit something that is graded, as graders do."""
        student = self.students[name]
        assert self.site.upload(student, f"{name}{earned}".encode()).status_code == 303
        self.site.grade(earned)
        context = context_of(self.server.site)
        with self.server.database.transaction() as connection:
            number = connection.execute(grading.select().order_by(grading.c.id.desc())).first()
            assert number is not None
            course = context.course(connection)
            tell_graded(connection, course, COURSE, number.id, self.server.clock.now())

    def subjects(self, name: str) -> list[str]:
        """What a student's page of notices says, the newest first."""
        page = self.students[name].page("/notices")
        return [part.split("</h2>")[0] for part in page.split("<h2>")[1:]]


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """A running mail server."""
    box, loop = Mailbox(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    starting = loop.create_server(lambda: SMTP(box, loop=loop), "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result()
    try:
        yield box, server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def noticed(tmp_path: Path) -> Iterator[Noticed]:
    """A live server with them."""
    folder = tmp_path / "course"
    with live_homework(new_database(tmp_path / "quiz.db"), folder) as site:
        site.publish()
        yield Noticed(site, folder)


def test_notices_come_by_mail_once(noticed: Noticed, mailbox: tuple[Mailbox, int]) -> None:
    """A received submission is on the site alone, its result by mail too; sending again sends nothing."""
    box, port = mailbox
    noticed.turn_mail_on(port)
    noticed.graded("ann")
    assert [subject.split(">")[-2][:-3] for subject in noticed.subjects("ann")] == [
        "Doubling and squaring: submission 1 is graded",
        "Doubling and squaring: submission 1 was received",
    ]
    assert noticed.subjects("bob") == []
    noticed.send()
    noticed.send()
    (letter,) = box.letters
    assert str(letter["Subject"]) == "A tiny course: Doubling and squaring: submission 1 is graded"
    assert str(letter["To"]) == "Ann <ann@example.org>"
    text = letter.get_content()
    assert "https://course.example.org/submissions/" in text
    assert " 5" not in text  # points are on the page alone


def test_by_kind_and_choice(noticed: Noticed, mailbox: tuple[Mailbox, int]) -> None:
    """Whoever wants no mail of a kind gets none, and whoever hides a kind on the site does not see it."""
    box, port = mailbox
    noticed.turn_mail_on(port)
    ann = noticed.students["ann"]
    assert ann.post("/notices/choices", site=["results"], mail=["received"]).status_code == 303
    noticed.graded("ann")
    noticed.send()
    assert box.subjects("ann") == ["A tiny course: Doubling and squaring: submission 1 was received"]
    assert len(noticed.subjects("ann")) == 1
    assert "is graded" in noticed.subjects("ann")[0]


def test_mail_is_off_until_it_is_set_up(noticed: Noticed, mailbox: tuple[Mailbox, int]) -> None:
    """What happened before is not sent when mail is switched on; the page says that it is off."""
    box, port = mailbox
    noticed.graded("ann")
    noticed.send()
    assert "Mail is not set up" in noticed.students["ann"].page("/notices")
    noticed.turn_mail_on(port)
    noticed.send()
    assert box.letters == []
    noticed.graded("bob")
    noticed.send()
    assert len(box.subjects("bob")) == 1


def test_a_server_that_is_down_loses_nothing(noticed: Noticed, mailbox: tuple[Mailbox, int]) -> None:
    """While the mail server does not answer, staff are warned; afterwards everything arrives."""
    box, port = mailbox
    noticed.turn_mail_on(1)
    noticed.graded("ann")
    assert noticed.send() == 0
    assert "127.0.0.1 does not take mail" in noticed.sender.warning()
    noticed.turn_mail_on(port)
    noticed.server.fake.pass_(60 * MINUTE)
    noticed.send()
    assert len(box.subjects("ann")) == 1
    assert noticed.sender.warning() == ""


def test_a_slow_mail_server_gets_each_letter_once(
    noticed: Noticed, mailbox: tuple[Mailbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letters that would outlast the sender's lease are left; any server sends them when it has ended."""
    box, port = mailbox
    noticed.turn_mail_on(port)
    monkeypatch.setattr("autograder.site.notices.mail.SENDING", 0.0)
    for name in ("ann", "bob"):
        noticed.graded(name)
    other = MailSender(noticed.server.database, noticed.server.exam.writer, noticed.folder, COURSE)
    for _ in range(4):  # a message a round: two of them are wanted by mail
        before = len(box.letters)
        noticed.send()
        assert other.send_due(noticed.server.clock.now()) == 0
        assert len(box.letters) <= before + 1
        noticed.server.fake.pass_(LEASE)
    assert sorted(str(letter["To"]) for letter in box.letters) == [
        "Ann <ann@example.org>",
        "Bob <bob@example.org>",
    ]


def test_one_refused_address_holds_up_nobody(noticed: Noticed, mailbox: tuple[Mailbox, int]) -> None:
    """An address that the server refuses, or that is none, is given up; the others get their mail."""
    box, port = mailbox
    noticed.turn_mail_on(port)
    with noticed.server.database.transaction() as connection:
        add_person(connection, "ann", "Ann", "ann@refused.example")
        add_person(connection, "bob", "Bob\r\nBcc: all@example.org", "bob@example.org")
    for name in ("ann", "bob"):
        noticed.graded(name)
    noticed.send()
    noticed.server.fake.pass_(60 * MINUTE)
    assert noticed.send() == 0
    assert [str(letter["To"]).partition("<")[2] for letter in box.letters] == ["bob@example.org>"]
    assert all(letter["Bcc"] is None for letter in box.letters)


def test_an_address_that_no_header_takes_holds_up_nobody(
    noticed: Noticed, mailbox: tuple[Mailbox, int]
) -> None:
    """Two dots, a dot at an end, an ä before the @: whoever has such an address gets no mail, others do."""
    box, port = mailbox
    noticed.turn_mail_on(port)
    for number, address in enumerate(
        ("a..b@example.org", "a.@example.org", "a@example.org.", "ä@example.org")
    ):
        with noticed.server.database.transaction() as connection:
            add_person(connection, "ann", "Ann", address)
        for name in ("ann", "bob"):
            noticed.graded(name, str(number))
        assert noticed.send() == 1, address
        assert noticed.send() == 0
    assert {str(letter["To"]) for letter in box.letters} == {"Bob <bob@example.org>"}


def test_a_domain_in_letters_of_another_language(noticed: Noticed, mailbox: tuple[Mailbox, int]) -> None:
    """It is written as a server without further abilities reads it, and holds up nobody's mail."""
    box, port = mailbox
    noticed.turn_mail_on(port)
    with noticed.server.database.transaction() as connection:
        add_person(connection, "ann", "Ann", "ann@bücher.example")
    for name in ("ann", "bob"):
        noticed.graded(name)
    assert noticed.send() == 2
    assert noticed.sender.warning() == ""
    assert [str(letter["To"]) for letter in box.letters] == [
        "Ann <ann@xn--bcher-kva.example>",
        "Bob <bob@example.org>",
    ]


@given(st.text(max_size=20), st.text(st.sampled_from('ab.@-_=?%!"ä🙂\u00ad'), max_size=20))
@example("Ann", "=?utf-8?q?=3Ca=3E?=@example.org")
@example("b@example.org, c", "a@example.org")
def test_any_address_is_a_header_or_none(name: str, text: str) -> None:
    """Whatever stands in the table of people, a letter has one recipient in plain letters, or is not made."""
    address = mail_address(name, text)
    if address is None:
        return
    letter = EmailMessage()
    letter["To"] = address
    read = message_from_bytes(letter.as_bytes(), policy=default)["To"]
    assert [found.addr_spec for found in read.addresses] == [address.addr_spec]
    assert address.addr_spec.isascii()


def test_wrong_settings_are_a_sentence_for_staff(noticed: Noticed) -> None:
    """A mistake in mail.yaml names the key, and what waits stays queued."""
    (noticed.folder / "mail.yaml").write_text("host: x\nport: many\n", encoding="utf-8")
    noticed.graded("ann")
    assert noticed.send() == 0
    assert "mail.yaml" in noticed.sender.warning()
    assert "port" in noticed.sender.warning()


def test_held_results_are_not_announced(noticed: Noticed) -> None:
    """While results are held nobody is told of one, nor of a mark; after the release all are told once."""
    noticed.ina.post(f"{STAFF_PAGE}/release", hold="yes")
    noticed.graded("ann")
    assert len(noticed.subjects("ann")) == 1  # received
    assert noticed.ina.post(f"{STAFF_PAGE}/release").status_code == 303
    context = context_of(noticed.server.site)
    assert announce_results(context, noticed.server.clock.now()) == 0
    noticed.server.fake.pass_(11 * MINUTE)
    assert announce_results(context, noticed.server.clock.now()) == 1
    assert announce_results(context, noticed.server.clock.now()) == 0
    assert "The results of Doubling and squaring can be seen" in noticed.subjects("ann")[0]
    assert "5 of 6" in noticed.students["ann"].page(f"/homework/{ASSIGNMENT}")
    assert noticed.subjects("bob") == []


def test_results_that_come_back_are_announced_again(noticed: Noticed) -> None:
    """After a second hold everybody hears that results are shown, also of what was graded meanwhile; once."""
    context, announced = context_of(noticed.server.site), "The results of Doubling and squaring can be seen"
    noticed.graded("ann")
    for round_ in (1, 2):
        noticed.ina.post(f"{STAFF_PAGE}/release", hold="yes")
        announce_results(context, noticed.server.clock.now())
        if round_ == 2:
            noticed.graded("bob")
        noticed.server.fake.pass_(MINUTE)
        noticed.ina.post(f"{STAFF_PAGE}/release", now="yes")
        for _ in range(2):
            announce_results(context, noticed.server.clock.now())
        assert sum(announced in subject for subject in noticed.subjects("ann")) == round_
    assert sum(announced in subject for subject in noticed.subjects("bob")) == 1


def test_a_release_waits_ten_minutes_and_can_be_undone(noticed: Noticed) -> None:
    """Until then nothing is seen; undone, it never takes effect; released at once, it does at once."""
    page, context = f"/homework/{ASSIGNMENT}", context_of(noticed.server.site)
    noticed.ina.post(f"{STAFF_PAGE}/release", hold="yes")
    noticed.graded("ann")
    noticed.ina.post(f"{STAFF_PAGE}/release")
    assert "Undo the release" in noticed.ina.page(STAFF_PAGE)
    noticed.server.fake.pass_(9 * MINUTE)
    announce_results(context, noticed.server.clock.now())
    assert "5 of 6" not in noticed.students["ann"].page(page)
    assert noticed.ina.post(f"{STAFF_PAGE}/release", undo="yes").status_code == 303
    assert noticed.ina.post(f"{STAFF_PAGE}/release", undo="yes").status_code == 409
    noticed.server.fake.pass_(20 * MINUTE)
    assert announce_results(context, noticed.server.clock.now()) == 0
    assert "5 of 6" not in noticed.students["ann"].page(page)
    noticed.ina.post(f"{STAFF_PAGE}/release", now="yes")
    assert "5 of 6" in noticed.students["ann"].page(page)
    assert announce_results(context, noticed.server.clock.now()) == 1


def test_a_release_takes_effect_at_its_instant(noticed: Noticed) -> None:
    """Pages of students and staff show it from then on; none waits for the task that writes it down."""
    noticed.ina.post(f"{STAFF_PAGE}/release", hold="yes")
    noticed.graded("ann")
    noticed.ina.post(f"{STAFF_PAGE}/release")
    noticed.server.fake.pass_(10 * MINUTE)
    assert "5 of 6" in noticed.students["ann"].page(f"/homework/{ASSIGNMENT}")
    assert "Results are released" in noticed.ina.page(STAFF_PAGE)
    assert noticed.ina.post(f"{STAFF_PAGE}/release", undo="yes").status_code == 409
    with noticed.server.database.reading() as connection:
        assert published(connection, COURSE, ASSIGNMENT).released_at is None
    noticed.ina.post(f"{STAFF_PAGE}/release", hold="yes")
    with noticed.server.database.reading() as connection:
        assert published(connection, COURSE, ASSIGNMENT).released_at is not None
    assert "5 of 6" not in noticed.students["ann"].page(f"/homework/{ASSIGNMENT}")


def test_announcements_and_whom_they_reached(noticed: Noticed, mailbox: tuple[Mailbox, int]) -> None:
    """To all, to a label, to who has not submitted; the same form twice sends once; the list says it."""
    box, port = mailbox
    noticed.turn_mail_on(port)
    noticed.site.upload(noticed.students["ann"], b"work")
    form = {"kind": "missing", "missing": ASSIGNMENT, "subject": "Two days left", "text": "Start now.\n"}
    shown = noticed.ina.post("/announcements/preview", **form).text
    assert "who have not submitted Doubling and squaring</strong>: 1 person" in shown
    assert noticed.subjects("bob") == []
    page = shown.split('name="page" value="')[1].split('"')[0]
    for _ in range(2):
        assert noticed.ina.post("/announcements/send", **form, page=page).status_code == 303
    assert len(noticed.subjects("bob")) == 1
    assert "Two days left" in noticed.subjects("bob")[0]
    noticed.ina.post("/announcements/send", kind="all", subject="Welcome", text="Hello.")
    listed = noticed.ina.page("/announcements")
    assert "1 person, 0 have seen it" in listed
    assert "3 people, 0 have seen it" in listed
    noticed.students["bob"].post("/notices/seen")
    assert "1 person, 1 have seen it" in noticed.ina.page("/announcements")
    noticed.send()
    assert box.subjects("bob") == ["A tiny course: Two days left", "A tiny course: Welcome"]
    for wrong in ({"kind": "label", "label": "x"}, {"kind": "nobody"}, {"kind": "section", "section": ""}):
        assert noticed.ina.post("/announcements/preview", **{**form, **wrong}).status_code == 409
    empty = noticed.ina.post("/announcements/send", kind="all", subject=" ", text="x")
    assert empty.status_code == 409
    assert noticed.students["ann"].get("/announcements").status_code == 404


def test_staff_acts_are_told(noticed: Noticed) -> None:
    """A moved date, an answered request and a changed mark each reach the student they are about."""
    due = noticed.server.clock.now() + 60 * MINUTE
    noticed.site.publish(due)
    ann = noticed.students["ann"]
    noticed.graded("ann")
    ann.post(f"/homework/{ASSIGNMENT}/dates", days="1", text="ill")
    noticed.ina.post("/extensions/requests/1", days="1", reply="get well")
    form = {"scope": "all", "work": ASSIGNMENT, "hours": "2", "reason": "an outage"}
    digest = noticed.ina.post("/extensions/preview", **form).text.split('name="digest" value="')[1]
    noticed.ina.post("/extensions/give", **form, digest=digest.split('"')[0])
    submission = noticed.ina.page(STAFF_PAGE).split('href="/staff/submissions/')[1].split('"')[0]
    by_hand = {"points": "4", "reason": "a slip", "seen": "0"}
    assert noticed.ina.post(f"/staff/submissions/{submission}/points", **by_hand).status_code == 303
    words = " ".join(noticed.subjects("ann"))
    assert "a mark was changed" in words
    assert "was approved" in words
    assert "is due" not in words  # her own extension is later
    assert "is due" in " ".join(noticed.subjects("bob"))


def test_the_end_of_an_extension_is_told(noticed: Noticed) -> None:
    """Whoever is due earlier by it hears so, with the date; nobody else does."""
    noticed.site.publish(noticed.server.clock.now() + 60 * MINUTE)
    form = {"scope": "person", "people": "ann", "work": ASSIGNMENT, "days": "2", "reason": "ill"}
    digest = noticed.ina.post("/extensions/preview", **form).text.split('name="digest" value="')[1]
    noticed.ina.post("/extensions/give", **form, digest=digest.split('"')[0])
    (given,) = noticed.subjects("ann")
    assert noticed.ina.post("/extensions/1/end").status_code == 303
    ended, again = noticed.subjects("ann")
    assert again == given and "is due" in ended and ended != given
    assert noticed.subjects("bob") == []
