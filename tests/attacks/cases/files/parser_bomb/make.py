"""Nests brackets until the parser gives up."""

from correct_notebook import SOURCE, notebook


def make(folder):
    """Build the hand-in in the student's folder."""
    (folder / "tiny.ipynb").write_text(notebook(SOURCE, "bomb = " + "(" * 50_000 + ")" * 50_000))
