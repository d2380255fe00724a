"""Pairs of students with code in common that hardly any other student has.

A fingerprint of the baseline says nothing, and neither does one that more than a few per cent of the
class have. Of what is left, the rarer weighs more. A pair is named when both a good part of what
one of them wrote on their own and enough of it are in the other's notebook too, or nearly all of a
function of some size.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from autograder.authoring.similarity.baseline import Baseline
from autograder.authoring.similarity.fragments import Fragment

__all__ = ["LONGEST", "Pair", "Similarities", "Work", "compare", "work_of"]


SHARE = 0.4  # of the own material of the one who has less of it
LEAST = 10.0  # weight of what is shared: about 40 tokens that nobody else has in this order
FUNCTION_SHARE, FUNCTION_LEAST = 0.75, 15.0  # the same for one function alone, which has to say more
LONGEST = 200_000  # characters of code: more is data, or meant to take long
COMMON_SHARE, COMMON_LEAST = 0.03, 6  # code that more students than this have joins the baseline


@dataclass(frozen=True, eq=False)
class Work:
    """One notebook of one student."""

    student: str
    file: str
    fragments: tuple[Fragment, ...]
    own_fingerprints: frozenset[int]  # fingerprints that are not in the baseline


@dataclass(frozen=True, eq=False)
class Pair:
    """Two students' notebooks, with the fingerprints that both have and few others."""

    first: Work
    second: Work
    shared: frozenset[int]
    share: float  # of the own material of the one who has less, by weight
    amount: float  # weight of what is shared
    first_has_less: bool  # whether the first one's own material is the smaller

    @property
    def students(self) -> tuple[str, str]:
        """The two students."""
        return self.first.student, self.second.student


@dataclass(frozen=True)
class Similarities:
    """The result of comparing a class: pairs, the most alike first, and groups of more than two."""

    works: Sequence[Work]
    pairs: Sequence[Pair]
    groups: Sequence[tuple[str, ...]]
    common: frozenset[int]  # fingerprints that too many have


def work_of(student: str, file: str, sources: Iterable[str], baseline: Baseline) -> Work:
    """A student's notebook, split into fragments, with the baseline removed."""
    fragments = tuple(fragment for source in sources for fragment in baseline.splitter.split(source))
    own_fingerprints = frozenset[int]().union(*map(baseline.own_fingerprints, set(fragments)))
    return Work(student, file, fragments, own_fingerprints)


def compare(works: Sequence[Work]) -> Similarities:
    """Compare all pairs of students; several works of one student are attempts and not compared."""
    holders: dict[int, list[int]] = defaultdict(list)
    for number, work in enumerate(works):
        for fingerprint in work.own_fingerprints:
            holders[fingerprint].append(number)
    students = len({work.student for work in works})
    most = max(COMMON_LEAST, round(COMMON_SHARE * students))
    rarity: dict[int, float] = {}
    together: Counter[tuple[int, int]] = Counter()
    for fingerprint, numbers in holders.items():
        owners = len({works[number].student for number in numbers})
        if owners > most:
            continue
        rarity[fingerprint] = max(owners - 1, 1) ** -0.5
        if owners > 1:
            together.update(combinations(numbers, 2))
    totals = [sum(rarity.get(fingerprint, 0.0) for fingerprint in work.own_fingerprints) for work in works]
    best: dict[tuple[str, str], Pair] = {}
    for (i, j), count in together.items():
        first, second = works[i], works[j]
        if count < LEAST or first.student == second.student:
            continue  # rarity is at most 1
        shared = frozenset(f for f in first.own_fingerprints & second.own_fingerprints if f in rarity)
        amount = sum(rarity[f] for f in shared)
        share = amount / min(totals[i], totals[j])
        if amount < LEAST or (share < SHARE and not _whole_function(first, second, shared, rarity)):
            continue
        pair = Pair(first, second, shared, share, amount, totals[i] <= totals[j])
        a, b = sorted(pair.students)
        other = best.get((a, b))
        if other is None or _strength(pair) > _strength(other):
            best[a, b] = pair
    pairs = sorted(best.values(), key=lambda pair: (-_strength(pair), pair.students))
    common = frozenset(holders.keys() - rarity.keys())
    return Similarities(works, pairs, _groups(pair.students for pair in pairs), common)


def _whole_function(first: Work, second: Work, shared: frozenset[int], rarity: Mapping[int, float]) -> bool:
    """Whether nearly all of a function that either wrote on their own is in the other's notebook."""
    for work in (first, second):
        for fragment in work.fragments:
            own_weight = sum(
                rarity.get(fingerprint, 0.0) for fingerprint in fragment.fingerprints & work.own_fingerprints
            )
            both = sum(rarity[fingerprint] for fingerprint in fragment.fingerprints & shared)
            if fragment.name and both >= max(FUNCTION_LEAST, FUNCTION_SHARE * own_weight):
                return True
    return False


def _strength(pair: Pair) -> float:
    return pair.share * pair.amount


def _groups(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Students connected by pairs, where they are more than two; the largest group first."""
    group: dict[str, set[str]] = {}
    for a, b in pairs:
        joined = group.get(a, {a}) | group.get(b, {b})
        group.update(dict.fromkeys(joined, joined))
    different = {id(members): members for members in group.values() if len(members) > 2}
    return sorted(
        (tuple(sorted(members)) for members in different.values()),
        key=lambda members: (-len(members), members),
    )
