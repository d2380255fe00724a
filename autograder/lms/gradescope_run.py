"""The autograder that runs on Gradescope: from ROOT/submission to ROOT/results/results.json.

python -m autograder.lms.gradescope_run ROOT ASSIGNMENT SEED DATASET SANDBOX
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.course.assignment import load_assignment
from autograder.course.course import find_course
from autograder.errors import AutograderError
from autograder.grading.grader import Grader
from autograder.pages.text import clean, worth
from autograder.report import CheckResult, Report, Status, TaskReport
from autograder.submissions.submission import read_submission

__all__ = ["main", "results_json"]


BROKEN = "This check is broken; it does not count."


def results_json(report: Report) -> str:
    """The score, and one test per check; what only the instructor may see is left out."""
    problem, others = report.submission.problem, report.submission.others
    files = f"Graded: {report.submission.file}. Other files: {', '.join(others)}." if others else ""
    notes = [f"Cell {note.cell}, line {note.line}: {note.text}" for note in report.submission.notes]
    results: dict[str, Any] = {
        "score": report.score.earned,
        "output": clean("\n".join(filter(None, [problem, files, *notes]))),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            _test(task, check, f"{at}.{number}")
            for at, task in enumerate([] if problem else report.tasks, 1)  # the problem is said once
            for number, check in enumerate(task.checks, 1)
        ]
        + [
            {
                "name": clean(f"{answer.title}: a written answer"),
                "status": "failed" if answer.blank else "passed",
                "output": "Nothing was written in this answer's cell."
                if answer.blank
                else f"A person marks this answer: up to {worth(answer.points)} on top of the score.",
                "output_format": "text",
                "visibility": "visible",
            }
            for answer in ([] if problem else report.written)
        ],
    }
    return json.dumps(results, indent=1, ensure_ascii=False) + "\n"


def _test(task: TaskReport, check: CheckResult, number: str) -> dict[str, Any]:
    broken = check.status is Status.ERROR
    evidence = check.evidence
    place = check.place if check.place != evidence.trace else ""
    lines = [check.message, check.hint, place, evidence.call, evidence.trace]
    if evidence.got or evidence.expected:
        lines += [f"got       {evidence.got}", f"expected  {evidence.expected}"]
    return {
        "name": clean(f"{task.task}: {check.title}"),
        "number": number,
        "score": check.earned,
        "max_score": 0 if task.extra else check.possible,
        "status": "passed" if check.status is Status.PASSED else "failed",
        "output": BROKEN if broken else clean("\n".join(filter(None, lines))),
        "output_format": "text",
        "visibility": "visible",
    }


def main(arguments: Sequence[str]) -> int:
    """Grade the one submission; without results.json Gradescope tells the instructor that it failed."""
    root, assignment, seed, dataset = Path(arguments[0]), *arguments[1:4]
    try:
        loaded = load_assignment(find_course(root / "source"), assignment)
        submission = read_submission(
            _student(root), root / "submission", assignment, functions=loaded.functions
        )
        grader = Grader(loaded, int(seed), dataset, sandbox=arguments[4])
        try:
            report = grader.grade(submission)
        finally:
            grader.close()
        results = root / "results"
        results.mkdir(exist_ok=True)
        (results / "results.json").write_text(results_json(report), encoding="utf-8")
    except AutograderError as problem:
        sys.stderr.write(f"Error: {problem.message}\n  {problem.next_step}\n")
        return problem.exit_code
    return 0


def _student(root: Path) -> str:
    """The submitter as Gradescope names them; a group by all its names."""
    try:
        users = json.loads((root / "submission_metadata.json").read_text(encoding="utf-8"))["users"]
        return ", ".join(str(user.get("email") or user["name"]) for user in users) or "student"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "student"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
