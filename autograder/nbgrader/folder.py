"""An nbgrader course folder: sources, settings, and a gradebook that knows the students.

DIR/nbgrader_config.py              settings, with this engine in them
DIR/gradebook.db                    students, assignments and when they are due
DIR/source/<id>/<id>.ipynb          what `nbgrader generate_assignment` starts from
DIR/source/<id>/checks.py …         everything else that students get with the notebook
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

from autograder.course.assignment import Assignment
from autograder.course.course import Course
from autograder.course.roster import Person
from autograder.errors import UsageError
from autograder.nbgrader.database import open_gradebook
from autograder.nbgrader.source import source_notebook
from autograder.sample.solved import to_bytes

__all__ = ["CONFIG", "DATABASE", "write_course", "write_source"]

CONFIG, DATABASE = "nbgrader_config.py", "gradebook.db"
DETAILS = ("last_name", "first_name", "email")  # of a student, in nbgrader's gradebook
NOT_HANDED_OUT = shutil.ignore_patterns("*.ipynb", "__pycache__", ".*")
SETTINGS = '''\
"""nbgrader's settings for this course. Keep this file from students: the seed is in it."""

from pathlib import Path

from autograder.nbgrader import configure

HERE = Path(__file__).resolve().parent

c = get_config()
c.CourseDirectory.root = str(HERE)
c.CourseDirectory.course_id = {course_id!r}
{call}
'''
CALL = "configure(c, course=HERE / {course!r}, seed={seed})"


def write_course(folder: Path, course: Course, people: Sequence[Person], seed: int) -> str:
    """Write settings, students and due dates; returns what is to be added to settings that were there."""
    for person in people:
        if "/" in person.student_id or person.student_id.startswith("."):
            raise UsageError(
                f"{person.student_id!r} cannot name a folder, as nbgrader has one a student.",
                next_step="Take another student_id in the roster.",
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(
            f"{folder} cannot be made: {problem.strerror}.", next_step="Name another folder."
        ) from problem
    call = CALL.format(course=os.path.relpath(course.root, folder.resolve()), seed=seed)
    settings, missing = folder / CONFIG, ""
    if not settings.exists():
        course_id = re.sub(r"[^a-z0-9]+", "-", course.title.lower()).strip("-") or "course"
        settings.write_text(SETTINGS.format(course_id=course_id, call=call), encoding="utf-8")
    elif "autograder.nbgrader" not in settings.read_text(encoding="utf-8"):
        call = call.replace("HERE", "Path(__file__).resolve().parent")
        missing = f"from pathlib import Path\nfrom autograder.nbgrader import configure\n{call}"
    with open_gradebook(f"sqlite:///{(folder / DATABASE).resolve()}") as gradebook:
        for person in people:
            details = {name: getattr(person, name) for name in DETAILS if getattr(person, name)}
            gradebook.update_or_create_student(person.student_id, **details)
    return missing


def write_source(folder: Path, course: Course, assignment: Assignment, force: bool = False) -> None:
    """Write an assignment's source folder; refuses one that was changed by hand, unless forced."""
    source = folder / "source" / assignment.id
    notebook, content = source / f"{assignment.id}.ipynb", to_bytes(source_notebook(assignment))
    if notebook.exists() and notebook.read_bytes() != content and not force:
        raise UsageError(
            f"{notebook} is there and differs; nothing of {assignment.id} was written.",
            next_step="Add --force to replace it.",
        )
    shutil.copytree(assignment.folder, source, ignore=NOT_HANDED_OUT, dirs_exist_ok=True)
    notebook.write_bytes(content)
    with open_gradebook(f"sqlite:///{(folder / DATABASE).resolve()}") as gradebook:
        due = assignment.file.due
        details = {}
        if due is not None:
            zoned = due if due.tzinfo else due.replace(tzinfo=course.zone)
            details["duedate"] = zoned.astimezone(UTC).replace(tzinfo=None)  # as nbgrader stores times
        gradebook.update_or_create_assignment(assignment.id, **details)
