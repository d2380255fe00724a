"""What axe cannot see of WCAG 2.2 AA: reflow, spacing of text, the keyboard, focus that is visible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import follow
from command import autograder
from examples import one_in
from homework_site import HomeworkSite, serving, tiny_site, with_mistake
from live_server import SIGNER, LiveServer
from playwright.sync_api import Browser, BrowserContext, Page
from tiny_course import ASSIGNMENT

from autograder.site.sessions import new_link

SPACING = (
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }"
    "p { margin-bottom: 2em !important; }"
)
# Texts that are cut off: more of them than their box shows, and no way to scroll to it.
CUT = """() => [...document.querySelectorAll('main *, header *')].filter(e => {
  const s = getComputedStyle(e);
  return e.checkVisibility() && !e.closest('[aria-hidden=true]') && e.children.length === 0
    && e.textContent.trim() && s.overflowX === 'hidden' && e.clientWidth > 1
    && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1);
}).map(e => e.outerHTML.slice(0, 120))"""
OPERABLE = ", ".join(
    f"{element}:visible"
    for element in ("a[href]", "button:enabled", "input:enabled", "select", "textarea", "summary")
)
WIDE = """() => [...document.querySelectorAll('body *')].filter(e => document.documentElement.scrollWidth >
  innerWidth && e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 120))"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FOCUSED = """() => { const e = document.activeElement, s = getComputedStyle(e);
  return [e.tagName + ' ' + (e.name || e.textContent || '').trim().slice(0, 40), s.boxShadow !== 'none'
    || (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || e === document.body]; }"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeworkSite]:
    """A running site with one grader beside it."""
    with serving(tiny_site(tmp_path_factory.mktemp("course")), "--graders", "1") as site:
        yield site


@pytest.fixture(scope="module")
def pages(site: HomeworkSite) -> dict[str, list[str]]:
    """The pages of a student with a graded submission, and those of staff."""
    visitor = site.visitor("bob")
    path = visitor.submitted(with_mistake(site.course))
    visitor.graded(path)
    return {
        "bob": ["/", f"/homework/{ASSIGNMENT}", path, f"{path}/feedback"],
        "ina": ["/", f"/staff/homework/{ASSIGNMENT}", f"/staff{path}", f"/staff{path}/feedback", "/people"],
    }


def opened(browser: Browser, site: HomeworkSite, person: str, width: int) -> BrowserContext:
    """A browser of somebody who has signed in."""
    context = browser.new_context(viewport={"width": width, "height": 700}, bypass_csp=True)
    value = site.visitor(person).http.cookies["quiz_session"]
    context.add_cookies([{"name": "quiz_session", "value": value, "url": site.address}])
    return context


def reached_by_tab(page: Page) -> tuple[int, list[str]]:
    """How many stops the Tab key makes on a page, and the stops whose focus cannot be seen."""
    page.locator("body").focus()
    stops, hidden = 0, []
    for _ in range(200):
        page.keyboard.press("Tab")
        name, visible = page.evaluate(FOCUSED)
        if name.startswith("BODY"):
            break
        stops += 1
        if not visible:
            hidden.append(name)
    return stops, hidden


@pytest.mark.parametrize("person", one_in(2, ["ina", "bob"]))
def test_homework(browser: Browser, site: HomeworkSite, pages: dict[str, list[str]], person: str) -> None:
    """At 320 px and with wide spacing nothing is cut; Tab reaches every control, and its focus is seen."""
    context = opened(browser, site, person, 320)
    page, found = context.new_page(), []
    for path in pages[person]:
        page.goto(site.address + path)
        found += [f"{path} is wider than 320 px: {element}" for element in page.evaluate(WIDE)]
        controls = page.locator(OPERABLE).count()
        stops, hidden = reached_by_tab(page)
        found += [f"{path}: no focus is seen at {name}" for name in hidden]
        if stops < controls:
            found.append(f"{path}: Tab reaches {stops} of {controls} controls")
        page.add_style_tag(content=SPACING)
        found += [f"{path}: cut with wide spacing: {text}" for text in page.evaluate(CUT)]
    context.close()
    assert found == []


def test_a_quiz(browser: Browser, server: LiveServer) -> None:
    """The same for the page of an attempt."""
    server.publish()
    student = server.student()
    context = browser.new_context(viewport={"width": 320, "height": 700}, bypass_csp=True)
    page = context.new_page()
    with server.database.transaction() as connection:
        secret = new_link(connection, student.name, SIGNER, server.clock.now())
    page.goto(f"{server.address}/sign-in/{secret}")
    follow(page.get_by_role("button").last)
    page.goto(f"{server.address}/quizzes/all")
    follow(page.get_by_role("button", name="Start the quiz"))
    assert "/attempts/" in page.url
    wide = page.evaluate(WIDE)
    assert wide == []
    stops, hidden = reached_by_tab(page)
    assert hidden == [] and stops > 5
    page.add_style_tag(content=SPACING)
    assert page.evaluate(CUT) == []
    context.close()


@pytest.mark.full
@pytest.mark.parametrize("scheme", one_in(2, ["dark", "light"]))
def test_pages_that_are_files(browser: Browser, site: HomeworkSite, scheme: str, tmp_path: Path) -> None:
    """axe finds nothing on the pages of a graded class and of a gradebook, which need no server."""
    submitted = tmp_path / "submitted"
    submitted.mkdir()
    (submitted / "bob.ipynb").write_bytes(with_mistake(site.course))
    for words in (
        ("grade", ASSIGNMENT, submitted, "--out", tmp_path / "graded", "--seed", "1"),
        ("gradebook", "--from", tmp_path / "graded", "--out", tmp_path / "book"),
    ):
        done = autograder(*words, folder=site.course.root)
        assert done.returncode == 0, done.stderr
    context = browser.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": 390, "height": 800},
    )
    page, found = context.new_page(), []
    paths = [*(tmp_path / "graded").rglob("*.html"), *(tmp_path / "book").rglob("*.html")]
    assert len(paths) >= 4
    for path in paths:
        page.goto(path.as_uri())
        options = {"runOnly": {"type": "tag", "values": RULES}}
        found += [
            f"{path.name}: {violation['id']}: {violation['nodes'][0]['html']}"
            for violation in Axe().run(page, options=options).response["violations"]
        ]
    context.close()
    assert found == []
