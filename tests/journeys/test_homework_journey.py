"""Homework in a real browser: a student uploads, waits, reads the feedback and uploads again."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import follow
from homework_site import HomeworkSite, broken_notebook, serving, solved, tiny_site, with_mistake
from playwright.sync_api import Browser, FilePayload, Page, expect
from tiny_course import ASSIGNMENT

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeworkSite]:
    """A running site with one grader beside it."""
    with serving(tiny_site(tmp_path_factory.mktemp("course")), "--graders", "1") as site:
        yield site


def page_of(browser: Browser, site: HomeworkSite, person: str, **settings: object) -> Page:
    """A page of somebody who has signed in."""
    context = browser.new_context(**settings)  # type: ignore[arg-type]
    value = site.visitor(person).http.cookies["quiz_session"]
    context.add_cookies([{"name": "quiz_session", "value": value, "url": site.address}])
    page = context.new_page()
    page.goto(site.address)
    return page


def chosen(content: bytes, name: str = f"{ASSIGNMENT}.ipynb") -> FilePayload:
    """A file as a person chooses it."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def faults_of(page: Page) -> list[str]:
    """What axe finds on a page."""
    options = {"runOnly": {"type": "tag", "values": RULES}}
    return [
        f"{page.url}: {violation['id']}: {violation['nodes'][0]['html']}"
        for violation in Axe().run(page, options=options).response["violations"]
    ]


@pytest.mark.parametrize(
    ("size", "script"),
    [
        pytest.param(PHONE, True, id="phone-script"),
        pytest.param(DESKTOP, False, id="desktop-no-script", marks=pytest.mark.full),
        pytest.param(PHONE, False, id="phone-no-script", marks=pytest.mark.full),
        pytest.param(DESKTOP, True, id="desktop-script", marks=pytest.mark.full),
    ],
)
def test_a_student(browser: Browser, site: HomeworkSite, size: dict[str, int], script: bool) -> None:
    """A wrong notebook, the wait, the feedback, a better one, and what counts."""
    page = page_of(browser, site, "ann", viewport=size, java_script_enabled=script)
    page.get_by_role("link", name="Doubling and squaring").click()
    for content, name, score in (
        (broken_notebook(), "notes.ipynb", "0 of 6"),
        (with_mistake(site.course) + b"\n" * (size["width"] + script), f"{ASSIGNMENT}.ipynb", "4 of 6"),
        (solved(site.course) + b"\n" * (size["width"] + script), f"{ASSIGNMENT}.ipynb", "6 of 6"),
    ):
        page.get_by_label("Your notebook").set_input_files(chosen(content, name))
        page.get_by_role("button", name="Submit").click()
        expect(page.get_by_role("heading", name=re.compile(r"Submission \d+"))).to_be_visible()
        if not script:
            while "points" not in (page.locator("#state").text_content() or ""):
                page.wait_for_timeout(200)
                page.reload()
        expect(page.get_by_text(f"{score} points")).to_be_visible()
        if score == "0 of 6":
            expect(page.get_by_text("This file cannot be graded.")).to_be_visible()
        page.get_by_role("link", name="Read the feedback").click()
        if score == "4 of 6":
            expect(page.get_by_text("The factor 2 is missing")).to_be_visible()
        page.get_by_role("link", name="← Submission").click()
        page.get_by_role("link", name="← Doubling and squaring").click()
    expect(page.get_by_text(re.compile(r"6 of 6 points\s*count"))).to_be_visible()
    page.context.close()


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(PHONE, "dark", id="phone-dark", marks=pytest.mark.full),
        pytest.param(DESKTOP, "light", id="desktop-light", marks=pytest.mark.full),
        pytest.param(PHONE, "light", id="phone-light", marks=pytest.mark.full),
        pytest.param(DESKTOP, "dark", id="desktop-dark", marks=pytest.mark.full),
    ],
)
def test_accessibility(browser: Browser, site: HomeworkSite, size: dict[str, int], scheme: str) -> None:
    """axe finds nothing on any page of homework, and no page is wider than the screen."""
    path = site.visitor("bob").submitted(with_mistake(site.course))
    site.visitors[-1].graded(path)
    of_student = ["/", f"/homework/{ASSIGNMENT}", path, f"{path}/feedback"]
    of_staff = [f"/staff/homework/{ASSIGNMENT}", f"/staff{path}", f"/staff{path}/feedback"]
    faults = []
    for person, paths in (("bob", of_student), ("ina", of_staff)):
        page = page_of(browser, site, person, viewport=size, color_scheme=scheme)
        for address in paths:
            page.goto(site.address + address)
            faults += faults_of(page)
            if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
                faults.append(f"{address} is wider than {size['width']} px")
        page.context.close()
    assert faults == []


@pytest.mark.full
@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(DESKTOP, "light", id="desktop"),
        pytest.param(PHONE, "dark", id="phone", marks=pytest.mark.full),
    ],
)
def test_axe_finds_nothing_on_the_forms(
    browser: Browser, site: HomeworkSite, size: dict[str, int], scheme: str
) -> None:
    """Tokens, a new one among them, a class's download with its difference, and what was refused."""
    page = page_of(browser, site, "bob", viewport=size, color_scheme=scheme)
    page.goto(f"{site.address}/tokens")
    faults = faults_of(page)
    page.get_by_role("textbox").first.fill("my laptop")
    page.get_by_role("button", name=re.compile("token", re.I)).first.click()
    expect(page.get_by_text(re.compile("submit-"))).to_be_visible()
    faults += faults_of(page)
    page = page_of(browser, site, "ina", viewport=size, color_scheme=scheme)
    page.goto(f"{site.address}/staff/homework/{ASSIGNMENT}/upload")
    faults += faults_of(page)
    for content in (b"no archive", class_archive(site)):
        page.goto(f"{site.address}/staff/homework/{ASSIGNMENT}/upload")
        page.locator("input[type=file]").set_input_files(chosen(content, "class.zip"))
        follow(page.get_by_role("button").last)
        faults += faults_of(page)
    expect(page.get_by_text("is not on the roster")).to_be_visible()
    assert faults == []


def class_archive(site: HomeworkSite) -> bytes:
    """A class's download: a submission of a student, and one of nobody."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in ("bob", "eve"):
            archive.writestr(f"submitted/{name}/{ASSIGNMENT}/{ASSIGNMENT}.ipynb", solved(site.course))
    return content.getvalue()
