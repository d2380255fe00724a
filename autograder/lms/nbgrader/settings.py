"""The settings of a course's nbgrader_config.py: this engine in nbgrader's plug-in points.

nbgrader reads that file for each of its commands, so nothing heavy is imported here: what is
named below, nbgrader imports when a command needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["configure"]


STOCK = "nbgrader.preprocessors"
OURS = "autograder.lms.nbgrader"
SANITIZE = [
    f"{STOCK}.ClearOutput",
    f"{OURS}.preprocessors.Restore",  # does what the next two do, for any notebook at all
    f"{STOCK}.DeduplicateIds",
    f"{STOCK}.OverwriteKernelspec",
    f"{STOCK}.OverwriteCells",
    f"{STOCK}.CheckCellMetadata",
]
GRADE = [
    f"{OURS}.preprocessors.Judge",  # in place of Execute, which it leaves other assignments to
    f"{STOCK}.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    f"{STOCK}.LimitOutput",
    f"{OURS}.preprocessors.SaveScores",
    f"{OURS}.preprocessors.AssignPenalties",  # other assignments get nbgrader's
    f"{STOCK}.CheckCellMetadata",
]


def configure(
    config: Any, *, course: str | Path, seed: int, dataset: str = "", sandbox: str = "good"
) -> None:
    """Have `nbgrader autograde` grade the assignments of a course directory with this engine.

    `config` is nbgrader's, `course` the directory with course.yaml. The same seed draws the same inputs
    for everybody, whenever they are graded. Assignments the course does not have stay nbgrader's.
    """
    config.Autograder.course = str(Path(course).resolve())
    config.Autograder.seed = seed
    config.Autograder.dataset = dataset
    config.Autograder.sandbox = sandbox
    config.Autograde.exporter_class = f"{OURS}.exporter.SubmissionExporter"
    config.Autograde.sanitize_preprocessors = SANITIZE
    config.Autograde.autograde_preprocessors = GRADE
