"""What is dropped is what leaves the best percentage, found exactly."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from autograder.gradebook.scores import Points, kept, share

POINTS = st.tuples(
    st.fractions(0, 120, max_denominator=20), st.fractions(Fraction(1, 10), 100, max_denominator=10)
)


def of(*scores: tuple[int, int]) -> list[Points]:
    """Whole numbers as exact points."""
    return [(Fraction(earned), Fraction(possible)) for earned, possible in scores]


@given(st.lists(POINTS, min_size=1, max_size=7), st.integers(0, 6), st.sets(st.integers(0, 6)))
def test_no_choice_is_better(scores: list[Points], drop: int, never: set[int]) -> None:
    """Of all choices of as many, none has a higher share; what is never dropped stays."""
    never = {position for position in never if position < len(scores)}
    loose = len(scores) - len(never)
    chosen = kept(scores, drop, never)
    stay = max(loose - drop, 1) if loose else 0
    assert len(chosen) == len(set(chosen)) == len(never) + stay
    assert never <= set(chosen)
    best = max(
        share([scores[position] for position in choice])
        for choice in combinations(range(len(scores)), len(chosen))
        if never <= set(choice)
    )
    assert share([scores[position] for position in chosen]) == best


def test_neither_the_lowest_points_nor_the_lowest_percentage() -> None:
    """With different points possible it can be another one: 30 of 60 goes, not 0 of 2."""
    assert kept(of((0, 2), (30, 60), (40, 40)), 1) == [0, 2]


def test_equal_points_possible() -> None:
    """With the same points possible it is simply the lowest; of two that are the same, the later."""
    assert kept(of((7, 10), (3, 10), (9, 10)), 1) == [0, 2]
    assert kept(of((7, 10), (7, 10), (9, 10)), 1) == [0, 2]


def test_something_stays() -> None:
    """Of two, dropping three leaves the better one; of nothing, nothing."""
    assert kept(of((1, 10), (2, 10)), 3) == [1]
    assert kept([], 2) == []
