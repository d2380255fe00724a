"""The gradebook's arithmetic: weights, zeros, excuses, what waits, who is in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from gradebook_fixture import AFTER, COURSE_YAML, DUE, ZONE, graded, write_quiz, write_results, write_term
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.course import find_course
from autograder.course.roster import find_roster
from autograder.errors import UsageError
from autograder.gradebook.columns import columns_in
from autograder.gradebook.gradebook import (
    Gradebook,
    Row,
    excused_from,
    grade_rows_of_column,
    gradebook_of,
    percent,
)
from autograder.gradebook.scores import State

ON_TIME = DUE.replace(tzinfo=ZONE) - timedelta(hours=1)


@pytest.fixture
def term(tmp_path: Path) -> Path:
    """A course of four students without any results."""
    root = write_term(tmp_path / "term", 4)
    for path in sorted((root / "graded").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    return root


def gradebook_at(root: Path, now: timedelta = timedelta(0)) -> Gradebook:
    """The gradebook, `now` after the term's end."""
    course = find_course(root)
    roster = find_roster(root)
    return gradebook_of(columns_in([root / "graded"], course, roster), course, roster, AFTER + now)


def row(gradebook: Gradebook, student: str) -> Row:
    """One student's."""
    return next(student_row for student_row in gradebook.rows if student_row.student == student)


def states(student_row: Row) -> dict[str, State]:
    """What became of the marks that are there."""
    return {score.name: score.state for score in student_row.scores}


def hand_in(root: Path, **points: Sequence[float | None]) -> None:
    """Results of homeworks, a score for each student in turn."""
    for name, scores in points.items():
        lines = [
            graded(f"s{number:03}", score, 10, ON_TIME)
            for number, score in enumerate(scores)
            if score is not None
        ]
        write_results(root / "graded" / name, name, lines)


def test_weights_and_what_is_not_there_yet(term: Path) -> None:
    """A group without any mark leaves its weight to the others; with one, 70 and 30 of the hundred."""
    hand_in(term, week1=[8, 5])
    assert row(gradebook_at(term), "s000").total == Fraction(8, 10)
    assert "There are no results of quiz4 yet: it does not count." in gradebook_at(term).remarks
    write_quiz(term / "graded" / "quiz4.csv", [("s000", 4), ("s001", None)])
    gradebook = gradebook_at(term)
    assert row(gradebook, "s000").total == Fraction(7, 10) * Fraction(8, 10) + Fraction(3, 10) * Fraction(
        4, 8
    )
    assert states(row(gradebook, "s001")) == {"week1": State.COUNTED, "quiz4": State.MISSING}
    assert row(gradebook, "s001").total == Fraction(7, 10) * Fraction(5, 10)


def test_nothing_is_zero_before_it_is_due(term: Path) -> None:
    """Whoever handed nothing in gets no zero while there is time, their own extension included."""
    text = COURSE_YAML.replace("students:\n", "students:\n  s002: {extra_days: 3}\n")
    (term / "course.yaml").write_text(text, encoding="utf-8")
    hand_in(term, week1=[8])
    due = DUE.replace(tzinfo=ZONE) - AFTER
    before, after = (
        gradebook_at(term, due - timedelta(minutes=1)),
        gradebook_at(term, due + timedelta(days=1)),
    )
    assert states(row(before, "s001")) == {"week1": State.OPEN}
    assert row(before, "s001").total is None and row(before, "s001").letter == ""
    assert states(row(after, "s001")) == {"week1": State.MISSING}
    assert (row(after, "s001").total, row(after, "s001").letter) == (0, "F")
    assert states(row(after, "s002")) == {"week1": State.OPEN}
    assert "time until Mon 23 Mar 2026, 23:59 PDT" in row(after, "s002").scores[0].why
    assert states(row(gradebook_at(term), "s002")) == {"week1": State.MISSING}


def test_excused_and_waiting_do_not_count(term: Path) -> None:
    """Neither is a zero nor is dropped; exports excuse, and leave out what waits."""
    hand_in(term, week1=[1, 5, 5, 4], week2=[1, 5, 5, 9], week3=[1, 5, 5, 8])
    write_quiz(term / "graded" / "quiz4.csv", [("s003", 7)], waiting=2)
    gradebook = gradebook_at(term)
    assert states(row(gradebook, "s003")) == {
        "week1": State.DROPPED,
        "week2": State.EXCUSED,
        "week3": State.COUNTED,
        "quiz4": State.WAITING,
    }
    assert row(gradebook, "s003").total == Fraction(8, 10)
    assert row(gradebook, "s003").scores[3].why == "2 of the answers are not marked yet."
    assert excused_from(gradebook, "week2") == {"s003"}
    assert "s003" in [line.final_score.student for line in grade_rows_of_column(gradebook, "week2")]
    assert "s003" not in [line.final_score.student for line in grade_rows_of_column(gradebook, "quiz4")]


def test_late_policy_and_extensions_are_worked_out_anew(term: Path) -> None:
    """The same ledger with another due date for a student gives another total; nothing is graded again."""
    late = DUE.replace(tzinfo=ZONE) + timedelta(hours=20)
    write_results(term / "graded" / "week1", "week1", [graded("s000", 10, 10, late)])
    assert row(gradebook_at(term), "s000").total == Fraction(9, 10)
    text = COURSE_YAML.replace("students:\n", "students:\n  s000: {assignments: {week1: {extra_days: 1}}}\n")
    (term / "course.yaml").write_text(text, encoding="utf-8")
    assert row(gradebook_at(term), "s000").total == 1


def test_who_is_in_it(term: Path) -> None:
    """Everybody on the roster and whoever has a mark; a platform's id leads to the same student."""
    hand_in(term, week1=[8, None, None, None, 6])
    write_quiz(term / "graded" / "quiz4.csv", [("s000@example.org", 8)])
    gradebook = gradebook_at(term)
    assert [student_row.student for student_row in gradebook.rows] == ["s000", "s001", "s002", "s003", "s004"]
    assert "Not on the roster: s004." in gradebook.remarks
    assert row(gradebook, "s000").total == Fraction(7, 10) * Fraction(8, 10) + Fraction(3, 10)


def test_remarks_come_in_the_order_of_the_columns(term: Path) -> None:
    """Homework without a due date is named in the order of the table, in each run."""
    weeks = [f"week{number}" for number in range(1, 6)]
    for name in weeks:
        file = term / "assignments" / name / "assignment.yaml"
        file.write_text(re.sub("(?m)^due: .*\n", "", file.read_text(encoding="utf-8")), encoding="utf-8")
    hand_in(term, **{name: [8] for name in weeks})
    remarks = [remark for remark in gradebook_at(term).remarks if "no due date" in remark]
    assert remarks == [
        f"{name} has no due date: students without a submission get no zero." for name in weeks
    ]


def test_a_grant_for_nothing(term: Path) -> None:
    """A name in a student's rules that nothing has is told: it may be a slip that costs them a grade."""
    hand_in(term, week1=[8])
    (term / "course.yaml").write_text(
        COURSE_YAML.replace("      week2: {", "      weke2: {"), encoding="utf-8"
    )
    remark = "course.yaml has exceptions for weke2, which is not an assignment or quiz."
    assert remark in gradebook_at(term).remarks


def test_one_student_under_two_ids(term: Path) -> None:
    """Two lines that the roster says are one student's are told, with the one that counts."""
    write_quiz(term / "graded" / "quiz4.csv", [("s000", 8), ("s000@example.org", 2)])
    gradebook = gradebook_at(term)
    assert "In quiz4 s000 and s000@example.org are one student: only s000 counts." in gradebook.remarks
    assert row(gradebook, "s000").scores[0].earned == 8


def test_without_rules_everything_is_one_group(term: Path) -> None:
    """A course that says nothing of groups has all points in one."""
    (term / "course.yaml").write_text(f"title: A term\ntime_zone: {ZONE.key}\n", encoding="utf-8")
    hand_in(term, week1=[10], week2=[5])
    assert row(gradebook_at(term), "s000").total == Fraction(15, 20)


def test_two_of_the_same(term: Path) -> None:
    """Two results of one assignment are named, and nothing is guessed."""
    hand_in(term, week1=[10])
    write_results(term / "graded" / "again", "week1", [])
    with pytest.raises(UsageError, match="both hold results of week1"):
        gradebook_at(term)


def test_a_folder_of_nothing(term: Path) -> None:
    """A folder without results, and one that is not there, are said."""
    with pytest.raises(UsageError, match="No results were found in"):
        gradebook_at(term)
    with pytest.raises(UsageError, match="nowhere does not exist"):
        columns_in([term / "nowhere"], find_course(term), find_roster(term))


@given(st.fractions(0, 2, max_denominator=10**6))
def test_percentages_are_rounded_halves_up(share: Fraction) -> None:
    """To two decimals, at most half of one away, and upwards from just half."""
    shown = percent(share)
    assert -Fraction(1, 200) < Fraction(shown) - 100 * share <= Fraction(1, 200) or shown == Decimal("0.00")
    assert shown.as_tuple().exponent == -2


def test_contributions_add_up(tmp_path: Path) -> None:
    """Of every student the marks' contributions come to the groups', and those to the total, exactly."""
    for student_row in gradebook_at(write_term(tmp_path / "term", 40)).rows:
        assert sum(score.contribution for score in student_row.scores) == student_row.total
        assert sum(group.weight for group in student_row.groups) == 1
        assert sum(score.state is State.DROPPED for score in student_row.scores) == 1
        assert states(student_row)["week5"] is not State.DROPPED


@pytest.mark.parametrize(
    "role", ["Teacher", "TA", "Instructor", "Non-editing teacher", "Learner, Instructor"]
)
def test_those_who_teach_are_no_students(term: Path, role: str) -> None:
    """Staff of the roster have no row, no zeros and no remark; a score of theirs is said and left out."""
    hand_in(term, week1=[10, 20, 30])
    path = term / "roster.csv"
    lines = path.read_text().splitlines()
    lines = [f"{line},{'Role' if at == 0 else 'Student'}" for at, line in enumerate(lines)]
    lines[1] = lines[1].rpartition(",")[0] + f',"{role}"'
    path.write_text("\n".join(lines) + "\n")
    gradebook = gradebook_at(term)
    staff = find_roster(term).people[0]
    assert staff.student_id not in {row.student for row in gradebook.rows}
    assert len(gradebook.rows) == len(find_roster(term).people) - 1
    assert any(staff.name in remark and "not a student" in remark for remark in gradebook.remarks)
