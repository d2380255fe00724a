"""Short expressions: compared with the key at twenty seeded points."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from quizzes.content.expression import Expression, ExpressionProblem
from quizzes.content.randomization import Draw

__all__ = ["POINTS", "same_formula"]


POINTS = 20
NEAR = Decimal("1e-12")


def same_formula(
    given: Expression, key: Expression, where: Mapping[str, tuple[Decimal, Decimal]], seed: bytes
) -> bool:
    """Do both have the same value wherever the key has one? The points are drawn from the seed."""
    draw, compared = Draw(seed), 0
    for _ in range(POINTS * 5):  # some points may lie where the key has no value
        at = {name: draw.between(*where[name]) for name in sorted(where)}
        try:
            right = key.value(at)
        except ExpressionProblem:
            continue
        try:
            value = given.value(at)
        except ExpressionProblem:
            return False
        if abs(value - right) > NEAR * max(abs(right), abs(value), Decimal(1)):
            return False
        compared += 1
        if compared == POINTS:
            return True
    return False
