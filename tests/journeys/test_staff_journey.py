"""An instructor's way in a real browser: watch, extend, mark, regrade with the difference first."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import follow
from fake_clock import MINUTE
from live_server import ESSAY, NUMERIC, TEXT, LiveServer
from playwright.sync_api import Browser, expect

from quizzes.services.scores import scores_at

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.full
def test_the_whole_way(browser: Browser, server: LiveServer) -> None:
    """The live table moves by itself, an extension reaches its student, a regrade counts once released."""
    server.publish()
    teacher, student, other = server.student(role="instructor"), server.student(), server.student()
    attempt, second = student.start(), other.start()
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    value = teacher.http.cookies["quiz_session"]
    context.add_cookies([{"name": "quiz_session", "value": value, "url": server.address}])
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    faults: list[str] = []

    def look() -> None:
        page.wait_for_load_state("networkidle")
        violations = (
            Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
        )
        faults.extend(
            f"{page.url}: {violation['id']}: {violation['nodes'][0]['html']}" for violation in violations
        )

    page.goto(server.address)
    page.get_by_role("link", name="Monitor and mark").click()
    row = page.get_by_role("row").filter(has_text=student.name)
    expect(row).to_contain_text("writing")
    look()
    row.get_by_role("checkbox").check()
    student.save(attempt, TEXT, "seen soon")
    expect(row.get_by_role("cell").nth(2)).to_have_text("1")  # without a reload
    expect(row.get_by_role("checkbox")).to_be_checked()
    page.get_by_label("Minutes", exact=True).fill("10")
    page.get_by_label("Reason").fill("came late with a note")
    follow(page.get_by_role("button", name="Give time"))
    expect(row).to_contain_text("30 minutes")
    assert student.get(f"/attempts/{attempt}/status").json()["remaining_ms"] == 30 * MINUTE
    page.get_by_label("Text; students see it").fill("Ten minutes to go.")
    follow(page.get_by_role("button", name="Send"))
    for attempt_id, who in ((attempt, student), (second, other)):
        who.save(attempt_id, NUMERIC, "123456")
        who.save(attempt_id, ESSAY, "Because it saturates.")
        who.ask(f"/attempts/{attempt_id}/finish", {})
    server.exam.mark()
    page.get_by_role("link", name=student.name.capitalize()).click()
    expect(page.get_by_role("heading", name=re.compile(student.name))).to_be_visible()
    look()
    follow(page.get_by_role("link", name="Manual marks"))
    look()
    essay = page.locator(".progress-line").filter(has_text="0 of 2 answers marked")
    follow(essay.get_by_role("link"))
    look()
    follow(page.get_by_role("link", name="Mark the next answer"))
    for _ in range(2):
        look()
        marked = re.escape(page.url)
        page.get_by_role("checkbox").first.check()
        page.get_by_role("button", name="Save, next").click()
        page.wait_for_url(re.compile(f"^(?!{marked}$)"))
    expect(page.get_by_text("No answer waits")).to_be_visible()
    page.goto(f"{server.address}/staff/all")
    path = server.course.root / "quizzes" / "all.yaml"
    path.write_text(path.read_text("utf-8") + "dropped: [adagrad/rate-after-two]\n", encoding="utf-8")
    page.get_by_role("link", name="Regrades", exact=True).click()
    page.get_by_role("button", name="Propose a regrade").click()
    expect(page.get_by_role("row")).to_have_count(3)
    look()
    with server.database.reading() as connection:
        before = {score.student: score.points for score in scores_at(connection, "course", "all")}
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_text("Released")).to_be_visible()
    with server.database.reading() as connection:
        after = {score.student: score.points for score in scores_at(connection, "course", "all")}
    assert {name: points - (before[name] or 0) for name, points in after.items() if points} == {
        student.name: 1.0,
        other.name: 1.0,
    }
    follow(page.get_by_role("navigation", name="Quiz").get_by_role("link", name="Regrade requests"))
    look()
    context.close()
    assert (problems, faults) == ([], [])
