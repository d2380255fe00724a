"""The sandbox changes nothing for honest work: the same scores with its layers and without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course
from autograder.grading.grader import Grader
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.submissions.submission import Submission

COURSE = find_course(Path(__file__).parent)


class Bare(SandboxProcess):
    """A worker whose children have limits alone."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more | {"without": ("bubblewrap", "landlock", "seccomp")})


@pytest.mark.full
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.full] if number else [])
        for number, name in enumerate(COURSE.assignment_ids())
    ],
)
def test_the_same_scores(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right answers, other styles, some mistakes and the untouched handout: every result is the same."""
    assignment = load_assignment(COURSE, name)
    variants = [*assignment.alternatives[::6], *assignment.mistakes[::20]]
    submitted = [assignment.handout.read_bytes(), to_bytes(filled_in(assignment))]
    submitted += [
        to_bytes(filled_in(assignment, {variant.function: variant.source()})) for variant in variants
    ]
    outcomes = []
    for bare in (False, True):
        if bare:
            monkeypatch.setattr("autograder.grading.grader.SandboxProcess", Bare)
        with Grader(assignment, 3, "digits", sandbox="weak" if bare else "good") as grader:
            reports = [grader.grade(Submission("student", "notebook.ipynb", data)) for data in submitted]
        assert {report.sandbox for report in reports} == {"weak" if bare else "full"}
        outcomes.append(
            [[(result.id, result.status, result.earned) for result in r.results()] for r in reports]
        )
    assert outcomes[0] == outcomes[1]
