"""Saves the notebook in an encoding of its own."""

from correct_notebook import SOURCE, notebook


def make(folder):
    """Build the hand-in in the student's folder."""
    (folder / "tiny.ipynb").write_bytes(notebook(SOURCE + "# é").replace("\\u00e9", "é").encode("latin-1"))
