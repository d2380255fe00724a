"""Puts a numpy.py of its own beside the notebook."""

from correct_notebook import SOURCE, notebook


def make(folder):
    """Build the hand-in in the student's folder."""
    (folder / "numpy.py").write_text("raise SystemExit('taken')")
    (folder / "tiny.ipynb").write_text(notebook(SOURCE))
