"""Late penalties inside `nbgrader autograde` follow the rules of `autograder grade`."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tiny_course import ASSIGNMENT, write_tiny_course
from traitlets.config import Configurable

from autograder.course.course import find_course
from autograder.lms.nbgrader.gradebook_db import open_gradebook
from autograder.lms.nbgrader.parallel import Autograder
from autograder.lms.nbgrader.preprocessors import AssignPenalties

LATE = "points: 6\ndue: 2026-10-31 20:00\nlate: {per_day: 0.1}\n"
RULES = """\
title: T
time_zone: America/Los_Angeles
students:
  extended: {extra_days: 2}
  narrowed: {extra_days: 2, assignments: {tiny: {extra_days: 0}}}
  forgiven: {no_penalty: true}
  named: {assignments: {tiny: {due: 2026-11-01}}}
"""
SUNDAY = "2026-11-01 18:30:00.000001 PST"  # 23.5 hours later on the clock, 24.5 hours of time


class Converter(Configurable):
    """What the step needs of nbgrader's converter: the engine and the submitted file."""

    engine: Any
    folder: Path

    def grades(self, resources: Any) -> bool:
        """Whether the notebook is the engine's."""
        return True

    def submitted(self, resources: Any) -> Path:
        """The file."""
        return self.folder / f"{ASSIGNMENT}.ipynb"


@pytest.mark.parametrize(
    ("student", "stamp", "penalty"),
    [
        ("plain", SUNDAY, 0.6),
        ("plain", "2026-11-01 03:30:00 JST", None),
        ("extended", SUNDAY, None),
        *(
            pytest.param(*case, marks=pytest.mark.full)
            for case in (
                ("plain", "2026-11-01 19:59:59 PST", 0.6),
                ("plain", "2026-11-01 20:01:00 PST", 1.2),
                ("plain", "2026-10-31 19:00:00 PDT", None),  # which nbgrader takes for 19:00 UTC
                ("plain", "2026-11-01 03:30:00 UTC", 0.6),
                ("narrowed", SUNDAY, 0.6),
                ("forgiven", SUNDAY, None),
                ("named", SUNDAY, None),  # until the end of Sunday
            )
        ),
    ],
)
def test_the_rules_of_grade(tmp_path: Path, student: str, stamp: str, penalty: float | None) -> None:
    """Zone, extensions, ends of days and days on the clock, whatever nbgrader's own due date is."""
    course = write_tiny_course(tmp_path / "course").root
    yaml = course / "assignments" / ASSIGNMENT / "assignment.yaml"
    yaml.write_text(yaml.read_text().replace("points: 6\n", LATE, 1))
    (course / "course.yaml").write_text(RULES)
    (tmp_path / "timestamp.txt").write_text(stamp)
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with open_gradebook(url) as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate=datetime(2030, 1, 1))
        gradebook.add_notebook(ASSIGNMENT, ASSIGNMENT)
        gradebook.add_grade_cell("test", ASSIGNMENT, ASSIGNMENT, max_score=6, cell_type="code")
        gradebook.update_or_create_student(student)
        submission = gradebook.update_or_create_submission(ASSIGNMENT, student)
        submission.extension = timedelta(0)
        gradebook.find_grade("test", ASSIGNMENT, ASSIGNMENT, student).auto_score = 6.0
        gradebook.db.commit()
    engine = Autograder()
    engine.course = str(course)
    engine.open(ASSIGNMENT)
    assert engine.found.zone == find_course(course).zone
    converter = Converter()
    converter.engine, converter.folder = engine, tmp_path
    resources = {
        "nbgrader": {"assignment": ASSIGNMENT, "notebook": ASSIGNMENT, "student": student, "db_url": url}
    }
    notebook = SimpleNamespace(cells=[])
    assert AssignPenalties(parent=converter).preprocess(notebook, resources) == (notebook, resources)
    with open_gradebook(url) as gradebook:
        graded = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, student)
        assert graded.late_submission_penalty == (penalty if penalty is None else pytest.approx(penalty))
