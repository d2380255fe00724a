"""Whatever text a report holds, it is text on the page and nothing else."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from examples import examples
from hypothesis import example, given, settings
from hypothesis import strategies as st
from parsed_page import ParsedPage, parse
from playwright.sync_api import Page
from pydantic import BaseModel
from sample_class import class_of
from sample_report import realistic_report

from autograder.pages.class_page import class_page
from autograder.pages.student_page import student_page
from autograder.report import Report, Status, summarize_report

HOSTILE = [
    "<script>alert(1)</script>",
    "</title></style></pre></textarea><img src=x onerror=alert(1)>",
    '"\' onmouseover=alert(1) x="',
    "<svg onload=alert(1)>",
    "]]></svg><script>alert(1)</script>",
    "<!--",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;script&gt;&#60;b&#62;",
    "javascript:alert(1)//",
    "\u202eevil\u202c\u2066\u200f",
    "\x00\x1b[31mred\x07\x7f\x85",
    "a\ud800b\udfff",
    "\ufffe\uffff\U0010ffff",
    "e" + "\u0301" * 300,
    "x" * 10_000,
    "\r\n\r\t",
]
TEXT = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(), min_size=1),
    st.lists(st.sampled_from([*HOSTILE, "<", ">", '"', "'", "&", "=", "/", " "]), min_size=1).map("".join),
)


def filled(value: Any, text: str) -> Any:
    """The value with every text in it replaced, in models also; statuses and numbers stay."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            old = getattr(value, name)
            is_number = name in ("got", "expected") and type(value).__name__ in ("Worst", "Curve")
            if not is_number and name not in ("relative_error", "format_version"):
                setattr(value, name, filled(old, text))
        return value
    if isinstance(value, list):
        return [filled(item, text) for item in value]
    if isinstance(value, dict):
        return {f"{text}{position}": filled(item, text) for position, item in enumerate(value.values())}
    return text if isinstance(value, str) and not isinstance(value, Status) else value


def pages_of(text: str) -> list[str]:
    """Both pages, all of whose words are this text."""
    text = text.replace(": ", ":")  # which would split a mistake's name in two
    reports = [realistic_report(), *class_of(17, broken=1)]
    for report in reports:
        report.submission.problem = report.submission.problem or "problem"
        filled(report, text)
    return [
        student_page(reports[0], title=text, course=text),
        class_page(
            [summarize_report(report) for report in reports],
            title=text,
            course=text,
            link=lambda report: report.student[:200],
        ),
    ]


SHAPES = [parse(page).shape for page in pages_of("word")]


@given(TEXT)
@settings(max_examples=examples(60))
@example(HOSTILE[0])
@example(HOSTILE[1])
@example("javascript:alert(1)//")
@example("\ud800")
@example(" ")
def test_text_never_becomes_markup(text: str) -> None:
    """With any text in every field, a page has the elements and attributes it has with plain words."""
    for html, shape in zip(pages_of(text), SHAPES, strict=True):
        page = parse(html)
        assert page.shape == shape
        assert_links_are_harmless(page)


def assert_links_are_harmless(page: ParsedPage) -> None:
    """Fail on a link that runs something or leaves the pages' own folder."""
    for element in page.elements:
        link = element.attributes.get("href", "")
        assert urlsplit(link).scheme in ("", "data"), link
        assert not any(name.startswith("on") for name in element.attributes)


@pytest.mark.parametrize("text", HOSTILE)
def test_hidden_characters_are_made_visible(text: str) -> None:
    """No page holds a control character, a surrogate or a letter that turns the line around."""
    for html in pages_of(text):
        html.encode()
        assert not any(ord(character) < 32 and character not in "\n\t" for character in html)
        assert not set(html) & set("\x7f\x85\u202e\u202c\u2066\u200f\ufffe\uffff")
        assert "\u0301" * 5 not in html


@pytest.mark.parametrize("text", [text * 50 for text in HOSTILE])
def test_long_text_is_cut(text: str) -> None:
    """However long its texts are, a page stays small enough to be mailed."""
    student, whole_class = pages_of(text)
    assert len(student) < 1_500_000
    assert len(whole_class) < 1_500_000


def test_a_hostile_page_does_nothing_in_a_browser(browser_page: Page, tmp_path: Any) -> None:
    """A browser runs nothing from a report whose every text is an attack."""
    attack = "".join(HOSTILE[:9])
    for name, html in zip(("student", "class"), pages_of(attack), strict=True):
        path = tmp_path / f"{name}.html"
        path.write_text(html, encoding="utf-8")
        browser_page.goto(path.as_uri())
        assert browser_page.locator("img").count() == 0
        assert browser_page.locator("script").count() == (name == "class")


def test_the_trace_of_a_broken_check_is_not_for_students() -> None:
    """A broken check's trace shows the check's own lines, and only the instructor sees it."""
    report: Report = realistic_report()
    assert "secret line" not in student_page(report)
    assert "secret line" in class_page([summarize_report(report)], link=lambda _: "")
