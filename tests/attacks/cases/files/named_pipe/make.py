"""Puts a pipe in place of the notebook: opening it waits for ever."""

import os


def make(folder):
    """Build the hand-in in the student's folder."""
    os.mkfifo(folder / "tiny.ipynb")
