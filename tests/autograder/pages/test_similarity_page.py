"""The page of alike submissions: what it shows, what it never says, and that text stays text."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from disguises import DISGUISES, OWN_TOO, OWN_WORK, functions
from parsed_page import ParsedPage, parse
from playwright.sync_api import Page

from autograder.authoring.similarity.baseline import Baseline, baseline_of
from autograder.authoring.similarity.page import similarity_page
from autograder.authoring.similarity.pairs import compare, work_of
from autograder.course.assignment import Assignment

EVIL = "</pre><script>alert(1)</script><b onload=x> \u202eback \u2066 \x1b[31m & \u0627\u0644"
VERDICTS = "plagiari|cheat|copied|copying|guilt|suspic|offen|fraud|dishonest|violat|score|%"


@pytest.fixture(scope="module")
def baseline(tiny: Assignment) -> Baseline:
    """The common ground of the tiny assignment."""
    return baseline_of(tiny)


def page_of(baseline: Baseline, submitted: dict[str, list[str]], **more: object) -> str:
    """The page of a class, made from each student's cells."""
    works = [work_of(student, f"{student}.ipynb", cells, baseline) for student, cells in submitted.items()]
    return similarity_page(compare(works), baseline, title="Losses", **more)  # type: ignore[arg-type]  # texts


@pytest.fixture(scope="module")
def html(baseline: Baseline) -> str:
    """A class of twelve with a group of three and a pair."""
    work, other_work = functions(OWN_WORK), functions(OWN_TOO)
    others = {f"dan-{n}": [f"def f(x):\n    return x + {n}"] for n in range(7)}
    return page_of(
        baseline,
        {
            "ann": work,
            "ben": DISGUISES["renamed"](work),
            "cem": DISGUISES["reordered"](work),
            "eve": other_work,
            "fay": DISGUISES["dead statements"](other_work),
            **others,
        },
        course="Deep Learning",
        unread=["gil"],
    )


@pytest.fixture(scope="module")
def page(html: str) -> ParsedPage:
    """The same, taken apart."""
    return parse(html)


def test_every_pair_is_listed_and_laid_side_by_side(page: ParsedPage) -> None:
    """The table has a row for each pair, which leads to the code of both."""
    rows = page.all("tr")[1:]
    named = [row.find("th")[0].text for row in rows]
    assert sorted(named) == ["ann and ben", "ann and cem", "ben and cem", "eve and fay"]
    for row in rows:
        (link,) = row.find("a")
        pair = page.by_id(link.attributes["href"].removeprefix("#"))
        assert {mark.attributes.get("data-run") for mark in pair.find("mark")} > {"1", "2"}
        assert len(pair.find("pre")) % 2 == 0
    assert page.all("ul")[-1].text == "ann ben cem"


def test_matching_runs_have_the_same_number(page: ParsedPage) -> None:
    """Every run that begins on the left side begins on the right side too."""
    for article in page.all("article"):
        numbers = [mark.attributes.get("data-run") for mark in article.find("mark")]
        begun = [number for number in numbers if number]
        assert all(begun.count(number) == 2 for number in begun)


def test_what_few_others_have_is_shown_beside(page: ParsedPage) -> None:
    """Names, comments and constants of two, that nobody else has, are named; those of one are not."""
    for article in page.all("article"):
        names = article.find("h3")[0].text
        if names == "ann and cem":
            assert "biggest_per_row" in article.text and "3.7e-301" in article.text
            assert "never ask for the logaritm of zero" in article.find("dl")[0].text
        if names == "ann and ben":
            assert "biggest_per_row" not in "".join(definition.text for definition in article.find("dl"))


def test_it_judges_nobody(baseline: Baseline) -> None:
    """No word of a verdict and no figure that could be taken for one, with pairs and without."""
    plain = functions("def f(x):\n    y = x @ x\n    return y")
    for cells in (functions(OWN_TOO), plain):
        words = parse(page_of(baseline, {"ann": cells, "ben": cells})).body
        assert not re.search(VERDICTS, words, re.IGNORECASE)
    assert "No two submissions share more code" in words


def test_who_was_not_compared_is_said(page: ParsedPage) -> None:
    """Those with too little of their own are counted, those that could not be read named."""
    assert "7 students have too little code of their own" in page.body
    assert "Not readable, or too long: gil." in page.body


def test_text_stays_text(baseline: Baseline) -> None:
    """Markup and letters that turn the line around are text in names, files, code and evidence."""
    cells = [f"# {EVIL}\n{source}\n# {EVIL}" for source in functions(OWN_WORK)] + [
        f"evil_text_of_ours = '{EVIL}'\n"
    ]
    submitted = {f"{EVIL} {n}": cells for n in range(2)} | {f"other {n}": ["x = 1"] for n in range(8)}
    html = page_of(baseline, submitted, course=EVIL, unread=[EVIL])
    assert "<script" not in html and "\u202e" not in html and "\x1b" not in html
    page = parse(html)
    assert not {element.tag for element in page.elements} & {"script", "b"}
    assert not any(name.startswith("on") for element in page.elements for name in element.attributes)
    assert "</pre><script>alert(1)</script>" in page.body


def test_the_page_stands_alone(html: str, page: ParsedPage) -> None:
    """Nothing is loaded from elsewhere, headings are in order, and the table explains itself."""
    assert re.findall(r"https?://|url\(|@import|src=", html) == []
    levels = [int(element.tag[1]) for element in page.elements if re.fullmatch("h[1-6]", element.tag)]
    assert levels[0] == 1 and all(b <= a + 1 for a, b in pairwise(levels))
    assert page.all("table")[0].find("caption")[0].text
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("width", [320, 820, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_window(browser_page: Page, html: str, tmp_path: Path, width: int, scheme: str) -> None:
    """With everything opened the page is as wide as the window, on a telephone too."""
    path = tmp_path / "similarity.html"
    path.write_text(html, encoding="utf-8")
    browser_page.set_viewport_size({"width": width, "height": 800})
    browser_page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    browser_page.goto(path.as_uri())
    browser_page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    over = browser_page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert over <= 0
