"""`autograder serve --demo`: a course with a class in all states, which leaves nothing behind."""

from __future__ import annotations

import re
import subprocess
import sys
import weakref
from pathlib import Path

import httpx
import pytest
from homework_site import HomeworkSite, Visitor
from local_http import LOCAL
from patience import eventually
from platform_simulator import CLAIM, CLIENT, CONTEXT, DEPLOYMENT, INSTRUCTOR, Browser, platform_for
from tiny_course import write_tiny_course

from autograder.course.course import Course


class Guest(Visitor):
    """Somebody who signs in by a link of the demonstration."""

    def __init__(self, address: str, link: str) -> None:
        self.http = httpx.Client(base_url=address, headers={"Origin": address}, **LOCAL)
        weakref.finalize(self, self.http.close)  # a browser that nobody holds any more is closed
        self.http.post(link, data={})
        self.token = self.page("/").split('name="form-token" content="')[1].split('"')[0]


@pytest.mark.full
def test_it_takes_launches(tmp_path: Path) -> None:
    """With lti.yaml the demonstration is a tool: a platform's course is connected, its link opens work."""
    course: Course = write_tiny_course(tmp_path)
    words = ["serve", "--demo", "--graders", "0", "--port", "0", "--port-file", str(tmp_path / "port")]
    command = [sys.executable, "-m", "autograder", *words]
    with (
        platform_for(course.root) as platform,
        subprocess.Popen(command, cwd=course.root, stdout=subprocess.PIPE, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            eventually((tmp_path / "port").exists, unless=lambda: process.poll() is not None)
            printed = "".join(process.stdout.readline() for _ in range(6))
            (*_, (address, link)) = re.findall(r"(http://[^/]+)(/sign-in/\S+)", printed)
            browser = Browser(platform, address)
            homework = {f"{CLAIM}custom": {"assignment": "tiny"}}
            assert browser.launch(**homework, **{f"{CLAIM}roles": [INSTRUCTOR]}).status_code == 403
            instructor = Guest(address, link)
            context = {"issuer": platform.address, "client": CLIENT, "deployment": DEPLOYMENT}
            form = {"token": instructor.token, **context, "context": CONTEXT, "connect": "yes"}
            assert instructor.http.post("/platforms/connections", data=form).status_code == 303
            instructor.http.close()
            assert browser.launch(**homework).headers["Location"] == "/assignments/tiny"
            page = browser.http.get("/assignments/tiny", follow_redirects=True)
            assert page.url.path == "/homework/tiny" and "Doubling and squaring" in page.text
        finally:
            process.terminate()
            process.wait()


def test_the_demonstration(tmp_path: Path) -> None:
    """The three links sign in, a class of submissions is graded, and nothing is left behind."""
    course: Course = write_tiny_course(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    words = ["serve", "--demo", "--graders", "1", "--port", "0", "--port-file", str(tmp_path / "port")]
    command = [sys.executable, "-m", "autograder", *words]
    with subprocess.Popen(command, cwd=course.root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            eventually((tmp_path / "port").exists, unless=lambda: process.poll() is not None)
            printed = "".join(process.stdout.readline() for _ in range(6))
            links = re.findall(r"(http://[^/]+)(/sign-in/\S+)", printed)
            student, assistant, instructor = (Guest(*link) for link in links)
            site = HomeworkSite(course, links[0][0], {}, [student, assistant, instructor])
            assert "Doubling and squaring" in student.page("/")
            page = instructor.page("/staff/homework/tiny")
            assert "<small>of 25</small></dd>" in page
            assert eventually(lambda: "points</strong>" in student.page("/"))
            assert assistant.http.get("/staff/homework/tiny").status_code == 200
            assert "/content/assignments/tiny" in instructor.page("/content")
            for visitor in site.visitors:
                visitor.http.close()
        finally:
            process.terminate()
            process.wait()
    (tmp_path / "port").unlink()
    assert sorted(tmp_path.rglob("*")) == before
