"""Staff upload a class's download: the difference first, then stored and graded once, whose and when."""

from __future__ import annotations

import io
import re
import tempfile
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx
import pytest
from homework_site import HomeworkSite, Visitor, serving, solved, tiny_site, with_mistake
from live_homework import live_homework
from patience import eventually
from sqlalchemy import update
from tiny_course import ASSIGNMENT

from autograder.site.database import Database
from autograder.site.homework.submissions import instants_after, latest_instant
from autograder.site.homework.tables import submission
from autograder.site.server import open_site
from autograder.submissions.notebook import LARGEST_FILE

CLASS = f"/staff/homework/{ASSIGNMENT}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[HomeworkSite]:
    """A running site with one grader beside it."""
    with serving(tiny_site(tmp_path), "--graders", "1") as site:
        yield site


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeworkSite]:
    """A running site for what is refused; nothing grades beside it."""
    with serving(tiny_site(tmp_path_factory.mktemp("course")), "--graders", "0") as site:
        yield site


def packed(files: dict[str, bytes]) -> bytes:
    """A ZIP."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def upload(visitor: Visitor, content: bytes, name: str = "class.zip") -> httpx.Response:
    """Send an archive as the page's form does."""
    return visitor.http.post(
        f"{CLASS}/upload", data={"token": visitor.token}, files={"notebook": (name, content)}
    )


def hidden_fields(page: str) -> dict[str, str]:
    """What the page's form sends beside what is typed."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def confirm(visitor: Visitor, page: str) -> int:
    """Press the button of the page with the difference."""
    return visitor.http.post(f"{CLASS}/upload/confirm", data=hidden_fields(page)).status_code


def test_a_class_s_download(site: HomeworkSite) -> None:
    """It is shown with times and what was not placed, stored when confirmed; the same again adds nothing."""
    course, ina = site.course, site.visitor("ina")
    archive = packed(
        {
            f"submitted/ann/{ASSIGNMENT}/{ASSIGNMENT}.ipynb": solved(course),
            f"submitted/ann/{ASSIGNMENT}/timestamp.txt": b"2026-05-01 10:00:00 UTC",
            f"submitted/bob/{ASSIGNMENT}/{ASSIGNMENT}.ipynb": with_mistake(course),
            f"submitted/bob/{ASSIGNMENT}/timestamp.txt": b"2026-05-02 10:00:00 UTC",
            f"submitted/eve/{ASSIGNMENT}/{ASSIGNMENT}.ipynb": solved(course),
        }
    )
    page = upload(ina, archive).text
    assert "2 submissions are new" in page and "01 May 2026" in page
    assert "eve is not on the roster" in page
    assert ina.page(CLASS).count("Not submitted") >= 2
    assert confirm(ina, page) == 303
    ann = site.visitor("ann")
    assert eventually(lambda: "6 of 6 points" in ann.page(f"/homework/{ASSIGNMENT}"))
    assert eventually(lambda: "Waiting for grading" not in ina.page(CLASS))
    again = upload(ina, archive).text
    assert "0 submissions are new" in again and "2 are here already" in again
    assert confirm(ina, page) == 303  # a page that somebody left open
    assert ann.page(f"/homework/{ASSIGNMENT}").count('href="/submissions/') == 1


def of_ann(content: bytes, time: str) -> bytes:
    """A download with one submission of Ann from a time."""
    folder = f"submitted/ann/{ASSIGNMENT}"
    return packed({f"{folder}/{ASSIGNMENT}.ipynb": content, f"{folder}/timestamp.txt": time.encode()})


@pytest.mark.full
def test_the_same_bytes_from_another_time(site: HomeworkSite) -> None:
    """After what Ann submitted here they are no new submission; before it they are one, and then known."""
    ann, ina = site.visitor("ann"), site.visitor("ina")
    ann.graded(ann.submitted(solved(site.course)))
    later = upload(ina, of_ann(solved(site.course), "2099-05-01 10:00:00 UTC")).text
    assert "0 submissions are new" in later and "1 is here already" in later
    earlier = of_ann(solved(site.course), "2026-05-01 10:00:00 UTC")
    page = upload(ina, earlier).text
    assert "1 submission is new" in page and confirm(ina, page) == 303
    assert ann.page(f"/homework/{ASSIGNMENT}").count('href="/submissions/') == 2
    assert "0 submissions are new" in upload(ina, earlier).text


@pytest.mark.full
def test_a_time_that_has_not_come_yet(tmp_path: Path) -> None:
    """It is named, counts as now, and is known from then on; after a restart, too, no clock follows it."""
    with serving(tiny_site(tmp_path), "--graders", "0") as site:
        ann, ina = site.visitor("ann"), site.visitor("ina")
        archive = of_ann(solved(site.course), "2099-05-01 10:00:00 UTC")
        page = upload(ina, archive).text
        assert "2099" in page and "which has not come yet: it counts as submitted now" in page
        assert confirm(ina, page) == 303
        assert "2099" not in ann.page(f"/homework/{ASSIGNMENT}")
        assert "0 submissions are new" in upload(ina, archive).text
    with open_site(tmp_path) as opened:
        assert opened.clock.state().problem == ""


@pytest.mark.full
def test_what_another_platform_dated_sets_no_clock(tmp_path: Path) -> None:
    """A stored time that came with a class's download or a ledger is not when this server last ran."""
    with serving(tiny_site(tmp_path), "--graders", "0") as site:
        ina = site.visitor("ina")
        assert confirm(ina, upload(ina, of_ann(solved(site.course), "2026-05-01 10:00:00 UTC")).text) == 303
        site.visitor("bob").submitted(with_mistake(site.course))
    with open_site(tmp_path) as opened, opened.database.transaction() as connection:
        last = latest_instant(connection)
        imported = update(submission).where(submission.c.source == "staff")
        connection.execute(imported.values(received_at=4_081_356_000_000))
        assert latest_instant(connection) == last > 0
        assert instants_after(connection, last) == []


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"no archive at all", "class.zip", "cannot be read"),
        (b"a table", "class.csv", "not an archive"),
        (packed({"notes.txt": b"nothing"}), "class.zip", "class.zip holds no"),
        (packed({"../../etc/passwd": b"x", "a/b.txt": b"y"}), "class.zip", "class.zip holds no"),
        (packed({f"eve/{ASSIGNMENT}.ipynb": b"{}"}), "class.zip", "Complete roster.csv"),
    ],
    ids=["no-zip", "a-table", "no-notebook", "outside", "nobody-known"],  # a ZIP's bytes tell the time
)
def test_what_is_no_download(shared_site: HomeworkSite, content: bytes, name: str, words: str) -> None:
    """A sentence says what is wrong; the server stays as it was."""
    reply = upload(shared_site.visitor("ina"), content, name)
    assert reply.status_code in (200, 409)
    assert words in reply.text and tempfile.gettempdir() not in reply.text


@pytest.mark.full
def test_a_bomb(shared_site: HomeworkSite) -> None:
    """An archive that would fill the disk costs its program, and no more."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(8):  # each as large as a submission may be, the second too much for the archive
            archive.writestr(f"ann/{ASSIGNMENT}-{number}.ipynb", bytes(LARGEST_FILE))
    ina = shared_site.visitor("ina")
    reply = upload(ina, bomb.getvalue())
    assert reply.status_code == 409 and "unpacks to far too much" in reply.text
    assert ina.http.get("/healthz").status_code == 200


@pytest.mark.full
def test_a_large_archive_is_never_in_memory(tmp_path: Path) -> None:
    """Neither when it is shown nor when it is confirmed; its bytes go from disk to disk."""
    database = Database(str(tmp_path / "quiz.db"))
    with live_homework(database, tmp_path / "course") as live:
        live.publish()
        ina, ann = live.server.student(name="ina", role="instructor"), live.server.student(name="ann")
        path, size = tmp_path / "class.zip", 40 * 1024**2
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"submitted/ann/{ASSIGNMENT}/{ASSIGNMENT}.ipynb", solved(live.server.course))
            archive.writestr(f"submitted/ann/{ASSIGNMENT}/data.bin", Random(1).randbytes(size))
        tracemalloc.start()
        try:
            with path.open("rb") as file:
                page = ina.http.post(
                    f"{CLASS}/upload", data={"token": ina.token}, files={"notebook": ("class.zip", file)}
                )
            assert "1 submission is new" in page.text
            fields = hidden_fields(page.text)
            assert ina.http.post(f"{CLASS}/upload/confirm", data=fields).status_code == 303
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < size / 2
        assert ann.page(f"/homework/{ASSIGNMENT}").count('href="/submissions/') == 1
    database.close()
