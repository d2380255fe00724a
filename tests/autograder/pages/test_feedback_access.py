"""Both pages for everybody: screen readers, any theme, no network, no script."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from parsed_page import parse
from report_factory import make_report
from sample_class import outlines_of
from sample_report import realistic_report

from autograder.pages.class_page import class_page
from autograder.pages.rendering import design
from autograder.pages.student_page import student_page

PAGES = {
    "student": student_page(realistic_report(), title="Activations", course="Deep Learning"),
    "unread": student_page(make_report(problem="It is a PDF.")),
    "class": class_page(outlines_of(30, broken=2), link=lambda report: f"{report.student}.html"),
    "empty": class_page([], link=lambda _: ""),
}


@pytest.fixture(params=PAGES)
def html(request: pytest.FixtureRequest) -> str:
    """One page after the other."""
    return PAGES[request.param]


def test_pages_are_self_contained(html: str) -> None:
    """A page names nothing outside itself, and its policy would not let it be loaded."""
    assert re.findall(r"https?://|url\(|@import|src=", html) == []
    page = parse(html)
    policy = next(m.attributes["content"] for m in page.all("meta") if "http-equiv" in m.attributes)
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert [link.attributes["href"] for link in page.all("link")] == ["data:,"]
    assert not any(name.startswith("on") for element in page.elements for name in element.attributes)


def test_only_the_class_page_has_a_script() -> None:
    """The student's page has no script; the class page has the one that its policy names."""
    assert parse(PAGES["student"]).all("script") == []
    assert len(parse(PAGES["class"]).all("script")) == 1
    policies = [m.attributes.get("content", "") for m in parse(PAGES["class"]).all("meta")]
    assert any("script-src 'sha256-" in policy for policy in policies)


def test_landmarks_and_language(html: str) -> None:
    """A page has a language, a title, one header, one main part and one first heading."""
    page = parse(html)
    assert page.all("html")[0].attributes["lang"] == "en"
    assert page.all("title")[0].text
    assert [len(page.all(tag)) for tag in ("header", "main", "h1")] == [1, 1, 1]


def test_headings_are_in_order(html: str) -> None:
    """No level of headings is left out on the way down."""
    levels = [int(e.tag[1]) for e in parse(html).elements if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_tables_explain_themselves(html: str) -> None:
    """Each table has a caption, and each heading cell says what it heads."""
    for table in parse(html).all("table"):
        assert table.find("caption")[0].text
        assert all(cell.attributes["scope"] in ("col", "row") for cell in table.find("th"))
        columns = {len(row.find("th") + row.find("td")) for row in table.find("tr")}
        assert len(columns) == 1


def test_drawings_explain_themselves(html: str) -> None:
    """Each drawing is an image with a title and a description, or hidden from screen readers."""
    page = parse(html)
    for svg in page.all("svg"):
        if svg.attributes.get("aria-hidden") != "true":
            assert svg.attributes["role"] == "img"
            assert page.by_id(svg.attributes["aria-labelledby"]).text
            assert page.by_id(svg.attributes["aria-describedby"]).text


def test_references_find_their_element(html: str) -> None:
    """Ids are unique, and what refers to one finds it."""
    page = parse(html)
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    for element in page.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            assert element.attributes.get(name, ids[0]) in ids


def palettes() -> list[dict[str, str]]:
    """The colours of each theme: light, dark and print."""
    blocks = re.findall(r":root \{(.*?)\}", design(), re.DOTALL)
    return [dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in blocks]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[position : position + 2], 16) / 255 for position in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours."""
    low, high = sorted([luminance(first), luminance(second)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", palettes(), ids=["light", "dark", "print"])
def test_contrast(palette: dict[str, str]) -> None:
    """In every theme text has a contrast of 4.5 or more, and what is drawn of 3 or more."""
    for ink in ("ink", "quiet", "accent", "good", "bad", "warn"):
        for paper in ("back", "card", "code"):
            assert contrast(palette[ink], palette[paper]) >= 4.5, (ink, paper)
    for ink, paper in [
        ("ink", "accent-soft"),
        ("accent", "accent-soft"),
        ("ink", "bad-soft"),
        ("bad", "bad-soft"),
    ]:
        assert contrast(palette[ink], palette[paper]) >= 4.5, (ink, paper)
    for ink, paper in [("accent", "track"), ("second", "track"), ("second", "card"), ("bad", "track")]:
        assert contrast(palette[ink], palette[paper]) >= 3, (ink, paper)
