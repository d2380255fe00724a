"""A browser for the pages that has to find nothing to complain about."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from patience import PATIENCE
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, expect, sync_playwright

__all__ = ["browser", "browser_page", "chromium", "follow"]

Opened = TypeVar("Opened", Page, BrowserContext)

expect.set_options(timeout=1000 * PATIENCE)  # a page says when it is ready, on a loaded machine later
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Where this machine's Chromium is."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def patient(make: Callable[..., Opened]) -> Callable[..., Opened]:
    """The same, but what it opens waits as long as tests do: Playwright's 30 s pass on a loaded machine.

    Nothing moves by itself there, so where a part of the page is does not depend on when a test looks.
    """

    def opened(**settings: Any) -> Opened:
        made = make(**{"reduced_motion": "reduce", **settings})
        made.set_default_timeout(1000 * PATIENCE)
        return made

    return opened


def follow(link: Locator) -> None:
    """Press what leads to another page, and return when that page stands.

    A click alone returns while the old page is still there, and "the network is idle" may be said of it.
    """
    with link.page.expect_navigation():
        link.click()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium of this machine; tests are skipped without one, except in CI."""
    path = chromium()
    if path is None:
        missing = "Chromium is missing; `apt-get install chromium` or `brew install chromium` installs it."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for name in ("new_context", "new_page"):
            setattr(browser, name, patient(getattr(browser, name)))
        yield browser
        browser.close()


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """A fresh page; the test fails when a script, the console or the network had an error on it."""
    page = browser.new_page()
    problems: list[str] = []

    def refuse(dialog: Dialog) -> None:
        problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on(
        "console", lambda entry: problems.append(entry.text) if entry.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: problems.append(f"request failed: {request.url}"))
    page.on("dialog", refuse)
    yield page
    page.close()
    assert problems == []
