"""Pages of a class of 2,000 keep to 300 kB compressed, whatever they list; so does a 10 MB notebook."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx
import pytest
from fake_clock import MINUTE
from graded_course import ASSIGNMENT, QUIZ, graded_course
from homework_site import solved
from live_homework import LiveHomework
from live_server import Student
from report_factory import make_check, make_report, make_task
from site_pages import page_paths
from sqlalchemy import insert, select

from autograder.site.homework.assignments import published
from autograder.site.homework.submissions import store_submission
from autograder.site.homework.tables import submission_owner
from autograder.site.loadtest.fixture import padded
from autograder.site.marking.tables import regrade_message, regrade_request
from autograder.site.people import COURSE, add_person, enrol
from autograder.site.tables import section_member
from quizzes.store.tables import attempt

STUDENTS, REQUESTS = 2000, 400
LARGEST = 300_000  # bytes, compressed
MEGABYTES = 10 * 1024**2
KINDS = ("pictures", "outputs", "one output", "many outputs", "sources", "texts", "cells")


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHomework]:
    """A class of 2,000: everybody submitted and took the quiz, half of them are done with it."""
    with graded_course(tmp_path_factory.mktemp("course")) as live:
        server = live.server
        live.publish(due_at=server.opens + 60 * MINUTE)
        server.publish(QUIZ)
        names = [f"student-{number:05}" for number in range(STUDENTS)]
        digest = live.files.put(solved(server.course))
        with server.database.transaction() as connection:
            row, at = published(connection, COURSE, ASSIGNMENT), server.clock.now()
            for number, name in enumerate(names):
                add_person(connection, name, f"Student {number} of Some Longer Name", f"{name}@example.org")
                enrol(connection, COURSE, name)
                store_submission(
                    connection,
                    row,
                    course=COURSE,
                    person=name,
                    digest=digest,
                    size=1,
                    file=f"{ASSIGNMENT}.ipynb",
                    began_at=at,
                    received_at=at,
                    signer=server.signer,
                )
            sections = [
                {"course": COURSE, "person": name, "section": f"Section {number % 20}"}
                for number, name in enumerate(names)
            ]
            connection.execute(insert(section_member), sections)
        report = make_report(make_task("double", make_check())).to_json().encode()
        live.grade("4.5", report=report)
        attempts = [server.exam.start(QUIZ, name, f"lock-of-{name}") for name in names]
        for name, started in list(zip(names, attempts, strict=True))[: STUDENTS // 2]:
            server.exam.finish(started.result().id, name)
        _ask_for_regrades(live, names[:REQUESTS])
        server.exam.mark()
        yield live


def _ask_for_regrades(live: LiveHomework, names: list[str]) -> None:
    with live.server.database.transaction() as connection:
        rows = connection.execute(select(submission_owner.c.person, submission_owner.c.submission))
        owned = {row.person: row.submission for row in rows}
        for name in names:
            request = {
                "course": COURSE,
                "kind": "homework",
                "work": ASSIGNMENT,
                "answer": owned[name],
                "part": "double",
                "person": name,
                "marker": "",
                "at": live.server.opens,
                "state": "open",
                "changed": False,
            }
            asked = insert(regrade_request).values(**request).returning(regrade_request.c.id)
            number = connection.execute(asked).scalar_one()
            message = {"request": number, "person": name, "at": live.server.opens, "who": name}
            connection.execute(insert(regrade_message).values(**message, text=noise(300)))


def one_of_each(live: LiveHomework) -> dict[str, str]:
    """What a route's path names."""
    with live.server.database.reading() as connection:
        row = connection.execute(select(attempt.c.id).where(attempt.c.person == "student-00000")).one()
    return {
        "assignment": ASSIGNMENT,
        "work": ASSIGNMENT,
        "quiz": QUIZ,
        "attempt": row.id,
        "student": "student-00000",
        "person": "student-00000",
        "name": "words",
        "bank": "words",
        "kind": "homework",
        "question": "double",
    }


def compressed(reply: httpx.Response) -> int:
    """The size of a page as it is sent to a browser, in bytes; 0 of a download."""
    is_page = reply.headers.get("content-type", "").startswith("text/html")
    return len(gzip.compress(reply.content, 6)) if is_page else 0


@pytest.mark.full
def test_no_page_of_a_large_class_is_large(crowd: LiveHomework) -> None:
    """Every page of the route table, for an instructor and a student, and those that list the most."""
    server, values = crowd.server, one_of_each(crowd)
    ina = server.student(name="ina", role="instructor")
    student = Student(server, "student-00000").sign_in()
    submissions = re.findall(r"/staff(/submissions/[\w-]+)", ina.page(f"/staff/homework/{ASSIGNMENT}"))
    values["submission"] = submissions[0].rpartition("/")[2]
    paths = {*page_paths(values), "/marking/quiz/words", *(f"/staff/{QUIZ}/results?attempts=all",)}
    sizes: dict[str, int] = {}
    for who in (ina, student):
        for path in sorted(paths):
            reply = who.get(path)
            assert reply.status_code < 500, path
            sizes[f"{who.name} {path}"] = compressed(reply)
    large = {path: size for path, size in sizes.items() if size > LARGEST}
    assert (
        min(sizes["ina /gradebook"], sizes["ina /people"], sizes[f"ina /staff/{QUIZ}"]) > 3000
    )  # they list people
    assert large == {}, sizes


def notebook(*cells: dict[str, object]) -> bytes:
    """A notebook of these cells."""
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()


def code(source: str, *outputs: str) -> dict[str, object]:
    """A code cell that printed these texts."""
    printed = [{"output_type": "stream", "name": "stdout", "text": text} for text in outputs]
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": printed, "execution_count": 1}


def text(source: str) -> dict[str, object]:
    """A cell of Markdown."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def noise(characters: int, seed: int = 0) -> str:
    """Text that hardly compresses, another one for each seed."""
    return Random(seed).randbytes(characters // 2).hex()


def notebooks_of_ten_megabytes() -> dict[str, bytes]:
    """Notebooks that are large in every way."""
    return {
        "pictures": padded(notebook(code("x = 1")), MEGABYTES, Random(1), pictures=20),
        "outputs": notebook(*(code(f"x = {number}", noise(5000, number)) for number in range(2000))),
        "one output": notebook(code("x = 1", noise(MEGABYTES)), code("y = 2")),
        "many outputs": notebook(code("x = 1", *(noise(50_000, seed) for seed in range(200))), code("y = 2")),
        "sources": notebook(*(code(f"# {noise(5000, number)}") for number in range(2000))),
        "texts": notebook(
            code("x = 1"),
            *(text(f"**{number}** `{noise(5000, number)}`") for number in range(2000)),
        ),
        "cells": notebook(*(code("x") for _ in range(120_000))),
    }


@pytest.mark.full
@pytest.mark.parametrize("kind", KINDS)
def test_no_page_of_a_large_notebook_is_large(tmp_path: Path, kind: str) -> None:
    """Whatever it is that makes a notebook large: pictures, outputs, code, texts or cells."""
    with graded_course(tmp_path / "course") as live:
        live.publish(due_at=live.server.opens + 60 * MINUTE)
        ann, ina = live.server.student(name="ann"), live.server.student(name="ina", role="instructor")
        path = live.upload(ann, notebooks_of_ten_megabytes()[kind]).headers["Location"]
        live.grade("4.5", report=make_report(make_task("double", make_check())).to_json().encode())
        reply = ina.get(f"/staff{path}")
        assert reply.status_code == 200
        assert 1000 < compressed(reply) <= LARGEST
