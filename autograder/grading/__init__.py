"""Grading one submission: checks run against it, results, diagnosis and what may be reused."""
