"""An engine that is run from a folder, not installed, cannot be handed on: a sentence says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_course import ASSIGNMENT

from autograder.authoring import student_wheel
from autograder.authoring.release import release
from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.lms.gradescope import autograder_zip


def test_not_installed(tiny_course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a release nor a Gradescope archive is made, and the user is told what to do."""
    monkeypatch.setattr(student_wheel, "DISTRIBUTION", "a-package-that-is-not-here")
    with pytest.raises(UsageError, match="not installed here") as caught:
        release(tiny_course, ASSIGNMENT, tmp_path / "out")
    assert "pip install" in caught.value.next_step
    assert not (tmp_path / "out").exists()
    with pytest.raises(UsageError, match="not installed here"):
        autograder_zip(tiny_course, ASSIGNMENT, 1)
