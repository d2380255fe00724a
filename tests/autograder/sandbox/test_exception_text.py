"""An exception is told in a sentence, in the sandbox and in a notebook, whether it has a text or not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_factory import make_check, make_report, make_task
from sessions import HandIn

from autograder.checks.calls import Functions
from autograder.checks.failures import Raised
from autograder.checks.values import as_sentence, exception_text
from autograder.grading.backends import NotebookBackend
from autograder.report import Status, summarize_report

RAISING = {
    "assert x > 9": "f(1) raised AssertionError.",
    "raise ValueError": "f(1) raised ValueError.",
    "raise ValueError('')": "f(1) raised ValueError.",
    "raise ValueError('  ')": "f(1) raised ValueError.",
    "raise ValueError('no batch')": "f(1) raised ValueError: no batch.",
    "raise ValueError('no batch.')": "f(1) raised ValueError: no batch.",
    "raise ValueError('no batch?')": "f(1) raised ValueError: no batch?",
    "raise ValueError('shapes:')": "f(1) raised ValueError: shapes.",
}
ENDING = "import sys\ndef f(x):\n    sys.exit()"


@pytest.mark.parametrize(("body", "message"), RAISING.items(), ids=RAISING)
def test_one_sentence(hand_in: HandIn, body: str, message: str) -> None:
    """The text is told if there is one; no colon stands before nothing, no full stop after a mark."""
    source = f"def f(x):\n    {body}"
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    for backend in (NotebookBackend(namespace), hand_in(source).session):
        with pytest.raises(Raised) as raised:
            Functions(backend).f(1)
        assert raised.value.message == message


def test_the_end_of_the_process_as_an_exception(hand_in: HandIn) -> None:
    """sys.exit() without a code has no text either."""
    with pytest.raises(Raised) as raised:
        Functions(hand_in(ENDING).session).f(1)
    assert raised.value.message == "f(1) raised SystemExit."


@given(st.text(max_size=30) | st.text(" .:;!a", max_size=5))
def test_any_text(text: str) -> None:
    """Whatever the text is, the sentence is on one line and ends in one mark."""
    sentence = as_sentence(f"f(x) raised {exception_text(ValueError(text))}")
    assert sentence.startswith("f(x) raised ValueError")
    assert "\n" not in sentence and not re.search(r"[ :,;]\.\Z", sentence)
    assert sentence[-1] in ".!?…"


@pytest.mark.parametrize(
    ("fields", "headline"),
    [
        ({"mistake": "relu_backward: no_mask"}, "relu_backward: no mask"),
        ({"message": "relu is wrong."}, "relu is wrong."),
        ({}, "relu(x) is x where x is positive and 0 elsewhere."),
    ],
    ids=["a known mistake", "a message", "neither"],
)
def test_the_headline_is_in_words(fields: dict[str, Any], headline: str) -> None:
    """The table in the terminal names a mistake in words; a check without a message is named by its title."""
    report = make_report(make_task("relu", make_check(Status.FAILED, **fields)))
    assert summarize_report(report).headline == headline


UNWRITTEN = {
    "raise NotImplementedError": ("missing", "f is not written yet."),
    "raise NotImplementedError('f')": ("missing", "f is not written yet."),
    "return helper(x)": ("missing", "f needs helper, which is not written yet."),
    "return [helper(each) for each in (x, x)]": ("missing", "f needs helper, which is not written yet."),
    "return (helper(each) for each in (x, x))": ("missing", "f needs helper, which is not written yet."),
    # NumPy and Python raise it, too, and then the function is written.
    "return memoryview(np.zeros((2, 2)))": ("raised", "NotImplementedError: multi-dimensional sub-views"),
    "return memoryview(np.zeros((2, 2)))[0]": ("raised", "NotImplementedError: multi-dimensional sub-views"),
    "return codecs.Codec().encode('a')": ("raised", "NotImplementedError"),
    "return datetime.tzinfo().utcoffset(None)": ("raised", "NotImplementedError: a tzinfo subclass"),
}
NEEDED = "import codecs, datetime\nimport numpy as np\ndef helper(x): raise NotImplementedError('helper')\n"


@pytest.mark.parametrize("body", UNWRITTEN)
def test_only_a_stub_of_the_notebook_is_not_written_yet(hand_in: HandIn, body: str) -> None:
    """The stub is named, graded and in the notebook alike; what a library raises is an exception."""
    kind, text = UNWRITTEN[body]
    source = f"{NEEDED}def f(x):\n    {body}"
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    for backend in (NotebookBackend(namespace), hand_in(source).session):
        (answer,) = backend.answer("f", [(1,)], 5)
        assert (answer.kind, answer.text[: len(text)]) == (kind, text)
