"""Nests a list a hundred thousand times."""


def make(folder):
    """Build the hand-in in the student's folder."""
    (folder / "tiny.ipynb").write_text('{"cells": ' + "[" * 100_000 + "]" * 100_000 + "}")
