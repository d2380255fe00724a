"""Moodle's formats: Moodle XML read and written, GIFT read."""
