"""What runs on Gradescope: ROOT/submission in, ROOT/results/results.json out.

python -m autograder.exports.run ROOT ASSIGNMENT SEED DATASET SANDBOX
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from autograder.course.assignment import load_assignment
from autograder.course.course import find_course
from autograder.errors import AutograderError
from autograder.exports.results import results_json
from autograder.grading import Grader
from autograder.submissions.collecting import choose_notebook
from autograder.submissions.submission import read_submission

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Grade the one submission; without results.json Gradescope tells the instructor that it failed."""
    root, assignment, seed, dataset = Path(arguments[0]), *arguments[1:4]
    try:
        loaded = load_assignment(find_course(root / "source"), assignment)
        folder = root / "submission"
        submission = read_submission(
            _student(root), choose_notebook(folder, assignment) or folder, assignment
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
    """Who handed it in, as Gradescope says; a group by all its names."""
    try:
        users = json.loads((root / "submission_metadata.json").read_text(encoding="utf-8"))["users"]
        return ", ".join(str(user.get("email") or user["name"]) for user in users) or "student"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "student"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
