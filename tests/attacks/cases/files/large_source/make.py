"""Hands in two megabytes of code."""

from correct_notebook import SOURCE, notebook


def make(folder):
    """Build the hand-in in the student's folder."""
    (folder / "tiny.ipynb").write_text(notebook(SOURCE, "x = 1\n" * 350_000))
