"""Proof on your own machine that a server holds a class, and that killing it loses nothing."""
