"""The layouts in which submissions arrive, in the order of trying: each has a mark of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.course.groups import Groups
from autograder.course.roster import Roster
from autograder.lms.canvas import CANVAS
from autograder.lms.gradescope import GRADESCOPE
from autograder.lms.moodle import MOODLE, moodle_layout
from autograder.lms.other_platforms import BLACKBOARD, BRIGHTSPACE, ILIAS, SAKAI
from autograder.lms.worksheet import Worksheet, tables_near, worksheets_in
from autograder.submissions.collecting import (
    NBGRADER,
    NO_GROUPS,
    NOBODY,
    UNIVERSAL,
    CollectedSubmissions,
    find_submissions,
)
from autograder.submissions.dropbox import DROPBOX

__all__ = ["LAYOUTS", "collect_submissions"]

LAYOUTS = (GRADESCOPE, MOODLE, DROPBOX, NBGRADER, BLACKBOARD, BRIGHTSPACE, CANVAS, ILIAS, SAKAI)


def collect_submissions(
    path: Path,
    assignment: str,
    roster: Roster = NOBODY,
    zone: ZoneInfo = UNIVERSAL,
    groups: Groups = NO_GROUPS,
    worksheets: Sequence[Worksheet] | None = None,
    *,
    dated: bool = False,
    has_instants: bool = False,
) -> CollectedSubmissions:
    """The submissions at a path, whichever platform laid it out; raises UsageError when there are none.

    Times are read in `zone`, the course's. `worksheets` are Moodle's, or else those near the path; `dated`
    files come from an archive and have the times that the platform wrote there; with `has_instants` these are
    in UTC, else on the clock of the platform.
    """
    sheets = worksheets_in(tables_near(path)) if worksheets is None else worksheets
    moodle = moodle_layout(sheets, dated=dated, has_instants=has_instants)
    layouts = [moodle if layout is MOODLE else layout for layout in LAYOUTS]
    return find_submissions(path, assignment, roster, layouts, zone, groups)
