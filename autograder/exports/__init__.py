"""Grades and feedback, back into a learning platform."""

from autograder.exports.canvas import CanvasColumn, canvas_gradebook
from autograder.exports.feedback import feedback_zip
from autograder.exports.gradescope import autograder_zip, gradescope_grades
from autograder.exports.line import Line, lines_of
from autograder.exports.moodle import moodle_import, moodle_worksheet
from autograder.exports.plain import plain_grades
from autograder.exports.results import results_json

__all__ = [
    "CanvasColumn",
    "Line",
    "autograder_zip",
    "canvas_gradebook",
    "feedback_zip",
    "gradescope_grades",
    "lines_of",
    "moodle_import",
    "moodle_worksheet",
    "plain_grades",
    "results_json",
]
