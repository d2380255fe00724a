"""Puts a link to a device without end in place of the notebook."""


def make(folder):
    """Build the hand-in in the student's folder."""
    (folder / "tiny.ipynb").symlink_to("/dev/zero")
