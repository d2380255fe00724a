"""Provenance decides blame: a check that runs through with the reference is failed by what breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from correct_notebook import notebook
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autograder.checks.calls import Functions
from autograder.checks.comparisons import structure_of
from autograder.checks.definition import Check
from autograder.checks.values import Array
from autograder.course.assignment import Assignment
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.evaluation import evaluate, evaluate_public
from autograder.grading.grader import Grader
from autograder.pages.student_page import student_page
from autograder.report import CheckResult, Status
from autograder.submissions.submission import Submission

EXCEPTIONS: list[type[Exception]] = [
    ArithmeticError,
    AttributeError,
    BufferError,
    EOFError,
    ImportError,
    IndexError,
    KeyError,
    LookupError,
    NameError,
    NotImplementedError,
    OSError,
    RecursionError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
    np.linalg.LinAlgError,
]
HERE = "A check of triple."


def the_check(body: Callable[..., object]) -> Check:
    """A check of the function `triple`, worth 2 points."""
    parameters = tuple(body.__code__.co_varnames[: body.__code__.co_argcount])
    return Check(body.__name__, HERE, "triple", 2.0, (), parameters, body)


def judged(body: Callable[..., object], triple: Callable[..., object]) -> CheckResult:
    """The result of a hidden check for a student's `triple`; the reference's is right."""
    reference = Functions(ReferenceBackend({"triple": lambda x: 3 * x}), {"triple": ("x",)})
    student = Functions(NotebookBackend({"triple": triple}), {"triple": ("x",)})
    return evaluate(the_check(body), student, reference, 1)


@pytest.mark.parametrize("kind", [*EXCEPTIONS, AssertionError], ids=lambda kind: kind.__name__)
def test_whatever_a_check_raises_on_odd_values_is_a_failure(kind: type[Exception]) -> None:
    """The check runs through with the reference, so the student's values broke it: no points of all."""

    def body(student: Functions) -> None:
        if student.triple(2.0) != 6.0:
            raise kind("secret line of the check")

    result = judged(body, lambda x: 2 * x)
    assert (result.status, result.earned, result.possible) == (Status.FAILED, 0, 2)
    assert result.message
    assert "Traceback" not in result.model_dump_json()
    assert judged(body, lambda x: 3 * x).status is Status.PASSED


@pytest.mark.parametrize("kind", EXCEPTIONS, ids=lambda kind: kind.__name__)
def test_a_check_that_breaks_with_the_reference_too_is_broken(kind: type[Exception]) -> None:
    """It counts for nobody, whatever the student's function returned."""

    def body(student: Functions) -> None:
        student.triple(2.0)
        raise kind("the author's")

    for triple in (lambda x: None, lambda x: 3 * x):
        result = judged(body, triple)
        assert (result.status, result.possible) == (Status.ERROR, 0)
        assert "the author's" in result.evidence.trace


def test_the_seed_is_the_same() -> None:
    """A check that breaks with the reference at this seed only is broken at this seed only."""

    def body(student: Functions, rng: np.random.Generator) -> None:
        got = student.triple(2.0)
        raise KeyError(f"drawn {rng.random()}, {got}")

    assert judged(body, lambda x: None).status is Status.ERROR


@pytest.mark.parametrize(
    ("value", "expected_text"),
    [
        (None, "triple(x) returned None; an array of shape (2, 3) is expected."),
        ("text", "triple(x) returned text; an array of shape (2, 3) is expected."),
        (
            [np.ones(2), 1.0],
            "triple(x) returned a list of 2: an array of shape (2,) and a number; "
            "an array of shape (2, 3) is expected.",
        ),
    ],
    ids=["None", "text", "list"],
)
def test_the_message_says_what_came_back(value: object, expected_text: str) -> None:
    """Type and shape of what was returned and of what is expected, no line of ours."""

    def body(student: Functions) -> None:
        student.triple(np.ones((2, 3))).astype(float)

    result = judged(body, lambda x: value)
    assert result.message == expected_text
    assert result.evidence.expected


def test_numpys_own_assertions_are_failures() -> None:
    """What `np.testing` finds is told in a sentence, and a bare assert has one too."""

    def compares(student: Functions, reference: Functions) -> None:
        np.testing.assert_allclose(student.triple(2.0), reference.triple(2.0))

    def asserts(student: Functions) -> None:
        if student.triple(2.0) != 6.0:
            raise AssertionError  # pytest would put words into an assert

    wrong = judged(compares, lambda x: 2 * x)
    assert (wrong.status, wrong.possible) == (Status.FAILED, 2)
    assert wrong.message == "The numbers are not those that are expected (wrong entries: 1 of 1)."
    bare = judged(asserts, lambda x: 2 * x)
    assert (bare.status, bare.possible, bare.message) == (
        Status.FAILED,
        2,
        "This does not hold for what your function returns.",
    )


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple),
    max_leaves=6,
)


@given(PLAIN)
def test_a_careless_check_is_never_broken_by_a_value(value: Any) -> None:
    """A check that indexes, adds and unpacks as it likes fails on any value that it cannot use."""

    def body(student: Functions) -> None:
        (x, y), *rest = student.triple(2.0)
        if x + y != 5.5 or rest[0]["key"] != max(rest):
            raise ValueError("wrong")

    reference = Functions(ReferenceBackend({"triple": lambda x: None}), {})
    reference.remember_(("runs through", "body", 1), lambda: "")  # as with a reference that it suits
    student = Functions(NotebookBackend({"triple": lambda x: value}), {})
    result = evaluate(the_check(body), student, reference, 1)
    assert (result.status, result.possible) == (Status.FAILED, 2)
    assert structure_of(value) in result.message or "wrong" in result.message


class TestPublic:
    """Public checks know no reference; lint has run them with it."""

    def test_a_value_that_breaks_one_fails_it(self) -> None:
        """With words for the student: what came back."""

        def body(student: Functions) -> None:
            student.triple(2.0) + 1

        student = Functions(NotebookBackend({"triple": lambda x: None}), {"triple": ("x",)})
        (result,) = evaluate_public([the_check(body)], student, 15)
        assert (result.status, result.possible) == (Status.FAILED, 2)
        assert result.message.startswith("triple(2) returned None, which this check cannot use (TypeError: ")

    def test_one_that_ends_before_it_calls_anything_is_broken(self) -> None:
        """Nothing of the student's can have broken it, and the student is told whom to tell."""

        def body(student: Functions) -> None:
            raise KeyError("the author's")

        student = Functions(NotebookBackend({"triple": lambda x: None}))
        (result,) = evaluate_public([the_check(body)], student, 15)
        assert result.status is Status.ERROR
        assert result.message.endswith("please tell your instructor.")


@pytest.fixture(scope="module")
def grader(tiny: Assignment) -> Iterator[Grader]:
    """A grader of the tiny assignment with a careless check and one that is broken at every seed."""

    def careless(student: Functions) -> None:
        student.double(np.ones(3))[2] + 0.0

    def broken(student: Functions) -> None:
        raise KeyError("the author's")

    def rests(student: Functions) -> None:
        student.double(np.ones(3))

    more = [
        Check("careless", "A careless check.", "double", 3, (), ("student",), careless),
        Check("broken", "A check with a bug.", "double", 5, (), ("student",), broken),
        Check("rests", "A check after it.", "double", 1, ("broken",), ("student",), rests),
    ]
    with Grader(replace(tiny, hidden_checks=[*tiny.hidden_checks, *more]), seed=3) as made:
        yield made


RIGHT = """def double(x): return 2 * x
def double_backward(x, grad_out): return 2 * grad_out
def mean_square(x): return float((x ** 2).mean())"""


def test_odd_values_keep_the_denominator(grader: Grader) -> None:
    """Through the sandbox: the careless check's three points stay possible, and are not earned."""
    odd = RIGHT.replace("return 2 * x", "return {'a': 1} if x.shape == (3,) else 2 * x")
    report = grader.grade(Submission("student", "tiny.ipynb", notebook(odd).encode()))
    results = {result.id: result for result in report.results()}
    assert (results["careless"].status, results["careless"].possible) == (Status.FAILED, 3)
    assert results["broken"].status is Status.ERROR
    assert "a dict" in results["careless"].message


def test_a_broken_check_blocks_no_other(grader: Grader) -> None:
    """What requires a broken check is run all the same: nobody loses its points."""
    report = grader.grade(Submission("student", "tiny.ipynb", notebook(RIGHT).encode()))
    assert {result.id: result.status for result in report.results()}["rests"] is Status.PASSED
    assert report.score.earned == report.score.possible == 10


def test_a_page_without_all_points_never_says_that_everything_passed(grader: Grader) -> None:
    """Where a broken check has left the total, the page says so in place of it."""
    report = grader.grade(Submission("student", "tiny.ipynb", notebook(RIGHT).encode()))
    page = student_page(report)
    assert "Everything passed" not in page
    assert "1 check is broken and was left out of the total" in page


NUMBERS = arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats(-1e6, 1e6))
ASSERTIONS = (
    np.testing.assert_allclose,
    np.testing.assert_array_equal,
    np.testing.assert_array_almost_equal,
    np.testing.assert_equal,
)
#: Assertions, with what they compare of an array: itself, its first entry, or it in a list or a dictionary.
COMPARED: list[tuple[Callable[..., None], Callable[[Array], Any]]] = [
    *((assertion, lambda array: array) for assertion in ASSERTIONS),
    *((assertion, lambda array: float(array.flat[0])) for assertion in ASSERTIONS),
    (np.testing.assert_almost_equal, lambda array: float(array.flat[0])),
    (np.testing.assert_approx_equal, lambda array: float(array.flat[0])),
    (np.testing.assert_equal, lambda array: [1, {"size": array}]),
    (np.testing.assert_equal, lambda array: {"lowest": float(array.flat[0])}),
]
WORDS = st.sampled_from(
    ["", "H has to be orthogonal", "H has to be\northogonal.", "array: the sizes of all " * 4]
)


@settings(max_examples=200)
@given(got=NUMBERS, expected=NUMBERS, compared=st.sampled_from(COMPARED), words=WORDS)
def test_the_words_of_numpy_testing(
    got: Array, expected: Array, compared: tuple[Callable[..., None], Callable[[Array], Any]], words: str
) -> None:
    """A sentence is told, with the author's words and without the arrays: expected ones may be hidden."""
    compare, part = compared
    expected = expected + 1234.5

    def values(student: Any, reference: Any, rng: np.random.Generator) -> None:
        compare(part(student.triple(1.0)), part(expected), err_msg=words)

    assume(got.shape != expected.shape or not np.allclose(got, expected))
    assume(not np.isclose(got.flat[0], expected.flat[0]))
    result = judged(values, lambda x: got)
    assert result.status is Status.FAILED
    sentence = result.message.removeprefix(" ".join(words.split()))
    assert sentence != result.message or not words
    assert re.fullmatch(r"\.? ?The numbers are not those that are expected( \(.*\))?\.", sentence)
    assert len(sentence) < 150
    for hidden in map(repr, expected.ravel().tolist()):
        assert hidden not in sentence


@pytest.mark.parametrize(
    ("compare", "message"),
    [
        (lambda x: np.testing.assert_string_equal("a", "7123"), "The text is not the one that is expected."),
        (
            lambda x: np.testing.assert_array_equal(x, np.array([7123, 7124], dtype=np.float32), strict=True),
            "The numbers are not those that are expected (the types are float64 and float32).",
        ),
        (
            lambda x: np.testing.assert_array_equal([np.nan, x[0]], [7123, 7124]),
            "The numbers are not those that are expected (nan stands in other places).",
        ),
        (
            lambda x: np.testing.assert_array_less([7123, 7124], x),
            "The numbers are not those that are expected (wrong entries: 2 of 2).",
        ),
    ],
)
def test_what_numpy_testing_tells_besides_numbers(compare: Callable[[Array], None], message: str) -> None:
    """Texts, types and the places of NaN are told as what they are; a hidden value never is."""

    def values(student: Any, reference: Any, rng: np.random.Generator) -> None:
        compare(student.triple(1.0))

    assert judged(values, lambda x: np.ones(2)).message == message
