"""A browser for the pages that has to find nothing to complain about."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from patience import PATIENCE
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright

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
