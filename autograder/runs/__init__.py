"""Grading a class: on how many processes and machines, what is written, and what regrading changed."""
