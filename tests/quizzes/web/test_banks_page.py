"""The page of banks through real HTTP: the report first, then the bank; the upload is read elsewhere."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from databases import new_database
from every_item import PNG
from live_server import LiveServer, Student, live_server
from qti_packages import canvas_document, canvas_item, choice_list, correct, package, points
from sqlalchemy import select

from autograder.site.middleware import LARGEST_UPLOAD
from autograder.site.tables import audit
from quizzes.content.bank import load_bank
from quizzes.web.staff import banks

OPTIONS = [("a", "Adam <b>"), ("s", "SGD")]
MARKED = points(correct("response1", "a"))


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveServer]:
    """A live server."""
    with live_server(new_database(tmp_path / "quiz.db"), tmp_path / "course") as server:
        yield server


def a_package(folder: Path) -> bytes:
    """A package with a choice that has a picture, and a hot spot, which has no counterpart."""
    choice = canvas_item(
        "Fast", "multiple_choice_question", '<p>Which?<img src="p.png" alt="x"/></p>',
        choice_list("response1", OPTIONS), MARKED,
    )  # fmt: skip
    spot = canvas_item("Spot", "hot_spot_question", "Where?", choice_list("response1", OPTIONS), MARKED)
    return package(folder / "x.zip", {"q.xml": canvas_document(choice, spot)}, {"p.png": PNG}).read_bytes()


def upload(who: Student, content: bytes, bank: str = "week-3", name: str = "theirs.zip") -> httpx.Response:
    """Upload a file as a browser does."""
    parts = {"package": (name, content, "application/zip")}
    fields = {"token": who.token, "bank": bank}
    return who.http.post("/banks/preview", data=fields, files=parts)


def store(who: Student, page: str) -> httpx.Response:
    """Press the button of the page that shows what would be imported."""
    digest = re.findall(r'name="digest" value="(\w+)"', page)
    return who.post("/banks/import", digest=digest[0])


def bank_files(live: LiveServer, bank: str) -> list[Path]:
    """What is stored of a bank."""
    folder = live.course.root / "quizzes" / "banks"
    return sorted([*folder.glob(f"{bank}*"), *folder.glob(f".{bank}*"), *folder.glob(f"{bank}/*")])


def test_the_report_first_then_the_bank(live: LiveServer, tmp_path: Path) -> None:
    """Nothing is stored by the preview; the button stores what was shown, once, and the log has it."""
    teacher = live.student(role="instructor", name="tea")
    assert 'href="/banks"' in teacher.page("/")
    page = upload(teacher, a_package(tmp_path)).text
    assert "1 question would be stored, 1 left out, with 1 picture." in page
    assert "<td>choice</td><td>Which?</td><td>Adam &lt;b&gt;</td>" in page.replace("\n", "")
    assert "Spot <strong>✗ left out</strong>" in page and "a hot spot on a picture" in page
    assert bank_files(live, "week-3") == []
    for _ in range(2):  # a second press changes nothing
        done = store(teacher, page)
        assert (done.status_code, done.headers["Location"]) == (303, "/banks?imported=week-3")
    bank = load_bank(live.course.root / "quizzes" / "banks" / "week-3.yaml")
    (item,) = bank.items.values()
    assert (bank.path.parent / item.images[0].file).read_bytes() == PNG
    assert "The bank week-3 is stored" in teacher.page("/banks?imported=week-3")
    with live.database.reading() as connection:
        (act, *_) = connection.execute(select(audit).where(audit.c.act == "import bank")).all()
    assert (act.who, act.subject) == ("tea", "banks/week-3")


def test_no_bank_is_written_over(live: LiveServer, tmp_path: Path) -> None:
    """Neither by a name that is taken, nor by a form that somebody else was faster with."""
    teacher, content = live.student(role="instructor"), a_package(tmp_path)
    taken = upload(teacher, content, "adagrad")
    assert taken.status_code == 409 and "quizzes/banks/adagrad.yaml exists already" in taken.text
    assert str(live.course.root) not in taken.text and 'value="adagrad"' in taken.text
    page = upload(teacher, content).text
    (live.course.root / "quizzes" / "banks" / "week-3.yaml").write_text("topic: mine\n")
    assert store(teacher, page).status_code == 409
    assert (live.course.root / "quizzes" / "banks" / "week-3.yaml").read_text() == "topic: mine\n"


def test_names_are_no_paths(live: LiveServer, tmp_path: Path) -> None:
    """A name with anything but small letters, digits and dashes is refused before any work."""
    teacher = live.student(role="instructor")
    before = sorted(live.course.root.rglob("*.yaml"))
    for bank in ("", "..", "../up", "Week 3", "a/b", "-a", "a" * 81 + "/.."):
        reply = upload(teacher, a_package(tmp_path), bank)
        assert reply.status_code == 409 and "not a valid name" in reply.text, bank
    assert sorted(live.course.root.rglob("*.yaml")) == before
    assert not (live.course.root / ".quizzes" / "imports").exists()


NO_PACKAGES = (
    (b"", "x.zip", "No file was chosen"),
    (b"PK\x03\x04 broken", "x.zip", "x.zip"),
    (b"<!DOCTYPE q [<!ENTITY a 'b'>]><quiz>&a;</quiz>", "../../etc/m.xml", "m.xml"),
    (b"\x00\x01", "x", "x is not a text"),
    (b"hello", "\u202e.", "upload is not a format that is read"),
    (b"hello", "\u4e16" * 150 + ".txt", ".txt is not a format that is read"),
)


def test_files_that_are_none(live: LiveServer) -> None:
    """Each is a sentence that names the file and no folder of the server."""
    teacher = live.student(role="instructor")
    for content, name, why in NO_PACKAGES:
        reply = upload(teacher, content, name=name)
        assert reply.status_code == 409 and why in reply.text, reply.text
        assert "/tmp" not in reply.text and "Traceback" not in reply.text
    assert not list((live.course.root / ".quizzes").glob("imports/*"))


@pytest.mark.full
def test_a_bomb_costs_its_preview_alone(live: LiveServer) -> None:
    """A file that needs more memory than an import may use is refused, and the server goes on."""
    teacher = live.student(role="instructor")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("imsmanifest.xml", b"<manifest>" + b"<a>" * 6_000_000)
    assert upload(teacher, bomb.getvalue()).status_code == 409
    assert teacher.get("/banks").status_code == 200
    huge = upload(teacher, b"0" * (LARGEST_UPLOAD + 1))
    assert huge.status_code == 413 and "Export fewer questions" in huge.text


def test_one_file_at_a_time(live: LiveServer, tmp_path: Path) -> None:
    """While one is read another waits outside: reading takes memory."""
    teacher = live.student(role="instructor")
    with banks.IN_USE:
        busy = upload(teacher, a_package(tmp_path))
    assert busy.status_code == 503 and "Another file is being read" in busy.text
    assert upload(teacher, a_package(tmp_path)).status_code == 200


def test_who_may_import(live: LiveServer, tmp_path: Path) -> None:
    """Instructors only; a student finds no such page, and a form without its token is refused."""
    student, assistant, teacher = live.student(), live.student(role="ta"), live.student(role="instructor")
    content = a_package(tmp_path)
    page = upload(teacher, content).text
    for person, status in ((student, 404), (assistant, 403)):
        assert 'href="/banks"' not in person.page("/")
        assert person.get("/banks").status_code == status
        assert upload(person, content).status_code == status
        assert store(person, page).status_code == status
    assert Student(live, "nobody").get("/banks").status_code in (303, 401)
    teacher.token = "forged"
    assert upload(teacher, content).status_code == 403
    assert store(teacher, page).status_code == 403
    assert bank_files(live, "week-3") == []


def test_a_form_of_no_preview(live: LiveServer) -> None:
    """Only what was shown can be stored, and only as it was."""
    teacher = live.student(role="instructor")
    for digest in ("", "0" * 64, "../../course", "0" * 63 + "/"):
        reply = teacher.post("/banks/import", digest=digest)
        assert reply.status_code == 409 and "Choose the file again" in reply.text, digest


def test_a_draft_that_was_changed(live: LiveServer, tmp_path: Path) -> None:
    """What was kept is checked against its digest; others are removed after an hour, the eldest first."""
    teacher = live.student(role="instructor")
    page = upload(teacher, a_package(tmp_path)).text
    (draft,) = (live.course.root / ".quizzes" / "imports").iterdir()
    assert draft.stat().st_mode & 0o077 == 0
    draft.write_bytes(draft.read_bytes().replace(b"Which?", b"Whose?"))
    assert store(teacher, page).status_code == 409
    kept: list[Any] = [upload(teacher, a_package(tmp_path), f"b-{n}").text for n in range(banks.MOST_DRAFTS)]
    assert len(list(draft.parent.iterdir())) == banks.MOST_DRAFTS
    assert store(teacher, kept[-1]).status_code == 303
