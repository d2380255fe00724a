"""Running the course's experiments of `solutions/experiments.py`, and their page with figures.

Used by `autograder experiments`. Every method is compared at its own best learning rate. Rates are chosen on
a validation split, a part of the training images that is never trained on; the test images are looked at
once, with the rates that were chosen. An experiment holds for a seed when everything that it calls better
ends with the higher test accuracy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean, stdev
from textwrap import wrap
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from autograder.checks.datasets.images import Images
from autograder.checks.experiments import (
    Experiment,
    LearningCurve,
    Run,
    collect_experiments,
    collect_learning_curves,
)
from autograder.course.assignment import load_file
from autograder.course.course import Course
from autograder.environment import one_thread
from autograder.errors import ContentError
from autograder.pages.plots import COLOURS, panels, svg
from autograder.pages.rendering import render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Choice",
    "Lead",
    "Measured",
    "MeasuredCurve",
    "count_runs",
    "experiments_figure",
    "experiments_page",
    "load_experiments",
    "load_learning_curves",
    "measure",
    "measure_curves",
    "validation_split",
]


FILE = "experiments.py"
HELD_OUT = 1 / 6  # the share of the training images that choose the rates,
MOST_HELD_OUT = 5_000  # and how many are enough
NEAR = 0.01  # accuracy: a rate that ends so close to the best one is as good


@dataclass(frozen=True)
class Choice:
    """The learning rates that a method tried, and their accuracies on the validation split."""

    rates: tuple[float, ...]
    accuracies: list[list[float]]  # for each seed, one per rate

    @property
    def means(self) -> list[float]:
        """The mean over the seeds, one per rate."""
        return [fmean(values) for values in zip(*self.accuracies, strict=True)]

    @property
    def best(self) -> float:
        """The rate with the highest mean; the smallest one of equals."""
        return self.rates[int(np.argmax(self.means))]

    @property
    def at_an_end(self) -> bool:
        """Whether a rate that nobody tried might be better still."""
        return self.best in (self.rates[0], self.rates[-1])

    @property
    def near_best(self) -> list[float]:
        """The rates whose mean is within a percentage point of the highest."""
        return [
            rate for rate, mean in zip(self.rates, self.means, strict=True) if mean >= max(self.means) - NEAR
        ]


@dataclass(frozen=True)
class Lead:
    """How far a method is ahead of the one it is compared with, in shares of right answers."""

    name: str
    than: str
    tested: list[float]  # on test data at each one's best rate, one per seed
    same_rate: list[tuple[float, float]]  # rate, and the mean lead on validation data with that rate for both

    @property
    def mean(self) -> float:
        """The lead on test data."""
        return fmean(self.tested)

    @property
    def text(self) -> str:
        """What is left of the lead at each one's best rate, and what one rate for both would make of it."""
        wins = sum(lead > 0 for lead in self.tested)
        rate, largest = max(self.same_rate, key=lambda pair: pair[1])
        if wins < len(self.tested) or self.mean <= _spread(self.tested):
            verdict = "What is left is not more than what the seeds change"
        elif self.mean < largest / 3:
            verdict = "Something is left, but most of such a lead comes from the rate"
        else:
            verdict = "Most of the lead is left when each has its best rate"
        side = "above" if self.mean >= 0 else "below"
        return (
            f"At each one's best rate, {self.name} ends {_points(self.mean)} {side} {self.than} on test "
            f"data, and is ahead for {wins} of {len(self.tested)} seeds. With one rate for both, the lead on "
            f"validation data can be as large as {_points(largest)} (rate {rate:g}). {verdict}."
        )


@dataclass(frozen=True)
class Measured:
    """An experiment: the rates that were chosen, and the runs with them, one set per seed."""

    experiment: Experiment
    choices: Mapping[str, Choice]
    runs: list[dict[str, Run]]

    @property
    def holds(self) -> int:
        """For how many seeds the experiment holds."""
        worst = [min(runs[name].final for name in self.experiment.better) for runs in self.runs]
        return sum(low > runs[self.experiment.than].final for low, runs in zip(worst, self.runs, strict=True))

    @property
    def names(self) -> list[str]:
        """What is compared, the better first."""
        return self.experiment.names

    def finals(self, name: str) -> list[float]:
        """The test accuracies at the end, one per seed."""
        return [runs[name].final for runs in self.runs]

    def figures(self) -> list[tuple[str, float, float]]:
        """Name, mean and standard deviation of what is compared."""
        return [(name, fmean(self.finals(name)), _spread(self.finals(name))) for name in self.names]

    def training(self, name: str) -> float | None:
        """The mean accuracy on training images at the end; None if it was not measured."""
        finals = [runs[name].final_training for runs in self.runs]
        return fmean(value for value in finals if value is not None) if None not in finals else None

    @cached_property
    def leads(self) -> list[Lead]:
        """The lead of every method that is called better."""
        than = self.experiment.than
        slower = self.choices[than]
        return [
            Lead(
                name,
                than,
                [a - b for a, b in zip(self.finals(name), self.finals(than), strict=True)],
                [
                    (rate, a - b)
                    for rate, a, b in zip(slower.rates, self.choices[name].means, slower.means, strict=True)
                ],
            )
            for name in self.experiment.better
        ]


@dataclass(frozen=True)
class MeasuredCurve:
    """A learning curve: its run, on training and on validation images."""

    curve: LearningCurve
    run: Run

    @property
    def turn(self) -> int:
        """After how many updates the loss on validation images was lowest."""
        return self.run.updates[int(np.argmin(self.run.losses))]

    @property
    def text(self) -> str:
        """What the two losses and the two accuracies do, in numbers."""
        run = self.run
        return (
            f"The training loss falls to {run.training_losses[-1]:.2g}. The validation loss is lowest after "
            f"{self.turn} updates ({min(run.losses):.2f}) and {run.losses[-1]:.2f} in the end. In the end "
            f"{run.training_accuracies[-1]:.0%} of the training images are right, "
            f"{run.accuracies[-1]:.0%} of the validation images."
        )


def load_experiments(course: Course) -> list[Experiment]:
    """The experiments of a course, in the order of its file."""
    return collect_experiments(_experiments_file(course))


def load_learning_curves(course: Course) -> list[LearningCurve]:
    """The learning curves of a course, in the order of its file."""
    return collect_learning_curves(_experiments_file(course))


def _experiments_file(course: Course) -> ModuleType:
    path = course.root / "solutions" / FILE
    if not path.is_file():
        raise ContentError(
            f"The course has no experiments: {path} is missing.",
            next_step="Add them; autograder/checks/experiments.py shows how.",
        )
    return load_file(path, "experiments")


def validation_split(images: Images) -> tuple[Images, Images]:
    """Two views of a data set, both without some of the training images: the validation split.

    The first one has the validation split as its test images, the second one the test images.
    """
    order = np.random.default_rng(15).permutation(len(images.train_y))
    held_out = order[: min(int(HELD_OUT * len(order)), MOST_HELD_OUT)]
    kept = np.sort(order[len(held_out) :])
    part = replace(images, train_pixels=images.train_pixels[kept], train_y=images.train_y[kept])
    choosing = replace(part, test_pixels=images.train_pixels[held_out], test_y=images.train_y[held_out])
    return choosing, part


def count_runs(experiments: Sequence[Experiment], seeds: int) -> int:
    """How many trainings `measure` makes."""
    return sum(seeds * len(each.names) * (len(each.rates) + 1) for each in experiments)


def measure(
    course: Course,
    experiments: Sequence[Experiment],
    images: Images,
    seeds: int,
    advance: Callable[[], object] = lambda: None,
) -> Iterator[Measured]:
    """Choose each method's rate on the validation split, then train with it for several seeds.

    `advance` is called after every training.
    """
    references = _references(course)
    choosing, testing = validation_split(images)
    for experiment in experiments:
        choices = {
            name: Choice(experiment.rates, [[0.0] * len(experiment.rates) for _ in range(seeds)])
            for name in experiment.names
        }
        for seed in range(seeds):
            for name in experiment.names:
                for k, rate in enumerate(experiment.rates):
                    run = _train(experiment, references, choosing, seed, name, rate)
                    choices[name].accuracies[seed][k] = run.final
                    advance()
        runs: list[dict[str, Run]] = []
        for seed in range(seeds):
            runs.append({})
            for name in experiment.names:
                runs[-1][name] = _train(experiment, references, testing, seed, name, choices[name].best)
                advance()
        yield Measured(experiment, choices, runs)


def measure_curves(course: Course, curves: Sequence[LearningCurve], images: Images) -> list[MeasuredCurve]:
    """Run each learning curve's training, measured on the validation split."""
    references = _references(course)
    choosing, _ = validation_split(images)
    with one_thread():
        return [
            MeasuredCurve(curve, curve.body(references, choosing, np.random.default_rng(15)))
            for curve in curves
        ]


def _references(course: Course) -> dict[str, ModuleType]:
    return {
        name: load_file(course.folders(name)[1] / "reference.py", "reference")
        for name in course.assignment_ids()
    }


def _train(
    experiment: Experiment,
    references: Mapping[str, ModuleType],
    images: Images,
    seed: int,
    name: str,
    rate: float,
) -> Run:
    """One training; a rate that is too large may overflow, which is no fault."""
    methods = experiment.body(references, images, np.random.default_rng([15, seed]))
    if set(experiment.names) != methods.keys():
        raise ContentError(
            f"The experiment “{experiment.title}” compares {', '.join(sorted(experiment.names))}, "
            f"but returns methods named {', '.join(sorted(methods))}.",
            next_step="Return one method for each name in better and than.",
        )
    with one_thread(), np.errstate(all="ignore"):
        return methods[name](rate)


def _spread(values: list[float]) -> float:
    return stdev(values) if len(values) > 1 else 0.0


def _points(share: float) -> str:
    return f"{abs(100 * share):.1f} percentage points"


CLOSE = 0.8


def experiments_page(
    course: str, dataset: str, measured: Sequence[Measured], curves: Sequence[MeasuredCurve] = ()
) -> str:
    """The whole page as HTML; it needs no other file."""
    return render(
        "experiments.html",
        course=course,
        dataset=dataset,
        seeds=len(measured[0].runs),
        measured=measured,
        curves=curves,
        figure=Markup(experiments_figure(measured, curves)),  # our own drawing, no text of a student in it
    )


def experiments_figure(measured: Sequence[Measured], curves: Sequence[MeasuredCurve] = ()) -> str:
    """All experiments and learning curves side by side, as SVG.

    Above: test accuracy over updates at each method's best rate; thin lines are seeds, thick ones means.
    Below: accuracy on the validation split over the learning rate. A learning curve has its losses above
    and its accuracies below.
    """
    columns = len(measured) + len(curves)
    figure, axes = panels(columns, rows=2, width=3.7, height=3.2)
    for column, comparison in enumerate(measured):
        _draw_training(axes[column], comparison)
        _draw_rates(axes[columns + column], comparison)
    for column, curve in enumerate(curves, start=len(measured)):
        _draw_curve(axes[column], axes[columns + column], curve)
    axes[0].set_ylabel("test accuracy")
    axes[columns].set_ylabel("validation accuracy at the end")
    return svg(figure)


def _draw_training(ax: Axes, comparison: Measured) -> None:
    for name, colour in zip(comparison.names, COLOURS, strict=False):
        runs = [each[name] for each in comparison.runs]
        for run in runs:
            ax.plot(run.updates, run.accuracies, color=colour, alpha=0.3, linewidth=0.8)
        mean = [fmean(values) for values in zip(*(run.accuracies for run in runs), strict=True)]
        label = f"{name}, rate {comparison.choices[name].best:g}: {mean[-1]:.1%}"
        ax.plot(runs[0].updates, mean, color=colour, linewidth=2.2, label=label)
    ax.set_title("\n".join(wrap(comparison.experiment.title, 32)), fontsize=10)
    ax.set_xlabel("updates")
    # Where all end close together, the start is left out so that the end can be told apart.
    close = min(min(comparison.finals(name)) for name in comparison.names) > CLOSE
    ax.set_ylim(CLOSE if close else 0, 1)
    _percent(ax)
    ax.legend(loc="best", frameon=False, fontsize=9)


def _draw_rates(ax: Axes, comparison: Measured) -> None:
    for name, colour in zip(comparison.names, COLOURS, strict=False):
        choice = comparison.choices[name]
        ax.semilogx(choice.rates, choice.means, color=colour, linewidth=2.2, marker="o", markersize=3.5)
        ax.semilogx([choice.best], [max(choice.means)], color=colour, marker="*", markersize=13)
    ax.set_title("The same for every rate (star: chosen)", fontsize=10)
    ax.set_xlabel("learning rate")
    ax.set_ylim(0, 1)
    _percent(ax)


def _draw_curve(above: Axes, below: Axes, measured: MeasuredCurve) -> None:
    run = measured.run
    for ax, seen, new in (
        (above, run.training_losses, run.losses),
        (below, run.training_accuracies, run.accuracies),
    ):
        ax.plot(run.updates, seen, color=COLOURS[0], linewidth=2.2, label="training data")
        ax.plot(run.updates, new, color=COLOURS[1], linewidth=2.2, linestyle="--", label="validation data")
        ax.axvline(measured.turn, color=COLOURS[4], linewidth=1, linestyle=":")
        ax.set_xlabel("updates")
        ax.legend(loc="best", frameon=False, fontsize=9)
    above.set_title("\n".join(wrap(measured.curve.title, 32)), fontsize=10)
    above.set_ylabel("loss")
    above.set_ylim(bottom=0)
    below.set_title("The same training: accuracy", fontsize=10)
    below.set_ylim(0, 1.02)
    _percent(below)


def _percent(ax: Axes) -> None:
    ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g}%")
