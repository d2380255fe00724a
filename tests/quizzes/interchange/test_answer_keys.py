"""Marks are never changed in silence: an imported item earns what its source's own marking gives."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from qti_packages import (
    canvas_document,
    canvas_item,
    choice_list,
    correct,
    item21,
    number_box,
    package,
    points,
    response21,
)

from autograder.errors import UsageError
from quizzes.content.question import Question
from quizzes.interchange.answer_keys import Evaluated, number_key, part_weights, text_key
from quizzes.interchange.concrete import ITEM
from quizzes.interchange.html_markup import LeftOut
from quizzes.interchange.importing import import_package

OPTIONS = "ABCD"
ANSWERED = '<not><unanswered respident="r"/></not>'
WORTHS = st.lists(st.sampled_from([-1, -0.5, 0, 0.5, 1, 2]), min_size=4, max_size=4)


def taken(*documents: str) -> tuple[list[dict[str, Any]], tuple[tuple[str, str], ...]]:
    """The items of a package of these documents, and the losses."""
    with tempfile.TemporaryDirectory() as folder:
        path = package(Path(folder) / "x.zip", {f"q{n}.xml": text for n, text in enumerate(documents)})
        try:
            made = import_package(path, "bank")
        except UsageError as problem:
            return [], (("", problem.message),)
    items: list[dict[str, Any]] = yaml.safe_load(made.text)["items"]
    return items, made.lost


def question_of(data: dict[str, Any]) -> Question:
    """The item as a student gets it."""
    return ITEM.validate_python(data).question(b"seed", Decimal(1))


@settings(max_examples=examples(80), deadline=None)
@given(WORTHS, st.sampled_from(["0", "-1", "-0.5"]), st.booleans())
def test_points_by_option(worths: list[float], default: str, bounded: bool) -> None:
    """Several options with any points: the same shares for every choice, or a sentence."""
    entries = "".join(
        f'<mapEntry mapKey="{option}" mappedValue="{worth}"/>'
        for option, worth in zip(OPTIONS, worths, strict=True)
    )
    most = sum(worth for worth in worths if worth > 0)
    bounds = f'lowerBound="0" upperBound="{most}"' if bounded else ""
    mapping = f'<mapping defaultValue="{default}" {bounds}>{entries}</mapping>'
    body = '<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="0">' + "".join(
        f'<simpleChoice identifier="{option}">text {option}</simpleChoice>' for option in OPTIONS
    )
    document = item21(
        "Points",
        response21([], "identifier", "multiple", mapping),
        f"<p>Which?</p>{body}</choiceInteraction>",
        "map_response",
    )
    items, lost = taken(document)
    if not items:
        assert "left out" in lost[0][1]
        return
    if lost:
        return
    question = question_of(items[0])
    ids = {option.html.removeprefix("text "): option.id for option in question.public_view().options}
    for size in range(len(OPTIONS) + 1):
        for chosen in combinations(OPTIONS, size):
            source = sum(worths[OPTIONS.index(option)] for option in chosen)
            share = question.mark([ids[option] for option in chosen]).share
            assert abs(float(share) - min(max(source / most, 0), 1)) < 0.03, chosen


@settings(max_examples=examples(80), deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-6, 6), st.integers(-6, 6), st.sampled_from(["gte gt lte lt", "gte lte"])),
        min_size=1,
        max_size=2,
    ),
    st.integers(-6, 6),
    st.randoms(use_true_random=False),
)
def test_ranges(ranges: list[tuple[int, int, str]], key: int, chance: Any) -> None:
    """Any conditions on a number: it accepts the same numbers, or there is a sentence."""
    conditions, accepted = [], []
    for first, second, kinds in ranges:
        least, most = min(first, second), max(first, second)
        lower = chance.choice([kind for kind in kinds.split() if kind.startswith("g")])
        upper = chance.choice([kind for kind in kinds.split() if kind.startswith("l")])
        conditions.append(
            f'<and><var{lower} respident="response1">{least}</var{lower}>'
            f'<var{upper} respident="response1">{most}</var{upper}></and>'
        )
        accepted.append((least, most, lower, upper))
    rules = points(f"<or>{correct('response1', str(key))}{''.join(conditions)}</or>")
    item = canvas_item("Range", "numerical_question", "How much?", number_box(), rules)
    items, lost = taken(canvas_document(item))
    if not items or lost:
        assert lost
        return
    question = question_of(items[0])
    for half in range(-14, 15):
        value = Fraction(half, 2)
        is_right = value == key or any(
            (least <= value if lower == "gte" else least < value)
            and (value <= most if upper == "lte" else value < most)
            for least, most, lower, upper in accepted
        )
        assert question.mark(f"{half / 2:g}").share == int(is_right), half / 2


def single(rules: str) -> str:
    """A choice of one among three, marked by these rules."""
    rows = [("a", "first"), ("b", "second"), ("c", "third")]
    return canvas_document(canvas_item("One", "", "Which?", choice_list("r", rows), rules))


@pytest.mark.parametrize(
    ("rules", "right"),
    [
        (points(correct("r", "b")), ["second"]),
        (points(f"<and><not>{correct('r', 'b')}</not>{ANSWERED}</and>"), ["first", "third"]),
        (points(f"<or>{correct('r', 'a')}{correct('r', 'c')}</or>"), ["first", "third"]),
        (points(correct("r", "b")) + points("<other/>", "0"), ["second"]),
        (points(correct("r", "b"), "SCORE.max"), ["second"]),
        (points("<other/>", "-25", "Add") + points(correct("r", "a"), "100"), ["first"]),
        (points(correct("r", "b"), "50", "Add") + points(correct("r", "b"), "50", "Add"), ["second"]),
    ],
)
def test_what_the_conditions_mean(rules: str, right: list[str]) -> None:
    """Negations, alternatives, the rest, and points that are added: what earns points is right."""
    (item,), _ = taken(single(rules))
    assert [option["text"] for option in item["options"] if option["correct"]] == right


def test_a_key_that_its_marking_contradicts() -> None:
    """The declared key is A, the rules give the points to B: one of the two is a mistake."""
    body = (
        '<choiceInteraction responseIdentifier="RESPONSE" maxChoices="1">'
        '<simpleChoice identifier="A">first</simpleChoice><simpleChoice identifier="B">second</simpleChoice>'
        "</choiceInteraction>"
    )
    rules = (
        '<responseCondition><responseIf><match><variable identifier="RESPONSE"/>'
        '<baseValue baseType="identifier">B</baseValue></match><setOutcomeValue identifier="SCORE">'
        '<baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf></responseCondition>'
    )
    items, lost = taken(item21("Twice", response21(["A"]), f"<p>Which?</p>{body}", rules))
    assert items == [] and "its marking gives the points to others" in lost[0][1]


def _by_table(table: dict[str, int]) -> Any:
    return lambda responses: Evaluated(
        sum((Fraction(table.get(text, 0)) for texts in responses.values() for text in texts), Fraction(0))
    )


def test_no_key_is_invented() -> None:
    """Without an answer that earns points there is no key."""
    with pytest.raises(LeftOut, match="no answer to it earns points"):
        text_key(_by_table({}), "r", ["a", "b"], {}, print)
    with pytest.raises(LeftOut, match="no right number came with it"):
        number_key(_by_table({}), "r", [], [], {}, print)


def test_weights_of_parts() -> None:
    """What leaving a part empty costs is its weight; thirds that were rounded are equal."""
    thirds = _by_table({"a": 3333, "b": 3333, "c": 3334})
    right = {name: (name,) for name in "abc"}
    assert part_weights(thirds, right, print) == [1, 1, 1]
    assert part_weights(_by_table({"a": 1, "b": 2, "c": 3}), right, print) == [1, 2, 3]
    with pytest.raises(LeftOut, match="blank 2 earns no points"):
        part_weights(_by_table({"a": 1, "c": 3}), right, print)
