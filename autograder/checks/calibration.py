"""Measured thresholds: what the reference reaches, run after run, on each data set.

`solutions/<id>/calibration.yaml` is written by `autograder calibrate` and read when grading. A
threshold is a few standard deviations below the reference's mean, so that a right answer misses it
about once in a thousand runs, and then has two more tries.
"""

from __future__ import annotations

import math
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from autograder.errors import ContentError
from autograder.yaml_source import read_yaml

__all__ = ["FEWEST_RUNS", "Band", "CalibrationFile", "read_calibration", "write_calibration"]

FEWEST_RUNS = 20
BELOW = 3.0  # standard deviations: 1 in 700 runs if they are roughly normal
ABOVE = 5.0  # standard deviations over the mean, and above every run: somebody should look


class Band(BaseModel):
    """The reference's test accuracies for one training run on one data set."""

    model_config = ConfigDict(extra="forbid")

    mean: float = Field(ge=0, le=1, description="Mean test accuracy.")
    sd: float = Field(ge=0, description="Standard deviation over the runs.")
    accuracies: list[float] = Field(min_length=FEWEST_RUNS, description="Each run's test accuracy.")
    seeds: list[int] = Field(min_length=FEWEST_RUNS, description="The seed of each run.")
    cpu_seconds: float = Field(ge=0, description="Median CPU time of a run on the calibrating machine.")
    environment: dict[str, str] = Field(description="Versions that the figures may depend on.")

    @property
    def lowest(self) -> float:
        """The worst run."""
        return min(self.accuracies)

    @property
    def highest(self) -> float:
        """The best run."""
        return max(self.accuracies)

    @property
    def threshold(self) -> float:
        """The test accuracy that earns full marks."""
        return min(self.mean - BELOW * self.sd, self.lowest)

    @property
    def suspicious(self) -> float:
        """Above this accuracy a person should look."""
        return max(self.mean + ABOVE * self.sd, self.highest)


class CalibrationFile(BaseModel):
    """All bands of an assignment: check, then data set."""

    model_config = ConfigDict(extra="forbid")

    bands: dict[str, dict[str, Band]] = Field(default_factory=dict)

    def band(self, check: str, dataset: str) -> Band:
        """The band of a check on a data set; raises ContentError when it was never calibrated."""
        band = self.bands.get(check, {}).get(dataset)
        if band is None:
            raise ContentError(
                f"{check} is not calibrated on {dataset}.",
                next_step=f"Run: autograder calibrate ASSIGNMENT --dataset {dataset}",
            )
        return band


def read_calibration(solution: Path) -> CalibrationFile:
    """The calibration of an assignment; an empty one when it has none."""
    path = solution / "calibration.yaml"
    return read_yaml(path, CalibrationFile) if path.is_file() else CalibrationFile()


def write_calibration(solution: Path, calibration: CalibrationFile) -> Path:
    """Write the file whole, with numbers a person can read; returns its path."""
    path = solution / "calibration.yaml"
    text = yaml.safe_dump(calibration.model_dump(), sort_keys=False, width=110, default_flow_style=None)
    path.write_text(f"# Written by `autograder calibrate`: measured, not guessed.\n{text}", encoding="utf-8")
    return path


def band_of(accuracies: list[float], seeds: list[int], cpu: list[float], environment: dict[str, str]) -> Band:
    """The band of some runs, with the sample's standard deviation: the runs are few."""
    count = len(accuracies)
    mean = sum(accuracies) / count
    variance = sum((accuracy - mean) ** 2 for accuracy in accuracies) / (count - 1)
    return Band(
        mean=round(mean, 5),
        sd=round(math.sqrt(variance), 5),
        accuracies=[round(accuracy, 5) for accuracy in accuracies],
        seeds=seeds,
        cpu_seconds=round(sorted(cpu)[count // 2], 3),
        environment=environment,
    )
