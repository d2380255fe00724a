"""Two servers of one course on PostgreSQL and an object store: each grades and shows everything."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from command import autograder
from homework_site import HomeworkSite, serving, solved, tiny_site, with_mistake


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
