"""The picture of a calibration: every reference run, and the threshold below them."""

from __future__ import annotations

from textwrap import wrap

from autograder.checks.calibration import CalibrationFile
from autograder.plots import COLOURS, panels, svg

__all__ = ["calibration_plot"]


def calibration_plot(calibration: CalibrationFile) -> str:
    """A panel for each data set, a row for each check: runs as dots, their mean, the threshold as a line."""
    datasets = sorted({dataset for bands in calibration.bands.values() for dataset in bands})
    checks = list(calibration.bands)
    figure, axes = panels(len(datasets), height=0.9 + 0.55 * len(checks), width=5.6)
    for position, (dataset, ax) in enumerate(zip(datasets, axes, strict=True)):
        for row, check in enumerate(checks):
            band = calibration.bands[check].get(dataset)
            if band is None:
                continue
            ax.plot(band.accuracies, [row] * len(band.accuracies), "o", color=COLOURS[0], alpha=0.4, ms=4)
            ax.plot([band.mean], [row], "|", color="black", ms=14)
            ax.plot([band.threshold] * 2, [row - 0.38, row + 0.38], color=COLOURS[1], linewidth=2)
        ax.set_title(f"on {dataset}", fontsize=10)
        ax.set_xlabel("test accuracy; | mean, bar: threshold for full marks")
        ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g}%")
        ax.set_ylim(len(checks) - 0.4, -0.6)
        names = ["\n".join(wrap(check.replace("_", " "), 26)) for check in checks]
        ax.set_yticks(range(len(checks)), names if position == 0 else [""] * len(checks), fontsize=8)
    return svg(figure)
