"""Pages of staff in a real browser: axe, no page wider than a phone, whole in print; the editor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from fake_clock import MINUTE
from graded_course import ASSIGNMENT, QUIZ, finished_quiz, graded_course
from homework_site import solved
from live_homework import LiveHomework
from live_server import Student
from playwright.sync_api import Browser, Page, expect
from print_view import print_faults
from report_factory import make_check, make_report, make_task

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveHomework]:
    """A course with somebody's work on an assignment and a quiz."""
    with graded_course(tmp_path / "course") as live:
        live.publish(due_at=live.server.opens + 60 * MINUTE)
        live.server.publish(QUIZ)
        yield live


def opened(browser: Browser, live: LiveHomework, who: Student, *, phone: bool = False) -> Page:
    """A page of a browser in which somebody is signed in: light and wide, or dark on a phone."""
    context = browser.new_context(
        color_scheme="dark" if phone else "light",
        viewport={"width": 390, "height": 800} if phone else {"width": 1280, "height": 900},
    )
    context.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "url": live.server.address}
            for cookie in who.http.cookies.jar
        ]
    )
    return context.new_page()


def with_headings(notebook: bytes) -> bytes:
    """The notebook with texts whose headings skip levels, as students' do."""
    content = json.loads(notebook)
    for source in ("# Homework\n\n### Before you begin", "##### A remark", "# The end"):
        cell = {"cell_type": "markdown", "id": f"text-{len(source)}", "metadata": {}, "source": source}
        content["cells"].append(cell)
    return json.dumps(content).encode()


@pytest.mark.full
@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_axe_finds_nothing(browser: Browser, live: LiveHomework, phone: bool) -> None:
    """On any page of these parts; none is wider than the screen."""
    ann, ina = live.server.student(name="ann"), live.server.student(name="ina", role="instructor")
    submission = live.upload(ann, with_headings(solved(live.server.course))).headers["Location"]
    live.grade("4.5", report=make_report(make_task("double", make_check())).to_json().encode())
    finished_quiz(live, ann, "sum", "product")
    page = opened(browser, live, ina, phone=phone)
    found: list[str] = []

    def look() -> None:
        page.wait_for_load_state("networkidle")
        violations = (
            Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
        )
        found.extend(f"{page.url}: {fault['id']}: {fault['nodes'][0]['html']}" for fault in violations)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            found.append(f"{page.url} is {over} pixels too wide")
        found.extend(print_faults(page))

    for path in (
        "/",
        f"/staff/homework/{ASSIGNMENT}",
        f"/staff{submission}",
        f"/staff/{QUIZ}",
        "/people",
        "/marking",
        "/gradebook",
        "/gradebook/students/ann",
        "/content",
        "/content/banks/words",
        f"/content/assignments/{ASSIGNMENT}",
        "/settings",
        "/settings/log",
        "/settings/new-term",
    ):
        page.goto(f"{live.server.address}{path}")
        look()
    page.goto(f"{live.server.address}/gradebook")
    page.get_by_label("File for").select_option("csv")
    page.get_by_role("button", name="Show the export").click()
    expect(page.get_by_role("link", name="Download gradebook.csv")).to_be_visible()
    look()
    page.goto(f"{live.server.address}/content/assignments/{ASSIGNMENT}")
    page.get_by_label("Due").fill("2030-02-01 12:00")
    page.get_by_role("button", name="Show what would change").click()
    look()
    page.context.close()
    student = opened(browser, live, ann, phone=phone)
    page = student
    page.goto(f"{live.server.address}/grades")
    look()
    page.context.close()
    assert found == [], "\n".join(found)


def test_wide_pages_are_landscape_from_the_first_sheet_on(browser: Browser, live: LiveHomework) -> None:
    """The header of the site stands on the same sheet as what is below it."""
    ina = live.server.student(name="ina", role="instructor")
    page = opened(browser, live, ina)
    for path, is_wide in (("/gradebook", True), (f"/staff/homework/{ASSIGNMENT}", True), ("/groups", False)):
        page.goto(f"{live.server.address}{path}")
        sheets = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", page.pdf(prefer_css_page_size=True))
        assert sheets and all((float(width) > float(height)) is is_wide for width, height in sheets), path
    page.context.close()


def test_the_editor_looks_while_somebody_types(browser: Browser, live: LiveHomework) -> None:
    """A fault appears with its line, a key is explained, somebody else's save is told; nothing reloads."""
    ina, tea = (live.server.student(name=name, role="instructor") for name in ("ina", "tea"))
    page = opened(browser, live, ina)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda entry: problems.append(entry.text) if entry.type == "error" else None)
    page.goto(f"{live.server.address}/content/banks/words")
    expect(page.locator("#look-state")).to_have_text("No fault found")
    expect(page.locator("#look")).to_contain_text("What is the result of an addition called?")
    text = page.locator("#text")
    text.fill(text.input_value().replace("accept: [sum]", "accepted: [sum]"))
    expect(page.locator("#look-state")).to_contain_text("fault")
    expect(page.locator(".faults")).to_contain_text("Line")
    page.locator(".faults a").first.click()
    expect(page.locator("#key-help")).to_contain_text("Line")
    path = live.server.course.root / "quizzes" / "banks" / "words.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("Words", "Others"), encoding="utf-8")
    mine = text.input_value().replace("accepted: [sum]", "accept: [sum]")
    text.fill(mine.replace("It is the sum.", "They are added."))
    expect(page.locator("#meanwhile")).to_contain_text("has saved this file since you opened it")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Both changes are in the text below")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    assert "Others" in path.read_text(encoding="utf-8") and "They are added." in path.read_text(
        encoding="utf-8"
    )
    page.context.close()
    assert tea.get("/content/banks/words").status_code == 200
    assert problems == [] or all("409" in problem for problem in problems)
