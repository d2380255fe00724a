"""Lint refuses prompts and labels that show their own key."""

from __future__ import annotations

from typing import Any

import pytest
from every_item import every_item
from hypothesis import given
from hypothesis import strategies as st

from quizzes.content.items.any_item import Item
from quizzes.content.key_exposure import exposed_keys
from quizzes.content.lint import faults_in_item
from quizzes.interchange.concrete import ITEM


def blanks(prompt: str, **blank: Any) -> Item:
    """An item with one gap."""
    data = {"id": "gap", "label": "\\[1\\]", **blank}
    return ITEM.validate_python(
        {"id": "x", "type": "blanks", "prompt": prompt, "explanation": "So.", "blanks": [data]}
    )


def short_text(prompt: str, *accept: str) -> Item:
    """An item that asks for a word."""
    return ITEM.validate_python(
        {"id": "x", "type": "short_text", "prompt": prompt, "explanation": "So.", "accept": list(accept)}
    )


REFUSED = {
    "a gap marked with its word": blanks("Momentum \\[keeps\\] it.", accept=["keeps"]),
    "a gap marked with its right option": blanks("Momentum [keeps] it.", options=["keeps", "forgets"]),
    "a gap marked with its number": blanks("It is [6].", key="6"),
    "a label that is the word": blanks("Fill in.", label="keeps", accept=["Keeps"]),
    "a label that is the word in brackets": blanks(
        "Fill in.", label="\\[zero\\_grad\\]", accept=["zero_grad"]
    ),
    "a label that is the number": blanks("Fill in.", label="**42**:", key="42"),
    "a label that says the word": blanks("Fill in.", label="It keeps the step", accept=["keeps"]),
    "a label that says the right option alone": blanks(
        "Fill in.", label="It keeps the step", options=["keeps", "forgets"]
    ),
    "a prompt that says the word": blanks("Cross-entropy is the loss: which?", accept=["cross-entropy"]),
    "a short text's prompt": short_text("The ReLU (answer: ReLU) is which function?", "ReLU"),
}
FINE = {
    "the gap's number, which happens to be right": blanks("It is \\[1\\].", accept=["1"], label="\\[1\\]"),
    "a number in the text": blanks("With 6 and 1 it is \\[1\\].", key="6"),
    "a word inside a longer one": short_text("What is momentumless descent?", "momentum"),
    "a word inside a hyphenated one": short_text("What is the cross-entropy's base?", "cross"),
    "a label with all options": blanks("Fill in.", label="Keeps or forgets?", options=["keeps", "forgets"]),
    "a single letter": short_text("Which letter stands for a rate?", "a"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    """Lint has a fault for it."""
    item = REFUSED[name]
    assert len(list(exposed_keys(item, item.context(b"x")))) >= 1
    assert any("key" in fault or "right option" in fault for fault in faults_in_item(item, 2))


@pytest.mark.parametrize("name", FINE)
def test_fine(name: str) -> None:
    """No key is shown."""
    item = FINE[name]
    assert list(exposed_keys(item, item.context(b"x"))) == []


@given(
    st.text(alphabet="abcdefgäöß_.*() ", min_size=2, max_size=12).filter(lambda word: len(word.strip()) > 1)
)
def test_any_word_as_its_own_mark(word: str) -> None:
    """Whatever the accepted word is, a label that is it in brackets is refused."""
    item = blanks("Fill in.", label=f"[{word.strip()}]", accept=[word.strip()])
    bare = word.strip(" []().:;,_*`\"'“”")
    assert bool(list(exposed_keys(item, item.context(b"x")))) or not bare or bare != word.strip()


def test_the_banks_show_no_key() -> None:
    """None of the course's items is refused."""
    for reference, item in every_item().items():
        for seed in range(5):
            assert list(exposed_keys(item, item.context(str(seed).encode()))) == [], reference
