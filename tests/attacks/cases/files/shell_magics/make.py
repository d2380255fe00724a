"""Runs shell commands from cells."""

from correct_notebook import SOURCE, notebook


def make(folder):
    """Build the hand-in in the student's folder."""
    (folder / "tiny.ipynb").write_text(notebook("!touch planted\n%cd /\n%%bash\ntouch planted", SOURCE))
