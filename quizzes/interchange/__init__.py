"""Quizzes for other media and other systems."""
