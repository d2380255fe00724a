"""The points of a rubric: what a choice of items gives, and whom a change touches."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from autograder.errors import Conflict
from autograder.site.marking.rubrics import Rubric, RubricItem, changes_by, points_by, read_points
from autograder.site.marking.source import AnswerToMark, QuestionToMark
from autograder.site.marks import Mark, Source

POINTS = st.integers(-8, 8).map(lambda quarters: Decimal(quarters) / 4)
MOST = Decimal(3)
QUESTION = QuestionToMark("written:x", "X", MOST, by_hand=True)
RUBRICS = st.builds(
    lambda points, from_full: Rubric(
        tuple(RubricItem(f"item{number}", f"Item {number}", item) for number, item in enumerate(points)),
        from_full,
        version=1,
    ),
    st.lists(POINTS, min_size=1, max_size=5),
    st.booleans(),
)


def answer(number: int, rubric: Rubric, chosen: list[str]) -> AnswerToMark:
    """An answer that was marked with these items."""
    points = points_by(rubric, chosen, Decimal(0), MOST)
    detail = json.dumps({"rubric": {"items": chosen, "adjust": "0"}})
    given_mark = Mark("written:x", points, Source.MANUAL, 1, "tim", detail=detail, id=number)
    return AnswerToMark(f"answer{number}", "written:x", ("ann",), given_mark, False, None, number)


def chosen_of(data: st.DataObject, rubric: Rubric) -> list[str]:
    """Some items of a rubric."""
    return data.draw(st.lists(st.sampled_from([item.id for item in rubric.items]), unique=True))


@given(RUBRICS, POINTS, st.data())
def test_points_stay_within_the_question(rubric: Rubric, adjust: Decimal, data: st.DataObject) -> None:
    """Whatever is chosen, the points are from 0 to those of the question, in whichever order."""
    chosen = chosen_of(data, rubric)
    points = points_by(rubric, chosen, adjust, MOST)
    assert 0 <= points <= MOST
    assert points == points_by(rubric, list(reversed(chosen)), adjust, MOST)


@given(RUBRICS, st.data())
def test_a_change_touches_those_who_have_the_item(rubric: Rubric, data: st.DataObject) -> None:
    """Of answers with other items none changes, and each that changes gets what the new rubric gives."""
    answers = [answer(number, rubric, chosen_of(data, rubric)) for number in range(1, 5)]
    changed = data.draw(st.sampled_from(rubric.items))
    points = data.draw(POINTS)
    items = tuple(
        RubricItem(item.id, item.text, points) if item.id == changed.id else item for item in rubric.items
    )
    new = Rubric((*items, RubricItem("new", "A new item", Decimal(1))), rubric.from_full, 2)
    changes = changes_by(new, QUESTION, answers, set())
    for change in changes:
        assert change.answer.mark is not None
        chosen = json.loads(change.answer.mark.detail)["rubric"]["items"]
        assert changed.id in chosen
        assert change.after == points_by(new, chosen, Decimal(0), MOST)
    same = [item for item in answers if item not in [change.answer for change in changes]]
    for item in same:
        assert item.mark is not None
        chosen = json.loads(item.mark.detail)["rubric"]["items"]
        assert item.mark.points == points_by(new, chosen, Decimal(0), MOST)


@given(RUBRICS)
def test_marks_without_the_rubric_stay(rubric: Rubric) -> None:
    """Points that were typed, and marks of an earlier answer, follow no change."""
    typed = AnswerToMark(
        "a", "written:x", ("ann",), Mark("written:x", Decimal(1), Source.MANUAL, 1), False, None, 1
    )
    stale = answer(2, rubric, [rubric.items[0].id])
    stale = AnswerToMark(stale.id, stale.part, stale.people, stale.mark, True, None, 2)
    gone = Rubric((), not rubric.from_full, 2)
    assert changes_by(gone, QUESTION, [typed, stale], {item.id for item in rubric.items}) == []


@given(st.text(st.sampled_from("0123456789.,-+_eE xNa−１٣ \n"), max_size=12))
@example("1_0")
@example("1e1")
@example("sNaN")
@example("1.23456")
def test_points_are_what_was_typed(written: str) -> None:
    """Every text is a number in plain digits with up to four decimals, or a sentence: nothing is rounded."""
    plain = written.strip().replace(",", ".").replace("−", "-")
    try:
        points = read_points(written, negative=True)
    except Conflict as problem:
        assert "is not a number of points" in problem.message
        assert not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", plain)
        return
    assert re.fullmatch(r"[-+]?[0-9]*\.?[0-9]*", plain)
    assert points == Fraction(plain)
    assert points * 10_000 % 1 == 0
