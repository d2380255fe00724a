"""The layouts in which submissions arrive, in the order of trying: each has a mark of its own."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.course.roster import Roster
from autograder.lms.canvas import CANVAS
from autograder.lms.gradescope import GRADESCOPE
from autograder.lms.moodle import MOODLE
from autograder.submissions.collecting import (
    NBGRADER,
    NOBODY,
    UNIVERSAL,
    CollectedSubmissions,
    find_submissions,
)
from autograder.submissions.dropbox import DROPBOX

__all__ = ["LAYOUTS", "collect_submissions"]

LAYOUTS = (GRADESCOPE, MOODLE, DROPBOX, NBGRADER, CANVAS)


def collect_submissions(
    path: Path, assignment: str, roster: Roster = NOBODY, zone: ZoneInfo = UNIVERSAL
) -> CollectedSubmissions:
    """The submissions at a path, whichever platform laid it out; raises UsageError when there are none.

    Times are read in `zone`, the course's.
    """
    return find_submissions(path, assignment, roster, LAYOUTS, zone)
