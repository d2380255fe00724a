"""The instructor's page: the class in numbers, what it stumbled over, and everybody in one table."""

from __future__ import annotations

from typing import Any

import pytest
from parsed_page import Element, ParsedPage, parse
from report_factory import make_check, make_report, make_task
from sample_class import class_of

from autograder.pages.class_page import class_page
from autograder.pages.class_summary import summarize
from autograder.report import CheckResult, Evidence, Report, ReportSummary, Status, summarize_report


def link(report: ReportSummary) -> str:
    """A student's page beside this one."""
    return f"{report.student}.html"


def page_of(*reports: Report) -> ParsedPage:
    """The page of a class."""
    return parse(class_page([summarize_report(report) for report in reports], link=link))


def report_of(student: str, *checks: CheckResult) -> Report:
    """A report with one task."""
    return make_report(make_task("relu", *checks), student=student)


def tile(page: ParsedPage, name: str) -> str:
    """The number under this name at the top of the page."""
    term = next(element for element in page.all("dt") if element.text == name)
    assert term.parent is not None
    return term.parent.find("dd")[0].text


def student_rows(page: ParsedPage) -> list[Element]:
    """The rows of the table of students."""
    table = next(table for table in page.all("table") if "students" in table.attributes["class"])
    return table.find("tbody")[0].find("tr")


def test_numbers_of_the_class() -> None:
    """Submissions, mean, median and full marks are those of the reports."""
    full, none = make_check(points=4), make_check(Status.FAILED, 4)
    page = page_of(report_of("A", full), report_of("B", full), report_of("C", none))
    assert tile(page, "Submissions") == "3"
    assert tile(page, "Mean") == "67% 2.67 of 4"
    assert tile(page, "Median") == "100% 4 of 4"
    assert tile(page, "Full marks") == "2"


def test_pass_rate_by_task() -> None:
    """Each task has its share of points earned and its share of full marks."""
    half = [make_check(points=1), make_check(Status.FAILED, 1)]
    page = page_of(report_of("A", make_check(points=2)), report_of("B", *half))
    assert "relu: 75% of the points, 50% with full marks" in page.by_id("tasks-desc").text


def test_commonest_mistake_first_with_its_sentence_and_students() -> None:
    """Mistakes are sorted by how many made them, with the hint and links to the students."""
    sign: dict[str, Any] = {"mistake": "relu: sign_flipped", "hint": "Mind the sign."}
    mask: dict[str, Any] = {"mistake": "relu: no_mask", "hint": "Use a mask."}
    page = page_of(
        report_of("A", make_check(Status.FAILED, **sign)),
        report_of("B", make_check(Status.FAILED, **mask), make_check(Status.FAILED, **mask)),
        report_of("C", make_check(Status.FAILED, **mask)),
    )
    (mistakes,) = page.all("ol")
    first, second = mistakes.find("li")
    assert [first.find("strong")[0].text, second.find("strong")[0].text] == ["2", "1"]
    assert "no mask" in first.text
    assert "Use a mask." in first.text
    assert [a.attributes["href"] for a in first.find("a")] == ["B.html", "C.html"]


def test_commonest_failing_checks() -> None:
    """A check's share is of those it was run for: waiting or broken checks are not counted."""
    reports = [
        report_of("A", make_check(Status.FAILED)),
        report_of("B", make_check(Status.TIMEOUT)),
        report_of("C", make_check()),
        report_of("D", make_check(Status.SKIPPED)),
        report_of("E", make_check(Status.ERROR)),
    ]
    (check,) = summarize([summarize_report(report) for report in reports]).failing
    assert (check.failed, check.answered) == (2, 3)
    assert "67% 1 failed, 1 out of time" in page_of(*reports).body


def test_broken_checks_are_loud() -> None:
    """A broken check is the first thing on the page, with its trace and how many it concerns."""
    broken = make_check(Status.ERROR, id="relu_kink", evidence=Evidence(trace="NameError: KINK"))
    page = page_of(report_of("A", broken), report_of("B", broken))
    first = page.all("h2")[0]
    assert first.text == "1 check is broken"
    assert first.parent is not None
    assert "relu_kink" in first.parent.text
    assert "NameError: KINK" in first.parent.text
    assert "2 submissions" in first.parent.text


def test_submissions_with_a_problem() -> None:
    """Submissions nobody could read are listed with the reason and marked in the table."""
    page = page_of(make_report(student="A", problem="It is a PDF."), report_of("B", make_check()))
    assert "It is a PDF." in page.body
    assert [("not readable" in row.text) for row in student_rows(page)] == [True, False]


def test_table_holds_everybody() -> None:
    """Every student is in the table, in the given order, with score, points by task and a link."""
    page = page_of(report_of("B", make_check(points=1.5)), report_of("A", make_check(Status.FAILED)))
    rows = student_rows(page)
    assert [row.text.split() for row in rows] == [["B", "1.5", "1.5"], ["A", "0", "0", "1"]]
    assert [row.find("a")[0].attributes["href"] for row in rows] == ["B.html", "A.html"]


def test_a_missing_task_is_a_dash() -> None:
    """A report without a task that others have shows a dash there, not a zero."""
    page = page_of(report_of("A", make_check()), make_report(student="B"))
    assert "\u2013" in student_rows(page)[1].text


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ("", None),
        ("pages/a b.html", "pages/a%20b.html"),
        ("javascript:alert(1)", "./javascript:alert(1)"),
        ("https://example.org/a", "https://example.org/a"),
    ],
)
def test_links(target: str, written: str | None) -> None:
    """A link is written so that a browser takes it for a page; without one the name is plain text."""
    page = parse(class_page([summarize_report(report_of("A", make_check()))], link=lambda _: target))
    links = [a.attributes["href"] for row in student_rows(page) for a in row.find("a")]
    assert links == ([written] if written else [])


def test_empty_class() -> None:
    """A class without submissions is a page that says so."""
    assert "There are no submissions yet." in page_of().body


def test_a_thousand_students_fit() -> None:
    """A page of 1,000 students with long names and ten tasks is under 1 MB and has them all."""
    names = [f"Student {number} of a rather long family name" for number in range(1000)]
    template = class_of(1)[0]
    tasks = [
        *template.tasks,
        *(task.model_copy(update={"task": f"extra_{task.task}"}) for task in template.tasks[:4]),
    ]
    reports = class_of(1000, broken=1000)
    for report, name in zip(reports, names, strict=True):
        report.student = name
        report.tasks = report.tasks + tasks[6:]
    html = class_page(
        [summarize_report(report) for report in reports],
        link=lambda report: f"feedback/hw1-activations/{report.student}.html",
    )
    assert len(html.encode()) < 1_000_000
    assert [row.find("th")[0].text for row in student_rows(parse(html))][:3] == names[:3]
    assert len(student_rows(parse(html))) == 1000
