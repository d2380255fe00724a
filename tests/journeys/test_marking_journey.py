"""Marking by hand in a browser: with the keys, without them, and nothing for axe to complain about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from live_server import Student
from marking_site import QUESTION, TASK, WORK, MarkingSite, answer_paths, mark, marking_site, points_on
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tiny_course import ASSIGNMENT

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MarkingSite]:
    """A site with three answers to each question."""
    folder = tmp_path_factory.mktemp("marking")
    answers = {"ann": "It is 2.", "bob": "It doubles.", "cem": "The slope."}
    with marking_site(str(folder / "quiz.db"), Path(folder) / "course", **answers) as site:
        yield site


def opened(browser: Browser, site: MarkingSite, person: Student, **settings: object) -> BrowserContext:
    """A browser in which somebody has signed in."""
    context = browser.new_context(**settings)  # type: ignore[arg-type]
    address = site.server.address
    cookies = [{"name": name, "value": value, "url": address} for name, value in person.http.cookies.items()]
    context.add_cookies(cookies)  # type: ignore[arg-type]
    return context


def test_marking_with_keys(browser: Browser, site: MarkingSite) -> None:
    """1 and 2 choose items, the points follow, s saves, z undoes; switched off, they do nothing."""
    tim = site.person("tim")
    context = opened(browser, site, tim)
    page = context.new_page()
    page.goto(f"{site.server.address}{QUESTION}/next")
    first = page.url
    page.keyboard.press("1")
    expect(page.locator("#preview")).to_have_text("0.5")
    page.keyboard.press("2")
    expect(page.locator("#preview")).to_have_text("1")
    page.get_by_label("Add or take off points").fill("-0.25")
    expect(page.locator("#preview")).to_have_text("0.75")
    page.get_by_label("Comment; the student reads it").fill("12 keys typed here choose nothing")
    page.locator("h1").click()
    page.keyboard.press("s")
    page.wait_for_url(lambda address: address != first)
    assert points_on(tim.page(first.removeprefix(site.server.address))) == "0.75"
    page.goto(first)
    page.keyboard.press("z")
    expect(page.locator("#preview")).to_have_text("–")
    page.get_by_role("button", name="Switch the keys off").click()
    switch_on = page.get_by_role("button", name="Switch the keys on")
    # A click doesn't wait for the next page and its script, and a key typed before it is lost.
    expect(switch_on).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("1")
    expect(page.get_by_role("checkbox").first).not_to_be_checked()
    switch_on.click()
    expect(page.get_by_role("button", name="Switch the keys off")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("1")
    expect(page.get_by_role("checkbox").first).to_be_checked()
    context.close()


@pytest.mark.full
@pytest.mark.parametrize(
    "settings",
    [
        {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
        pytest.param(
            {"color_scheme": "dark", "viewport": {"width": 390, "height": 700}}, marks=pytest.mark.full
        ),
    ],
    ids=["desktop", "phone"],
)
def test_every_page(browser: Browser, site: MarkingSite, settings: dict[str, object]) -> None:
    """axe finds nothing, and no page is wider than the screen."""
    ina, ann = site.person("ina"), site.person("ann")
    for path in answer_paths(ina)[:1]:
        mark(ina, path, points="0.5", comment="So.")
        ina.post(f"{path}/notes", note="A note.")
    ina.post(f"{QUESTION}/comments", text="See chapter 2.")
    regrades = f"/staff/homework/{ASSIGNMENT}/regrades"
    ina.post(regrades, scope="counting", reason="A look")
    found = re.search(r'"(/submissions/[\w-]+)"', ann.page(f"/homework/{ASSIGNMENT}"))
    assert found is not None
    pages = ["/marking", WORK, QUESTION, answer_paths(ina)[0], answer_paths(ina, TASK)[0]]
    pages += [regrades, f"{regrades}/1", "/regrade-requests"]
    faults = []
    for person, paths in ((ina, pages), (ann, ["/regrade-requests", found[1]])):
        context = opened(browser, site, person, **settings)
        page = context.new_page()
        for path in paths:
            page.goto(f"{site.server.address}{path}")
            faults += look(page)
        context.close()
    assert faults == []


def look(page: Page) -> list[str]:
    """What axe says of a page, and whether it is too wide."""
    violations = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
    faults = [f"{page.url}: {violation['id']}: {violation['nodes'][0]['html']}" for violation in violations]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        faults.append(f"{page.url}: wider than the screen")
    return faults
