"""Marking rules: the vectors of the specification, and what holds for every answer."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from quizzes.content.marking.choice import ChoiceRule, choice_share
from quizzes.content.marking.numeric import Tolerance
from quizzes.content.marking.order import OrderRule, order_share

OPTIONS = set("abcd")


def accepts(value: str, key: str, **tolerance: object) -> bool:
    """Does the tolerance take the value?"""
    return Tolerance.model_validate(tolerance).accepts(Decimal(value), Decimal(key))


def test_numeric_vectors() -> None:
    """Both ends count, in Decimal: −11.72 is right for −11.7 ± 0.02, which floats deny."""
    assert accepts("-11.72", "-11.7", mode="abs", abs="0.02")
    assert not accepts("-11.7201", "-11.7", mode="abs", abs="0.02")
    assert accepts("4.47214", "4.472135954999579", mode="sigfigs", digits=6)
    assert not accepts("4.4722", "4.472135954999579", mode="sigfigs", digits=6)
    assert accepts("0.101", "0.1", mode="rel", rel="0.01")
    assert not accepts("0.1011", "0.1", mode="rel", rel="0.01")
    assert accepts("0.0004", "0", mode="abs_or_rel", abs="0.0005", rel="0.01")
    assert accepts("1.5", "1", mode="range", below="0", above="0.5")
    assert not accepts("0.99", "1", mode="range", below="0", above="0.5")
    assert accepts("2.35", "2.345", mode="decimals", digits=2)
    assert accepts("3.0", "3", mode="exact")


@pytest.mark.parametrize(
    "wrong", [{"mode": "abs"}, {"mode": "exact", "abs": "1"}, {"mode": "sigfigs", "digits": 0}, {"rel": "-1"}]
)
def test_impossible_tolerances(wrong: dict[str, str]) -> None:
    """A mode without its numbers, or with others', is refused."""
    with pytest.raises(ValidationError):
        Tolerance.model_validate(wrong)


def test_share_of_zero() -> None:
    """No share can be taken of a key that is 0."""
    with pytest.raises(ValueError, match="the key is 0"):
        Tolerance(mode="rel", rel=Decimal("0.1")).accepts(Decimal(0), Decimal(0))


@pytest.mark.parametrize(
    ("rule", "chosen", "share"),
    [
        (ChoiceRule.OFF, "ab", Fraction(1)),
        (ChoiceRule.OFF, "a", Fraction(0)),
        (ChoiceRule.NET_CORRECT, "a", Fraction(1, 2)),
        (ChoiceRule.NET_CORRECT, "abc", Fraction(1, 2)),
        (ChoiceRule.NET_CORRECT, "cd", Fraction(0)),
        (ChoiceRule.COVERAGE, "abc", Fraction(2, 3)),
        (ChoiceRule.COVERAGE, "a", Fraction(1, 2)),
        (ChoiceRule.EACH_ANSWER, "abc", Fraction(3, 4)),
        (ChoiceRule.EACH_ANSWER, "", Fraction(0)),
    ],
)
def test_choice_vectors(rule: ChoiceRule, chosen: str, share: Fraction) -> None:
    """Right are a and b of four options."""
    assert choice_share(rule, set(chosen), {"a", "b"}, OPTIONS) == share


@given(
    st.sampled_from(ChoiceRule),
    st.sets(st.sampled_from("abcd")),
    st.sets(st.sampled_from("abcd"), min_size=1),
)
def test_choice_shares(rule: ChoiceRule, chosen: set[str], right: set[str]) -> None:
    """A share is between 0 and 1, and is 1 exactly for the key."""
    share = choice_share(rule, chosen, right, OPTIONS)
    assert 0 <= share <= 1
    assert (share == 1) == (chosen == right)


@given(st.sampled_from(OrderRule), st.permutations("abcde"))
def test_order_shares(rule: OrderRule, given_order: list[str]) -> None:
    """A share is between 0 and 1, and is 1 exactly for the right order."""
    share = order_share(rule, given_order, list("abcde"))
    assert 0 <= share <= 1
    assert (share == 1) == (given_order == list("abcde"))


def test_order_vectors() -> None:
    """Moving one entry to the end spoils all positions but little of the order."""
    moved = list("bcdea")
    assert order_share(OrderRule.POSITION, moved, list("abcde")) == 0
    assert order_share(OrderRule.LCS, moved, list("abcde")) == Fraction(3, 4)
