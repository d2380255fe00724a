"""Charts: places on scales, bins, bars, maps and lines."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from parsed_page import Element, parse

from autograder.pages.bar_charts import Bar, Part, Row, bar_chart, bins, histogram
from autograder.pages.heat_map import heat_map, where
from autograder.pages.line_chart import Line, line_chart
from autograder.pages.svg import element, spread, tick_text, ticks

WORDS: dict[str, Any] = {"key": "k", "title": "Title", "description": "Description"}


def of_class(chart: Markup, kind: str) -> list[Element]:
    """The elements of a chart with this class."""
    return [e for e in parse(chart).elements if kind in e.attributes.get("class", "").split()]


def path_of(chart: Markup, kind: str) -> str:
    """The path data of a line; its sample in the legend comes first."""
    return of_class(chart, kind)[-1].attributes["d"]


@given(st.floats(-1e100, 1e100), st.floats(-1e100, 1e100))
def test_ticks_are_few_and_inside(first: float, other: float) -> None:
    """Over any range there are between 2 and 11 ticks, all of them inside."""
    low, high = spread(min(first, other), max(first, other))
    drawn = ticks(low, high)
    slack = 1e-6 * (high - low)
    assert 2 <= len(drawn) <= 11
    assert all(low - slack <= value <= high + slack for value in drawn)


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [(0, 1, "0 0.2 0.4 0.6 0.8 1"), (-4, 4, "\u22124 \u22122 0 2 4"), (0, 3e7, "0 1e7 2e7 3e7")],
)
def test_ticks_are_round_numbers(low: float, high: float, texts: str) -> None:
    """Ticks are the numbers a person would choose, written briefly."""
    assert " ".join(tick_text(value) for value in ticks(low, high)) == texts


def test_bins_hold_their_lower_edge() -> None:
    """A score on an edge belongs to the bin above; full marks are in the last, more in one of its own."""
    assert bins([0, 0.1, 0.7, 0.99, 1]) == [1, 1, 0, 0, 0, 0, 0, 1, 0, 2]
    assert bins([1.0, 1.1])[9:] == [1, 1]
    assert sum(bins([math.nan, -1, 0.5])) == 2


def test_histogram_is_tall_where_many_are() -> None:
    """The highest bar is that of the fullest bin, and each bar has its number."""
    chart = histogram([0.95] * 4 + [0.15], median=0.95, **WORDS)
    heights = [float(rect.attributes["height"]) for rect in of_class(chart, "fill")]
    assert heights[1] == 4 * heights[0]
    assert [amount.text for amount in of_class(chart, "amount")] == ["1", "4", "median 95%"]


def test_bars_keep_to_their_chart() -> None:
    """Parts that are more than the whole, negative or NaN stay inside the chart."""
    parts = [Part(0.7, 1.5), Part(0.7, math.nan), Part(-1, -1)]
    rects = of_class(bar_chart([Row("a", "b", [Bar(parts)])], **WORDS), "track")
    ends = [float(r.attributes["x"][:-1]) + float(r.attributes["width"][:-1]) for r in rects]
    assert ends == [70, 100, 100]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([[True, True]], "Every entry is wrong."),
        ([[False, False]], "No entry is wrong."),
        ([[False, True], [False, True]], "Exactly column 1."),
        ([[True, True], [False, False], [True, True]], "Exactly rows 0 and 2."),
        ([[True, False], [False, True]], "2 of 4 entries."),
        ([[True, False, True]], "2 of 3 entries."),
    ],
)
def test_map_in_words(wrong: list[list[bool]], words: str) -> None:
    """Whole rows and columns are named, other entries are counted."""
    assert where(wrong) == words


def test_map_has_a_square_for_each_entry() -> None:
    """Wrong and right entries are drawn once each, and a large array is cut to 24 x 24."""
    chart = heat_map([[True, False, True]] * 2, worst=(1, 2), **WORDS)
    paths = [e for kind in ("wrong", "right") for e in of_class(chart, kind) if e.tag == "path"]
    assert [path.attributes["d"].count("M") for path in paths] == [4, 2]
    assert len(of_class(chart, "worst")) == 2  # the ring and its place in the legend
    large = heat_map([[True] * 100] * 100, **WORDS)
    assert of_class(large, "wrong")[0].attributes["d"].count("M") == 24 * 24


def test_lines_have_gaps_at_nan() -> None:
    """The pen is lifted over NaN; a point alone is a dot."""
    line = Line("yours", [0, 1, math.nan, 3, math.nan, 5, 6], "yours")
    path = path_of(line_chart(range(7), [line], **WORDS), "yours")
    assert path.count("M") == 3
    assert path.count("h.1") == 1


def test_infinite_values_are_clipped() -> None:
    """An infinity is drawn at the edge, apart from the rest, and does not change the scale."""
    chart = line_chart([0, 1, 2, 3], [Line("yours", [0, 1, math.inf, -math.inf], "yours")], **WORDS)
    assert path_of(chart, "yours").count("M") == 2
    heights = [float(point.split()[1]) for point in path_of(chart, "yours").replace("L", "M").split("M")[1:]]
    assert min(heights) == heights[2]
    assert max(heights) == heights[3]


def test_a_stray_line_leaves_the_scale_readable() -> None:
    """A curve a million times too large does not flatten the expected one."""
    expected = Line("expected", [0, 1, 0], "expected")
    chart = line_chart([0, 1, 2], [expected, Line("yours", [0, 1e6, 0], "yours")], **WORDS)
    heights = [
        float(point.split()[1]) for point in path_of(chart, "expected").replace("L", "M").split("M")[1:]
    ]
    assert max(heights) - min(heights) > 30


def test_lines_differ_in_more_than_colour() -> None:
    """The style sheet gives the expected line dashes and yours none."""
    from autograder.pages.rendering import STATIC

    rules = (STATIC / "charts.css").read_text().splitlines()
    assert ["dasharray" in rule for rule in rules if rule.startswith(".line.")] == [False, True]


def test_elements_escape_and_clean() -> None:
    """Text and attributes of a chart are escaped and cleaned."""
    written = element("text", "<b>\u202e", class_='"')
    assert written == '<text class="&#34;">&lt;b&gt;\u27e8U+202E\u27e9</text>'
