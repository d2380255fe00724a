"""An instructor's way in a real browser: watch, extend, mark, regrade with the difference first."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from fake_clock import MINUTE
from live_server import ESSAY, NUMERIC, TEXT, LectureHall
from patience import PATIENCE
from playwright.sync_api import Browser, expect

from quizzes.services.scores import scores_at

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def test_the_whole_way(browser: Browser, lectures: LectureHall) -> None:
    """The live table moves by itself, an extension reaches its student, a regrade counts once released."""
    lectures.publish()
    teacher, student, other = lectures.student(role="instructor"), lectures.student(), lectures.student()
    attempt, second = student.start(), other.start()
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(1000 * PATIENCE)
    value = teacher.http.cookies["quiz_session"]
    context.add_cookies([{"name": "quiz_session", "value": value, "url": lectures.address}])
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    faults: list[str] = []

    def look() -> None:
        page.wait_for_load_state("networkidle")
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
        faults.extend(f"{page.url}: {one['id']}: {one['nodes'][0]['html']}" for one in found)

    page.goto(lectures.address)
    page.get_by_role("link", name="Watch and mark").click()
    row = page.get_by_role("row").filter(has_text=student.name)
    expect(row).to_contain_text("writing")
    look()
    row.get_by_role("checkbox").check()
    student.save(attempt, TEXT, "seen soon")
    expect(row.get_by_role("cell").nth(2)).to_have_text("1")  # without a reload
    expect(row.get_by_role("checkbox")).to_be_checked()
    page.get_by_label("Minutes", exact=True).fill("10")
    page.get_by_label("Why").fill("came late with a note")
    page.get_by_role("button", name="Give time").click()
    expect(row).to_contain_text("30 minutes")
    assert student.get(f"/attempts/{attempt}/clock").json()["remaining_ms"] == 30 * MINUTE
    page.get_by_label("They see it").fill("Ten minutes to go.")
    page.get_by_role("button", name="Send").click()
    for one, who in ((attempt, student), (second, other)):
        who.save(one, NUMERIC, "123456")
        who.save(one, ESSAY, "Because it saturates.")
        who.ask(f"/attempts/{one}/finish", {})
    lectures.proctor.mark()
    page.get_by_role("link", name=student.name.capitalize()).click()
    expect(page.get_by_role("heading", name=re.compile(student.name))).to_be_visible()
    look()
    page.get_by_role("link", name="Mark by hand").click()
    look()
    for left in ("2 answers wait", "1 answer waits"):
        expect(page.get_by_text(left)).to_be_visible()
        form = page.locator("form.question").first
        form.get_by_role("checkbox").first.check()
        form.get_by_role("button", name="Give this mark").click()
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    path = lectures.course.root / "quizzes" / "all.yaml"
    path.write_text(path.read_text("utf-8") + "dropped: [adagrad/rate-after-two]\n", encoding="utf-8")
    page.get_by_role("link", name="Regrade").click()
    page.get_by_role("button", name="Mark by the files").click()
    expect(page.get_by_role("row")).to_have_count(3)
    look()
    with lectures.database.reading() as connection:
        before = {one.student: one.points for one in scores_at(connection, "course", "all")}
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_text("Released")).to_be_visible()
    with lectures.database.reading() as connection:
        after = {one.student: one.points for one in scores_at(connection, "course", "all")}
    assert {name: points - (before[name] or 0) for name, points in after.items() if points} == {
        student.name: 1.0,
        other.name: 1.0,
    }
    page.get_by_role("link", name="Requests").click()
    look()
    context.close()
    assert (problems, faults) == ([], [])
