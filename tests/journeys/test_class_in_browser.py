"""A sample class, graded by the command, looked at in a real browser."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from browser import follow
from command import autograder
from playwright.sync_api import Page

from autograder.course.course import find_course

COURSE = find_course(Path(__file__).parent)


# The tests of one class run in one process, so that it is graded once; the first one stands for all in the
# quick suite.
CLASSES = [
    pytest.param(
        name, marks=[pytest.mark.xdist_group(f"browser {name}"), *([pytest.mark.full] if number else [])]
    )
    for number, name in enumerate(COURSE.assignment_ids())
]


@pytest.fixture(scope="module", params=CLASSES)
def graded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of a class of fourteen."""
    name, folder = request.param, tmp_path_factory.mktemp("class")
    commands = [
        ["demo-class", name, "--students", "14", "--out", folder / "class"],
        ["grade", name, folder / "class", "--out", folder / "graded", "--seed", "15", "--dataset", "digits"],
    ]
    for command in commands:
        done = autograder(*command, folder=COURSE.root)
        assert done.returncode == 0, done.stderr
    return folder / "graded"


def test_from_the_class_to_a_student(graded: Path, browser_page: Page) -> None:
    """The class page lists everybody; a click leads to a student's page that names the mistake."""
    with (graded.parent / "class" / "expected.csv").open(encoding="utf-8", newline="") as file:
        expected = {row["student"]: row for row in csv.DictReader(file)}
    assert expected["student-002"]["kind"] == "mistaken"
    browser_page.goto(graded.joinpath("index.html").as_uri())
    table = browser_page.locator("table.students")
    assert table.locator("tbody tr").count() == 14
    follow(table.get_by_role("link", name="student-002", exact=True))
    assert "student-002" in browser_page.locator("header").inner_text()
    assert browser_page.get_by_text("Known mistake").first.is_visible()
    sentence = expected["student-002"]["expect"].split("The feedback says: ")[1]
    assert browser_page.get_by_text(sentence).first.is_visible()


@pytest.mark.full
def test_every_link_leads_to_its_student(graded: Path, browser_page: Page) -> None:
    """The class page has one page a student behind its links, with that student's name on it."""
    browser_page.goto(graded.joinpath("index.html").as_uri())
    links = browser_page.locator("table.students tbody a").all()
    pages = {link.inner_text(): link.get_attribute("href") for link in links}
    assert len(pages) == 14
    for student, href in pages.items():
        browser_page.goto(graded.joinpath(href or "").as_uri())
        assert student in browser_page.locator("header").inner_text()


@pytest.mark.parametrize("width", [400, 1200])
def test_every_page_opens_cleanly(graded: Path, browser_page: Page, width: int) -> None:
    """No page of the class has an error on the console or runs over the window's edge."""
    browser_page.set_viewport_size({"width": width, "height": 900})
    pages = [graded / "index.html", *sorted((graded / "feedback").iterdir())]
    assert len(pages) == 15
    for page in pages:
        browser_page.goto(page.as_uri())
        assert browser_page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.name
