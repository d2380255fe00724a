"""How each status is said and drawn: a word, a symbol and a tone, so that colour never stands alone."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.report import CheckResult, Status

__all__ = ["LOOKS", "Look", "reading_order"]


@dataclass(frozen=True)
class Look:
    """What a status looks like on a page."""

    word: str
    symbol: str  # the id of a drawing in templates/symbols.html
    tone: str  # a class of the style sheet: good, bad, warn or calm
    means: str


LOOKS = {
    Status.PASSED: Look("Passed", "check", "good", "The submission does what is asked."),
    Status.FAILED: Look("Failed", "cross", "bad", "A value, a shape or a property is not right."),
    Status.TIMEOUT: Look("Out of time", "clock", "bad", "The call used more than its time."),
    Status.MEMORY: Look("Out of memory", "memory", "bad", "The call asked for more memory than there is."),
    Status.CRASHED: Look("Crashed", "bolt", "bad", "The process ended inside the call."),
    Status.MISSING: Look(
        "Not written", "dots", "warn", "There is no such function, or it is still the stub."
    ),
    Status.SKIPPED: Look("Not run", "pause", "calm", "A check it depends on did not pass."),
    Status.ERROR: Look("Check broken", "flag", "calm", "The check itself is wrong; it counts for nobody."),
}


def reading_order(result: CheckResult) -> int:
    """What comes first on a page: what to repair, then what waits for it, then what is done."""
    if result.status.needs_work:
        return 0
    return {Status.ERROR: 1, Status.SKIPPED: 2}.get(result.status, 3)
