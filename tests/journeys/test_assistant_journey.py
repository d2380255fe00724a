"""An assistant's day in a real browser: assigned work, marks by hand, a rubric, a request, an override."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from command import autograder
from homework_site import HomeworkSite, Visitor, serving
from playwright.sync_api import Browser, expect
from staff_browser import StaffBrowser, staff_browser
from tiny_course import ASSIGNMENT
from written_course import answered_notebook, write_written_course

PEOPLE = {"ann": "student", "bob": "student", "cem": "student", "tim": "ta", "ina": "instructor"}
QUESTION = f"/marking/homework/{ASSIGNMENT}/questions/written:why-two"


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeworkSite]:
    """A site with a grader, and three graded submissions whose written answers nobody has marked."""
    course = write_written_course(
        tmp_path_factory.mktemp("course"), "regrade_requests: {after_hours: 0, days: 7}\n"
    )
    published = autograder("publish", ASSIGNMENT, folder=course.root)
    assert published.returncode == 0, published.stderr
    with serving(course, "--graders", "1", people=PEOPLE) as site:
        students = {name: site.visitor(name) for name in ("ann", "bob", "cem")}
        paths = {
            name: student.submitted(answered_notebook(course, {"why-two": f"{name.title()} says: it is 2."}))
            for name, student in students.items()
        }
        for name, student in students.items():
            student.graded(paths[name])
        assign(site.visitor("ina"))
        yield site


def assign(instructor: Visitor) -> None:
    """Give all answers to “Why two” to the assistant."""
    fields = {"question": "written:why-two", "marker": "tim", "how": "person", "token": instructor.token}
    assert instructor.http.post(f"/marking/homework/{ASSIGNMENT}/assign", data=fields).status_code == 303


@pytest.mark.parametrize(
    "script", [True, pytest.param(False, marks=pytest.mark.full)], ids=["script", "no-script"]
)
def test_an_assistant(browser: Browser, site: HomeworkSite, script: bool) -> None:
    """All of it from the home page, by what the pages offer; every student reads what concerns them."""
    ann, bob = site.visitors[0], site.visitors[1]
    with staff_browser(browser, site, "tim", script=script) as tim:
        tim.look()
        tim.follow("Marking by hand", "Marking by hand")
        marked = mark_three_answers(tim)
        change_the_rubric(tim)
        path = ask_for_a_regrade(ann)
        answer_the_request(tim)
        assert "Points were missing, you are right." in ann.page("/regrade-requests")
        assert "Why two: 1 of 1" in ann.page(path)
        override(tim)
    assert marked == {"Ann", "Bob", "Cem"}
    assert re.search(r"2\.5 of 6 points", bob.page("/")) and "The oral exam" in bob.page(
        f"/homework/{ASSIGNMENT}"
    )


def mark_three_answers(tim: StaffBrowser) -> set[str]:
    """Mark the assigned answers, with keys where there is script; whose words they were."""
    page, seen = tim.page, set()
    tim.follow("Why two", re.compile("Why two"))
    tim.follow("Mark the next answer", re.compile(r"Why two answer \d of 3; 3 wait for you"))
    for left in (2, 1, 0):
        answer = re.compile(r"(\w+) says: it is 2\.")
        expect(page.locator("main")).to_contain_text(answer)
        found = answer.search(page.locator("main").inner_text())
        assert found is not None and "ann" not in page.url
        seen.add(found[1])
        if tim.script:
            page.keyboard.press("1")
            expect(page.locator("#preview")).to_have_text("0.5")
            page.keyboard.press("s")
        else:
            page.get_by_role("checkbox", name="It names the derivative.").check()
            page.get_by_role("button", name="Save, next").click()
        if left:
            tim.stands(re.compile(rf"Why two answer \d of 3; {left} waits? for you"))
    expect(page.get_by_text("No answer waits for you.")).to_be_visible()
    return seen


def change_the_rubric(tim: StaffBrowser) -> None:
    """Half as many points for the first item: three marks change, and follow once that is confirmed."""
    page = tim.page
    page.get_by_label("Points of item 1").fill("0.25")
    page.get_by_label("Why it changes (recorded)").fill("It was too generous")
    tim.press("Save the rubric", "3 marks change with this rubric.")
    tim.look()
    page.get_by_role("button", name="Confirm, and change 3 marks").click()
    expect(page.get_by_role("heading", name="Changes of the rubric")).to_be_visible()
    answers = page.get_by_role("region", name="Answers")
    while answers.get_by_role("cell", name="0.25", exact=True).count() < 3:
        page.wait_for_timeout(200)
        page.reload()
    tim.look()


def ask_for_a_regrade(student: Visitor) -> str:
    """A student asks, on the page of the result; its path."""
    path = str(re.findall(r'href="(/submissions/[\w-]+)"', student.page(f"/homework/{ASSIGNMENT}"))[0])
    fields = {"kind": "homework", "answer": path.rpartition("/")[2], "part": "written:why-two"}
    assert "Request a regrade" in student.page(path)
    sent = student.http.post(
        "/regrade-requests", data={"token": student.token, "text": "I say why, too.", **fields}
    )
    assert sent.status_code == 303, sent.text
    return path


def answer_the_request(tim: StaffBrowser) -> None:
    """The home page says that a request waits; it is answered with other points."""
    page = tim.page
    tim.go_home()
    tim.follow("1 regrade request waits for an answer", "Regrade requests")
    expect(page.get_by_text("I say why, too.")).to_be_visible()
    page.get_by_label("Answer; the student reads it").fill("Points were missing, you are right.")
    page.get_by_label(re.compile("New points")).fill("1")
    tim.press("Send the answer", "No regrade request waits for an answer.")
    tim.go_home()
    expect(page.get_by_text("regrade request waits")).to_have_count(0)


def override(tim: StaffBrowser) -> None:
    """The points of a whole submission, from the table of the class."""
    page = tim.page
    tim.follow("Doubling and squaring", "Doubling and squaring")
    tim.follow("Submissions of the class", "Doubling and squaring")
    page.get_by_role("rowheader").get_by_role("link", name="Bob").click()
    tim.stands(re.compile("Bob submission 1"))
    page.get_by_label(re.compile("Points of the whole submission")).fill("2.5")
    page.get_by_label("Reason; the student sees it").fill("The oral exam")
    page.get_by_role("button", name="Set the points").click()
    expect(page.get_by_text(re.compile("set by Tim on .*: The oral exam"))).to_be_visible()
    tim.look()
