"""Staff in a browser of a running site, with or without script; faults of the pages they see are noted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from homework_site import HomeworkSite
from patience import PATIENCE
from playwright.sync_api import Browser, FilePayload, Page, expect

__all__ = ["StaffBrowser", "csv_file", "staff_browser"]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class StaffBrowser:
    """A member of staff, signed in, who presses what the pages show."""

    def __init__(self, page: Page, address: str, *, script: bool) -> None:
        self.page, self.address, self.script = page, address, script
        self.faults: list[str] = []

    def go_home(self) -> None:
        """To the home page, by the name of the course on every page."""
        self.page.locator("header.site a.course").click()
        expect(self.page).to_have_url(f"{self.address}/")

    def follow(self, name: str, heading: str | re.Pattern[str], *, exact: bool = False) -> None:
        """Follow a link, and wait until the page with this heading stands."""
        parts = self.page.locator("header.site, main")  # without the link that skips to the content
        parts.get_by_role("link", name=name, exact=exact).first.click()
        self.stands(heading)

    def press(self, name: str | re.Pattern[str], shows: str | re.Pattern[str]) -> None:
        """Press a button, and wait for a text of the page that answers it."""
        self.page.get_by_role("button", name=name).first.click()
        expect(self.page.get_by_text(shows).first).to_be_visible()

    def stands(self, heading: str | re.Pattern[str]) -> None:
        """Wait for the page with this heading, and its script: a key that is pressed before it is lost."""
        expect(self.page.get_by_role("heading", name=heading, level=1).first).to_be_visible()
        self.page.wait_for_load_state()

    def look(self) -> None:
        """Note what is wrong with the page."""
        page = self.page
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            self.faults.append(f"{page.url} is wider than the screen")
        if self.script:
            options = {"runOnly": {"type": "tag", "values": RULES}}
            for fault in Axe().run(page, options=options).response["violations"]:
                self.faults.append(f"{page.url}: {fault['id']}: {fault['nodes'][0]['html']}")

    def reload_until(self, text: str | re.Pattern[str]) -> None:
        """Reload the page, as somebody does who runs no script, until it shows a text."""
        while self.page.get_by_text(text).count() == 0:
            self.page.wait_for_timeout(200)
            self.page.reload()


@contextmanager
def staff_browser(
    browser: Browser, site: HomeworkSite, person: str, *, script: bool
) -> Iterator[StaffBrowser]:
    """Somebody who signs in by the form; no page had a fault, and no script an error, at the end."""
    context = browser.new_context(java_script_enabled=script, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(1000 * PATIENCE)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("response", lambda reply: problems.append(reply.url) if reply.status == 500 else None)
    page.goto(site.address)
    page.get_by_label("Student ID").fill(person)
    page.get_by_label("Passcode").fill(site.passcodes[person])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Staff")).to_be_visible()
    staff = StaffBrowser(page, site.address, script=script)
    try:
        yield staff
    finally:
        context.close()
    found = "\n".join((*problems, *staff.faults))
    assert not found, found


def csv_file(name: str, text: str) -> FilePayload:
    """A table as a person chooses it in a form."""
    return {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
