"""Running the course's experiments of `solutions/experiments.py`, and their page with figures.

Used by `autograder experiments`. An experiment holds for a seed when everything that it calls better
ends with the higher test accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from textwrap import wrap

import numpy as np
from markupsafe import Markup

from autograder.checks.datasets.images import Images
from autograder.checks.experiments import Experiment, Run, collect_experiments
from autograder.course.assignment import load_file
from autograder.course.course import Course
from autograder.environment import one_thread
from autograder.errors import ContentError
from autograder.pages.plots import COLOURS, panels, svg
from autograder.pages.rendering import render

__all__ = [
    "Measured",
    "experiments_figure",
    "experiments_page",
    "load_experiments",
    "measure",
]


FILE = "experiments.py"


@dataclass(frozen=True)
class Measured:
    """An experiment with its runs, one set per seed."""

    experiment: Experiment
    runs: list[dict[str, Run]]

    @property
    def holds(self) -> int:
        """For how many seeds the experiment holds."""
        worst = [min(runs[name].final for name in self.experiment.better) for runs in self.runs]
        return sum(low > runs[self.experiment.than].final for low, runs in zip(worst, self.runs, strict=True))

    @property
    def names(self) -> list[str]:
        """What is compared, the better first."""
        return [*self.experiment.better, self.experiment.than]

    def finals(self, name: str) -> list[float]:
        """The test accuracies at the end, one per seed."""
        return [runs[name].final for runs in self.runs]

    def figures(self) -> list[tuple[str, float, float]]:
        """Name, mean and standard deviation of what is compared."""
        return [(name, fmean(self.finals(name)), _spread(self.finals(name))) for name in self.names]


def load_experiments(course: Course) -> list[Experiment]:
    """The experiments of a course, in the order of its file."""
    path = course.root / "solutions" / FILE
    if not path.is_file():
        raise ContentError(
            f"The course has no experiments: {path} is missing.",
            next_step="Add them; autograder/checks/experiments.py shows how.",
        )
    return collect_experiments(load_file(path, "experiments"))


def measure(
    course: Course, experiments: Sequence[Experiment], images: Images, seeds: int
) -> Iterator[Measured]:
    """Run each experiment's training for several seeds."""
    references = {
        name: load_file(course.folders(name)[1] / "reference.py", "reference")
        for name in course.assignment_ids()
    }
    for experiment in experiments:
        with one_thread():
            runs = [
                experiment.body(references, images, np.random.default_rng([15, seed]))
                for seed in range(seeds)
            ]
        names = {*experiment.better, experiment.than}
        if names != runs[0].keys():
            raise ContentError(
                f"The experiment “{experiment.title}” compares {', '.join(sorted(names))}, "
                f"but returns runs of {', '.join(sorted(runs[0]))}.",
                next_step="Return one run for each name in better and than.",
            )
        yield Measured(experiment, runs)


def _spread(values: list[float]) -> float:
    return stdev(values) if len(values) > 1 else 0.0


CLOSE = 0.8


def experiments_page(course: str, dataset: str, measured: Sequence[Measured]) -> str:
    """The whole page as HTML; it needs no other file."""
    return render(
        "experiments.html",
        course=course,
        dataset=dataset,
        seeds=len(measured[0].runs),
        measured=measured,
        figure=Markup(experiments_figure(measured)),  # our own drawing, no text of a student in it
    )


def experiments_figure(measured: Sequence[Measured]) -> str:
    """All experiments side by side: test accuracy over updates; thin lines are seeds, thick ones means."""
    figure, axes = panels(len(measured))
    for comparison, ax in zip(measured, axes, strict=True):
        for name, colour in zip(comparison.names, COLOURS, strict=False):
            runs = [each[name] for each in comparison.runs]
            for run in runs:
                ax.plot(run.updates, run.accuracies, color=colour, alpha=0.3, linewidth=0.8)
            mean = [fmean(values) for values in zip(*(run.accuracies for run in runs), strict=True)]
            ax.plot(runs[0].updates, mean, color=colour, linewidth=2.2, label=f"{name} {mean[-1]:.1%}")
        ax.set_title("\n".join(wrap(comparison.experiment.title, 34)), fontsize=10)
        ax.set_xlabel("updates")
        # Where all end close together, the start is left out so that the end can be told apart.
        close = min(min(comparison.finals(name)) for name in comparison.names) > CLOSE
        ax.set_ylim(CLOSE if close else 0, 1)
        ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g}%")
        ax.legend(loc="best", frameon=False)
    axes[0].set_ylabel("test accuracy")
    return svg(figure)
