"""The analysis as an HTML page with SVG charts and as a CSV table; `quizzes analysis` writes both."""

from __future__ import annotations

import math
from collections import Counter

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.course.csv_table import guard_formula, write_table
from autograder.course.local_time import counted
from autograder.pages.rendering import design
from autograder.pages.text import worth
from quizzes.analysis.summary import Summary

__all__ = ["analysis_csv", "analysis_page"]

WIDTH_OF_BAR, WIDTH_OF_RANGE = 60, 84  # in the chart; a range is a longer label


COLUMNS = (
    *("question", "kind", "points", "difficulty", "difficulty_answered", "sd", "d27", "point_biserial"),
    *("item_rest_r", "r_low", "r_high", "efficiency", "omitted", "not_reached", "p_variants", "verdict"),
)


def analysis_csv(summary: Summary) -> str:
    """A row per question; cells that cannot be computed are empty."""
    rows: list[list[str]] = []
    for item in summary.items:
        numbers = (
            item.p,
            item.p_answered,
            item.sd,
            item.d,
            item.biserial,
            item.r,
            *item.r_interval,
            item.efficiency,
        )
        cells = [_number(number, "") for number in numbers]
        verdict = "" if summary.few else item.verdict
        line = [guard_formula(item.name), item.kind, f"{item.most:g}", *cells]
        rows.append([*line, str(item.omitted), str(item.not_reached), _number(item.p_unfair, ""), verdict])
    return write_table(COLUMNS, rows)


def analysis_page(title: str, course: str, summary: Summary, back: str = "") -> str:
    """A self-contained page with its styles and charts; `back` is the path of the results, on a site."""
    pages = Environment(
        loader=PackageLoader("quizzes.analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"number": _number, "worth": worth}
    pages.filters["percent"] = lambda share: "n/a" if math.isnan(share) else f"{100 * share:.0f} %"
    pages.globals |= {"counted": counted}
    bars = _bars(summary)
    width = WIDTH_OF_RANGE if any(" " in name for name, _, _ in bars) else WIDTH_OF_BAR
    return pages.get_template("analysis.html").render(
        title=title, course=course, summary=summary, bars=bars, width=width, design=design(), back=back
    )


def _number(number: float, nothing: str = "n/a") -> str:
    return nothing if math.isnan(number) else f"{number:.3f}".rstrip("0").rstrip(".")


def _bars(summary: Summary) -> list[tuple[str, int, float]]:
    """The distribution of totals: up to 13 ranges with their counts and heights from 0 to 1."""
    if not summary.totals or summary.out_of <= 0:
        return []
    step = math.ceil(summary.out_of / 12)
    whole = step == 1 and all(abs(total - round(total)) < 1e-9 for total in summary.totals)
    # The last range ends with all points, which belong to it.
    ranges = int(summary.out_of // step) + 1 if whole else max(1, math.ceil(summary.out_of / step))
    # A little more, so that 0.1 + 0.2 is not below 0.3.
    seen = Counter(min(ranges - 1, int((total + 1e-9) // step)) for total in summary.totals)
    most = max(seen.values())
    return [
        (
            f"{at * step}" if whole else _range(at * step, (at + 1) * step, summary.out_of),
            seen[at],
            seen[at] / most,
        )
        for at in range(ranges)
    ]


def _range(low: int, high: int, most: float) -> str:
    return f"{low} to {most:g}" if high >= most else f"{low} to <{high}"
