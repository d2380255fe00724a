"""An experiment: training runs of a lecture, compared with the course's own references.

    @experiment(better=["ReLU"], than="sigmoid")
    def relu_trains_deep_networks(references, images, rng):
        \"\"\"Eight hidden layers: ReLU learns where sigmoid stays at chance.\"\"\"
        return {"ReLU": Run(...), "sigmoid": Run(...)}

Authors write experiments in `solutions/experiments.py`; `autograder experiments` runs them.
`references` maps each assignment's id to its reference module.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from autograder.checks.datasets.images import Images

__all__ = ["Experiment", "Run", "collect_experiments", "experiment"]


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
    """A statement of the lecture, and the training that shows it."""

    title: str
    text: str
    better: tuple[str, ...]
    than: str
    body: Body


def experiment(*, better: Sequence[str], than: str) -> Callable[[Body], Body]:
    """Mark a function as an experiment: its docstring states it, its result maps names to runs."""

    def mark(body: Body) -> Body:
        body.__experiment__ = (tuple(better), than)  # type: ignore[attr-defined]  # read by collect_experiments
        return body

    return mark


def collect_experiments(module: ModuleType) -> list[Experiment]:
    """The experiments of a module, in the order of the file."""
    experiments = []
    for name, body in vars(module).items():
        if hasattr(body, "__experiment__"):
            better, than = body.__experiment__
            title, _, text = (inspect.getdoc(body) or name).partition("\n")
            experiments.append(Experiment(title.rstrip("."), " ".join(text.split()), better, than, body))
    return experiments
