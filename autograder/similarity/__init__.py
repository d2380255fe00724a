"""Pairs of submissions that are alike beyond what the task makes alike, for a person to look at.

Nothing here knows of grades: the page shows code beside code, and says no more than that.
"""

from __future__ import annotations

__all__ = ["LONGEST", "Found", "Ground", "Work", "compare", "ground_of", "similarity_page", "work_of"]

from autograder.similarity.ground import Ground, ground_of
from autograder.similarity.page import similarity_page
from autograder.similarity.pairs import LONGEST, Found, Work, compare, work_of
