"""When an attempt may start and when it ends."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.schedule.timing import (
    Accommodation,
    Arrival,
    Override,
    Schedule,
    arrival,
    remaining,
    seconds_late,
    terms_for,
)

MINUTE, HOUR = 60_000, 3_600_000
CARD = Schedule(opens_at=0, due_at=9 * HOUR - 1000, closes_at=9 * HOUR - 1000, limit=20 * MINUTE)
spans = st.integers(1000, 10 * HOUR)
accommodations = st.builds(Accommodation, st.fractions(1, 4, max_denominator=20), st.integers(0, 2 * HOUR))


def test_a_window_is_half_open() -> None:
    """The opening instant is inside, the closing one is not."""
    terms = terms_for(CARD)
    assert terms.closes_at is not None
    tried = [-1, 0, terms.closes_at - 1, terms.closes_at]
    assert [terms.may_start(at) for at in tried] == [False, True, True, False]


def test_the_limit_ends_it_or_the_close() -> None:
    """Whichever comes first."""
    terms = terms_for(CARD)
    assert terms.deadline_at(HOUR) == HOUR + 20 * MINUTE
    assert terms.deadline_at(9 * HOUR - 5 * MINUTE) == CARD.closes_at


def test_a_quiz_without_a_limit_or_an_end() -> None:
    """Without a limit the close ends it; without either nothing does, and no timer shows."""
    assert terms_for(Schedule(0, closes_at=HOUR)).deadline_at(5) == HOUR
    endless = terms_for(Schedule(0))
    assert endless.deadline_at(5) is None
    assert endless.may_start(10**15)
    assert remaining(7, None) is None
    assert arrival(10**15, None, 0) is Arrival.IN_TIME


def test_time_and_a_half_is_not_cut_by_the_close_nor_called_late() -> None:
    """Close and due date move along, so the last start that was whole for others is whole for them."""
    terms = terms_for(CARD, Accommodation(Fraction(3, 2)))
    assert CARD.closes_at is not None
    started = CARD.closes_at - 20 * MINUTE
    assert terms.deadline_at(started) == started + 30 * MINUTE
    assert seconds_late(started + 30 * MINUTE, terms.due_at) == 0


def test_a_close_that_does_not_move_cuts() -> None:
    """With `extend_close: false` the close is the close, and the shortfall is what publishing warns of."""
    schedule = Schedule(0, closes_at=20 * MINUTE, limit=20 * MINUTE, extend_close=False)
    terms = terms_for(schedule, Accommodation(Fraction(2), extra=MINUTE))
    assert terms.deadline_at(0) == 20 * MINUTE
    assert terms.shortfall() == 21 * MINUTE
    assert terms_for(schedule).shortfall(slack=MINUTE) == MINUTE


def test_without_a_limit_only_the_extra_moves_the_close() -> None:
    """A multiplier of nothing is nothing."""
    terms = terms_for(Schedule(0, closes_at=HOUR), Accommodation(Fraction(2), extra=5 * MINUTE))
    assert terms.closes_at == HOUR + 5 * MINUTE


def test_a_persons_override_wins_over_a_labels() -> None:
    """Whatever the order they come in."""
    both = [Override("limit", 40 * MINUTE), Override("limit", 30 * MINUTE, personal=False)]
    assert terms_for(CARD, overrides=both).time_allowed == 40 * MINUTE
    assert terms_for(CARD, overrides=both[::-1]).time_allowed == 40 * MINUTE


def test_an_overridden_close_is_what_was_written() -> None:
    """It does not move along with the accommodation."""
    terms = terms_for(CARD, Accommodation(Fraction(2)), [Override("closes_at", 10 * HOUR)])
    assert terms.closes_at == 10 * HOUR
    assert terms.deadline_at(10 * HOUR - 50 * MINUTE) == 10 * HOUR - 10 * MINUTE


def test_an_accommodation_of_one_quiz() -> None:
    """Multiplier and extra of the enrolment can be set anew for a quiz, even to nothing."""
    usual = Accommodation(Fraction(3, 2), extra=MINUTE)
    none = [Override("multiplier", Fraction(1)), Override("extra", 0)]
    assert terms_for(CARD, usual, none) == terms_for(CARD)


def test_odd_multipliers_round_up() -> None:
    """A part of a millisecond is given, not taken."""
    assert terms_for(Schedule(0, limit=1000), Accommodation(Fraction(4, 3))).time_allowed == 1334


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (Schedule(5, closes_at=5), "closes before it opens"),
        (Schedule(5, due_at=4), "due before it opens"),
        (Schedule(0, due_at=9, closes_at=8), "closes before it is due"),
        (Schedule(0, limit=0), "shorter than a second"),
        (Schedule(0, grace=-1), "grace is negative"),
        (Schedule(0, attempts=0), "no attempt"),
    ],
)
def test_schedules_that_cannot_be(schedule: Schedule, message: str) -> None:
    """Each is told in a sentence; the card's has none to tell."""
    assert message in schedule.problem()
    assert CARD.problem() == ""


@pytest.mark.parametrize(
    ("at", "is_"), [(100, "in time"), (101, "in grace"), (120, "in grace"), (121, "late")]
)
def test_the_deadline_and_the_grace_include_their_last_millisecond(at: int, is_: str) -> None:
    """Up to the deadline in time, up to the end of the grace in grace."""
    assert arrival(at, 100, 20) == is_
    assert remaining(at, 100) == 0


@pytest.mark.parametrize(("finished", "seconds"), [(99, 0), (100, 0), (101, 1), (1100, 1), (1101, 2)])
def test_lateness_counts_started_seconds(finished: int, seconds: int) -> None:
    """Not a millisecond early, and never with no due date."""
    assert seconds_late(finished, 100) == seconds
    assert seconds_late(finished, None) == 0


@given(spans, spans, accommodations, st.integers(0, 10 * HOUR))
def test_nobody_has_less_than_without_an_accommodation(
    limit: int, window: int, accommodation: Accommodation, start: int
) -> None:
    """More time never means less: close, due date and deadline move forward or stay."""
    schedule = Schedule(0, due_at=window, closes_at=window, limit=limit)
    plain, more = terms_for(schedule), terms_for(schedule, accommodation)
    assert more.closes_at is not None and more.closes_at >= window
    usual, extended = plain.deadline_at(start), more.deadline_at(start)
    assert usual is not None and extended is not None
    assert extended >= usual
    if window - start >= limit:  # a whole start for others is a whole start for them
        assert more.time_allowed is not None
        assert extended == start + more.time_allowed
