"""Pairs of submissions that share more code than the task explains, side by side for a person to judge."""
