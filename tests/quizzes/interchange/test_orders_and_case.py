"""Orders and accepted texts of QTI: what an answer earned there it earns here, or there is a sentence."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import yaml
from every_item import quiz_of
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from qti_packages import (
    canvas_document,
    canvas_item,
    choice_list,
    correct,
    item21,
    package,
    points,
    response21,
    text,
)

from autograder.errors import UsageError
from quizzes.content.question import Answer, Question
from quizzes.interchange.concrete import ITEM
from quizzes.interchange.exporting import export
from quizzes.interchange.importing import Imported, import_package
from quizzes.schedule.timing import Schedule

BOX = '<response_str ident="r"><render_fib><response_label ident="a"/></render_fib></response_str>'
ENTRIES = [("c", "third"), ("a", "first"), ("b", "second")]


def imported(document: str) -> Imported:
    """A package of one document, imported."""
    with tempfile.TemporaryDirectory() as folder:
        return import_package(package(Path(folder) / "x.zip", {"q.xml": document}), "bank")


def only(document: str) -> dict[str, Any]:
    """The item of a document, which loses nothing."""
    made = imported(document)
    assert made.lost == ()
    (item,) = yaml.safe_load(made.text)["items"]
    return dict(item)


def in_new_quizzes(condition: str, ends: str = "") -> str:
    """A list to order as Canvas's New Quizzes write it."""
    labels = "".join(
        f'<response_label ident="{ident}">{text(f"<p>{words}</p>")}</response_label>'
        for ident, words in ENTRIES
    )
    listed = (
        f'<response_lid ident="response1" rcardinality="Ordered"><render_extension>{ends}'
        f'<ims_render_object shuffle="No"><flow_label>{labels}</flow_label></ims_render_object>'
        "</render_extension></response_lid>"
    )
    score = '<outcomes><decvar defaultval="1" varname="ORDERSCORE" vartype="Integer"/></outcomes>'
    return canvas_document(
        canvas_item("Order", "ordering_question", "<p>Sort.</p>", listed, condition).replace(
            "<outcomes>", f"{score}<outcomes>", 1
        )
    )


def test_an_order_of_new_quizzes() -> None:
    """The condition names the whole order; the words at the ends of the list are part of the question."""
    order = points("".join(correct("response1", ident) for ident in "abc"))
    ends = '<material position="top"><mattext>early</mattext></material>'
    item = only(in_new_quizzes(order, ends))
    assert (item["type"], item["rule"]) == ("ordering", "exact")
    assert item["entries"] == ["first", "second", "third"]
    assert item["prompt"] == "Sort.\n\nTop: early"


def test_an_order_of_blackboard() -> None:
    """No kind is given; the order stands in an `and`."""
    order = points(f"<and>{''.join(correct('response', ident) for ident in 'abc')}</and>")
    listed = choice_list("response", ENTRIES, cardinality="Ordered")
    item = only(canvas_document(canvas_item("Order", "", "Sort.", listed, order)))
    assert (item["type"], item["entries"]) == ("ordering", ["first", "second", "third"])


@pytest.mark.parametrize("first", [0, 1])
def test_points_for_each_place(first: int) -> None:
    """Places count from zero or from one; each gives its share."""
    rules = "".join(
        points(correct("response", ident).replace(">", f' index="{place}">', 1), "33.33", "Add")
        for place, ident in enumerate("abc", start=first)
    )
    listed = choice_list("response", ENTRIES, cardinality="Ordered")
    item = only(canvas_document(canvas_item("Order", "", "Sort.", listed, rules)))
    assert (item["entries"], item["rule"]) == (["first", "second", "third"], "position")


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (points(correct("response1", "a") + correct("response1", "b")), "no order of all its entries"),
        (points("<other/>"), "no order of all its entries"),
        (
            points("".join(correct("response1", ident) for ident in "abc"))
            + points("".join(correct("response1", ident) for ident in "acb")),
            "several orders of its entries are right",
        ),
    ],
)
def test_an_order_without_one_key(rules: str, why: str) -> None:
    """No key is invented: the item is left out with the reason."""
    with pytest.raises(UsageError, match=why):
        imported(in_new_quizzes(rules))


def share_of(item: dict[str, Any], answer: Answer) -> Fraction:
    """What an answer earns in the imported item."""
    return question_of(item).mark(answer).share


def question_of(item: dict[str, Any]) -> Question:
    """The item as a student sees it."""
    return ITEM.validate_python(item).question(b"1", Decimal(1))


@settings(max_examples=examples(25), deadline=None)
@given(st.permutations("abcd"), st.lists(st.integers(0, 3), min_size=4, max_size=4), st.booleans())
def test_any_order(right: list[str], worths: list[int], whole: bool) -> None:
    """Whatever order is right and whatever a place earns: every order earns the same here, or it is said."""
    if whole:
        rules = points("".join(correct("response", ident) for ident in right))
    else:
        rules = "".join(
            points(correct("response", ident).replace(">", f' index="{place}">', 1), str(25 * worth), "Add")
            for place, (ident, worth) in enumerate(zip(right, worths, strict=True), start=1)
        )
    listed = choice_list("response", [(ident, ident) for ident in "abcd"], cardinality="Ordered")
    try:
        made = imported(canvas_document(canvas_item("Order", "", "Sort.", listed, rules)))
    except UsageError as problem:
        assert "left out" in problem.message and not whole
        return
    (item,) = yaml.safe_load(made.text)["items"]
    ids = {option.html: option.id for option in question_of(item).public_view().options}
    most = min(sum(worths) * 25, 100)
    for order in permutations("abcd"):
        answer = [next(id for html, id in ids.items() if letter in html) for letter in order]
        if whole:
            expected = Fraction(list(order) == right)
        else:
            places = zip(order, right, worths, strict=True)
            expected = Fraction(min(sum(25 * w for a, b, w in places if a == b), 100), most)
        if not made.lost:
            assert abs(share_of(item, answer) - expected) <= Fraction(1, 20), order


SPELLINGS = ("relu", "ReLU", "RELU", "adam", "Adam", "ADAM", "x1", "X1", "42")


@settings(max_examples=examples(40), deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(SPELLINGS), st.booleans()), min_size=1, max_size=4),
    st.sampled_from(["1.2", "2.1"]),
)
def test_any_capitals(accepted: list[tuple[str, bool]], version: str) -> None:
    """Whichever answers are accepted with or without regard to case: the same texts are right here."""
    if version == "1.2":
        rules = "".join(
            points(f'<varequal respident="r" case="{"Yes" if case else "No"}">{word}</varequal>')
            for word, case in accepted
        )
        document = canvas_document(canvas_item("Name", "", "Which?", BOX, rules))
    else:
        entries = "".join(
            f'<mapEntry mapKey="{word}" mappedValue="1" caseSensitive="{str(case).lower()}"/>'
            for word, case in accepted
        )
        declared = response21([], "string", mapping=f'<mapping defaultValue="0">{entries}</mapping>')
        body = '<p>Which? <textEntryInteraction responseIdentifier="RESPONSE"/></p>'
        document = item21("Name", declared, body, "map_response")
    try:
        made = imported(document)
    except UsageError as problem:
        assert "capitals matter in its answer" in problem.message
        return
    assert made.lost == ()
    (item,) = yaml.safe_load(made.text)["items"]
    for word in SPELLINGS:
        is_right = any(
            word == other if case else word.casefold() == other.casefold() for other, case in accepted
        )
        assert share_of(item, word) == is_right, word


@pytest.mark.parametrize("to", ["qti12", "qti21", "moodle-xml"])
def test_capitals_there_and_back(to: Any, tmp_path: Path) -> None:
    """An item in which case matters comes back as one; only Canvas takes no notice of it, which is said."""
    data = {"id": "name", "type": "short_text", "prompt": "Which?", "explanation": "So.", "accept": ["ReLU"]}
    item = ITEM.validate_python({**data, "match_case": True})
    made = export(quiz_of({"t/name": item}), Schedule(opens_at=0), to, "1")
    sentences = [sentence for _, sentence in made.lost if "case" in sentence]
    assert sentences == (
        ["That upper and lower case matter is written, but Canvas ignores it."] if to == "qti12" else []
    )
    path = tmp_path / "x"
    path.write_bytes(made.data)
    (back,) = yaml.safe_load(import_package(path, "back").text)["items"]
    assert (back["accept"], back["match_case"]) == (["ReLU"], True)
