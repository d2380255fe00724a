"""Charts as inline SVG: pure functions from numbers to markup, coloured by the page's style sheet.

Every chart is an image to a screen reader, with a title and a sentence that says what it shows.
"""

from __future__ import annotations

from autograder.feedback.charts.bars import Bar, Part, Row, bar_chart, score_bar
from autograder.feedback.charts.heat_map import heat_map
from autograder.feedback.charts.histogram import histogram
from autograder.feedback.charts.line_chart import Line, line_chart

__all__ = ["Bar", "Line", "Part", "Row", "bar_chart", "heat_map", "histogram", "line_chart", "score_bar"]
