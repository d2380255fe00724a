"""Waiting for what has to happen, however loaded the machine is: tests wait for an event, not for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["PATIENCE", "eventually"]

T = TypeVar("T")
PATIENCE = 300.0  # seconds; no expectation, only so that what never happens does not hang a suite for ever


def eventually(condition: Callable[[], T], unless: Callable[[], object] = lambda: False) -> T:
    """What `condition` says as soon as it holds, or at last: when `unless` holds, or patience ends."""
    began = time.monotonic()
    until = began + PATIENCE
    while True:
        over = unless() or time.monotonic() > until  # asked first: what happened before it still counts
        found = condition()
        if found or over:
            return found
        # A tenth of what was waited already: each look takes processor time from what is waited for.
        time.sleep(min(0.1, max(0.01, (time.monotonic() - began) / 10)))
