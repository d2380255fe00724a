"""Which scores a group leaves out: those without which the percentage of the rest is highest.

With different points possible that is not the lowest score, nor the lowest percentage: dropping 1 of 2
hurts less than dropping 20 of 60. See D. M. Kane and J. M. Kane, "Dropping Lowest Grades" (Mathematics
Magazine 79, 2006), and Canvas, which drops by the same rule.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from fractions import Fraction

__all__ = ["Points", "kept", "share"]

Points = tuple[Fraction, Fraction]  # earned, possible; more than 0 are possible


def share(scores: Sequence[Points]) -> Fraction:
    """Earned of possible over all of them."""
    return sum((earned for earned, _ in scores), Fraction(0)) / sum(possible for _, possible in scores)


def kept(scores: Sequence[Points], drop: int, never: Set[int] = frozenset()) -> list[int]:
    """The places that stay when `drop` scores go, those in `never` not among them; one at least stays.

    Whether a share q can be reached is seen at once: sum(earned - q * possible) over the best must not be
    negative. Each round takes the best for the share reached so far and reaches a higher one, until none
    does: exact, and a few rounds (W. Dinkelbach, "On Nonlinear Fractional Programming", Management Science
    13, 1967). Where two are the same, the later one goes.
    """
    always = sorted(never)
    loose = [place for place in range(len(scores)) if place not in never]
    stay = max(len(loose) - drop, 1) if loose else 0
    chosen = sorted([*always, *loose[:stay]])
    while chosen:
        reached = share([scores[place] for place in chosen])
        gains = {place: scores[place][0] - reached * scores[place][1] for place in loose}
        best = sorted([*always, *sorted(loose, key=lambda place: -gains[place])[:stay]])
        if share([scores[place] for place in best]) <= reached:
            return best
        chosen = best
    return []
