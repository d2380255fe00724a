"""Homework in the browser: publish, submit, grade and read feedback."""
