"""Finds the key of an item by running its own marking on possible answers.

Other systems describe marking by conditions that are small programs. A reader that only looked for the shape
it expects would keep a key that other conditions change; so they are run, and what an answer earns decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import chain, combinations, pairwise, permutations
from typing import Any

from quizzes.content.marking.choice import ChoiceRule, choice_share
from quizzes.content.marking.order import OrderRule, order_share
from quizzes.content.written_numbers import decimal_text
from quizzes.interchange.concrete import number_text
from quizzes.interchange.html_markup import LeftOut, Lost
from quizzes.interchange.tracked_xml import Node, short

__all__ = [
    "ChoiceKey",
    "Evaluate",
    "Evaluated",
    "Response",
    "check_size",
    "choice_key",
    "earned",
    "number_key",
    "order_rule",
    "part_weights",
    "subsets",
    "text_key",
]


Response = tuple[str, ...]
ALIKE = Fraction(1, 50)  # of the full points: 33.33 three times is a whole
MOST_OPTIONS = 12  # of an item; their subsets are all tried
MOST_PERMUTED = 5  # entries of an order that are tried in all orders
MOST_RULES = 1000  # elements of an item's marking
HEAVIEST = 100  # of an item's weights


@dataclass(frozen=True)
class Evaluated:
    """The points of an answer, and the identifiers of the feedback that it shows."""

    score: Fraction
    shown: frozenset[str] = frozenset()


Evaluate = Callable[[Mapping[str, Response]], Evaluated]


@dataclass(frozen=True)
class ChoiceKey:
    """The right options, the rule for several, and for each feedback the options that show it alone."""

    right: list[str]
    rule: ChoiceRule | None
    shown_by: Mapping[str, frozenset[str]]
    always: frozenset[str]  # feedback that every answer shows
    other: frozenset[str]  # feedback that depends on more than one option


def check_size(blocks: Iterable[Node]) -> None:
    """Raises LeftOut for marking that is too long to be run on many answers."""
    if sum(block.size for block in blocks) > MOST_RULES:
        raise LeftOut(f"its marking has more than {MOST_RULES} parts")


def points(value: Fraction) -> str:
    """Points for people."""
    return decimal_text(Decimal(value.numerator) / Decimal(value.denominator), 4)


def subsets(options: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """All sets of options, the smallest first."""
    return chain.from_iterable(combinations(options, size) for size in range(len(options) + 1))


def earned(evaluate: Evaluate, response: Mapping[str, Response]) -> Fraction:
    """The points of one answer."""
    return evaluate(response).score


def choice_key(
    evaluate: Evaluate,
    ident: str,
    options: Mapping[str, str],
    many: bool,
    lost: Lost,
    right_less_wrong: bool = False,
) -> ChoiceKey:
    """The key of a list of options, by id with their texts.

    `right_less_wrong`: the other system marks several options so, whatever the conditions say. Raises LeftOut
    if no option earns points, or if they earn different points where only one is chosen.
    """
    if len(options) > MOST_OPTIONS:
        raise LeftOut(f"it has {len(options)} options; a question has at most {MOST_OPTIONS}")
    results = {
        chosen: evaluate({ident: chosen})
        for chosen in (subsets(list(options)) if many else [(), *((option,) for option in options)])
    }
    scores = {chosen: result.score for chosen, result in results.items()}
    if many:
        right, rule = _several(scores, options, lost, right_less_wrong)
    else:
        right, rule = _single(scores, options, lost), None
    answered = {chosen: result.shown for chosen, result in results.items() if chosen}
    always = frozenset.intersection(*answered.values()) if answered else frozenset()
    shown_by: dict[str, frozenset[str]] = {}
    other = set()
    for feedback in frozenset().union(*answered.values()) - always:
        alone = frozenset(option for option in options if feedback in answered[(option,)])
        if all((feedback in shown) == bool(alone & {*chosen}) for chosen, shown in answered.items()):
            shown_by[feedback] = alone
        else:
            other.add(feedback)
    return ChoiceKey(right, rule, shown_by, always, frozenset(other))


def _single(scores: Mapping[Response, Fraction], options: Mapping[str, str], lost: Lost) -> list[str]:
    most = max(scores.values())
    if most <= 0:
        raise LeftOut("none of its options earns points")
    if scores[()] > 0:
        raise LeftOut("an empty answer earns points")
    if any(0 < score < most for score in scores.values()):
        written = ", ".join(
            f"“{short(options[chosen[0]])}” {points(score)}"
            for chosen, score in scores.items()
            if chosen and score
        )
        raise LeftOut(f"points differ by option: {written}")
    if any(score < 0 for score in scores.values()):
        lost("A wrong option took points away; here it earns nothing.")
    return [chosen[0] for chosen, score in scores.items() if score == most]


def _several(
    scores: Mapping[Response, Fraction], options: Mapping[str, str], lost: Lost, right_less_wrong: bool
) -> tuple[list[str], ChoiceRule]:
    most = max(scores.values())
    if most <= 0:
        raise LeftOut("none of its options earns points")
    if scores[()] > 0:
        raise LeftOut("an empty answer earns points")
    best = [chosen for chosen, score in scores.items() if score == most]
    right = list(best[0])  # the smallest set: more options may not add anything
    shares = {chosen: min(max(score / most, Fraction(0)), Fraction(1)) for chosen, score in scores.items()}
    if right_less_wrong and len(best) == 1 and _is_all_or_nothing(shares, best[0]):
        return right, ChoiceRule.NET_CORRECT
    rules = (ChoiceRule.NET_CORRECT, ChoiceRule.OFF, ChoiceRule.EACH_ANSWER, ChoiceRule.COVERAGE)
    for rule in rules:
        if all(
            abs(share - choice_share(rule, {*chosen}, {*right}, {*options})) <= ALIKE
            for chosen, share in shares.items()
        ):
            return right, rule
    by_option = {option: scores[(option,)] for option in options}
    if any(abs(scores[(option,)]) > 0 for option in options):
        right = [option for option, score in by_option.items() if score > 0]
        if not right:
            raise LeftOut("none of its options earns points alone, and its rule is not known here")
        all_right = scores[tuple(right)]  # a wrong option alone cannot take anything
        changes = {
            option: scores[tuple(other for other in options if other in right or other == option)] - all_right
            for option in options
            if option not in right
        }
        written = ", ".join(
            f"“{short(options[option])}” {points(score)}"
            for option, score in {**by_option, **changes}.items()
        )
        lost(f"Points by option ({written}) become right options less wrong ones.")
        return right, ChoiceRule.NET_CORRECT
    if len(best) > 1:
        raise LeftOut(f"{len(best)} different choices of options earn full points")
    lost("Its own rule for partly right choices becomes all or nothing.")
    return right, ChoiceRule.OFF


def _is_all_or_nothing(shares: Mapping[Response, Fraction], right: Response) -> bool:
    return all(share == (chosen == right) for chosen, share in shares.items())


def text_key(
    evaluate: Evaluate, ident: str, candidates: Iterable[str], others: Mapping[str, Response], lost: Lost
) -> dict[str, Any]:
    """The texts that earn full points, in the candidates' order, and whether their capitals matter.

    `others` are the right answers elsewhere. Raises LeftOut if none earns points, if some earn a part (a text
    is right or wrong here), and if capitals matter in some of them only.
    """
    texts = list(dict.fromkeys(text for text in candidates if text.strip()))
    base = earned(evaluate, {**others, ident: ()})

    def worth(text: str) -> Fraction:
        return earned(evaluate, {**others, ident: (text,)}) - base

    scores = {text: worth(text) for text in texts}
    most = max(scores.values(), default=Fraction(0))
    if most <= 0:
        raise LeftOut("no answer to it earns points")
    if any(0 < score < most for score in scores.values()):
        written = ", ".join(f"“{short(text)}” {points(score)}" for text, score in scores.items() if score > 0)
        raise LeftOut(f"points differ by answer: {written}")
    if any(score < 0 for score in scores.values()):
        lost("A wrong answer took points away; here it earns nothing.")
    accepted = [text for text, score in scores.items() if score == most]
    spellings = {other: text for text in accepted for other in _other_cases(text) if other not in accepted}
    refused = {text for other, text in spellings.items() if worth(other) != most}
    if not refused:
        return {"accept": accepted}
    if taken := {*spellings.values()} - refused:
        raise LeftOut(
            f"capitals matter in its answer “{short(min(refused))}” and not in “{short(min(taken))}”; here "
            "they matter in all of them or in none"
        )
    return {"accept": accepted, "match_case": True}


def _other_cases(text: str) -> set[str]:
    """The text with other capitals; none where that would be another text."""
    flipped = (text[:at] + letter.swapcase() + text[at + 1 :] for at, letter in enumerate(text))
    forms = {text.swapcase(), text.lower(), text.upper(), *flipped} - {text}
    return {form for form in forms if form.casefold() == text.casefold()}


def number_key(
    evaluate: Evaluate,
    ident: str,
    ends: Iterable[Decimal],
    keys: Sequence[Decimal],
    others: Mapping[str, Response],
    lost: Lost,
) -> dict[str, Any]:
    """The key and tolerance of a number; `ends` are the numbers at which its conditions change.

    `keys` are numbers that may be the key, the likeliest first. Raises LeftOut unless one range earns points.
    """
    marks = sorted({*ends, *keys})
    if not marks:
        raise LeftOut("no right number came with it")
    between = [(least + most) / 2 for least, most in pairwise(marks)]
    tried = sorted([_beyond(marks[0], -1), *marks, *between, _beyond(marks[-1], 1)])
    base = earned(evaluate, {**others, ident: ()})
    scores = [earned(evaluate, {**others, ident: (f"{value:f}",)}) - base for value in tried]
    most_points = max(scores)
    if most_points <= 0:
        raise LeftOut("no number earns points")
    if any(0 < score < most_points for score in scores):
        written = ", ".join(
            f"{decimal_text(value)}: {points(score)}"
            for value, score in zip(tried, scores, strict=True)
            if score > 0 and value in marks
        )
        raise LeftOut(f"points differ by number: {written or 'within its ranges'}")
    if any(score < 0 for score in scores):
        lost("A wrong number took points away; here it earns nothing.")
    right = [score == most_points for score in scores]
    first, last = right.index(True), len(right) - 1 - right[::-1].index(True)
    if not all(right[first : last + 1]):
        values = [decimal_text(value) for value, is_right in zip(tried, right, strict=True) if is_right]
        raise LeftOut(f"several numbers are right, with others between: {', '.join(values[:6])}")
    if right[0] or right[-1]:
        raise LeftOut("every number beyond a bound is right")
    least, most = tried[first], tried[last]
    if least not in marks or most not in marks:  # the ends themselves are excluded there
        least = max((mark for mark in marks if mark <= least), default=least)
        most = min((mark for mark in marks if mark >= most), default=most)
        lost("The ends of its range did not count; here they do.")
    key = next((value for value in keys if least <= value <= most), (least + most) / 2)
    below, above = key - least, most - key
    if below == above:
        tolerance = {"mode": "abs", "abs": number_text(below)} if below else {"mode": "exact"}
    else:
        tolerance = {"mode": "range", "below": number_text(below), "above": number_text(above)}
    return {"key": number_text(key), "tolerance": tolerance}


def _beyond(mark: Decimal, side: int) -> Decimal:
    return mark + side * (abs(mark) / 10 + 1)


def order_rule(evaluate: Evaluate, ident: str, right: Sequence[str], lost: Lost) -> OrderRule:
    """The rule that gives other orders the points that the marking gives them; raises LeftOut without any."""
    whole = earned(evaluate, {ident: tuple(right)})
    if whole <= 0:
        raise LeftOut("its right order earns no points")
    shares = {order: earned(evaluate, {ident: order}) / whole for order in _orders(tuple(right))}
    if any(share >= 1 for share in shares.values()):
        raise LeftOut("several orders of its entries are right")
    for rule in (OrderRule.EXACT, OrderRule.POSITION, OrderRule.LCS):
        if all(
            abs(order_share(rule, order, right) - max(share, Fraction(0))) <= ALIKE
            for order, share in shares.items()
        ):
            return rule
    lost("Its own rule for partly right orders becomes all or nothing.")
    return OrderRule.EXACT


def _orders(right: Response) -> set[Response]:
    """Other orders to try: all of few entries; of many, two entries swapped, turned round and moved on."""
    if len(right) <= MOST_PERMUTED:
        return {*permutations(right)} - {right}
    orders = {right[::-1], right[1:] + right[:1], right[-1:] + right[:-1]}
    for first, second in combinations(range(len(right)), 2):
        order = list(right)
        order[first], order[second] = order[second], order[first]
        orders.add(tuple(order))
    return orders - {right}


def part_weights(
    evaluate: Evaluate, right: Mapping[str, Response], lost: Lost, what: str = "blank"
) -> list[int]:
    """The weights of the parts of an item, from what leaving each one empty costs."""
    full = earned(evaluate, right)
    if full <= 0:
        raise LeftOut("its right answers earn no points")
    costs = [full - earned(evaluate, {**right, ident: ()}) for ident in right]
    if any(cost <= 0 for cost in costs):
        number = next(number for number, cost in enumerate(costs, start=1) if cost <= 0)
        raise LeftOut(f"{what} {number} earns no points")
    if abs(sum(costs) - full) > ALIKE * full:
        if all(cost == full for cost in costs):
            lost(f"All or nothing becomes a share for each {what}.")
            return [1] * len(costs)
        raise LeftOut(f"what one {what} earns depends on another")
    for number in range(2, len(costs)):  # leaving several empty costs what each costs
        kept = dict(list(right.items())[number:])
        empty: dict[str, Response] = dict.fromkeys(right, ())
        if abs(earned(evaluate, {**empty, **kept}) - sum(costs[number:], Fraction(0))) > ALIKE * full:
            raise LeftOut(f"what one {what} earns depends on another")
    if max(costs) - min(costs) <= ALIKE * full / len(costs):
        return [1] * len(costs)
    ratios = [cost / min(costs) for cost in costs]
    scale = _scale(ratios)
    weights = [round(ratio * scale) for ratio in ratios]
    if max(weights) > HEAVIEST:
        raise LeftOut(f"the points of its {what}s differ too much: {', '.join(map(points, costs))}")
    return weights


def _scale(ratios: Sequence[Fraction]) -> int:
    """The smallest factor that makes all ratios whole numbers, nearly."""
    for factor in range(1, HEAVIEST + 1):
        if all(abs(ratio * factor - round(ratio * factor)) <= ALIKE * factor for ratio in ratios):
            return factor
    return 1
