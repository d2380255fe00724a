"""The layouts that submissions arrive in, in the order they are tried: each needs a mark no other writes."""

from __future__ import annotations

from pathlib import Path

from autograder.course.roster import Roster
from autograder.intake.canvas import CANVAS
from autograder.intake.drop import DROPBOX
from autograder.intake.entry import Found
from autograder.intake.find import NBGRADER, NOBODY, find_submissions
from autograder.intake.gradescope import GRADESCOPE
from autograder.intake.moodle import MOODLE

__all__ = ["LAYOUTS", "collect_submissions"]

LAYOUTS = (GRADESCOPE, MOODLE, DROPBOX, NBGRADER, CANVAS)


def collect_submissions(path: Path, assignment: str, roster: Roster = NOBODY) -> Found:
    """The submissions at a path, whichever platform laid it out; raises UsageError when there are none."""
    return find_submissions(path, assignment, roster, LAYOUTS)
