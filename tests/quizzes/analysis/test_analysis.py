"""Item analysis against tables worked out by hand, other formulations, and other systems' formulas."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from quizzes.analysis.class_statistics import alpha, benjamini_hochberg, fairness, reliability, spearman_brown
from quizzes.analysis.data import Points, Response
from quizzes.analysis.item_statistics import (
    choices,
    difficulty,
    efficiency,
    groups,
    item_rest,
    point_biserial,
    relation,
    upper_lower,
    wrong_numbers,
)
from quizzes.analysis.page import analysis_csv, analysis_page
from quizzes.analysis.summary import summary

Table = NDArray[np.float64]
LADDER = np.array([[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]], float)
ONES = np.ones(4)
TABLES = st.tuples(st.integers(2, 12), st.integers(2, 6)).flatmap(
    lambda shape: arrays(float, shape, elements=st.sampled_from([0.0, 0.25, 0.5, 1.0]))
)


def response(points: float = 0, *, answered: bool = True, **fields: str | tuple[str, ...]) -> Response:
    """A response to a question of one point."""
    return Response("topic/one", str(fields.pop("variant", "{}")), points, 1, answered, **fields)  # type: ignore[arg-type]


def test_five_students_four_questions() -> None:
    """A ladder: totals 4 3 2 1 0, so σ² = 2; p falls from 0.8 to 0.2 and Σp(1−p) = 0.8.

    α = 4/3·(1 − 0.8/2) = 0.8; SEM = √2·√0.2. Question 1: M₁ = 2.5, M₀ = 0, so r_pb = 2.5/√2·0.4 = 1/√2;
    its rest is 3 2 1 0 0: covariance 1.2 − 0.96 = 0.24, variances 0.16 and 1.36.
    """
    assert difficulty(LADDER, ONES) == pytest.approx([0.8, 0.6, 0.4, 0.2])
    assert alpha(LADDER) == pytest.approx(0.8)
    assert reliability(LADDER).error == pytest.approx(math.sqrt(0.4))
    assert reliability(LADDER).error_ratio == pytest.approx(100 * math.sqrt(0.2))
    assert point_biserial(LADDER, ONES)[0] == pytest.approx(math.sqrt(0.5))
    assert item_rest(LADDER)[0] == pytest.approx(0.24 / math.sqrt(0.16 * 1.36))
    assert upper_lower(LADDER, ONES) == pytest.approx([1, 1, 1, 1])
    assert efficiency(LADDER) == pytest.approx([1, 1, 1, 1])
    assert spearman_brown(0.8, 2) == pytest.approx(1.6 / 1.8)


def test_a_wrong_key() -> None:
    """The last question is solved by the two weakest alone: its r is −1.155/√(…) and D is −1.

    Totals 3 2 2 1; question 3 is 0 0 1 1, its rest 3 2 1 0: covariance 0.25 − 0.75 = −0.5, variances 0.25
    and 1.25.
    """
    x = np.array([[1, 1, 0, 1], [1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 0]], float)
    assert item_rest(x)[2] == pytest.approx(-0.5 / math.sqrt(0.25 * 1.25))
    assert upper_lower(x, ONES)[2] == pytest.approx(-1)


def test_ties_go_up() -> None:
    """With 10 students the groups have 3; who is tied with the third best is in, with the third worst out."""
    x = np.array([9, 8, 7, 7, 5, 4, 3, 3, 1, 0], float).reshape(-1, 1)
    both = groups(x)
    assert list(np.flatnonzero(both.upper)) == [0, 1, 2, 3]
    assert list(np.flatnonzero(both.lower)) == [8, 9]


@settings(max_examples=examples(200), deadline=None)
@given(TABLES)
def test_against_an_oracle(x: Table) -> None:
    """The same numbers come from NumPy's own covariance matrices and correlation."""
    most, total = np.ones(x.shape[1]), x.sum(axis=1)
    assert difficulty(x, most) == pytest.approx([np.average(x[:, at]) for at in range(x.shape[1])])
    for at, r in enumerate(item_rest(x)):
        rest = np.delete(x, at, axis=1).sum(axis=1)
        if np.ptp(x[:, at]) == 0 or np.ptp(rest) == 0:
            assert np.isnan(r)
            continue
        assert r == pytest.approx(np.corrcoef(x[:, at], rest)[0, 1], abs=1e-9)
        best = np.cov(np.sort(x[:, at]), np.sort(rest))[0, 1]
        assert efficiency(x)[at] == pytest.approx(np.cov(x[:, at], rest)[0, 1] / best, abs=1e-9)
    if np.ptp(total) == 0:
        assert np.isnan(alpha(x))
    else:
        covariance = np.atleast_2d(np.cov(x.T))  # sample variances, as Moodle: the ratio is the same
        k = len(covariance)
        assert alpha(x) == pytest.approx(
            k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()), abs=1e-9
        )


@settings(max_examples=examples(100), deadline=None)
@given(TABLES)
def test_canvas_and_kr20(x: Table) -> None:
    """For right and wrong alone Canvas's point-biserial is Pearson's r with the total, and α is KR-20."""
    x = (x >= 0.5).astype(float)
    total, p = x.sum(axis=1), x.mean(axis=0)
    for at, r in enumerate(point_biserial(x, np.ones(x.shape[1]))):
        if 0 < p[at] < 1 and np.ptp(total) > 0:
            assert r == pytest.approx(np.corrcoef(x[:, at], total)[0, 1], abs=1e-9)
        else:
            assert np.isnan(r)
    if np.ptp(total) > 0:
        k = x.shape[1]
        assert alpha(x) == pytest.approx(k / (k - 1) * (1 - (p * (1 - p)).sum() / total.var()), abs=1e-9)


def test_nothing_to_compute() -> None:
    """Nobody, one student, one question, equal totals: n/a, no error."""
    for x in (np.zeros((0, 3)), np.zeros((1, 3)), np.ones((4, 3)), np.array([[1.0], [0.0]])):
        result = reliability(x)
        assert np.isnan(result.alpha)
        most = np.ones(x.shape[1])
        for numbers in (upper_lower(x, most), point_biserial(x, most), item_rest(x), efficiency(x)):
            assert len(numbers) == x.shape[1]
        assert len(difficulty(x, most)) == x.shape[1]


def test_omitted_and_not_reached() -> None:
    """A gap before an answer is omitted, the empty end of a sheet was not reached."""
    a, none = response(1), response(answered=False)
    points = Points(["one", "two", "three"], [[a, none, a], [a, none, none], [none, none, none]])
    assert [points.omitted(at) for at in range(3)] == [0, 1, 0]
    assert [points.not_reached(at) for at in range(3)] == [1, 2, 2]


def test_options() -> None:
    """A key that the weak choose and a distractor that the strong choose are both pointed out."""
    column = [response(0, chosen=("b",)), response(0, chosen=("b",)), response(1, chosen=("a",))]
    total = np.array([9.0, 8.0, 2.0])
    both = groups(total.reshape(-1, 1))
    a, b, c = choices(column, {"a"}, ["a", "b", "c"], total, both)
    assert (a.right, a.count, b.count, c.count) == (True, 1, 2, 0)
    assert "check the key" in a.flags[0]
    assert any("better elsewhere" in flag for flag in b.flags)
    assert c.flags == ("hardly anybody chose it",)
    assert b.mean == pytest.approx(8.5)


@pytest.mark.parametrize(
    ("value", "key", "message"),
    [
        (-4.47, 4.47, "the sign"),
        (44.7, 4.47, "ten times the key"),
        (19.98, 4.47, "the root is missing"),
        (0.2237, 4.47, "the reciprocal of the key"),
        (2.235, 4.47, "half of the key"),
        (3.9, 4.47, ""),
        (0.0, 0.0, ""),
    ],
)
def test_relations(value: float, key: float, message: str) -> None:
    """A slip is known by what it does to the key."""
    assert relation(value, key) == message


def test_the_commonest_wrong_numbers() -> None:
    """The same slip from different numbers is one line; what cannot be read is none."""
    column = [
        response(0, text="-2", key="2"),
        response(0, text="-3", key="3"),
        response(0, text="7.7", key="3"),
        response(0, text="?", key="3"),
        response(1, text="3", key="3"),
    ]
    wrong = wrong_numbers(column)
    assert [(number.value, number.count, number.relation) for number in wrong] == [
        ("", 2, "the sign"),
        ("7.7", 1, ""),
    ]


def test_fairness() -> None:
    """5 of 20 against 15 of 20: χ² = 10, p = 0.00157; rare variants are left out."""
    easy = [response(float(at < 15), variant="easy") for at in range(20)]
    hard = [response(float(at < 5), variant="hard") for at in range(20)]
    result = fairness([*easy, *hard, response(1, variant="rare")])
    assert result.p == pytest.approx(0.0015654, rel=1e-4)
    assert [count for count, _ in result.variants.values()] == [20, 20]
    assert np.isnan(fairness(easy).p)


def test_many_questions() -> None:
    """Benjamini and Hochberg's own way: p·m/rank, never smaller for a larger p."""
    assert benjamini_hochberg([0.01, 0.04, math.nan, 0.03]) == pytest.approx(
        [0.03, 0.04, math.nan, 0.04], nan_ok=True
    )


def test_the_page_and_the_table() -> None:
    """A small class gets intervals and no verdicts, a larger one hints; no number is undefined."""
    for students in (5, 40):
        rows = [[response(float(LADDER[at % 5, column])) for column in range(4)] for at in range(students)]
        result = summary(Points(["a/1", "b/2", "c/3", "d/<4>"], rows), [])
        page, table = analysis_page("Quiz", "Course", result), analysis_csv(result)
        assert "&lt;4&gt;" in page
        assert "<script" not in page and "nan" not in page.lower().replace("finance", "")
        lines = list(csv.DictReader(table.splitlines()))
        assert [line["difficulty"] for line in lines] == ["0.8", "0.6", "0.4", "0.2"]
        assert bool(lines[0]["verdict"]) == (students >= 30)
        assert ("there are no verdicts" in page) == (students < 30)
        assert "1 points" not in page
        assert (">Look</th>" in page) == (students >= 30)


def test_ranges_of_points() -> None:
    """The last range ends with all points and holds those who have them; α needs different totals."""

    def student(*points: float) -> list[Response]:
        return [Response("topic/one", "{}", earned, 7, True) for earned in points]

    page = analysis_page(
        "Quiz", "Course", summary(Points(["a/1", "b/2"], [student(7, 7), student(7, 0)]), [])
    )
    assert ">12 to 14<" in page and ">14 to" not in page
    same = analysis_page("Quiz", "Course", summary(Points(["a/1", "b/2"], [student(7, 7)]), []))
    assert "cannot be calculated" in same and "n/a points" not in same
