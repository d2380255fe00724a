"""A course's site for tests: `autograder serve` as a process of its own, on a tiny course with people."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from local_http import LOCAL
from patience import eventually
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.cli.serve import publish_assignment
from autograder.course.assignment import load_assignment
from autograder.course.course import Course
from autograder.site.people import COURSE, add_person, enrol
from autograder.site.server import open_site
from autograder.site.sessions import new_passcode

PEOPLE = {"ann": "student", "bob": "student", "tim": "ta", "ina": "instructor"}


class Visitor:
    """A person with a browser that keeps cookies and runs no script."""

    def __init__(self, address: str, person: str, passcode: str) -> None:
        self.http = httpx.Client(base_url=address, headers={"Origin": address}, **LOCAL)
        self.http.post("/sign-in", data={"person": person, "passcode": passcode})
        self.token = self.page("/").split('name="form-token" content="')[1].split('"')[0]

    def page(self, path: str) -> str:
        """A page's HTML."""
        reply = self.http.get(path, follow_redirects=True)
        assert reply.status_code == 200, reply.text
        return reply.text

    def upload(self, content: bytes, name: str = f"{ASSIGNMENT}.ipynb", **fields: str) -> httpx.Response:
        """Upload a file as the form of the assignment's page does."""
        return self.http.post(
            f"/homework/{ASSIGNMENT}/upload",
            data={"token": self.token, **fields},
            files={"notebook": (name, content)},
        )

    def submitted(self, content: bytes, name: str = f"{ASSIGNMENT}.ipynb") -> str:
        """The path of the page of an uploaded submission."""
        reply = self.upload(content, name)
        assert reply.status_code == 303, reply.text
        return reply.headers["Location"]

    def graded(self, path: str) -> str:
        """The page of a submission when it is graded."""
        eventually(lambda: self.http.get(f"{path}/status").json()["state"] == "graded")
        return self.page(path)


@dataclass
class HomeworkSite:
    """A running site."""

    course: Course
    address: str
    passcodes: dict[str, str]
    visitors: list[Visitor] = field(default_factory=list)

    def visitor(self, person: str) -> Visitor:
        """A person who has signed in."""
        self.visitors.append(Visitor(self.address, person, self.passcodes[person]))
        return self.visitors[-1]


def solved(course: Course) -> bytes:
    """A notebook with the reference's functions."""
    return to_bytes(filled_in(load_assignment(course, ASSIGNMENT)))


def with_mistake(course: Course) -> bytes:
    """The same with one known mistake: the factor of a gradient is missing."""
    return solved(course).replace(b"return FACTOR * grad_out", b"return grad_out.copy()")


def tiny_site(folder: Path) -> Course:
    """A tiny course with people and its published assignment."""
    course = write_tiny_course(folder)
    publish(course)
    return course


def publish(course: Course) -> None:
    """What `autograder publish` does, in this process: a process of its own takes two seconds to start."""
    publish_assignment(ASSIGNMENT, author="a test", course=course.root)


@contextmanager
def serving(
    course: Course,
    *words: str,
    people: Mapping[str, str] = PEOPLE,
    killed: bool = False,
    complaints: str = "",
) -> Iterator[HomeworkSite]:
    """The site of a course, ended by SIGTERM as a service would be, or killed.

    `complaints` are in what the server prints as errors, which is nothing otherwise.
    """
    codes = {}
    with open_site(course.root) as opened, opened.database.transaction() as connection:
        for person, role in people.items():
            add_person(connection, person, person.title())
            enrol(connection, COURSE, person, role=role)
            codes[person] = new_passcode(connection, person, opened.signer)
    port_file = course.root / "port"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "autograder", "serve", "--port", "0", "--port-file", str(port_file)]
    with (
        (course.root / "errors.txt").open("wb") as errors,
        subprocess.Popen(
            [*command, *words], cwd=course.root, stdout=subprocess.DEVNULL, stderr=errors, env={**os.environ}
        ) as process,
    ):
        eventually(port_file.exists, unless=lambda: process.poll() is not None)
        try:
            site = HomeworkSite(course, f"http://127.0.0.1:{port_file.read_text(encoding='ascii')}", codes)
            yield site
        finally:
            for visitor in site.visitors:
                visitor.http.close()
            if killed:
                process.kill()
            else:
                process.terminate()
            process.wait()
    printed = (course.root / "errors.txt").read_text(encoding="utf-8")
    assert killed or (complaints in printed if complaints else printed == "")


def links_in(page: str) -> list[str]:
    """The addresses that a page links to."""
    return re.findall(r'href="(/[^"]*)"', page)


def broken_notebook() -> bytes:
    """A file that is JSON and no notebook."""
    return json.dumps({"cells": 5}).encode()
