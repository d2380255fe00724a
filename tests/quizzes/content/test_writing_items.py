"""The page on writing items keeps its word, and the command too."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course.course import find_course
from quizzes.content.bank import load_bank
from quizzes.content.lint import faults_in_bank

ROOT = find_course(Path(__file__).parent).root


def quizzes(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    code = "from quizzes.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def test_the_examples_are_sound(tmp_path: Path) -> None:
    """The page's examples, one of each type, pass the linter."""
    page = (ROOT / "quizzes" / "README.md").read_text(encoding="utf-8")
    match = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert match
    (tmp_path / "page.yaml").write_text(match[1], encoding="utf-8")
    bank = load_bank(tmp_path / "page.yaml")
    assert faults_in_bank(bank, variants=20) == []
    assert len({item.type for item in bank.items.values()}) == 11


@pytest.mark.full
def test_the_command() -> None:
    """`quizzes lint` takes a file or a name and says what is sound; an unknown one gets a sentence."""
    for quiz in ("quizzes/quiz4.yaml", "quiz4"):
        completed = quizzes("lint", quiz)
        assert completed.returncode == 0 and "8 questions, 8 points, 40 minutes" in completed.stdout
    completed = quizzes("lint", "nowhere.yaml")
    assert (completed.returncode, completed.stderr.count("\n")) == (
        2,
        2,
    ) and "There is no quiz, bank or file nowhere.yaml" in completed.stderr
    assert quizzes("--version").stdout.startswith("quizzes ")
