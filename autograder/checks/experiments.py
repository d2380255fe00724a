"""An experiment: methods of a lecture, compared at each one's best learning rate by the references.

    @experiment(better=["ReLU"], than="sigmoid", rates=[0.01, 0.03, 0.1, 0.3])
    def relu_trains_deep_networks(references, images, rng):
        \"\"\"Eight hidden layers: ReLU learns where sigmoid stays at chance.\"\"\"
        seed = rng.integers(2**32)
        return {"ReLU": lambda rate: train(images, seed, rate, relu), "sigmoid": lambda rate: ...}

Authors write experiments in `solutions/experiments.py`; `autograder experiments` runs them.
`references` maps each assignment's id to its reference module. A body returns one method per name: a
function from a learning rate to a `Run`. Each rate is chosen on a validation split: while rates are tried,
the `images` that the body gets have that split as their test images, so a body cannot choose on test data.
A learning curve shows one training on training and on validation images, side by side.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType, ModuleType

import numpy as np

from autograder.checks.datasets.images import Images

__all__ = [
    "Experiment",
    "LearningCurve",
    "Method",
    "Run",
    "collect_experiments",
    "collect_learning_curves",
    "experiment",
    "learning_curve",
]


@dataclass(frozen=True)
class Run:
    """One training run: what was measured after so many updates, on new images and on training images.

    Accuracies are shares in 0..1. New images are the `test` ones of the images that the body got.
    """

    updates: list[int]
    accuracies: list[float]
    training_accuracies: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    training_losses: list[float] = field(default_factory=list)

    @property
    def final(self) -> float:
        """The accuracy on new images at the end."""
        return self.accuracies[-1]

    @property
    def final_training(self) -> float | None:
        """The accuracy on training images at the end; None if it was not measured."""
        return self.training_accuracies[-1] if self.training_accuracies else None


Method = Callable[[float], Run]
Body = Callable[[Mapping[str, ModuleType], Images, np.random.Generator], dict[str, Method]]
CurveBody = Callable[[Mapping[str, ModuleType], Images, np.random.Generator], Run]


@dataclass(frozen=True)
class Experiment:
    """A statement of the lecture, and the methods whose training shows it."""

    title: str
    text: str
    better: tuple[str, ...]
    than: str
    rates: tuple[float, ...]  # the learning rates that every method tries, from small to large
    body: Body

    @property
    def names(self) -> list[str]:
        """The methods, the better ones first."""
        return [*self.better, self.than]


@dataclass(frozen=True)
class LearningCurve:
    """One training, measured on training and on validation images."""

    title: str
    text: str
    body: CurveBody


def experiment(*, better: Sequence[str], than: str, rates: Sequence[float]) -> Callable[[Body], Body]:
    """Mark a function as an experiment: its docstring states it, its result maps names to methods."""

    def mark(body: Body) -> Body:
        marked = tuple(better), than, tuple(sorted(rates))
        body.__experiment__ = marked  # type: ignore[attr-defined]  # read by collect_experiments
        return body

    return mark


def learning_curve(body: CurveBody) -> CurveBody:
    """Mark a function as a learning curve: its docstring explains it, its result is one run."""
    body.__learning_curve__ = True  # type: ignore[attr-defined]  # read by collect_learning_curves
    return body


def collect_experiments(module: ModuleType) -> list[Experiment]:
    """The experiments of a module, in the order of the file."""
    experiments = []
    for body in vars(module).values():
        if hasattr(body, "__experiment__"):
            better, than, rates = body.__experiment__
            title, text = _title_and_text(body)
            experiments.append(Experiment(title, text, better, than, rates, body))
    return experiments


def collect_learning_curves(module: ModuleType) -> list[LearningCurve]:
    """The learning curves of a module, in the order of the file."""
    return [
        LearningCurve(*_title_and_text(body), body)
        for body in vars(module).values()
        if hasattr(body, "__learning_curve__")
    ]


def _title_and_text(body: FunctionType) -> tuple[str, str]:
    title, _, text = (inspect.getdoc(body) or body.__name__).partition("\n")
    return title.rstrip("."), " ".join(text.split())
