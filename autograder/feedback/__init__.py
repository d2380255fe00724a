"""Feedback pages: one for each student, one for the instructor, made from reports alone.

A page is one HTML file that needs no network and no script to be read. Whatever a submission
brought along is text on it, never markup: see `text` for what escaping does not cover.
"""

from __future__ import annotations

from autograder.feedback.class_page import class_page
from autograder.feedback.student_page import student_page
from autograder.feedback.task_part import task_part
from autograder.feedback.what_counts import with_standing

__all__ = ["class_page", "student_page", "task_part", "with_standing"]
