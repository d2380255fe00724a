"""Marking rules, one a module; each is a pure function of an answer and a key."""
