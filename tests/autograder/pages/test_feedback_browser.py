"""Both pages in a real browser: nothing is refused, nothing overflows, sorting works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from examples import one_in
from playwright.sync_api import Page, expect
from report_factory import curve, make_check, make_report, make_task
from sample_class import outlines_of
from sample_report import realistic_report

from autograder.pages.class_page import class_page
from autograder.pages.student_page import student_page
from autograder.report import Evidence, FunctionSource, Report, Status, Worst


@pytest.fixture(params=["student", "class"])
def page_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Each page as a file."""
    path = tmp_path / "page.html"
    if request.param == "student":
        html = student_page(realistic_report(), title="New activation function", course="Deep Learning")
    else:
        html = class_page(
            outlines_of(40, broken=2), title="Results", link=lambda report: f"{report.student}.html"
        )
    path.write_text(html, encoding="utf-8")
    return path


def overflow(page: Page) -> float:
    """How far the page reaches beyond the window, in pixels."""
    width: float = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


@pytest.mark.parametrize("width", one_in(4, [320, 400, 820, 1400]))
@pytest.mark.parametrize("scheme", one_in(2, ["dark", "light"]))
def test_no_sideways_scrolling(browser_page: Page, page_file: Path, width: int, scheme: str) -> None:
    """On a telephone and on a wide screen the page is as wide as the window, also with all opened."""
    browser_page.set_viewport_size({"width": width, "height": 800})
    browser_page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    browser_page.goto(page_file.as_uri())
    browser_page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    assert overflow(browser_page) <= 0


def test_print(browser_page: Page, page_file: Path) -> None:
    """On paper the page is black on white and keeps to the sheet, whatever the theme of the screen."""
    browser_page.set_viewport_size({"width": 700, "height": 1000})
    browser_page.emulate_media(media="print", color_scheme="dark")
    browser_page.goto(page_file.as_uri())
    assert overflow(browser_page) <= 0
    colours = browser_page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert browser_page.pdf().startswith(b"%PDF")


def typical_report() -> Report:
    """Three of six functions are wrong, each with three checks that fail for one reason, and all evidence."""
    lines = "out = x.copy()", "for i in range(len(x) - 1):", "    out[i] = 0", "return out"
    source = "def relu(x):\n    " + "\n    ".join(lines)
    evidence = Evidence(
        call="relu(x)",
        arguments={"x": "[[1.0, 2.0]]"},
        got="[[ 1.1179,  0.602 , -1.355 ],\n [ 0.7942, -0.1658, -1.1792]]",
        expected="[[ 2.3898,  1.2869, -1.355 ],\n [ 1.6979, -0.1658, -1.1792]]",
        worst=Worst(index=[3, 6], got=1.1755, expected=2.51299, relative_error=0.53),
        wrong=[[True, False, False], [True, False, True]],
        curves=[curve("relu(x)", abs, lambda x: x)],
    )
    hint = (
        "The last round is missing: range(n) already stops before n, so that n - 1 leaves the last one out."
    )
    failed = make_check(
        Status.FAILED,
        title="relu(x) is x where x is positive and 0 elsewhere, for any shape; x stays as it was.",
        message="relu(x) is 1.1755 at [3, 6]; 2.51299 is right (10 of 28 entries wrong).",
        hint=hint,
        cause="idiom",
        function="relu",
        place="cell 4, line 3: for i in range(len(x) - 1):",
        evidence=evidence,
    )
    shown = FunctionSource(function="relu", cell=4, line=1, text=source)
    wrong = make_task("relu", *[failed] * 3, *[make_check()] * 2).model_copy(update={"sources": [shown]})
    return make_report(*[wrong] * 3, *[make_task("silu", *[make_check()] * 5)] * 3)


def test_a_typical_page_prints_on_two_sheets(browser_page: Page, tmp_path: Path) -> None:
    """Three wrong functions with their evidence fit on two sheets of A4, each reason and function on them."""
    path = tmp_path / "page.html"
    path.write_text(student_page(typical_report()), encoding="utf-8")
    browser_page.goto(path.as_uri())
    sheets = re.findall(rb"/Type\s*/Page\b(?!s)", browser_page.pdf(format="A4"))
    assert 1 <= len(sheets) <= 2
    browser_page.emulate_media(media="print")
    assert browser_page.get_by_text("The last round is missing").locator("visible=true").count() == 3
    assert browser_page.get_by_text("for i in range(len(x) - 1):").locator("visible=true").count() >= 3


def test_screen_reader_finds_the_drawings(browser_page: Page, tmp_path: Path) -> None:
    """The browser gives each drawing its name, and each section its heading."""
    path = tmp_path / "page.html"
    path.write_text(student_page(realistic_report()), encoding="utf-8")
    browser_page.goto(path.as_uri())
    assert browser_page.get_by_role("img", name="Score by task").is_visible()
    assert browser_page.get_by_role("img", name="derivative of silu").is_visible()
    assert browser_page.get_by_role("region", name="prelu").is_visible()
    assert browser_page.get_by_role("heading", level=1).count() == 1


def test_sorting(browser_page: Page, tmp_path: Path) -> None:
    """A click on a heading sorts the students by that column, a second click the other way round."""
    path = tmp_path / "page.html"
    path.write_text(class_page(outlines_of(40), link=lambda _: "x.html"), encoding="utf-8")
    browser_page.goto(path.as_uri())
    scores = (
        "[...document.querySelectorAll('.students tbody tr')].map(r => parseFloat(r.cells[1].textContent))"
    )
    before = browser_page.evaluate(scores)
    button = browser_page.get_by_role("button", name="Score")
    heading = browser_page.get_by_role("columnheader", name="Score")
    button.click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert browser_page.evaluate(scores) == sorted(before, reverse=True)
    button.click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    assert browser_page.evaluate(scores) == sorted(before)


def test_without_scripts(browser_page: Page, tmp_path: Path) -> None:
    """With scripts turned off every student is in the table all the same."""
    context = browser_page.context.browser
    assert context is not None
    page = context.new_page(java_script_enabled=False)
    path = tmp_path / "page.html"
    path.write_text(class_page(outlines_of(40), link=lambda _: "x.html"), encoding="utf-8")
    page.goto(path.as_uri())
    assert page.locator(".students tbody tr").count() == 40
    page.close()
