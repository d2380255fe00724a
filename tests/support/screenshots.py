"""Makes the pictures of README and documentation from demonstrations in a real browser: `make screenshots`.

python tests/support/screenshots.py FOLDER   (of the repository, or one to look at first)
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from browser import ARGUMENTS, chromium

SIZE = {"width": 900, "height": 620}
WIDE = {"width": 1200, "height": 760}
ASSIGNMENT = "hw1-activations"


@contextmanager
def demonstration(program: str) -> Iterator[dict[str, str]]:
    """Serve `PROGRAM serve --demo`; the links with which its people sign in."""
    command = [sys.executable, "-m", program, "serve", "--demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        links: dict[str, str] = {}
        try:
            for line in server.stdout:
                if match := re.search(r"(Ana|Assistant|Instructor): (\S+)", line):
                    links[match[1]] = match[2]
                if "Ctrl-C" in line:
                    break
            yield links
        finally:
            server.terminate()


def signed_in(browser: Browser, link: str, size: dict[str, int]) -> Page:
    """A page of somebody who has signed in."""
    page = browser.new_page(viewport=size, color_scheme="light")  # type: ignore[arg-type]
    page.goto(link)
    page.get_by_role("button", name="Sign in as").click()
    page.get_by_role("button", name="Sign out").wait_for()
    return page


def of_quiz(page: Page, folder: Path) -> None:
    """The start page, the quiz with a saved and a refused answer, and the look over before submitting."""
    page.get_by_role("link", name="Quiz 4", exact=True).click()
    page.get_by_role("button", name="Start the quiz").wait_for()
    page.screenshot(path=folder / "start.png")
    page.get_by_role("button", name="Start the quiz").click()
    numbers = page.locator("section.question", has=page.locator("input.number"))  # wherever they stand
    numbers.nth(0).locator("input.number").fill("3")
    refused = numbers.nth(1)
    refused.locator("input.number").fill("a third")
    refused.locator("p.problem").wait_for(state="visible")
    page.get_by_text("Not saved: ").first.wait_for()
    numbers.nth(0).locator(".save-state", has_text="Saved").wait_for()
    refused.evaluate(
        "section => scrollTo(0, section.getBoundingClientRect().bottom + scrollY - innerHeight + 12)"
    )
    page.wait_for_timeout(400)
    page.screenshot(path=folder / "quiz.png")
    refused.locator("input.number").fill("0.3333")
    page.locator("section.question").nth(2).get_by_label("Flag this question").check()
    page.get_by_role("button", name="Review and submit").click()
    page.get_by_role("heading", name="Review and submit").wait_for()
    page.screenshot(path=folder / "review.png")


def graded_class(folder: Path) -> Path:
    """A small class of the first assignment, graded by the command; returns where its pages are.

    The site's demonstration would show the same after some minutes: its class has an endless loop in it.
    """
    autograder = [sys.executable, "-m", "autograder"]
    subprocess.run(
        [*autograder, "demo-class", ASSIGNMENT, "--students", "8", "--out", folder / "class"], check=True
    )
    subprocess.run(
        [*autograder, "grade", ASSIGNMENT, folder / "class", "--out", folder / "graded", "--seed", "15"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder / "graded"


def of_results(browser: Browser, graded: Path, folder: Path) -> None:
    """The page of a class, and the feedback of the first student who is told a known mistake."""
    page = browser.new_page(viewport=WIDE, color_scheme="light")  # type: ignore[arg-type]
    page.goto((graded / "index.html").as_uri())
    page.screenshot(path=folder / "class.png")
    page = browser.new_page(viewport=SIZE, color_scheme="light")  # type: ignore[arg-type]
    for feedback in sorted((graded / "feedback").glob("*.html")):
        page.goto(feedback.as_uri())
        named = page.get_by_text("Known mistake").first
        if named.count() and named.is_visible():
            named.evaluate("element => scrollTo(0, element.getBoundingClientRect().top + scrollY - 190)")
            page.screenshot(path=folder / "feedback.png")
            return
    raise SystemExit(f"No feedback in {graded} names a known mistake.")


def of_student(page: Page, folder: Path) -> None:
    """A student's home page."""
    page.get_by_role("heading", name="Homework").wait_for()
    page.screenshot(path=folder / "home.png")


def main(folder: Path) -> None:
    """Grade a class, serve the demonstrations, take the pictures, end them."""
    quiz, site = folder / "quizzes" / "pictures", folder / "autograder" / "site" / "pictures"
    for pictures in (quiz, site):
        pictures.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as temporary:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        with demonstration("quizzes") as links:
            of_quiz(signed_in(browser, links["Ana"], SIZE), quiz)
        with demonstration("autograder") as links:
            of_student(signed_in(browser, links["Ana"], WIDE), site)
        of_results(browser, graded_class(Path(temporary)), site)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
