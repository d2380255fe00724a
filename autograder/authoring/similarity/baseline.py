"""The baseline of a comparison: code that the course releases or makes unavoidable.

The handout, the reference, the usual right ways to write each function and the known mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from autograder.authoring.similarity.fragments import Fragment, Splitter
from autograder.course.assignment import Assignment
from autograder.errors import ContentError, SubmissionError
from autograder.submissions.notebook import read_notebook

__all__ = ["Baseline", "baseline_of"]


WORD = re.compile(r"[^\W\d]\w*|\d[\w.]*")
COURSE_FILES = ("reference.py", "alternatives.py", "mistakes.py")


class Baseline:
    """The grams and the words that every student may have."""

    def __init__(self, keep: Iterable[str] = ()) -> None:
        """`keep` are the names that everybody has to use."""
        self.splitter = Splitter(keep)
        self.grams: set[int] = set()
        self.words: set[str] = set()
        self.comments: set[str] = set()

    def add(self, source: str) -> None:
        """Add a cell or a file to the baseline."""
        for fragment in self.splitter.split(source):
            self.grams.update(fragment.grams)
            self.comments |= fragment.comments
        self.add_words(source)

    def add_words(self, text: str) -> None:
        """Add the words of a text to the usual ones."""
        self.words.update(WORD.findall(text))

    def own_fingerprints(self, fragment: Fragment) -> frozenset[int]:
        """The fingerprints of a fragment that are not in the baseline."""
        return fragment.fingerprints - self.grams


def baseline_of(assignment: Assignment, files: Iterable[str] = COURSE_FILES) -> Baseline:
    """The baseline of an assignment: its handout, and files of its solution."""
    text = _text(assignment.handout)
    baseline = Baseline(assignment.functions)
    try:
        for cell in read_notebook(text.encode()):
            baseline.add(cell.source)
    except SubmissionError as problem:
        raise ContentError(
            f"{assignment.handout}: {problem.message}", next_step="Save the handout again from Jupyter."
        ) from problem
    baseline.add_words(text)
    for path in (assignment.solution / name for name in files):
        if path.is_file():  # some may be absent
            baseline.add(_text(path))
    if "alternatives.py" in files:
        # As a sample class has them: with the brackets and line breaks of `ast.unparse`.
        for variant in (*assignment.alternatives, *assignment.mistakes):
            baseline.add(variant.source())
    return baseline


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ContentError(
            f"{path} cannot be read: {problem}.", next_step="Add the file, as UTF-8 text."
        ) from problem
