"""The analysis as a page for people and as a table for machines; drawn with a few lines of SVG."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.course.local_time import counted
from quizzes.analysis.summary import Summary

__all__ = ["analysis_csv", "analysis_page"]


COLUMNS = (
    *("question", "kind", "points", "difficulty", "difficulty_answered", "sd", "d27", "point_biserial"),
    *("item_rest_r", "r_low", "r_high", "efficiency", "omitted", "not_reached", "p_variants", "verdict"),
)


def analysis_csv(found: Summary) -> str:
    """One line a question; empty where nothing can be computed."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for one in found.items:
        numbers = (one.p, one.p_answered, one.sd, one.d, one.biserial, one.r, *one.r_interval, one.efficiency)
        cells = [_number(number, "") for number in numbers]
        verdict = "" if found.few else one.verdict
        line = [one.name, one.kind, f"{one.most:g}", *cells, one.omitted, one.not_reached]
        table.writerow([*line, _number(one.p_unfair, ""), verdict])
    return text.getvalue()


def analysis_page(title: str, course: str, found: Summary) -> str:
    """A page that needs nothing else: styles and pictures are in it."""
    pages = Environment(
        loader=PackageLoader("quizzes.analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["number"] = _number
    pages.filters["percent"] = lambda share: "n/a" if math.isnan(share) else f"{100 * share:.0f} %"
    pages.globals |= {"counted": counted}
    bars = _bars(found)
    return pages.get_template("analysis.html").render(title=title, course=course, found=found, bars=bars)


def _number(number: float, nothing: str = "n/a") -> str:
    return nothing if math.isnan(number) else f"{number:.3f}".rstrip("0").rstrip(".")


def _bars(found: Summary) -> list[tuple[str, int, float]]:
    """The distribution of totals: up to 13 ranges with their counts and heights from 0 to 1."""
    if not found.totals or found.out_of <= 0:
        return []
    step = math.ceil(found.out_of / 12)
    ranges = int(found.out_of // step) + 1
    # A little more, so that 0.1 + 0.2 is not below 0.3.
    seen = Counter(min(ranges - 1, int((total + 1e-9) // step)) for total in found.totals)
    whole = step == 1 and all(abs(total - round(total)) < 1e-9 for total in found.totals)
    most = max(seen.values())
    return [
        (f"{at * step}" if whole else f"{at * step} to <{(at + 1) * step}", seen[at], seen[at] / most)
        for at in range(ranges)
    ]
