"""Corrected items mark what was shown: for any typos, additions, removals and another order of options."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from quizzes.content.correction import Incomparable, corrected_item, kept_values, matched_texts
from quizzes.content.items.any_item import Item
from quizzes.content.quiz import Quiz

WORDS = {"prompt": "What is [[a]]?", "explanation": "So.", "parameters": {"a": {"range": [1, 9]}}}
# Far enough from one another that one changed letter leaves each most like itself.
TEXTS = (
    *("the gradient vanishes", "weights are shared", "batches of thirty-two", "a learned threshold"),
    *("noise in every label", "momentum of the past", "dropout while training", "cross entropy loss"),
)
SEED = b"a seed"
item_of: TypeAdapter[Item] = TypeAdapter(Item)


@st.composite
def corrections(draw: st.DrawFn, least: int = 2) -> tuple[list[str], list[str], dict[str, str]]:
    """Texts that were shown, the corrected ones in any order, and which is which.

    Of those shown some may be removed, or some others added, and each may have another letter.
    """
    shown = draw(st.lists(st.sampled_from(TEXTS[:5]), min_size=least, max_size=5, unique=True))
    removed = draw(st.sets(st.sampled_from(shown), max_size=len(shown) - least))
    added = draw(st.lists(st.sampled_from(TEXTS[5:]), max_size=2, unique=True))
    same = {}
    for text in shown:
        if text not in removed:
            place = draw(st.integers(0, len(text) - 1))
            same[text] = f"{text[:place]}{draw(st.sampled_from(['', 'x', text[place]]))}{text[place + 1 :]}"
    if removed and added and len(removed) == len(added):
        added = []  # one taken out and one put in is a text rewritten
    current = draw(st.permutations([*same.values(), *added]))
    return shown, list(current), same


@given(corrections())
def test_texts_find_one_another(texts: tuple[list[str], list[str], dict[str, str]]) -> None:
    """Each text is known again, whatever letter and place it has; nothing else is."""
    shown, current, same = texts
    assert matched_texts(shown, current) == same


@given(
    st.lists(st.sampled_from(TEXTS), min_size=2, max_size=6, unique=True),
    st.lists(st.text("ab01. ", min_size=1, max_size=4), min_size=2, max_size=6, unique=True),
)
def test_matching_is_one_to_one(shown: list[str], current: list[str]) -> None:
    """No two texts become the same one, whatever they are."""
    for first, second in ((shown, current), (current, shown), (current, current[::-1])):
        matched = matched_texts(first, second)
        assert matched.keys() <= set(first) and set(matched.values()) <= set(second)
        assert len(set(matched.values())) == len(matched)
        assert all(matched[text] == text for text in set(first) & set(second))


def choice(kind: str, texts: Sequence[str], right: Sequence[str], **more: Any) -> Item:
    """A choice among texts."""
    options = [{"text": text, "correct": text in right} for text in texts]
    return item_of.validate_python({"id": "one", "type": kind, **WORDS, "options": options, **more})


@given(corrections(), st.sampled_from(["choice", "choices"]), st.data())
def test_choices(texts: tuple[list[str], list[str], dict[str, str]], kind: str, data: st.DataObject) -> None:
    """Chosen texts earn what the corrected key says of them; what was removed is wrong."""
    shown, current, same = texts
    before = choice(kind, shown, shown[:1])
    right = data.draw(st.lists(st.sampled_from(current), min_size=1, unique=True))
    shown_right = {text for text in shown if same.get(text) in right}
    after = choice(kind, current, right, **({"rule": "off"} if kind == "choices" else {}))
    if not shown_right:
        with pytest.raises(Incomparable):
            corrected_item(before, after)
        return
    asked = before.question(SEED, Decimal(1))
    corrected = corrected_item(before, after).question(SEED, Decimal(1))
    ids = {option.text: id for id, option in asked.options.items()}  # type: ignore[union-attr]
    if kind == "choice":
        for text in shown:
            assert corrected.mark(ids[text]).share == (text in shown_right)
        return
    chosen = data.draw(st.sets(st.sampled_from(shown)))
    assert corrected.mark([ids[text] for text in chosen]).share == (chosen == shown_right)


@given(corrections(), st.randoms(use_true_random=False))
def test_orders(texts: tuple[list[str], list[str], dict[str, str]], chance: random.Random) -> None:
    """An order is right if those that are left stand as they do in the corrected one."""
    shown, current, same = texts
    before, after = (
        item_of.validate_python(
            {"id": "one", "type": "ordering", **WORDS, "entries": entries, "rule": "exact"}
        )
        for entries in (shown, current)
    )
    asked = before.question(SEED, Decimal(1))
    corrected = corrected_item(before, after).question(SEED, Decimal(1))
    ids = {text: id for id, text in asked.entries.items()}  # type: ignore[union-attr]
    answer = chance.sample(shown, len(shown))
    order = [text for text in answer if text in same]
    wanted = sorted(same, key=lambda text: current.index(same[text]))
    share = corrected.mark([ids[text] for text in answer]).share
    assert share <= (order == wanted)
    if len(same) == len(shown):
        assert share == (order == wanted)


@given(corrections(), st.randoms(use_true_random=False))
def test_pairs(texts: tuple[list[str], list[str], dict[str, str]], chance: random.Random) -> None:
    """Each pair counts by the corrected key; one that was removed keeps its own."""
    shown, current, same = texts
    rights = [f"belongs to number {number}{number}" for number in range(len(shown))]
    before = item_of.validate_python(
        {
            "id": "one",
            "type": "matching",
            **WORDS,
            "pairs": [{"left": a, "right": b} for a, b in zip(shown, rights, strict=True)],
        }
    )
    new_rights = chance.sample(rights, len(rights))
    partner = {text: new_rights[place % len(rights)] for place, text in enumerate(current)}
    unused = [text for text in rights if text not in partner.values()]
    after = item_of.validate_python(
        {
            "id": "one",
            "type": "matching",
            **WORDS,
            "pairs": [{"left": text, "right": partner[text]} for text in current],
            "distractors": unused,
        }
    )
    asked = before.question(SEED, Decimal(1))
    corrected = corrected_item(before, after).question(SEED, Decimal(1))
    left = {text: id for id, text in asked.lefts.items()}  # type: ignore[union-attr]
    right = {text: id for id, text in asked.rights.items()}  # type: ignore[union-attr]
    answer = {text: chance.choice(rights) for text in shown}
    right_of = dict(zip(shown, rights, strict=True))
    hits = sum(answer[text] == (partner[same[text]] if text in same else right_of[text]) for text in shown)
    given_answer = {left[a]: right[b] for a, b in answer.items()}
    assert corrected.mark(given_answer).share == Fraction(hits, len(shown))


@given(st.integers(1, 9), st.integers(1, 90), st.integers(-3, 3), st.integers(0, 40))
def test_drawn_numbers_stay(low: int, width: int, off: int, seed: int) -> None:
    """Whatever the range is now, the key is of the number that was shown; so is a value in the prompt."""

    def quiz(key: str, first: int, last: int, twice: str) -> Quiz:
        item = {
            "id": "sum",
            "type": "numeric",
            "prompt": "What is [[a]] and [[b]]?",
            "explanation": "So.",
            "parameters": {"a": {"range": [first, last]}},
            "derived": {"b": twice, "c": "a * a"},
            "key": key,
            "tolerance": {"mode": "exact"},
        }
        return Quiz.model_validate({"name": "q", "title": "Q", "pools": [{"items": {"t/sum": item}}]})

    taken, now = quiz("a + b", 1, 9, "2 * a"), quiz(f"a + b + {off} + 0 * c", low, low + width, "3 * a")
    (shown,), (corrected,) = taken.build_questions(str(seed)), now.correct_questions(str(seed), taken)
    assert corrected.kept_key == "" and corrected.params == shown.params
    values = shown.question.context.values  # type: ignore[attr-defined]
    for answer in range(40):
        right = answer == values["a"] + values["b"] + off
        assert corrected.question.mark(str(answer)).share == right


CHOICE = choice("choice", TEXTS[:3], TEXTS[:1])
GAPS = {"id": "one", "type": "blanks", **WORDS}
LIST = {"id": "b", "label": "B", "options": list(TEXTS[:3])}


@pytest.mark.parametrize(
    ("shown", "current", "why"),
    [
        (CHOICE, {"id": "one", "type": "short_text", **WORDS, "accept": ["x"]}, "another kind"),
        (
            {**GAPS, "blanks": [LIST]},
            {**GAPS, "blanks": [{"id": "b", "label": "B", "accept": ["x"]}]},
            "its blank b is filled in another way",
        ),
        (
            {**GAPS, "blanks": [LIST]},
            {**GAPS, "blanks": [{**LIST, "options": [TEXTS[6], *TEXTS[:3]]}]},
            "the right option of its blank b was not shown",
        ),
        ({**GAPS, "blanks": [LIST]}, {**GAPS, "blanks": [{**LIST, "id": "c"}]}, "none of the blanks"),
        (
            {"id": "one", "type": "expression", **WORDS, "key": "x", "variables": {"x": [1, 2]}},
            {"id": "one", "type": "expression", **WORDS, "key": "y", "variables": {"y": [1, 2]}},
            "other names",
        ),
    ],
)
def test_what_cannot_be_compared(shown: Any, current: Any, why: str) -> None:
    """A reason says so, and the question keeps its own key."""
    items = [
        item if isinstance(item, type(CHOICE)) else item_of.validate_python(item) for item in (shown, current)
    ]
    with pytest.raises(Incomparable, match=why):
        corrected_item(*items)


def test_a_number_that_was_never_drawn() -> None:
    """A parameter that is new or has another name is one that no student has seen."""
    renamed = {**WORDS, "prompt": "What is [[z]]?", "parameters": {"z": {"range": [1, 9]}}}
    current = item_of.validate_python({"id": "one", "type": "numeric", **renamed, "key": "z"})
    shown = item_of.validate_python({"id": "one", "type": "numeric", **WORDS, "key": "a"})
    with pytest.raises(Incomparable, match="draws another number now, z"):
        kept_values(shown, current, {"a": Decimal(3)})
