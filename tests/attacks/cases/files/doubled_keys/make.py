"""Says every key twice."""

from correct_notebook import SOURCE, notebook


def make(folder):
    """Build the hand-in in the student's folder."""
    twice = '"nbformat": 3, "nbformat": 4'
    (folder / "tiny.ipynb").write_text(notebook(SOURCE).replace('"nbformat": 4', twice))
