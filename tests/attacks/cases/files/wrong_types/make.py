"""Has numbers where text belongs."""

from correct_notebook import SOURCE, notebook


def make(folder):
    """Build the hand-in in the student's folder."""
    (folder / "tiny.ipynb").write_text(notebook(SOURCE, 7, [1, None], {"x": 1}))
