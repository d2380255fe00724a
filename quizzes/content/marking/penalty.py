"""Negative marks: a wrong choice takes away from what other parts of the same question earned.

A question never counts below zero, so a penalty needs several parts to take from; on a single choice it would
change nothing, and is refused there.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import Field

from quizzes.content.written_numbers import decimal_text

__all__ = ["Penalty", "fair_penalty", "no_single_penalty", "penalised", "penalty_sentence"]


Penalty = Annotated[
    Decimal, Field(ge=0, le=1, description="What a wrong choice takes, as a share of the right one's points.")
]


def penalised(right: int, wrong: int, total: int, penalty: Decimal) -> Fraction:
    """The share for the weights of right and of wrongly chosen parts; parts left empty cost nothing."""
    return max(Fraction(right, total) - Fraction(penalty) * Fraction(wrong, total), Fraction(0))


def fair_penalty(options: int) -> Fraction:
    """The penalty at which blind guessing among so many options earns nothing on average."""
    return Fraction(1, options - 1)


def penalty_sentence(penalty: Decimal) -> str:
    """The rule in a sentence for students; nothing without a penalty."""
    if not penalty:
        return ""
    much = "as much as" if penalty == 1 else f"{decimal_text(penalty * 100)} % of what"
    return (
        f" A wrong choice takes away {much} the right one adds, one left empty nothing;"
        " the question never counts below zero."
    )


def no_single_penalty(given: object) -> object:
    """Refuse `penalty` on a question that is one choice; raises ValueError with what to write instead."""
    if isinstance(given, dict) and "penalty" in given:
        raise ValueError(
            "a single choice takes no penalty: a wrong one earns nothing, and no question counts below zero; "
            "ask several in one `blanks` question with `options` or `truth`, which takes a `penalty`"
        )
    return given
