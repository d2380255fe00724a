"""Rare tokens: names, comments and constants that a pair has in common and hardly any other student has.

Next to a similar structure they are worth a look. Alone they name nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.authoring.similarity.baseline import WORD, Baseline
from autograder.authoring.similarity.pairs import Pair, Work

__all__ = ["RareTokens", "Shared"]


LEAST_STUDENTS = 8  # in a smaller class nothing is unusual
FEW_SHARE, FEW = 0.01, 3  # so many students may have it, the two included
SHORTEST_NAME, SHORTEST_COMMENT, SHORTEST_LITERAL = 4, 12, 4
MOST_SHOWN = 8
Traits = tuple[frozenset[str], frozenset[str], frozenset[str]]


@dataclass(frozen=True)
class Shared:
    """The rare tokens that a pair has in common, each kind in alphabetical order."""

    names: list[str]
    comments: list[str]
    literals: list[str]


class RareTokens:
    """The rare tokens of a class, and who uses them."""

    def __init__(self, works: Sequence[Work], baseline: Baseline) -> None:
        """Count what the students use that the course does not."""
        self._of = {work: _traits(work, baseline) for work in works}
        by_student: dict[str, tuple[set[str], set[str], set[str]]] = {}
        for work, traits in self._of.items():
            for all_of, some in zip(
                by_student.setdefault(work.student, (set(), set(), set())), traits, strict=True
            ):
                all_of |= some
        self._few = max(FEW, round(FEW_SHARE * len(by_student))) if len(by_student) >= LEAST_STUDENTS else 0
        self._owners = [
            Counter(trait for traits in by_student.values() for trait in traits[kind]) for kind in range(3)
        ]

    def shared(self, pair: Pair) -> Shared:
        """The rare tokens that both of a pair use."""
        shared = [
            sorted(trait for trait in first & second if owners[trait] <= self._few)[:MOST_SHOWN]
            for first, second, owners in zip(
                self._of[pair.first], self._of[pair.second], self._owners, strict=True
            )
        ]
        return Shared(*shared)


def _traits(work: Work, baseline: Baseline) -> Traits:
    """The names, comments and constants of a notebook that the course's own material does not have."""
    names: set[str] = set()
    literals: set[str] = set()
    comments: set[str] = set()
    for fragment in work.fragments:
        for token in fragment.tokens:
            if token.kind == "name" and len(token.text) >= SHORTEST_NAME:
                names.add(token.text)
            elif token.kind in ("number", "string") and len(token.text) >= SHORTEST_LITERAL:
                literals.add(token.text)
        comments |= {trait for trait in fragment.comments if len(trait) >= SHORTEST_COMMENT}
    usual = baseline.words
    return (
        frozenset(names - usual),
        frozenset(comments - baseline.comments),
        frozenset(trait for trait in literals if not usual.issuperset(WORD.findall(trait))),
    )
