"""Bounds of answers: a text's length is known before anything looks at the text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NoReturn

import pytest
from every_item import every_item
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import Refused, TooLarge
from quizzes.attempts.response import LARGEST, response_from
from quizzes.content.question import LONGEST_ANSWER, Question

QUESTIONS = [item.question(b"seed", Decimal(1)) for item in every_item().values()]
# What takes a careless reader long: digits, signs, brackets, spaces, letters, marks to compose.
TEXTS = st.sampled_from(["9", "(", "-", ".", " ", "x", "²", "e\u0301", "1,", "9 ", "\n", "\u200b", "10^"])


class Watched(str):
    """A text that is measured and not yet read: every other use of it is a failure of the test."""

    __slots__ = ()

    def _read(self, *_: object) -> NoReturn:
        raise AssertionError("the text was read before its length was known")

    __eq__ = __contains__ = __iter__ = __getitem__ = __add__ = __mod__ = __mul__ = _read
    __lt__ = __gt__ = __le__ = __ge__ = __format__ = __repr__ = __str__ = _read
    strip = split = translate = casefold = lower = upper = encode = replace = _read  # type: ignore[assignment]
    find = count = startswith = endswith = lstrip = rstrip = partition = _read
    isdigit = isascii = isalnum = splitlines = join = _read  # type: ignore[assignment]

    def __hash__(self) -> int:
        return self._read()


def answers_of(question: Question, text: str) -> list[Any]:
    """The answers to a question in which one text, in any place, is this one."""
    view = question.public_view()
    fields = [field.id for field in view.fields]
    return [
        text,
        [text],
        [view.options[0].id, text] if view.options else [text],
        *({id: text} for id in fields),
    ]


@pytest.mark.parametrize("kind", sorted({question.kind for question in QUESTIONS}))
@given(text=TEXTS, data=st.data())
def test_the_bound_comes_before_any_work(kind: str, text: str, data: st.DataObject) -> None:
    """64 KB of any text, in any field of any item, is refused by its length alone."""
    question = data.draw(st.sampled_from([question for question in QUESTIONS if question.kind == kind]))
    long = Watched((text * (LONGEST_ANSWER + 1))[: LONGEST_ANSWER + 1])
    for answer in answers_of(question, long):
        assert question.problem_with(answer).startswith("That is longer than")


@pytest.mark.parametrize("kind", sorted({question.kind for question in QUESTIONS}))
def test_each_text_within_the_bound_is_looked_at(kind: str) -> None:
    """One character more than the bound is refused, the bound itself is not refused for its length."""
    for question in (question for question in QUESTIONS if question.kind == kind):
        for field in [field.id for field in question.public_view().fields] or [""]:
            longest = question.longest_text(field)
            for length, long in ((longest, False), (longest + 1, True)):
                text = "x" * length
                problem = question.problem_with({field: text} if field else text)
                assert problem.startswith("That is longer than") == long, (question.item_id, field)


@pytest.mark.parametrize("kind", ["expression", "numeric", "short_text", "choice"])
def test_the_bounds_are_short(kind: str) -> None:
    """Only essays and code are long: 8,000 digits in an expression held a server for ten seconds."""
    assert {question.longest_text() <= 400 for question in QUESTIONS if question.kind == kind} == {True}


@pytest.mark.parametrize(
    "answer",
    ["9" * (LARGEST + 1), ["9" * LARGEST, "9"], {"a": "9" * LARGEST}, {"9" * LARGEST: "a"}, [""] * 1001],
)
def test_a_response_is_bounded_before_it_is_made(answer: Any) -> None:
    """What is too long or has too many parts is refused before it becomes JSON."""
    with pytest.raises((TooLarge, Refused)):
        response_from(answer)
    if not isinstance(answer, str) and len(answer) > 1000:
        assert QUESTIONS[0].problem_with(answer) == "That is not an answer; reload the page."


@pytest.mark.parametrize("odd", [5, 1.5, True, [1], {"a": 1}, [[]], {"a": None}, object()])
def test_what_is_no_answer(odd: Any) -> None:
    """Any other JSON gets a sentence from every question."""
    for question in QUESTIONS:
        assert question.problem_with(odd) == "That is not an answer; reload the page."
