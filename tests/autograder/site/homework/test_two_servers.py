"""Two servers of one course on PostgreSQL and an object store: each grades and shows everything."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from command import autograder
from homework_site import HomeworkSite, serving, solved, tiny_site, with_mistake
from live_homework import live_homework
from sqlalchemy import event, text
from tiny_course import ASSIGNMENT

from autograder.site.database import Database


@pytest.mark.full
def test_two_servers_on_postgresql_and_an_object_store(
    tmp_path: Path, postgres_database: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever takes a submission in, both have its bytes, score and feedback; the ledger verifies."""
    monkeypatch.setenv("DATABASE_URL", postgres_database)
    monkeypatch.setenv("AUTOGRADER_FILES", bucket)
    monkeypatch.setenv("QUIZ_SECRET", "one secret of both servers, long enough")
    course = tiny_site(tmp_path / "first")
    other_course = tiny_site(tmp_path / "other")
    with serving(course, "--graders", "1") as first, serving(other_course, "--graders", "1") as other:
        first.passcodes.update(other.passcodes)
        people = [(first, "ann"), (other, "bob")]

        def submits(place: tuple[HomeworkSite, str]) -> list[tuple[str, bytes]]:
            site, person = place
            visitor = site.visitor(person)
            contents = [with_mistake(course) + b" " * number for number in range(3)]
            contents.append(solved(course))
            return [(visitor.submitted(content), content) for content in contents]

        with ThreadPoolExecutor() as threads:
            stored = dict(zip(("ann", "bob"), threads.map(submits, people), strict=True))
        for person, submissions in stored.items():
            for site in (first, other):
                visitor = site.visitor(person)
                for path, content in submissions:
                    page = visitor.graded(path)
                    assert visitor.http.get(f"{path}/file").content == content
                    assert visitor.http.get(f"{path}/feedback").status_code == 200
                assert "6 of 6 points" in page
        assert not list((tmp_path / "first").rglob("*.gz")) + list((tmp_path / "other").rglob("*.gz"))
        verified = autograder("verify", folder=course.root)
        assert "tiny: 9 lines, nothing changed" in verified.stdout, verified.stdout + verified.stderr


@pytest.mark.full
def test_a_connection_that_is_cut_in_the_middle_of_a_page(tmp_path: Path, postgres_database: str) -> None:
    """The page says that the database was away, not that the server has a fault; the next one is there."""
    database, cut = Database(postgres_database), list[int]()
    with live_homework(database, tmp_path / "course") as live:
        live.publish()
        ann = live.server.student(name="ann")

        def end(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
            if "FROM homework" in statement and not cut:
                cut.append(cursor.connection.info.backend_pid)
                with database.transaction() as other:
                    other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": cut[0]})

        event.listen(database._read, "before_cursor_execute", end)
        reply = ann.get(f"/homework/{ASSIGNMENT}")
        event.remove(database._read, "before_cursor_execute", end)
        assert cut and reply.status_code == 503
        assert "The database was away for a moment" in reply.text
        assert ann.get(f"/homework/{ASSIGNMENT}").status_code == 200
    database.close()
