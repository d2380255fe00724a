"""The commonest wrong numbers, and what they have to do with the key: a slip shared by many is a lesson."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from quizzes.analysis.points import Response
from quizzes.numbers import NumberProblem, parse_number

__all__ = ["WrongNumber", "relation", "wrong_numbers"]

MOST = 10
NEAR = 0.005  # a slip is recognised within half a percent
POWERS = {
    10.0: "ten times the key",
    0.1: "a tenth of the key",
    100.0: "100 times the key",
    0.01: "1/100 of the key",
}


@dataclass(frozen=True)
class WrongNumber:
    """A wrong value, or the slip that many made with numbers of their own."""

    value: str
    count: int
    relation: str


def relation(value: float, key: float) -> str:
    """How a wrong value may have come from the key; empty for no known way."""
    slips = {
        "the sign": -key,
        "the reciprocal of the key": 1 / key if key else None,
        "the root is missing": key**2,
        "a root too much": key**0.5 if key > 0 else None,
        "half of the key": key / 2,
        "twice the key": 2 * key,
        "one minus the key": 1 - key,
        **{name: key * factor for factor, name in POWERS.items()},
    }
    for name, slip in slips.items():
        if slip is not None and slip != key and abs(value - slip) <= NEAR * abs(slip):
            return name
    return ""


def wrong_numbers(column: Iterable[Response]) -> list[WrongNumber]:
    """The commonest wrong values of a question; equal slips from different numbers are counted together."""
    counted: Counter[tuple[str, str]] = Counter()
    for one in column:
        if not one.answered or one.points >= one.most or not one.key:
            continue
        try:
            value, key = float(parse_number(one.text)), float(parse_number(one.key))
        except (NumberProblem, OverflowError):
            continue
        slip = relation(value, key)
        counted["" if slip else one.text.strip(), slip] += 1
    ranked = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST]
    return [WrongNumber(value, count, slip) for (value, slip), count in ranked]
