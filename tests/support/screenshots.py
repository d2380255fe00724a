"""Makes the pictures of README and documentation from demonstrations in a real browser: `make screenshots`.

python tests/support/screenshots.py FOLDER   (of the repository, or one to look at first)
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import Browser, Page, expect, sync_playwright

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from browser import ARGUMENTS, chromium

SIZE = {"width": 900, "height": 620}
WIDE = {"width": 1200, "height": 760}
ASSIGNMENT = "hw1-activations"
UNGRADED = re.compile("for a grader|for grading|[Bb]eing graded")
GRADED_WITHIN = 900_000  # milliseconds, for the class of the demonstration


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
    numbers.nth(0).evaluate("section => scrollTo(0, section.offsetTop - 70)")
    page.wait_for_timeout(400)
    page.screenshot(path=folder / "quiz.png")
    refused.locator("input.number").fill("0.3333")
    page.locator("section.question").nth(2).get_by_label("Flag this question").check()
    page.get_by_role("button", name="Review and submit").click()
    page.get_by_role("heading", name="Review and submit").wait_for()
    page.screenshot(path=folder / "review.png")


def of_staff(page: Page, folder: Path) -> None:
    """The class of the first assignment once it is graded, one submission of it, and the gradebook."""
    page.goto(urljoin(page.url, f"/staff/homework/{ASSIGNMENT}"))
    for _ in range(GRADED_WITHIN // 2000):
        if page.get_by_text(UNGRADED).count() == 0:
            break
        page.wait_for_timeout(2000)
        page.reload()
    expect(page.get_by_text(UNGRADED)).to_have_count(0)  # a picture of a class that waits shows nothing
    page.screenshot(path=folder / "class.png")
    page.locator("a[href^='/staff/submissions/']").first.click()
    page.wait_for_url("**/staff/submissions/*")
    page.screenshot(path=folder / "submission.png")
    page.goto(urljoin(page.url, "/gradebook"))
    page.screenshot(path=folder / "gradebook.png")


def of_student(page: Page, folder: Path) -> None:
    """A student's home page, and the feedback on a submission."""
    page.screenshot(path=folder / "home.png")
    page.goto(urljoin(page.url, f"/homework/{ASSIGNMENT}"))
    page.locator("a[href^='/submissions/']").first.click()
    page.wait_for_url("**/submissions/*")
    page.get_by_role("link", name=re.compile("feedback", re.I)).first.click()
    page.wait_for_url("**/feedback")
    expect(page.locator("h1").first).to_be_visible()
    page.screenshot(path=folder / "feedback.png")


def main(folder: Path) -> None:
    """Serve the demonstrations, take the pictures, end them."""
    quiz, site = folder / "quizzes" / "pictures", folder / "autograder" / "site" / "pictures"
    for pictures in (quiz, site):
        pictures.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        with demonstration("quizzes") as links:
            of_quiz(signed_in(browser, links["Ana"], SIZE), quiz)
        with demonstration("autograder") as links:
            of_staff(signed_in(browser, links["Instructor"], WIDE), site)
            of_student(signed_in(browser, links["Ana"], WIDE), site)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
