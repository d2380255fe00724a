"""Grading a class: what needs grading, on how many processes and machines, and what changed."""
