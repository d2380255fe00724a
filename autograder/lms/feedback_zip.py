"""Feedback pages in one archive, named so that a platform takes them back in bulk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from autograder.gradebook.tables import GradeRow
from autograder.lms.canvas import NAME
from autograder.lms.gradescope_run import results_json
from autograder.report import Report
from autograder.results.results_folder import Results
from autograder.submissions.collecting import Unmatched, safe_name
from autograder.submissions.deterministic_zip import deterministic_zip

__all__ = ["Platform", "feedback_zip"]


Platform = Literal["canvas", "moodle", "gradescope"]


def feedback_zip(
    lines: Sequence[GradeRow], results: Results, platform: Platform
) -> tuple[bytes, list[Unmatched]]:
    """The archive, and whose feedback has no place in it.

    Canvas finds the submission by the name of the file that was handed in, Moodle by the folder's; for
    Gradescope there is a results.json for each student.
    """
    unplaced = []
    files: dict[str, bytes] = {}
    for line in lines:
        student = line.standing.student
        if line.standing.report is None:
            unplaced.append(Unmatched(student, "There is no report."))
            continue
        report = Report.from_json(line.standing.report.read_bytes())
        name, why = _name(line, report, platform)
        page = results.page_of(line.standing.report)
        if platform == "gradescope":
            data = results_json(report).encode()
        elif page.is_file():
            data = page.read_bytes()
        else:
            name, why = "", f"{page} does not exist."
        if name in files:
            name, why = "", f"The feedback of another student is named {name} too."
        if name:
            files[name] = data
        else:
            unplaced.append(Unmatched(student, why))
    return deterministic_zip(files), unplaced


def _name(line: GradeRow, report: Report, platform: Platform) -> tuple[str, str]:
    if platform == "gradescope":
        return f"{safe_name(line.standing.student)}/results.json", ""
    if platform == "canvas":
        file = report.submission.file.split(": ")[0]
        if not NAME.fullmatch(file):
            return "", f"{file} is not named as Canvas names it, so Canvas would not find the submission."
        return re.sub(r"\.[^.]*\Z", "", file) + ".html", ""
    if not line.person.moodle_id:
        return "", "No moodle_id is known."
    name = re.sub(r'[_/\\:*?"<>|\x00-\x1f]', " ", line.person.name)
    return f"{name}_{line.person.moodle_id}_assignsubmission_file_/feedback.html", ""
