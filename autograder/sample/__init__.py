"""A class of sample submissions, made from an assignment's handout, reference and variants.

For trying the grader out, for demonstrations and for tests: every submission comes with what to
expect of it. The same arguments make the same bytes.
"""

from __future__ import annotations

__all__ = ["Kind", "Sample", "make_class", "solved_notebook"]

from autograder.sample.kinds import Kind
from autograder.sample.make import Sample, make_class
from autograder.sample.solved import solved_notebook
