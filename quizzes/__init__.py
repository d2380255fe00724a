"""Timed quizzes for deep-learning courses."""
