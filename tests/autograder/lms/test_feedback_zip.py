"""Feedback in bulk: named as each platform names the submission it belongs to."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from report_factory import make_check, make_report, make_task

from autograder.course.roster import Roster
from autograder.gradebook.tables import GradeRow, grade_rows
from autograder.lms.feedback_zip import Platform, feedback_zip
from autograder.lms.gradescope_run import results_json
from autograder.report import Report, Status, SubmissionFacts
from autograder.results.final_scores import FinalScore
from autograder.results.results_folder import Results
from autograder.submissions.collecting import safe_name

STUDENT = 'Zoë "Z" O\'Brien, \u202ebidi/_x (71)'


def graded(folder: Path, student: str = STUDENT, file: str = "zoe_11_5_week.ipynb") -> Report:
    """A report and its page, where a run writes them."""
    task = make_task("relu", make_check(), make_check(Status.FAILED, message="Wrong \u202esign."))
    report = make_report(task, student=student)
    report = report.model_copy(update={"submission": SubmissionFacts(sha256="", file=file)})
    for part, suffix, text in [("reports", ".json", report.to_json()), ("feedback", ".html", "<p>page")]:
        (folder / part).mkdir(exist_ok=True)
        (folder / part / f"{safe_name(student)}{suffix}").write_text(text)
    return report


def packed(folder: Path, platform: Platform) -> tuple[dict[str, bytes], list[str]]:
    """What is in the archive, and why some is not."""
    paths = sorted((folder / "reports").iterdir())
    reports = [(path, Report.from_json(path.read_bytes())) for path in paths]
    final_scores = [FinalScore(report.student, 1, 2, 1, 1, path) for path, report in reports]
    lines: list[GradeRow] = grade_rows(final_scores, Roster(), platform)
    data, left = feedback_zip(lines, Results(folder), platform)
    with zipfile.ZipFile(io.BytesIO(data)) as whole:
        return {name: whole.read(name) for name in whole.namelist()}, [unmatched.reason for unmatched in left]


@pytest.mark.parametrize("file", ["zoe_11_5_week.ipynb", "zoe_11_5_week.zip: inner/week.ipynb"])
def test_canvas(tmp_path: Path, file: str) -> None:
    """The name of the file that was handed in, as a page; Canvas reads the two numbers."""
    graded(tmp_path, file=file)
    assert packed(tmp_path, "canvas") == ({"zoe_11_5_week.html": b"<p>page"}, [])


def test_canvas_with_another_name(tmp_path: Path) -> None:
    """A file that did not come from Canvas has no place there, and that is said."""
    graded(tmp_path, file="week.ipynb")
    names, why = packed(tmp_path, "canvas")
    assert names == {}
    assert "not named as Canvas names files" in why[0]


def test_moodle(tmp_path: Path) -> None:
    """Moodle splits the folder at underscores and slashes: the name has none."""
    graded(tmp_path)
    (name,) = packed(tmp_path, "moodle")[0]
    folder, _, file = name.partition("/")
    assert folder.split("_", 4)[1:] == ["71", "assignsubmission", "file", ""]
    assert file == "feedback.html"


def test_gradescope(tmp_path: Path) -> None:
    """A results.json for each student, with the report's own points and no direction marks."""
    report = graded(tmp_path)
    (data,) = packed(tmp_path, "gradescope")[0].values()
    results = json.loads(data)
    assert data.decode() == results_json(report)
    assert results["score"] == report.score.earned == sum(test["score"] for test in results["tests"])
    assert "\u202e" not in data.decode()


def test_a_broken_check_shows_no_trace(tmp_path: Path) -> None:
    """Of a broken check Gradescope's page says only that it does not count."""
    report = make_report(make_task("relu", make_check(Status.ERROR, message="hidden: secret line")))
    assert "secret" not in results_json(report)
    assert json.loads(results_json(report))["tests"][0]["max_score"] == 0


def test_an_unreadable_file_is_one_message_in_gradescope() -> None:
    """Its page says why at the top; a line for each check that could not be run would say nothing more."""
    checks = [make_check(Status.MISSING, id=f"check{number}") for number in range(49)]
    shown = json.loads(results_json(make_report(make_task("relu", *checks), problem="It is a PDF.")))
    assert (shown["score"], shown["output"], shown["tests"]) == (0, "It is a PDF.", [])
