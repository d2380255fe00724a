"""A course and a class whose grading takes a few seconds, so that something can happen meanwhile."""

from __future__ import annotations

import shutil
from pathlib import Path

from correct_notebook import SOURCE, notebook

from autograder.course.course import Course


def slow(seconds: float) -> str:
    """Honest answers; each call of `double` sleeps so long."""
    asleep = SOURCE.replace("return 2 * x\n", f"return (time.sleep({seconds}), 2 * x)[1]\n")
    assert asleep != SOURCE
    return asleep.replace("import numpy as np", "import time\nimport numpy as np")


def write_slow_class(course: Course, folder: Path, students: int, seconds: float, wrong: int = 0) -> Path:
    """Write `course` and `class` into a folder; of so many students, every `wrong`-th makes a mistake."""
    shutil.copytree(course.root, folder / "course")
    (folder / "class").mkdir()
    right = slow(seconds)
    for number in range(students):
        source = right.replace("2 * x)", "3 * x)") if wrong and number % wrong == 0 else right
        (folder / "class" / f"s{number}.ipynb").write_text(notebook(f"# {number}", source))
    return folder
