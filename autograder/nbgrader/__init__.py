"""nbgrader with this engine inside: its folders, commands, gradebook and formgrader; our grading.

`import nbgrader` in these files is the nbgrader that is installed. nbgrader's own commands load them,
by name, through the settings that `configure` makes in a course's nbgrader_config.py.
"""

from __future__ import annotations

from autograder.nbgrader.settings import configure

__all__ = ["configure"]
