"""Grading one submission: running its checks, diagnosing failures, and reusing earlier results."""
