"""A lecture's experiments about training, shown by the course's own references.

    @experiment(better=["ReLU"], than="sigmoid")
    def relu_trains_deep_networks(references, images, rng):
        \"\"\"Eight hidden layers: ReLU learns where sigmoid stays at chance.\"\"\"
        return {"ReLU": Run(...), "sigmoid": Run(...)}

They stand in `solutions/experiments.py`. `references` maps each assignment's id to its reference module.
A experiment holds for a seed when everything it calls better ends with the higher test accuracy.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from textwrap import wrap
from types import ModuleType

import numpy as np
from markupsafe import Markup

from autograder.checks.datasets.images import Images
from autograder.course.assignment import load_file
from autograder.course.course import Course
from autograder.environment import one_thread
from autograder.errors import ContentError
from autograder.pages.plots import COLOURS, panels, svg
from autograder.pages.rendering import render

__all__ = [
    "Experiment",
    "Measured",
    "Run",
    "experiment",
    "experiments_figure",
    "experiments_page",
    "load_experiments",
    "measure",
]


FILE = "experiments.py"


@dataclass(frozen=True)
class Run:
    """One training run: the test accuracy after so many updates."""

    updates: list[int]
    accuracies: list[float]

    @property
    def final(self) -> float:
        """The test accuracy at the end."""
        return self.accuracies[-1]


Body = Callable[[Mapping[str, ModuleType], Images, np.random.Generator], dict[str, Run]]


@dataclass(frozen=True)
class Experiment:
    """What the lecture says, and the training that shows it."""

    title: str
    text: str
    better: tuple[str, ...]
    than: str
    body: Body


@dataclass(frozen=True)
class Measured:
    """A experiment with its runs, one set for each seed."""

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
        """The test accuracies at the end, one a seed."""
        return [runs[name].final for runs in self.runs]

    def figures(self) -> list[tuple[str, float, float]]:
        """Name, mean and standard deviation of what is compared."""
        return [(name, fmean(self.finals(name)), _spread(self.finals(name))) for name in self.names]


def experiment(*, better: Sequence[str], than: str) -> Callable[[Body], Body]:
    """Mark a function as an experiment: its docstring says it, its result maps names to runs."""

    def mark(body: Body) -> Body:
        body.__experiment__ = (tuple(better), than)  # type: ignore[attr-defined]  # read by load_claims
        return body

    return mark


def load_experiments(course: Course) -> list[Experiment]:
    """The experiments of a course, in the order they stand in its file."""
    path = course.root / "solutions" / FILE
    if not path.is_file():
        raise ContentError(
            f"The course has no experiments: there is no {path}.",
            next_step="Write them there; autograder/authoring/experiments.py shows how.",
        )
    module = load_file(path, "experiments")
    found = []
    for name, body in vars(module).items():
        if hasattr(body, "__experiment__"):
            better, than = body.__experiment__
            title, _, text = (inspect.getdoc(body) or name).partition("\n")
            found.append(Experiment(title.rstrip("."), " ".join(text.split()), better, than, body))
    return found


def measure(
    course: Course, experiments: Sequence[Experiment], images: Images, seeds: int
) -> Iterator[Measured]:
    """Run each experiment's training for several seeds."""
    references = {
        name: load_file(course.folders(name)[1] / "reference.py", "reference")
        for name in course.assignment_ids()
    }
    for one in experiments:
        with one_thread():
            runs = [one.body(references, images, np.random.default_rng([15, seed])) for seed in range(seeds)]
        wrong = {*one.better, one.than} ^ runs[0].keys()
        if wrong:
            raise ContentError(
                f"The experiment “{one.title}” compares {sorted(wrong)}, which has no run or no name."
            )
        yield Measured(one, runs)


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
    for one, ax in zip(measured, axes, strict=True):
        for name, colour in zip(one.names, COLOURS, strict=False):
            runs = [each[name] for each in one.runs]
            for run in runs:
                ax.plot(run.updates, run.accuracies, color=colour, alpha=0.3, linewidth=0.8)
            mean = [fmean(values) for values in zip(*(run.accuracies for run in runs), strict=True)]
            ax.plot(runs[0].updates, mean, color=colour, linewidth=2.2, label=f"{name} {mean[-1]:.1%}")
        ax.set_title("\n".join(wrap(one.experiment.title, 34)), fontsize=10)
        ax.set_xlabel("updates")
        # Where all end close together, the start is left out so that the end can be told apart.
        close = min(min(one.finals(name)) for name in one.names) > CLOSE
        ax.set_ylim(CLOSE if close else 0, 1)
        ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g}%")
        ax.legend(loc="best", frameon=False)
    axes[0].set_ylabel("test accuracy")
    return svg(figure)
