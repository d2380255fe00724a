"""Writes half a character into a cell."""

from correct_notebook import SOURCE, notebook


def make(folder):
    """Build the hand-in in the student's folder."""
    text = notebook(SOURCE, "lonely = 'SURROGATE'")
    (folder / "tiny.ipynb").write_text(text.replace("SURROGATE", "\\ud800"))
