"""What counts and why, in words, and on a student's page: added last, it changes without regrading.

`publish` puts it onto students' pages; the class page and the command line show the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from autograder.pages.rendering import render
from autograder.pages.text import count, points
from autograder.results.final_scores import FinalScore

__all__ = ["why_it_counts", "with_final_score"]


# Texts from submissions are escaped: none of them can hold these.
BEGIN, END = "<!--what counts-->", "<!--/what counts-->"


def why_it_counts(score: FinalScore) -> str:
    """What changed a final score from what its report says; empty where nothing did."""
    parts = []
    if score.attempts > 1:
        parts.append(f"attempt {score.attempt} of {score.attempts}")
    if score.days_late:
        cost = f", −{points(score.penalty)}" if score.penalty else ", at no cost"
        parts.append(f"{count(score.days_late, 'day')} late{cost}")
    if score.marked_late:
        parts.append("marked late by the platform, how late is not known")
    if score.unmarked:
        parts.append(f"{points(score.unmarked)} still to be marked")
    if score.time_problem:
        parts.append("time of submission not known")
    if score.changed:
        parts.append(f"set by hand, earned {points(score.raw)}")
    return "; ".join(parts)


def with_final_score(
    page: str,
    score: FinalScore,
    attempt: int,
    zone: ZoneInfo,
    titles: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """A student's page with what counts on it, in place of an earlier final score.

    `titles` are those of the written tasks, by id.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    why = why_it_counts(score)
    section = ""
    if why or score.comment or score.written:
        submitted = score.submitted.astimezone(zone) if score.submitted else None
        section = render(
            "final_score.html",
            score=score,
            why=why,
            titles=titles,
            this=attempt == score.attempt,
            submitted=f"{submitted:%Y-%m-%d %H:%M %Z}" if submitted else "",
        )
    return f"{before}{begin}{section.strip()}{end}{after}"
