"""The kinds of sample submissions, and in which order a class has them.

The first twelve submissions are one of each kind, so any class of twelve or more has them all. From
then on a round of twenty repeats, which is half right, as a class is a day before the deadline:
eight plain or restyled solutions and two odd notebooks against six single mistakes, one of several,
one partly done, one blank, and one that gives trouble. Troubles, odd notebooks, known mistakes and
alternatives are each taken in turn, mistakes going round the tasks.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import cycle

__all__ = ["Kind", "rotation"]


class Kind(StrEnum):
    """What a sample submission is like. The set is closed."""

    CORRECT = "correct"  # as the reference, or one function in another style
    ODD = "odd"  # right, in an unusual notebook
    MISTAKEN = "mistaken"  # one known mistake
    SEVERAL = "several mistakes"
    PARTLY = "partly done"  # some functions are still stubs
    BLANK = "blank"  # the handout as it was given out
    HANGING = "hanging"
    RAISING = "raising"
    CRASHING = "crashing"
    MEMORY = "memory"
    FORGING = "forging"
    UNREADABLE = "unreadable"


ONE_OF_EACH = (
    Kind.CORRECT,
    Kind.MISTAKEN,
    Kind.ODD,
    Kind.PARTLY,
    Kind.SEVERAL,
    Kind.HANGING,
    Kind.BLANK,
    Kind.RAISING,
    Kind.CRASHING,
    Kind.UNREADABLE,
    Kind.MEMORY,
    Kind.FORGING,
)
TROUBLES = (Kind.RAISING, Kind.HANGING, Kind.UNREADABLE, Kind.MEMORY, Kind.CRASHING, Kind.FORGING)
ROUND = (
    *(Kind.CORRECT, Kind.MISTAKEN, Kind.CORRECT, Kind.MISTAKEN, Kind.ODD),
    *(Kind.PARTLY, Kind.CORRECT, Kind.SEVERAL, Kind.CORRECT, Kind.MISTAKEN),
    *(Kind.CORRECT, Kind.BLANK, Kind.ODD, Kind.MISTAKEN, Kind.CORRECT),
    *(None, Kind.CORRECT, Kind.MISTAKEN, Kind.CORRECT, Kind.MISTAKEN),  # None: the next trouble
)


def rotation() -> Iterator[Kind]:
    """The kinds of a class's submissions, without end."""
    yield from ONE_OF_EACH
    troubles = cycle(TROUBLES)
    for kind in cycle(ROUND):
        yield next(troubles) if kind is None else kind
