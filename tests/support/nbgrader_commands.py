"""Running nbgrader's own commands, and looking into its gradebook."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.course.course import Course
from autograder.lms.nbgrader.gradebook_db import open_gradebook

EXTRA_FILES = Path(sys.executable).parent
SEED = 15


@dataclass(frozen=True)
class Taken:
    """A course that was taken through all commands."""

    course: Course
    folder: Path  # nbgrader's
    exchanger: str  # the student who used the exchange
    printed: dict[str, str]  # what each command said


def environment(home: Path) -> dict[str, str]:
    """An environment in which Jupyter reads and writes nothing of this machine's user."""
    places = {name: str(home / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    path = os.pathsep.join([str(EXTRA_FILES), os.environ.get("PATH", os.defpath)])
    return {**os.environ, **places, "PATH": path, "IPYTHONDIR": str(home / "ipython"), "COLUMNS": "400"}


def run(command: str, *arguments: object, folder: Path, fails: bool = False) -> str:
    """Run a command that is installed beside this Python; what it printed."""
    completed = subprocess.run(
        [EXTRA_FILES / command, *map(str, arguments)],
        cwd=folder,
        env=environment(folder.parent / "home"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert (completed.returncode != 0) == fails, completed.stdout
    return completed.stdout


def nbgrader(command: str, *arguments: object, folder: Path, fails: bool = False) -> str:
    """Run a command of nbgrader's; what it printed."""
    return run("nbgrader", command, *arguments, folder=folder, fails=fails)


def database(folder: Path) -> str:
    """The URL of a course's gradebook."""
    return f"sqlite:///{folder / 'gradebook.db'}"


def grades(url: str, assignment: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Every grade in a gradebook: by student, then by cell."""
    with open_gradebook(url) as gradebook:
        return {
            submission.student.id: {
                grade.cell.name: {
                    "auto": grade.auto_score,
                    "manual": grade.manual_score,
                    "extra": grade.extra_credit,
                    "most": grade.max_score,
                    "look": grade.needs_manual_grade,
                }
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            for submission in gradebook.assignment_submissions(assignment)
        }


def scores(url: str, assignment: str) -> dict[str, float]:
    """Each student's score, as nbgrader adds it up."""
    with open_gradebook(url) as gradebook:
        return {row.student.id: row.score for row in gradebook.assignment_submissions(assignment)}


def notebook_ids(url: str, assignment: str) -> dict[str, str]:
    """The id that formgrader has for each student's notebook."""
    with open_gradebook(url) as gradebook:
        found = gradebook.notebook_submissions(assignment, assignment)
        return {row.student.id: row.id for row in found}
