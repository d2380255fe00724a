"""Hands in a notebook of 60 MB."""

from correct_notebook import SOURCE, notebook


def make(folder):
    """Build the hand-in in the student's folder."""
    (folder / "tiny.ipynb").write_text(notebook(SOURCE, "# " + "x" * 60_000_000))
