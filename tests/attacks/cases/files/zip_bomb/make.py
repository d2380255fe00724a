"""Hands in an archive of 100 kB that unpacks to 100 MB."""

import zipfile

from correct_notebook import SOURCE, notebook


def make(folder):
    """Build the hand-in in the student's folder."""
    with zipfile.ZipFile(folder / "work.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny.ipynb", notebook(SOURCE) + " " * 100_000_000)
