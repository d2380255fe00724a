"""Puts a link to a file of the system in place of the notebook."""


def make(folder):
    """Build the hand-in in the student's folder."""
    (folder / "tiny.ipynb").symlink_to("/etc/passwd")
