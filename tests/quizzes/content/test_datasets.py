"""Datasets: columns of values of which each student gets one row."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter

from quizzes.content.correction import Incomparable, kept_values
from quizzes.content.items.any_item import Item
from quizzes.content.lint import faults_in_item

ITEM: TypeAdapter[Item] = TypeAdapter(Item)
ROWS = {"a": ["1", "2", "3"], "b": ["10", "20", "30"]}


def numeric(**more: Any) -> Item:
    """A number with a dataset of three rows."""
    data = {"id": "n", "type": "numeric", "prompt": "[[a]] + [[b]]?", "explanation": "[[c]]", "key": "a + b"}
    return ITEM.validate_python({**data, "dataset": ROWS, "derived": {"c": "a + b"}, **more})


def test_a_row_is_drawn_whole() -> None:
    """Students get different rows, and always the values of one row together."""
    seen = {
        tuple(item.context(bytes([seed])).values[name] for name in "abc")
        for item in [numeric()]
        for seed in range(60)
    }
    assert seen == {(1, 10, 11), (2, 20, 22), (3, 30, 33)}


def test_the_key_belongs_to_the_row() -> None:
    """The key, the prompt and the explanation are of the row that was drawn; lint finds nothing wrong."""
    item = numeric()
    for seed in (b"1", b"2", b"3"):
        question = item.question(seed, Decimal(1))
        a = question.context.values["a"]
        assert question.mark(str(11 * a)).share == 1
        assert question.prompt == f"{a} + {10 * a}?"
        assert question.explanation == str(11 * a)
    assert faults_in_item(item, 20) == []


def test_beside_parameters_and_where() -> None:
    """Parameters are drawn as before, whatever the dataset; `where` holds for both."""
    item = numeric(parameters={"p": {"range": [0, 9]}}, where="p > a")
    for seed in range(30):
        values = item.context(bytes([seed])).values
        assert values["p"] > values["a"]
    alone = {"id": "n", "type": "numeric", "prompt": "[[p]]", "explanation": ".", "key": "p"}
    with_both = ITEM.validate_python({**alone, "parameters": {"p": {"range": [0, 9]}}, "dataset": {"a": [1]}})
    without = ITEM.validate_python({**alone, "parameters": {"p": {"range": [0, 9]}}})
    assert with_both.context(b"x").values["p"] == without.context(b"x").values["p"]


@pytest.mark.parametrize(
    ("dataset", "sentence"),
    [
        ({"a": ["1"], "b": ["1", "2"]}, "equally many values"),
        ({"a": [], "b": []}, "equally many values"),
        ({"a": ["1"] * 1001, "b": ["1"] * 1001}, "equally many values"),
        ({"a": ["1"], "b": ["1"], "c": ["1"]}, "both drawn and derived"),
        ({"a": ["1"], "b": ["1"], "1d": ["1"]}, "not a name"),
        ({"a": ["1"], "b": ["x"]}, "decimal"),
    ],
)
def test_refused(dataset: dict[str, list[str]], sentence: str) -> None:
    """Columns have names and equally many numbers, and nothing is drawn twice."""
    with pytest.raises(ValueError, match=sentence):
        numeric(dataset=dataset)


def test_a_name_of_both_kinds() -> None:
    """A name is a parameter or a column, not both."""
    with pytest.raises(ValueError, match="both a parameter and a column"):
        numeric(parameters={"a": {"choices": [1]}})


def test_a_correction_keeps_the_row() -> None:
    """A regrade keeps the values that were shown; a column that was not there cannot be made up."""
    values = numeric().context(b"x").values
    assert kept_values(numeric(), numeric(key="c"), values) == {name: values[name] for name in "ab"}
    more = numeric(dataset={**ROWS, "d": ["1", "2", "3"]})
    with pytest.raises(Incomparable, match="another number now, d"):
        kept_values(numeric(), more, values)
