"""Makes the pictures of the README: `make screenshots` takes a demonstration quiz in a real browser.

python tests/screenshots.py FOLDER
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from browser import ARGUMENTS, chromium

SIZE = {"width": 900, "height": 620}


def take(page: Page, link: str, folder: Path) -> None:
    """The start page, the quiz with a saved and a refused answer, and the look over before handing in."""
    page.goto(link)
    page.get_by_role("button", name="Sign in as").click()
    page.get_by_role("link", name="Quiz 4").click()
    page.screenshot(path=folder / "start.png")
    page.get_by_role("button", name="Start the quiz").click()
    boxes = page.locator("section.question input.number")
    boxes.nth(0).fill("0.75")
    boxes.nth(1).fill("a third")
    page.locator("#problem-1").wait_for(state="visible")
    page.get_by_text("Not saved: 2").wait_for()
    page.mouse.wheel(0, 150)
    page.wait_for_timeout(400)
    page.screenshot(path=folder / "quiz.png")
    boxes.nth(1).fill("0.3333")
    page.locator("section.question").nth(2).get_by_label("Flag this question").check()
    page.get_by_role("button", name="Review and submit").click()
    page.get_by_role("heading", name="Review and submit").wait_for()
    page.screenshot(path=folder / "review.png")


def main(folder: Path) -> None:
    """Serve the demonstration, take the pictures, end it."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "quizzes", "serve", "--demo", "--port", "0"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
        sync_playwright() as playwright,
    ):
        assert server.stdout is not None
        lines = iter(server.stdout.readline, "")
        link = next(match[1] for line in lines if (match := re.search(r"Ana: (\S+)", line)))
        time.sleep(2)
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        take(browser.new_page(viewport=SIZE, color_scheme="light"), link, folder)  # type: ignore[arg-type]
        browser.close()
        server.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
