"""The log of an attempt on the staff's page: every kind of event is a sentence."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.attempts.events import Event, Saved
from quizzes.web.staff.attempt import LONGEST_SHOWN, log_entry

KINDS = get_args(Event)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_event_is_a_sentence(kind: type) -> None:
    """Whatever an event holds, its entry is one sentence, which names no class and no field."""

    @given(event=st.builds(kind))
    def check(event: Event) -> None:
        entry = log_entry(event, lambda instant: "noon")
        assert entry.at == event.at
        assert entry.sentence.endswith(".")
        assert " " in entry.sentence.strip(".")
        assert "=" not in entry.sentence.replace(getattr(event, "who", "") or "\0", "")
        assert len(entry.response) <= LONGEST_SHOWN
        assert bool(entry.response) <= isinstance(event, Saved)

    check()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({}, "was stored."),
        ({"in_grace": True}, "within the grace period"),
        ({"valid": False}, "could not be read"),
        ({"late": True}, "came too late and does not count"),
        ({"late": True, "valid": False}, "came too late and does not count"),
    ],
)
def test_what_became_of_a_save(flags: dict[str, bool], words: str) -> None:
    """The sentence of a save names its question, as people count, and what became of it."""
    save = Saved(at=1, pos=2, rev=1, base_rev=0, save_id="save-0001", response='"7"', **flags)
    entry = log_entry(save, str)
    assert "question 3" in entry.sentence and words in entry.sentence
    assert entry.response == '"7"'
