"""The page of a lecture's claims: what each says, the curves, the figures, and whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from textwrap import wrap

from markupsafe import Markup

from autograder.claims import Measured
from autograder.pages.plots import COLOURS, panels, svg
from autograder.pages.rendering import render

__all__ = ["claims_figure", "claims_page"]

CLOSE = 0.8


def claims_page(course: str, dataset: str, measured: Sequence[Measured]) -> str:
    """The whole page as HTML; it needs no other file."""
    return render(
        "claims.html",
        course=course,
        dataset=dataset,
        seeds=len(measured[0].runs),
        measured=measured,
        figure=Markup(claims_figure(measured)),  # our own drawing, no text of a student in it
    )


def claims_figure(measured: Sequence[Measured]) -> str:
    """All claims side by side: test accuracy over updates, thin lines the seeds, thick ones their mean."""
    figure, axes = panels(len(measured))
    for one, ax in zip(measured, axes, strict=True):
        for name, colour in zip(one.names, COLOURS, strict=False):
            runs = [each[name] for each in one.runs]
            for run in runs:
                ax.plot(run.updates, run.accuracies, color=colour, alpha=0.3, linewidth=0.8)
            mean = [fmean(values) for values in zip(*(run.accuracies for run in runs), strict=True)]
            ax.plot(runs[0].updates, mean, color=colour, linewidth=2.2, label=f"{name} {mean[-1]:.1%}")
        ax.set_title("\n".join(wrap(one.claim.title, 34)), fontsize=10)
        ax.set_xlabel("updates")
        # Where all end close together, the start is left out so that the end can be told apart.
        close = min(min(one.finals(name)) for name in one.names) > CLOSE
        ax.set_ylim(CLOSE if close else 0, 1)
        ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g}%")
        ax.legend(loc="best", frameon=False)
    axes[0].set_ylabel("test accuracy")
    return svg(figure)
