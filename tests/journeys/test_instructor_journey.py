"""An instructor's weeks in a real browser: people, dates, releases, regrades, a quiz, exports, an erasure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from homework_site import HomeworkSite, Visitor, serving, tiny_site, with_mistake
from patience import eventually
from playwright.sync_api import Browser, expect
from staff_browser import StaffBrowser, csv_file, staff_browser

TITLE = "Doubling and squaring"
ROSTER = (
    "student_id,name,email\nann,Ann Ash,ann@example.org\nbob,Bob,bob@example.org\ncem,Cem,cem@example.org\n"
)
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Doubling and squaring (71)\n"
    "    Points Possible,,,,,6\n"
    "Ann,901,ann,ann@x,S1,\n"
)
BANK = """\
topic: Words
items:
  - id: sum
    type: short_text
    prompt: What is the result of an addition called?
    accept: [total]
    explanation: So it is called.
"""
QUIZ = """\
title: Words
points: 1
opens: 2020-01-01 08:00
due: 2090-01-01 08:00
minutes: 40
questions:
  - {item: words/sums}
"""


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeworkSite]:
    """A running site with one grader and one published assignment."""
    with serving(tiny_site(tmp_path_factory.mktemp("course")), "--graders", "1") as site:
        yield site


@pytest.mark.full
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_homework(browser: Browser, site: HomeworkSite, script: bool) -> None:
    """A roster and an extension with their differences, a release and its undoing, a regrade, an erasure."""
    ann = site.visitor("ann")
    with staff_browser(browser, site, "ina", script=script) as ina:
        ina.look()
        import_the_roster(ina)
        hold_results_until_a_release(ina)
        give_an_extension(ina)
        path = ann.submitted(with_mistake(site.course))
        eventually(lambda: "Graded." in ann.page(path))
        release_and_undo(ina, ann, path)
        regrade(ina, site.course.root)
        assert "6 of 6 points" in ann.page(path)
        export_to_canvas(ina)
        erase_a_person(ina)


@pytest.mark.full
@pytest.mark.parametrize(
    "script", [True, pytest.param(False, marks=pytest.mark.full)], ids=["script", "no-script"]
)
def test_a_quiz(browser: Browser, site: HomeworkSite, script: bool) -> None:
    """It is written, linted, published, watched, analysed and corrected."""
    ann = site.visitor("ann")
    with staff_browser(browser, site, "ina", script=script) as ina:
        write_a_quiz(ina)
        publish_the_quiz(ina)
        attempt = start_the_quiz(ann)
        watch_the_exam(ina)
        finish_the_quiz(ann, attempt)
        read_the_results(ina)
        correct_the_key(ina)


def import_the_roster(ina: StaffBrowser) -> None:
    """The difference comes first; then the new student has a passcode."""
    page = ina.page
    ina.follow("People", "People", exact=True)
    page.get_by_label(re.compile("^Roster")).set_input_files(csv_file("roster.csv", ROSTER))
    ina.press("Show what would change", re.compile("Cem"))
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()
    expect(page.get_by_role("region", name="People").get_by_text("Ann Ash")).to_have_count(0)
    ina.look()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="New passcodes")).to_be_visible()
    expect(page.get_by_role("region", name="New passcodes")).to_contain_text("Cem")
    expect(page.get_by_role("region", name="People").get_by_text("Ann Ash")).to_be_visible()


def hold_results_until_a_release(ina: StaffBrowser) -> None:
    """A due date and the rule for results, by the form of the assignment, and published."""
    page = ina.page
    ina.go_home()
    ina.follow("Content", "Content")
    ina.follow(TITLE, TITLE)
    page.get_by_label("Due", exact=True).fill("2090-02-01 12:00")
    page.get_by_label("Results are shown").select_option("when_released")
    ina.press("Show what would change", "What would change")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. Publish the assignment")).to_be_visible()
    ina.press("Publish again", "Published: students have this version now.")
    ina.look()


def give_an_extension(ina: StaffBrowser) -> None:
    """Two days for the new student, whose date is shown before it is stored."""
    page = ina.page
    ina.go_home()
    ina.follow("Extensions", "Extensions and due dates")
    page.get_by_label("Student IDs").fill("cem")
    page.get_by_label("On", exact=True).select_option(label=TITLE)
    page.get_by_label("Days", exact=True).fill("2")
    page.get_by_label("Reason, which is recorded").fill("Was ill")
    ina.press("Show what would change", "1 date changes.")
    expect(page.get_by_role("region", name="Dates that change")).to_contain_text("3 Feb 2090")
    page.get_by_role("button", name="Store and tell the students").click()
    expect(page.get_by_role("region", name="Extensions in force")).to_contain_text("Was ill")
    ina.look()


def release_and_undo(ina: StaffBrowser, student: Visitor, path: str) -> None:
    """A release can be undone until it takes effect; released at once, the student sees the points."""
    page = ina.page
    ina.go_home()
    ina.follow(TITLE, TITLE)
    ina.follow("Submissions of the class", TITLE)
    ina.press("Release the results", "and the students are told then.")
    ina.press("Undo the release", "Students see results once they are released.")
    assert "4 of 6 points" not in student.page(path)
    page.get_by_role("button", name="Release now").click()
    expect(page.get_by_text("Results are released")).to_be_visible()
    assert "4 of 6 points" in student.page(path)
    ina.look()


def regrade(ina: StaffBrowser, course: Path) -> None:
    """The author corrected a check: published, graded again in the background, compared, released."""
    checks = course / "solutions" / "tiny" / "checks.py"
    wrong = "gradient_check(reference.double, student.double_backward, at=(x,), grad_out=grad_out)"
    text = checks.read_text(encoding="utf-8")
    assert wrong in text
    checks.write_text(text.replace(wrong, "student.double_backward(x, grad_out)"), encoding="utf-8")
    page = ina.page
    ina.go_home()
    ina.follow("Content", "Content")
    ina.follow(TITLE, TITLE)
    ina.press("Publish again", "Published: students have this version now.")
    ina.follow("The class", TITLE)
    ina.follow("Grade with the current version", re.compile("regrades"))
    page.get_by_role("button", name="Grade again").click()
    ina.stands(re.compile("Regrade 1"))
    release = page.get_by_role("button", name="Release 1 result")
    if not ina.script:
        while not release.count():
            page.wait_for_timeout(200)
            page.reload()
    expect(release).to_be_visible()
    row = page.get_by_role("region", name="Difference").get_by_role("row").filter(has_text="Ann")
    expect(row.get_by_role("cell").nth(0)).to_have_text("4")
    expect(row.get_by_role("cell").nth(1)).to_have_text("6")
    ina.look()
    release.click()
    ina.reload_until(re.compile(r"Released by Ina"))
    while page.get_by_role("progressbar").count():
        page.wait_for_timeout(200)
        page.reload()


def export_to_canvas(ina: StaffBrowser) -> None:
    """Canvas's own file is filled in; the change is listed, and the download is that file."""
    page = ina.page
    ina.go_home()
    ina.follow("Gradebook", "Gradebook")
    row = page.get_by_role("region", name="Students").get_by_role("row").filter(has_text="Ann Ash")
    expect(row).to_contain_text("6")
    page.get_by_label("File for").select_option("canvas")
    page.get_by_label(re.compile("The platform's own file")).set_input_files(csv_file("canvas.csv", CANVAS))
    ina.press("Show the export", "1 cell changes")
    ina.look()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^Download")).click()
    assert "Ann,901,ann,ann@x,S1,6" in Path(download.value.path()).read_text(encoding="utf-8")


def erase_a_person(ina: StaffBrowser) -> None:
    """What goes and what stays is counted first; then the name is nowhere on the page of people."""
    page = ina.page
    ina.go_home()
    ina.follow("People", "People", exact=True)
    ina.follow("Bob", "Bob", exact=True)
    ina.follow("Data of Bob", "Data of Bob")
    expect(page.get_by_role("heading", name="What stays under a random name")).to_be_visible()
    ina.look()
    page.get_by_label(re.compile("To erase Bob")).fill("bob")
    page.get_by_role("button", name="Erase", exact=True).click()
    expect(page.get_by_role("heading", name="Data of Bob")).to_have_count(0)
    ina.go_home()
    ina.follow("People", "People", exact=True)
    expect(page.get_by_role("link", name="Ann", exact=False).first).to_be_visible()
    expect(page.get_by_role("link", name="Bob", exact=True)).to_have_count(0)


def write_a_quiz(ina: StaffBrowser) -> None:
    """A new quiz by a button, its bank and its file in the editor; a fault is named before it is saved."""
    page = ina.page
    ina.follow("Content", "Content")
    page.get_by_label("Name of the files of a new quiz").fill("words")
    page.get_by_role("button", name="New quiz").click()
    ina.stands(re.compile("words"))
    edit(ina, "bank", BANK)
    page.get_by_role("link", name="Content", exact=True).click()
    ina.stands("Content")
    edit(ina, "quiz", QUIZ, fault="sums")
    edit(ina, "quiz", QUIZ.replace("sums", "sum"))


def edit(ina: StaffBrowser, kind: str, text: str, *, fault: str = "") -> None:
    """Put a text into the editor of the quiz or its bank; a text with a fault is looked at, another saved."""
    page = ina.page
    page.goto(f"{ina.address}/content/{kind}{'zes' if kind == 'quiz' else 's'}/words")
    page.get_by_label("YAML").fill(text)
    page.get_by_role("button", name="Look at it without saving").click()
    look = page.get_by_role("region", name="Preview")
    if fault:
        expect(look).to_contain_text(re.compile(r"\d+ fault"))
        expect(look).to_contain_text(fault)
        ina.look()
        return
    expect(look).to_contain_text("No fault found")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Saved.").first).to_be_visible()


def publish_the_quiz(ina: StaffBrowser) -> None:
    """From the page of quizzes, after a look at its keys."""
    page = ina.page
    ina.go_home()
    ina.follow("Publish, preview and print", "Quizzes")
    ina.follow("Preview with keys", re.compile("Words"))
    expect(page.get_by_text("total").first).to_be_visible()
    page.go_back()
    ina.stands("Quizzes")
    page.locator("section#words").get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("section#words").get_by_role("link", name="Results")).to_be_visible()
    ina.look()


def start_the_quiz(student: Visitor) -> str:
    """A student starts the quiz and answers; the attempt's id."""
    started = student.http.post("/quizzes/words/start", data={"token": student.token})
    assert started.status_code == 303, started.text
    attempt = str(started.headers["Location"]).rpartition("/")[2].partition("#")[0]
    tell(student, f"/attempts/{attempt}/lock", {"lock": "a-lock-of-ann"})
    answer = {"answer": "sum", "base_rev": 0, "save_id": "save-0001", "lock": "a-lock-of-ann"}
    tell(student, f"/attempts/{attempt}/answers/0", answer)
    return attempt


def tell(student: Visitor, path: str, body: dict[str, object]) -> None:
    """A request of the script of the quiz page."""
    sent = student.http.post(path, json=body, headers={"X-Form-Token": student.token})
    assert sent.status_code < 400, sent.text


def finish_the_quiz(student: Visitor, attempt: str) -> None:
    """Submit the attempt, and wait until it is marked."""
    tell(student, f"/attempts/{attempt}/finish", {})


def watch_the_exam(ina: StaffBrowser) -> None:
    """Who writes is on the live page; ten more minutes for one student are in the history."""
    page = ina.page
    ina.go_home()
    ina.follow("Monitor and mark", "Words: monitor")
    row = page.get_by_role("row").filter(has_text="Ann")
    expect(row).to_contain_text("writing")
    row.get_by_role("checkbox").check()
    page.get_by_label("Minutes", exact=True).fill("10")
    page.get_by_label("Reason").fill("came late with a note")
    page.get_by_role("button", name="Give time").click()
    expect(page.get_by_role("status").filter(has_text="Done.")).to_contain_text("10 minutes more to Ann")
    expect(page.get_by_role("heading", name="Done so far")).to_be_visible()
    ina.look()


def read_the_results(ina: StaffBrowser) -> None:
    """No points by the wrong key; the analysis has the question."""
    page = ina.page
    ina.follow("Results", "Words: results", exact=True)
    ina.reload_until("graded")
    row = page.get_by_role("row").filter(has_text="Ann")
    expect(row.get_by_role("cell").first).to_have_text("0")
    ina.look()
    ina.follow("Item analysis", re.compile("item analysis"))
    ina.follow("← Results", "Words: results")


def correct_the_key(ina: StaffBrowser) -> None:
    """The bank is corrected in the editor; the difference is shown, and counts once it is released."""
    page = ina.page
    edit(ina, "bank", BANK.replace("[total]", "[total, sum]"))
    ina.go_home()
    ina.follow("Monitor and mark", "Words: monitor")
    ina.follow("Regrades", "Words: regrades", exact=True)
    ina.press("Propose a regrade", "Run 1")
    row = page.get_by_role("row").filter(has_text="Ann")
    expect(row.get_by_role("cell").nth(0)).to_have_text("0")
    expect(row.get_by_role("cell").nth(1)).to_have_text("1")
    ina.look()
    ina.press("Release this regrade", "Released")
    ina.follow("Results", "Words: results", exact=True)
    while row.get_by_role("cell").first.text_content() != "1":
        page.wait_for_timeout(200)
        page.reload()
