"""A running site with written answers to mark, and a marker's way through the pages by plain forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import httpx
from command import autograder
from homework_site import HomeworkSite, Visitor, serving
from tiny_course import ASSIGNMENT
from written_course import answered_notebook, write_written_course

__all__ = ["QUESTION", "TASK", "WORK", "answer_paths", "fields_of", "mark", "marking_site", "send"]

WORK = f"/marking/homework/{ASSIGNMENT}"
QUESTION = f"{WORK}/questions/written:why-two"
TASK = f"{WORK}/questions/task:double"


@contextmanager
def marking_site(folder: Path, **answers: str) -> Iterator[HomeworkSite]:
    """A site on which each of these students has a graded submission with this answer to “Why two”."""
    course = write_written_course(folder)
    published = autograder("publish", ASSIGNMENT, folder=course.root)
    assert published.returncode == 0, published.stderr
    with serving(course, "--graders", "1") as site:
        for student, words in answers.items():
            visitor = site.visitor(student)
            notebook = answered_notebook(course, {"why-two": words, "why-mean": f"{words} Of the mean."})
            visitor.graded(visitor.submitted(notebook))
        yield site


def fields_of(page: str, action: str = "") -> dict[str, list[str]]:
    """What a browser sends of the form with this end of its action, as it is filled in."""
    form = next(part for part in page.split("<form")[1:] if f'{action}"' in part.split(">")[0]).split(
        "</form>"
    )[0]
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and (not re.search(r'type="(checkbox|radio)"', tag) or " checked" in tag):
            fields.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name_, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        fields.setdefault(name_, []).append(unescape(text))
    return fields


def send(visitor: Visitor, path: str, **fields: object) -> httpx.Response:
    """Send a form with a visitor's token."""
    return visitor.http.post(path, data={"token": visitor.token, **fields})


def answer_paths(visitor: Visitor, question: str = QUESTION) -> list[str]:
    """The addresses of the answers to a question, in the order in which they are marked."""
    return re.findall(rf'href="({re.escape(question)}/answers/[0-9a-f]+)"', visitor.page(question))


def mark(visitor: Visitor, path: str, **changes: object) -> httpx.Response:
    """Open an answer, change its form, and send it."""
    page = visitor.page(path)
    return send(visitor, path, **{**fields_of(page, path), **changes})
