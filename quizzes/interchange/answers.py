"""Makes items of answers with shares of the points, as Moodle and plain-text formats have them.

Each function returns an item's keys as a bank file has them. What would change the key, the options or the
points raises LeftOut; what is lost beside is said to `Notes`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from quizzes.content.marking.short_text import LONGEST_TEXT, matches, pattern_problem
from quizzes.content.written_numbers import LARGEST_EXPONENT, NumberProblem, decimal_text, parse_number
from quizzes.interchange.concrete import number_text
from quizzes.interchange.html_markup import LeftOut

__all__ = [
    "DIGITS_SHOWN",
    "MOST_OPTIONS",
    "NO_EXPLANATION",
    "Answer",
    "Notes",
    "Range",
    "choice",
    "digits_shown",
    "essay",
    "explanation",
    "joined_range",
    "matching",
    "number_in",
    "number_key",
    "short_text",
    "true_false",
]


MOST_OPTIONS = 12
MOST_ANSWERS = 200
NO_EXPLANATION = "No explanation came with it."
NEAR = Decimal("0.0005")  # shares are written with five digits
NEARBY = Decimal("0.001")  # within this share of a common wrong value its feedback is shown
DIGITS_SHOWN, MOST_DIGITS = 6, 12  # of a key
WRITTEN = re.compile(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?", re.ASCII)  # without fractions and powers
WILD = re.compile(r"(?<!\\)\*")


@dataclass(frozen=True)
class Answer:
    """An answer or option; a share of 1 is full marks."""

    text: str  # Markdown of an option, else as it is typed
    share: Decimal
    feedback: str = ""  # Markdown
    tolerance: Decimal = Decimal(0)

    @property
    def is_full(self) -> bool:
        """Whether it earns full marks."""
        return abs(self.share - 1) < NEAR

    @property
    def is_partial(self) -> bool:
        """Whether it earns something, but not everything."""
        return self.share > NEAR and not self.is_full


@dataclass
class Notes:
    """What was lost of an item, and feedback on right answers that has no place of its own."""

    losses: list[str] = field(default_factory=list)
    for_right: list[str] = field(default_factory=list)

    def lost(self, sentence: str) -> None:
        """Report a loss."""
        self.losses.append(sentence)


def number_in(text: str) -> Decimal:
    """A number with a point or an unambiguous comma; raises LeftOut for anything else."""
    plain = text.strip()
    try:
        if not WRITTEN.fullmatch(plain):
            raise NumberProblem(plain)
        value = parse_number(plain, digits_count=True)
    except NumberProblem as problem:
        shown = plain if len(plain) <= 40 else f"{plain[:39]}…"
        raise LeftOut(f"“{shown}” is not one number") from problem
    if not value.is_finite() or abs(value.adjusted()) > LARGEST_EXPONENT:
        raise LeftOut(f"“{plain[:40]}” is too large or too small")
    return value


def explanation(general: str, notes: Notes) -> str:
    """The explanation: the general feedback, and feedback on right answers that has no other place."""
    extra = [
        text for text in dict.fromkeys(notes.for_right) if text.strip() and text.strip() != general.strip()
    ]
    if extra:
        notes.lost(
            "Feedback on the right answer became part of the explanation, which all see after the quiz."
        )
    return "\n\n".join(filter(None, [general.strip(), *extra])) or NO_EXPLANATION


def choice(answers: Sequence[Answer], *, single: bool, shuffle: bool, notes: Notes) -> dict[str, Any]:
    """A single choice, or one of several right options."""
    options = _filled(answers, notes)
    if len(options) < 2:
        raise LeftOut("it has fewer than two options")
    if len(options) > MOST_OPTIONS:
        raise LeftOut(f"it has {len(options)} options; at most {MOST_OPTIONS} can be shown")
    _all_different([option.text for option in options])
    if single:
        _check_single(options, notes)
    else:
        _check_several(options, notes)
    data: dict[str, Any] = {"type": "choice" if single else "choices"}
    data["options"] = [
        {
            "text": option.text,
            **({"correct": True} if option.share > NEAR else {}),
            **({"feedback": option.feedback} if option.feedback.strip() else {}),
        }
        for option in options
    ]
    return data if shuffle else data | {"shuffle": False}


def _filled(answers: Sequence[Answer], notes: Notes) -> list[Answer]:
    empty = [answer for answer in answers if not answer.text.strip()]
    if any(answer.share > NEAR for answer in empty):
        raise LeftOut("an empty answer is right")
    if empty:
        notes.lost("An answer without a text was dropped.")
    return [answer for answer in answers if answer.text.strip()]


def _all_different(texts: Sequence[str]) -> None:
    for number, text in enumerate(texts):
        if text in texts[:number]:
            raise LeftOut(f"two options have the same text, “{_short(text)}”")


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 60 else f"{plain[:59]}…"


def _shares(options: Sequence[Answer]) -> str:
    return ", ".join(decimal_text(option.share * 100, 3) for option in options)


def _check_single(options: Sequence[Answer], notes: Notes) -> None:
    if any(option.is_partial for option in options):
        raise LeftOut(f"its points differ by option ({_shares(options)} per cent)")
    if not any(option.is_full for option in options):
        raise LeftOut("no option earns full points")
    if any(option.share < -NEAR for option in options):
        notes.lost(f"Wrong options took points away ({_shares(options)} per cent); here they take nothing.")


def _check_several(options: Sequence[Answer], notes: Notes) -> None:
    right = [option.share for option in options if option.share > NEAR]
    wrong = [option.share for option in options if option.share <= NEAR]
    if not right:
        raise LeftOut("no option is right")
    if abs(sum(right, Decimal(0)) - 1) > NEAR * len(right):
        raise LeftOut(f"its right options do not add up to full points ({_shares(options)} per cent)")
    part = Decimal(1) / len(right)
    even = all(abs(share - part) <= NEAR for share in right)
    if not even or any(abs(share + part) > NEAR for share in wrong):
        notes.lost(f"Points by option ({_shares(options)} per cent) became right options less wrong ones.")


def true_false(truth: bool, on_true: str, on_false: str, notes: Notes) -> dict[str, Any]:
    """A statement to judge, with the feedback on either answer."""
    right, wrong = (on_true, on_false) if truth else (on_false, on_true)
    if right.strip():
        notes.for_right.append(right)
    return {"type": "true_false", "answer": truth, **({"feedback": wrong} if wrong.strip() else {})}


def short_text(answers: Sequence[Answer], *, match_case: bool, notes: Notes) -> dict[str, Any]:
    """Accepted texts; `*` stands for any signs, unless a backslash is before it."""
    filled = _filled(answers, notes)
    if any(answer.is_partial for answer in filled):
        raise LeftOut(f"its points differ by answer ({_shares(filled)} per cent)")
    full = [answer for answer in filled if answer.is_full]
    wrong = [answer for answer in filled if not answer.is_full]
    if not full:
        raise LeftOut("no answer earns full points")
    if any(not _without_stars(answer.text).strip() for answer in full):
        raise LeftOut("every answer is right")
    if any(answer.share < -NEAR for answer in wrong):
        notes.lost("Wrong answers took points away; here they take nothing.")
    if len(filled) > MOST_ANSWERS:
        raise LeftOut(f"it has {len(filled)} answers; at most {MOST_ANSWERS} are read")
    for answer in filled:
        if problem := pattern_problem(_pattern(answer.text)):
            raise LeftOut(f"an answer cannot be taken over: {problem}")
    _no_exceptions(filled, match_case)
    accept = list(
        dict.fromkeys(_literal(answer.text).strip() for answer in full if not WILD.search(answer.text))
    )
    wild = [answer.text for answer in full if WILD.search(answer.text)]
    data: dict[str, Any] = {"type": "short_text", "accept": accept or [_without_stars(wild[0]).strip()]}
    if any(len(text) > LONGEST_TEXT for text in data["accept"]):
        raise LeftOut(f"an accepted text has more than {LONGEST_TEXT} characters")
    if wild:
        data["pattern"] = "|".join(map(_pattern, wild))
        if problem := pattern_problem(data["pattern"]):
            raise LeftOut(f"its answers with * cannot be taken over: {problem}")
    if match_case:
        data["match_case"] = True
    notes.for_right += [answer.feedback for answer in full]
    mistakes = []
    for answer in wrong:
        if not answer.feedback.strip():
            continue
        if WILD.search(answer.text):
            notes.lost(f"Feedback on wrong answers like “{_short(answer.text)}” was lost.")
        else:
            mistakes.append({"value": _literal(answer.text).strip(), "feedback": answer.feedback})
    return data | ({"common_wrong": mistakes} if mistakes else {})


def _no_exceptions(answers: Sequence[Answer], match_case: bool) -> None:
    """An answer that earns nothing counts before a later one, which is right, and would accept the same."""
    for number, answer in enumerate(answers):
        if answer.is_full:
            continue
        for later in answers[number + 1 :]:
            if later.is_full and _overlap(answer.text, later.text, match_case):
                raise LeftOut(
                    f"“{_short(answer.text)}” earns nothing, though “{_short(later.text)}” would accept it"
                )


def _overlap(text: str, other: str, match_case: bool) -> bool:
    """Whether some answer fits both; two texts with stars may always do so."""
    if WILD.search(text) and WILD.search(other):
        return True
    wild, typed = (text, other) if WILD.search(text) else (other, text)
    return matches(_literal(typed), (), _pattern(wild), match_case=match_case)


def _literal(text: str) -> str:
    return text.replace("\\*", "*")


def _without_stars(text: str) -> str:
    return _literal(WILD.sub("", text))


def _pattern(text: str) -> str:
    return ".*".join(re.escape(_literal(part)) for part in WILD.split(text.strip()))


@dataclass(frozen=True)
class Range:
    """What is right about a number: the key, and how far below and above."""

    key: Decimal
    below: Decimal
    above: Decimal

    def tolerance(self) -> dict[str, Any]:
        """As a bank file has it."""
        if self.below != self.above:
            return {"mode": "range", "below": number_text(self.below), "above": number_text(self.above)}
        return {"mode": "abs", "abs": number_text(self.below)} if self.below else {"mode": "exact"}


def joined_range(ranges: Sequence[Range]) -> Range:
    """The range that all of them make together, with the first key; raises LeftOut if they do not touch."""
    by_start = sorted(ranges, key=lambda part: part.key - part.below)
    start, end = by_start[0].key - by_start[0].below, by_start[0].key + by_start[0].above
    for part in by_start[1:]:
        if part.key - part.below > end:
            keys = ", ".join(dict.fromkeys(decimal_text(part.key) for part in ranges))
            raise LeftOut(f"several numbers are right ({keys})")
        end = max(end, part.key + part.above)
    key = ranges[0].key
    return Range(key, key - start, end - key)


def digits_shown(ranges: Sequence[Range]) -> int:
    """How many significant digits a key is shown with, so that what is shown is right."""
    for digits in range(DIGITS_SHOWN, MOST_DIGITS):
        shown = [(Decimal(decimal_text(part.key, digits)), part) for part in ranges]
        if all(part.key - part.below <= value <= part.key + part.above for value, part in shown):
            return digits
    return MOST_DIGITS


def number_key(answers: Sequence[Answer], notes: Notes) -> dict[str, Any]:
    """The key, tolerance and common mistakes of a number."""
    filled = _filled(answers, notes)
    if any(answer.is_partial for answer in filled):
        raise LeftOut(f"its points differ by answer ({_shares(filled)} per cent)")
    if any(answer.share < -NEAR for answer in filled):
        notes.lost("Wrong numbers took points away; here they take nothing.")
    ranges: list[Range] = []
    wrong: list[tuple[Decimal, Decimal, str]] = []
    for answer in filled:
        if answer.text.strip() == "*":
            if answer.is_full:
                raise LeftOut("every number is right")
            if answer.feedback.strip():
                notes.lost(f"Feedback on every other number was lost: “{_short(answer.feedback)}”.")
            continue
        value = number_in(answer.text)
        if answer.tolerance < 0:
            raise LeftOut(f"its tolerance is negative ({decimal_text(answer.tolerance)})")
        if answer.is_full:
            for low, high, shown in wrong:
                if low <= value + answer.tolerance and high >= value - answer.tolerance:
                    raise LeftOut(f"{shown} earns nothing, though it lies within what is right")
            ranges.append(Range(value, answer.tolerance, answer.tolerance))
            notes.for_right.append(answer.feedback)
        else:
            wrong.append((value - answer.tolerance, value + answer.tolerance, decimal_text(value)))
    if not ranges:
        raise LeftOut("no number earns full points")
    right = joined_range(ranges)
    data: dict[str, Any] = {"key": number_text(right.key), "tolerance": right.tolerance()}
    if (digits := digits_shown([right])) != DIGITS_SHOWN:
        data["shown_digits"] = digits
    mistakes = _common_wrong(filled, notes)
    return data | ({"common_wrong": mistakes} if mistakes else {})


def _common_wrong(answers: Sequence[Answer], notes: Notes) -> list[dict[str, str]]:
    mistakes = []
    for answer in answers:
        if answer.is_full or answer.text.strip() == "*" or not answer.feedback.strip():
            continue
        value = number_in(answer.text)
        mistakes.append({"value": number_text(value), "feedback": answer.feedback})
        if answer.tolerance > abs(value) * NEARBY * 2:
            notes.lost(f"Feedback on {decimal_text(value)} is shown within a thousandth of it.")
    return mistakes


def matching(pairs: Sequence[tuple[str, str]], notes: Notes) -> dict[str, Any]:
    """Pairs; an empty left side makes a distractor."""
    found: dict[str, str] = {}
    spare: list[str] = []
    for left, right in pairs:
        if not right.strip():
            if left.strip():
                raise LeftOut(f"the entry “{_short(left)}” has no partner")
            notes.lost("A pair without texts was dropped.")
        elif not left.strip():
            spare.append(right)
        elif found.setdefault(left, right) != right:
            raise LeftOut(f"the entry “{_short(left)}” has two right partners")
    if len(found) < 2:
        raise LeftOut("it has fewer than two pairs")
    if len(found) > MOST_OPTIONS:
        raise LeftOut(f"it has {len(found)} pairs; at most {MOST_OPTIONS} can be shown")
    spare = [text for text in dict.fromkeys(spare) if text not in found.values()]
    data: dict[str, Any] = {
        "type": "matching",
        "pairs": [{"left": left, "right": right} for left, right in found.items()],
    }
    return data | ({"distractors": spare} if spare else {})


def essay(model_answer: str, rubric: Sequence[dict[str, Any]], notes: Notes) -> dict[str, Any]:
    """A text that a person marks."""
    if not rubric:
        notes.lost("No rubric came with it: write what to look for.")
    return {
        "type": "essay",
        "rubric": list(rubric) or [{"text": "Answers the question."}],
        "model_answer": model_answer.strip() or NO_EXPLANATION,
    }
