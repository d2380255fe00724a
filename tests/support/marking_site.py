"""A live server with answers to mark, and a marker's way through the pages by plain forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from live_homework import LiveHomework
from live_server import Student, live_server
from report_factory import make_check, make_report, make_task
from tiny_course import ASSIGNMENT
from written_course import answered_notebook, write_written_course

from autograder.report import Report, WrittenAnswer
from autograder.site.database import Database
from autograder.site.file_store import FileStore
from autograder.site.homework.context import files_address
from autograder.site.homework.grade_records import GradingResult
from autograder.site.homework.queue import finish, lease_next
from autograder.site.homework.scores import GradingSummary
from autograder.site.marking.rubrics import apply_recalculations
from autograder.site.people import COURSE
from autograder.submissions.submission import digest

__all__ = [
    "QUESTION",
    "TASK",
    "WORK",
    "MarkingSite",
    "answer_paths",
    "answer_with",
    "answers_of",
    "fields_of",
    "mark",
    "marking_site",
    "points_on",
]

WORK = f"/marking/homework/{ASSIGNMENT}"
QUESTION = f"{WORK}/questions/written:why-two"
TASK = f"{WORK}/questions/task:double"


class MarkingSite:
    """The server, its staff, and students with graded submissions."""

    def __init__(self, live: LiveHomework) -> None:
        self.live, self.server = live, live.server
        live.publish()
        self.people: dict[str, Student] = {}

    def person(self, name: str, role: str = "student") -> Student:
        """Somebody of the course, who has signed in."""
        if name not in self.people:
            self.people[name] = self.server.student(name=name, role=role)
        return self.people[name]

    def submit(self, student: str, words: str) -> str:
        """Submit and grade answers of a student; the path of the submission."""
        notebook = answered_notebook(self.server.course, {"why-two": words, "why-mean": f"{words} Mean."})
        sent = self.live.upload(self.person(student), notebook)
        assert sent.status_code == 303, sent.text
        report = report_on(words, student)
        self.live.grade(
            "4.5", "4.5", report=report.to_json().encode(), summary=GradingSummary.of(report).to_json()
        )
        return sent.headers["Location"]

    def grade(self, points: dict[str, float]) -> None:
        """Give what waits these points of its first task, by student; a grader's work."""
        database, files, at = self.server.database, self.live.files, self.server.clock.now()
        with database.transaction() as connection:
            while lease := lease_next(connection, COURSE, "a test", at):
                report = report_on("", lease.student, points[lease.student])
                earned = Decimal(str(report.score.earned))
                result = GradingResult(
                    files.put(report.to_json().encode()),
                    earned,
                    Decimal("4.5"),
                    GradingSummary.of(report).to_json(),
                )
                finish(connection, lease.id, lease.secret, result, at)

    def recalculate(self) -> None:
        """What the server's background work does every second."""
        apply_recalculations(self.server.site)

    def score(self, student: str) -> str:
        """A student's score on their home page."""
        found = re.search(r"([\d.]+ of [\d.]+ points(?: so far)?)", self.person(student).page("/"))
        assert found is not None
        return found[1]


def report_on(words: str, student: str, double: float = 3) -> Report:
    """The report on a submission with right functions and these words."""
    answers = {"why-two": (1.0, "Why two", words), "why-mean": (0.5, "Why the mean", f"{words} Mean.")}
    return make_report(
        make_task("double", make_check(points=3, earned=double), functions=["double", "double_backward"]),
        make_task("mean_square", make_check(points=1.5), functions=["mean_square"]),
        student=student,
        assignment=ASSIGNMENT,
        written=[
            WrittenAnswer(task=task, title=title, points=points, text=text, digest=digest(text)[:16], cell=3)
            for task, (points, title, text) in answers.items()
            if words
        ],
    )


@contextmanager
def marking_site(address: str, folder: Path, **answers: str) -> Iterator[MarkingSite]:
    """A site with Tim, an assistant, and Ina, an instructor, and these students' answers to “Why two”."""
    course = write_written_course(folder)
    with live_server(Database(address), folder, course=course) as server:
        site = MarkingSite(LiveHomework(server, FileStore(files_address(folder))))
        site.person("tim", "ta")
        site.person("ina", "instructor")
        for student, words in answers.items():
            site.submit(student, words)
        yield site


def fields_of(page: str, action: str = "") -> dict[str, list[str]]:
    """What a browser sends of the form with this end of its action, as it is filled in."""
    forms = page.split("<form")[1:]
    form = next(part for part in forms if f'{action}"' in part.split(">")[0]).split("</form>")[0]
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and (not re.search(r'type="(checkbox|radio)"', tag) or " checked" in tag):
            fields.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for area, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        fields.setdefault(area, []).append(unescape(text))
    return fields


def answer_paths(marker: Any, question: str = QUESTION) -> list[str]:
    """The addresses of the answers to a question, in the order in which they are marked."""
    return re.findall(rf'href="({re.escape(question)}/answers/[0-9a-f]+)"', marker.page(question))


def mark(marker: Any, path: str, **changes: object) -> httpx.Response:
    """Open an answer, change its form, and send it."""
    reply: httpx.Response = marker.post(path, **{**fields_of(marker.page(path), path), **changes})
    return reply


def answers_of(marker: Any, kind: str, work: str) -> list[str]:
    """The addresses of all answers to the questions of an assignment or a quiz."""
    questions = re.findall(
        rf'href="(/marking/{kind}/{work}/questions/[^"/]+)"', marker.page(f"/marking/{kind}/{work}")
    )
    return [path for question in dict.fromkeys(questions) for path in answer_paths(marker, question)]


def answer_with(marker: Any, words: str, *, kind: str = "quiz", work: str = "all") -> str:
    """The address of the answer whose page has these words."""
    return next(path for path in answers_of(marker, kind, work) if words in marker.page(path))


def points_on(page: str) -> str:
    """The points of an answer, as its page shows them."""
    found = re.search(r'id="preview">([^<]*)<', page)
    assert found is not None
    return found[1]
