"""What students see of each kind: all that a form needs, nothing of the key, no hint by position."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from quizzes.content.items.any_item import Item
from quizzes.content.question import PublicQuestion, Question

VIEW = TypeAdapter(PublicQuestion)  # writes a view as JSON
SEEDS = [f"seed {number}".encode() for number in range(50)]
NUMBER = {"key": "a * 7919 + 0.125", "tolerance": {"mode": "abs", "abs": 0.0317}}
WRONG = [{"value": "a * 7907", "feedback": "SECRET said to the wrong"}]
OPTIONS = [
    {"text": "alpha", "correct": True},
    {"text": "beta", "feedback": "SECRET said to the wrong"},
    {"text": "gamma"},
    {"text": "delta"},
]
CODE = "def twice(x):\n    "
# Everything that has to stay hidden holds the word SECRET, or is a number that occurs nowhere else.
KINDS: dict[str, dict[str, Any]] = {
    "choice": {"options": OPTIONS},
    "choices": {"options": OPTIONS, "rule": "coverage"},
    "true_false": {"answer": "a > 5", "feedback": "SECRET said to the wrong"},
    "numeric": {**NUMBER, "common_wrong": WRONG},
    "blanks": {
        "blanks": [
            {"id": "n", "label": "A number", **NUMBER, "common_wrong": WRONG},
            {"id": "t", "label": "A word", "accept": ["SECRET word"]},
            {"id": "o", "label": "From a list", "options": ["alpha", "beta", "gamma", "delta"]},
        ]
    },
    "matching": {
        "pairs": [{"left": word, "right": word.upper()} for word in ("alpha", "beta", "gamma")],
        "distractors": ["DELTA"],
    },
    "ordering": {"entries": ["alpha", "beta", "gamma", "delta"]},
    "short_text": {
        "accept": ["SECRET word"],
        "pattern": "SECRET.*",
        "common_wrong": [{"value": "SECRET wrong", "feedback": "SECRET said to the wrong"}],
    },
    "expression": {
        "key": "7919 * w",
        "variables": {"w": [0.0317, 2]},
        "common_wrong": [{"value": "7907 * w", "feedback": "SECRET said to the wrong"}],
    },
    "function": {
        "function": "twice",
        "starter": f"{CODE}...",
        "reference": f"{CODE}return 2 * x  # SECRET",
        "checks": 'def doubles(student):\n    """SECRET."""',
    },
    "essay": {"rubric": [{"text": "SECRET line"}], "model_answer": "SECRET model", "most_words": 80},
}
HIDDEN = ("SECRET", "7919", "7907", "0.0317", "0317", "coverage")


def question(kind: str, seed: bytes) -> Question:
    """A variant of the kind's item."""
    words = {
        "id": kind.replace("_", "-"),
        "type": kind,
        "prompt": "Asked [[a]].",
        "explanation": "SECRET [[a]].",
    }
    parameters = {"parameters": {"a": {"range": [2, 9]}}}
    if kind == "function":
        words |= {"prompt": "Asked.", "explanation": "SECRET."}
        parameters = {}
    item = TypeAdapter[Any](Item).validate_python({**words, **parameters, **KINDS[kind]})
    made: Question = item.question(seed, Decimal("1.50"))
    return made


def test_all_kinds_are_here() -> None:
    """The tests below look at every kind there is."""
    assert KINDS.keys() == {
        get_args(item_type.model_fields["type"].annotation)[0] for item_type in get_args(get_args(Item)[0])
    }


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_the_key(kind: str) -> None:
    """Keys, tolerances, explanations, feedback and what decides a mark are in no variant's JSON."""
    for seed in SEEDS:
        made = question(kind, seed)
        text = VIEW.dump_json(made.public_view()).decode()
        assert not [word for word in HIDDEN if word in text]
        if kind in ("numeric", "expression", "short_text"):
            assert made.key_text not in text
        assert made.explanation not in text


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_several_parts_is_a_list(kind: str) -> None:
    """Each part of a right answer has a line of its own on a page; code keeps its lines."""
    made = question(kind, SEEDS[0])
    lines = made.key_html.count("<li>")
    assert lines == (len(made.key_parts) if len(made.key_parts) > 1 else 0)
    assert lines == {"blanks": 3, "matching": 3, "ordering": 4}.get(kind, 0)
    assert ("<ol>" in made.key_html) == (kind == "ordering")
    assert ("<pre>" in made.key_html) == (kind == "function")


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_a_form_needs(kind: str) -> None:
    """Prompt, rule, points, labels, options and limits are there; the JSON makes the same view again."""
    view = question(kind, SEEDS[0]).public_view()
    assert VIEW.validate_json(VIEW.dump_json(view)) == view
    assert (view.kind, view.points) == (kind, "1.50")
    assert view.prompt.startswith("Asked")
    assert view.rule.endswith(".")
    texts = [*(option.html for option in view.options), *(field.label for field in view.fields)]
    assert all(texts)
    ids = [*(option.id for option in view.options), *(field.id for field in view.fields)]
    assert len(set(ids)) == len(ids)
    chosen = kind in ("choice", "choices", "true_false", "ordering", "matching")
    assert bool(view.options) == chosen
    assert bool(view.fields) == (kind in ("blanks", "matching"))
    assert (view.longest is None) == (chosen or kind == "blanks")
    for field in view.fields:
        assert (field.longest is None) == (field.kind == "choice")
        assert bool(field.hint) == (field.kind != "choice")
        assert bool(field.options or view.options) == (field.kind == "choice")
    assert bool(view.starter) == (kind == "function")
    assert view.most_words == (80 if kind == "essay" else None)


@pytest.mark.parametrize("kind", ["numeric", "short_text", "expression", "function", "essay"])
def test_the_limits_are_those_of_saving(kind: str) -> None:
    """One character more than the view says is refused; so many are not refused for their number."""
    made = question(kind, SEEDS[0])
    longest = made.public_view().longest
    assert longest
    filler = "9" if kind == "numeric" else "w"
    assert "characters" in made.problem_with(filler * (longest + 1)) or "KB" in made.problem_with(
        filler * (longest + 1)
    )
    assert "characters" not in made.problem_with(filler * longest)


def places(kind: str, of: Callable[[Question], int]) -> Counter[int]:
    """How often the right one stands in each place, over 400 students."""
    return Counter(of(question(kind, f"student {number}".encode())) for number in range(400))


def first_option(made: Question) -> int:
    """Where the option stands that its author wrote first."""
    view = made.public_view()
    options = view.options or view.fields[-1].options
    return next(place for place, option in enumerate(options) if option.html.lower() == "alpha")


@pytest.mark.parametrize("kind", ["choice", "choices", "blanks", "matching", "ordering"])
def test_a_place_says_nothing(kind: str) -> None:
    """What the author wrote first, often the right one, stands in each of four places about as often."""
    seen = places(kind, first_option)
    assert sorted(seen) == [0, 1, 2, 3]
    assert min(seen.values()) > 60  # 100 are expected; the seeds are fixed


def test_partners_do_not_stand_opposite() -> None:
    """In matching, left and right are shuffled apart: how many stand opposite varies as by chance."""

    def opposite(made: Question) -> int:
        view, key = made.public_view(), made.key_answer
        assert isinstance(key, dict)
        rights = [option.id for option in view.options]
        return sum(rights.index(key[field.id]) == place for place, field in enumerate(view.fields))

    seen = places("matching", opposite)
    assert 0.55 < sum(count * times for count, times in seen.items()) / 400 < 0.95  # 3 pairs on 4 places


def test_any_order_may_come_up() -> None:
    """All 24 orders are shown, the right one too: avoiding it would say that what is shown is wrong."""

    def shown(made: Question) -> int:
        return hash(tuple(option.html for option in made.public_view().options))

    assert len(places("ordering", shown)) == 24


def test_ids_say_nothing() -> None:
    """An option's id does not tell whether it is right, nor what belongs to what; it is the same for all."""
    views = [question("matching", seed).public_view() for seed in SEEDS[:2]]
    assert {option.id for option in views[0].options} == {option.id for option in views[1].options}
    ids = [*(option.id for option in views[0].options), *(field.id for field in views[0].fields)]
    assert len(set(ids)) == len(ids) == 7
    assert json.loads(VIEW.dump_json(views[0]))["fields"][0].keys() == {
        *("id", "label", "kind", "hint", "options", "longest")
    }
