"""Matplotlib figures in one style, as SVG: the same bytes for the same numbers.

Matplotlib is imported when a figure is drawn: no other command waits for it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

__all__ = ["COLOURS", "panels", "svg"]


if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#777777")  # told apart by colour-blind readers
LOOK: Any = {  # rcParams, whose type lists every key there is
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titleweight": "bold",
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "grid.color": "#e4e4e4",
    "svg.fonttype": "none",  # text stays text: it can be searched, and files stay small
    "svg.hashsalt": "autograder",
}


def panels(
    count: int, *, rows: int = 1, height: float = 3.6, width: float = 4.2
) -> tuple[Figure, Sequence[Axes]]:
    """A figure with rows of `count` axes, returned row by row; sizes in inches, per axes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(LOOK):
        figure = Figure(figsize=(width * count, height * rows))
        return figure, list(figure.subplots(rows, count, squeeze=False).flat)


def svg(figure: Figure) -> str:
    """The figure as SVG that can stand in a page or in a file."""
    import matplotlib as mpl

    text = io.StringIO()
    with mpl.rc_context(LOOK):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    picture = text.getvalue()
    # The XML head and the document type have no place in a page; a file does without them.
    return re.sub(r"[ \t]+$", "", picture[picture.index("<svg") :], flags=re.MULTILINE)
