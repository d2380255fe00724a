"""`quizzes lint`: faults one by one, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course.course import find_course
from autograder.errors import ContentError
from quizzes.content.bank import load_bank
from quizzes.content.lint import faults_in_bank, faults_in_window, remarks_on_bank
from quizzes.content.quiz_file import load_quiz

GOOD = """topic: Test
items:
  - id: one
    type: numeric
    prompt: What is [[a]] + 1?
    explanation: Add.
    parameters: {a: {range: [1, 9]}}
    key: a + 1
    tolerance: {mode: abs, abs: 0.01}
    common_wrong: [{value: a, feedback: Add one.}]
"""
OF_VARIANTS = [
    ("key: a + 1", "key: 1 / (a - a)", "divides by zero"),
    ("key: a + 1", "key: exp(a * 1000)", "no finite value"),
    ("mode: abs, abs: 0.01", "mode: abs, abs: 2", "common wrong value"),
    ("key: a + 1", "key: a / 1", "common wrong value"),
    ("[[a]] + 1?", "$\\fra{1}$?", "not TeX"),
    ("    key:", "    where: a > 10\n    key:", "no values fulfil"),
]


def write(folder: Path, text: str) -> Path:
    """A bank's file."""
    path = folder / "bank.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("old", "new", "says"), OF_VARIANTS)
def test_faults_of_variants(tmp_path: Path, old: str, new: str, says: str) -> None:
    """What only variants show is said with file and line of the item."""
    faults = list(map(str, faults_in_bank(load_bank(write(tmp_path, GOOD.replace(old, new))))))
    assert any("bank.yaml, line 3: one: " in fault and says in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("key: a + 1", "key: b + 1", "line 3"),
        ("key: a + 1", "kye: a + 1", "line"),
        ("range: [1, 9]", "range: [9, 1]", "line 7"),
        ("mode: abs, abs: 0.01", "mode: abs", "line 9"),
        ("type: numeric", "type: number", "line 3"),
        ("[[a]]", "[[b]]", "line 3"),
        ("id: one", "id: One!", "line 3"),
    ],
)
def test_faults_of_files(tmp_path: Path, old: str, new: str, place: str) -> None:
    """What a file says wrongly is refused with file, line and key."""
    with pytest.raises(ContentError) as caught:
        load_bank(write(tmp_path, GOOD.replace(old, new)))
    assert f"bank.yaml, {place}" in caught.value.message


def test_equal_options(tmp_path: Path) -> None:
    """Two options that some variant makes equal are found."""
    text = """topic: Test
items:
  - id: two
    type: choice
    prompt: Which?
    explanation: This.
    parameters: {a: {range: [1, 3]}, b: {range: [1, 3]}}
    options: [{text: "[[a]]", correct: true}, {text: "[[b]]"}]
"""
    assert "two options look the same" in str(faults_in_bank(load_bank(write(tmp_path, text)))[0])


def test_rounding_straddles(tmp_path: Path) -> None:
    """A tolerance that takes one way of rounding the key and not the other is found."""
    text = GOOD.replace("key: a + 1", "key: a / 7").replace("abs: 0.01", "abs: 0.00005")
    assert any(
        "two ways to round" in str(fault) for fault in faults_in_bank(load_bank(write(tmp_path, text)))
    )


QUIZ = """title: Test
points: 1
opens: 2027-05-18 15:00
due: 2027-05-18 15:50
minutes: 40
extend_close: false
questions: [{bank: bank}]
"""


def course_with(folder: Path, quiz: str) -> Path:
    """A course with one bank and one quiz."""
    (folder / "quizzes" / "banks").mkdir(parents=True)
    (folder / "course.yaml").write_text("title: Test\ntime_zone: America/Los_Angeles\n", encoding="utf-8")
    (folder / "quizzes" / "test.yaml").write_text(quiz, encoding="utf-8")
    write(folder / "quizzes" / "banks", GOOD)
    return folder


def test_full_time_for_everybody(tmp_path: Path) -> None:
    """Double time in a window that locks after 50 minutes is a fault; extending the close mends it."""
    course, people = find_course(course_with(tmp_path, QUIZ)), tmp_path / "people.csv"
    people.write_text("student,multiplier,extra_minutes\nana,2,0\nbo,1,10\n", encoding="utf-8")
    faults = faults_in_window(load_quiz(course, "test"), people)
    assert [str(fault).split(": ")[1].split()[0] for fault in faults] == ["ana"]
    (tmp_path / "quizzes" / "test.yaml").write_text(QUIZ.replace("false", "true"), encoding="utf-8")
    assert faults_in_window(load_quiz(course, "test"), people) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("2027-05-18 15:00", "2027-03-14 02:30", "line 3: opens: .* does not exist"),
        ("2027-05-18 15:50", "2027-11-07 01:30", "line 4: due: .* happens twice"),
        ("2027-05-18 15:50", "2027-05-18 14:00", "line 4: due: It is due before"),
        ("points: 1", "points: 2", "points: the questions have 1"),
        ("{bank: bank}", "{bank: bnk}", "line 7: there is no bank 'bnk'"),
        ("{bank: bank}", "{item: bank/two}", "line 7: bank 'bank' has no item 'two'"),
        ("{bank: bank}", "{bank: bank, draw: 2, points: 0.5}", "line 7: questions: 2 questions"),
    ],
)
def test_faults_of_a_quiz(tmp_path: Path, old: str, new: str, says: str) -> None:
    """What a quiz says wrongly is refused with file and line."""
    course = find_course(course_with(tmp_path, QUIZ.replace(old, new)))
    with pytest.raises(ContentError, match=says):
        load_quiz(course, "test")


def test_two_right_options(tmp_path: Path) -> None:
    """Credit for both is no fault, but it is said, in case it is a slip."""
    item = '  - {id: two, type: choice, prompt: "Which?", explanation: So., options: [%s]}\n'
    options = "{text: a, correct: true}, {text: b%s}, {text: c}"
    for more, said in ((", correct: true", 1), ("", 0)):
        bank = load_bank(write(tmp_path, GOOD + item % (options % more)))
        assert faults_in_bank(bank) == []
        remarks = remarks_on_bank(bank)
        assert len(remarks) == said
        assert all("line 11: two: a single choice accepts 2 options" in remark for remark in remarks)
