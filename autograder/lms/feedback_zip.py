"""Feedback pages in one archive, named so that a platform takes them back in bulk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from autograder.gradebook.tables import GradeRow
from autograder.lms.canvas import NAME
from autograder.lms.gradescope_run import results_json
from autograder.lms.moodle import NAME as MOODLE_NAME
from autograder.lms.moodle import NO_NUMBER, number_of
from autograder.report import Report
from autograder.results.results_folder import Results, read_report
from autograder.submissions.collecting import Unmatched, safe_name
from autograder.submissions.deterministic_zip import deterministic_zip

__all__ = ["Platform", "feedback_zip"]


Platform = Literal["canvas", "moodle", "gradescope"]


def feedback_zip(
    rows: Sequence[GradeRow], results: Results, platform: Platform
) -> tuple[bytes, list[Unmatched]]:
    """The archive, and the students whose feedback cannot be in it.

    Canvas finds the submission by the name of the submitted file, Moodle by the directory's name; for
    Gradescope there is one results.json per student.
    """
    unmatched = []
    files: dict[str, bytes] = {}
    for row in rows:
        student = row.final_score.student
        if row.final_score.report is None:
            unmatched.append(Unmatched(student, "There is no report."))
            continue
        report = read_report(row.final_score.report)
        name, why = _name(row, report, platform)
        page = results.page_of(row.final_score.report)
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
            unmatched.append(Unmatched(student, why))
    return deterministic_zip(files), unmatched


def _name(row: GradeRow, report: Report, platform: Platform) -> tuple[str, str]:
    if platform == "gradescope":
        return f"{safe_name(row.final_score.student)}/results.json", ""
    if platform == "canvas":
        file = report.submission.file.split(": ")[0]
        if not NAME.fullmatch(file):
            return "", f"{file} is not named as Canvas names files, so Canvas would not find the submission."
        return re.sub(r"\.[^.]*\Z", "", file) + ".html", ""
    number = number_of(row)
    if not number:
        return "", NO_NUMBER
    match = MOODLE_NAME.fullmatch(row.final_score.origin)
    name = re.sub(r'[_/\\:*?"<>|\x00-\x1f]', " ", match["name"] if match else row.person.name)
    return f"{name}_{number}_assignsubmission_file_/feedback.html", ""
