"""Hands in an archive whose notebook wants to be written elsewhere."""

import zipfile

from correct_notebook import SOURCE, notebook


def make(folder):
    """Build the hand-in in the student's folder."""
    with zipfile.ZipFile(folder / "work.zip", "w") as archive:
        archive.writestr("../../../planted.ipynb", notebook(SOURCE))
