"""From a path to the notebooks to grade, and whose they are, whichever platform gave them out."""

from autograder.intake.entry import Entry, Found, Unplaced
from autograder.intake.layouts import collect_submissions
from autograder.intake.names import safe_name

__all__ = ["Entry", "Found", "Unplaced", "collect_submissions", "safe_name"]
