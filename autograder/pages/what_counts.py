"""What counts and why, in words, and on a student's page: put there last, it changes without grading."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from autograder.pages.rendering import render
from autograder.pages.text import count, points
from autograder.results.final_scores import FinalScore

__all__ = ["why_it_counts", "with_standing"]


# Texts from submissions are escaped: none of them can hold these.
BEGIN, END = "<!--what counts-->", "<!--/what counts-->"


def why_it_counts(standing: FinalScore) -> str:
    """What changed a score from what its report says; empty where nothing did."""
    parts = []
    if standing.attempts > 1:
        parts.append(f"attempt {standing.attempt} of {standing.attempts}")
    if standing.days_late:
        cost = f", −{points(standing.penalty)}" if standing.penalty else ", at no cost"
        parts.append(f"{count(standing.days_late, 'day')} late{cost}")
    if standing.marked_late:
        parts.append("marked late by the platform, how late is not known")
    if standing.changed:
        parts.append(f"set by hand, earned {points(standing.raw)}")
    return "; ".join(parts)


def with_standing(page: str, standing: FinalScore, attempt: int, zone: ZoneInfo) -> str:
    """A student's page with what counts on it, in place of what stood there before."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    why = why_it_counts(standing)
    shown = ""
    if why or standing.comment:
        submitted = standing.submitted.astimezone(zone) if standing.submitted else None
        shown = render(
            "standing.html",
            standing=standing,
            why=why,
            this=attempt == standing.attempt,
            submitted=f"{submitted:%Y-%m-%d %H:%M %Z}" if submitted else "",
        )
    return f"{before}{begin}{shown.strip()}{end}{after}"
