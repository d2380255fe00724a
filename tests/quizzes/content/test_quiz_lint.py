"""`quizzes lint`: faults one by one, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course.course import find_course
from autograder.errors import ContentError
from quizzes.content.bank import load_bank
from quizzes.content.items.numeric import NumericItem
from quizzes.content.lint import faults_in_bank, faults_in_slots, faults_in_window, remarks_on_bank
from quizzes.content.quiz_file import load_quiz
from quizzes.content.variety import variety

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


@pytest.mark.parametrize(("old", "new", "expected_text"), OF_VARIANTS)
def test_faults_of_variants(tmp_path: Path, old: str, new: str, expected_text: str) -> None:
    """What only variants show is said with file and line of the item."""
    faults = list(map(str, faults_in_bank(load_bank(write(tmp_path, GOOD.replace(old, new))))))
    assert any("bank.yaml, line 3: one: " in fault and expected_text in fault for fault in faults), faults


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
    ("old", "new", "expected_text"),
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
def test_faults_of_a_quiz(tmp_path: Path, old: str, new: str, expected_text: str) -> None:
    """What a quiz says wrongly is refused with file and line."""
    course = find_course(course_with(tmp_path, QUIZ.replace(old, new)))
    with pytest.raises(ContentError, match=expected_text):
        load_quiz(course, "test")


def test_two_right_options(tmp_path: Path) -> None:
    """Credit for both is no fault, but it is said, in case it is a slip."""
    item = '  - {id: two, type: choice, prompt: "Which?", explanation: So., options: [%s]}\n'
    options = "{text: a, correct: true}, {text: b%s}, {text: c}"
    for more, output in ((", correct: true", 1), ("", 0)):
        bank = load_bank(write(tmp_path, GOOD + item % (options % more)))
        assert faults_in_bank(bank) == []
        remarks = remarks_on_bank(bank)
        assert len(remarks) == output
        assert all("line 11: two: a single choice accepts 2 options" in remark for remark in remarks)


CHAIN = """topic: Test
items:
  - id: chain
    type: numeric
    prompt: With $w = [[w]]$ and $h_1 = [[a]]$, $h_2 = \\sigma(w h_1) = [[b]]$. What is its slope?
    explanation: h(1 - h).
    parameters: {a: {choices: [0.2, 0.3]}, w: {choices: [2, 3]}, b: {choices: [0.4, 0.646]}}
    consistent: [abs(b - sigmoid(w * a)) <= 0.0005]
    key: b * (1 - b)
    tolerance: {mode: rel, rel: 0.01}
"""


def test_givens_that_contradict_each_other(tmp_path: Path) -> None:
    """A relation that a prompt states has to hold in every variant, for the values as they are printed."""
    faults = faults_in_bank(load_bank(write(tmp_path, CHAIN)))
    assert len(faults) == 1
    assert "line 3: chain: what the prompt gives is not consistent: abs(b - sigmoid(w * a))" in str(faults[0])
    drawn = CHAIN.replace(", b: {choices: [0.4, 0.646]}}", '}\n    derived: {b: "round(sigmoid(w * a), 3)"}')
    assert faults_in_bank(load_bank(write(tmp_path, drawn))) == []


def test_a_value_printed_with_too_few_digits(tmp_path: Path) -> None:
    """The key has to follow from the values as students read them, not from the digits behind them."""
    text = GOOD.replace("[[a]] + 1?", "[[third:.1f]] + 1?").replace(
        "    key: a + 1", "    derived: {third: a / 3}\n    key: third + 1"
    )
    assert any(
        "computed from the values as they are printed" in str(fault)
        for fault in faults_in_bank(load_bank(write(tmp_path, text)))
    )
    assert faults_in_bank(load_bank(write(tmp_path, text.replace(":.1f", ":.4f")))) == []


TWO_WRONG = "common_wrong: [{value: a, feedback: Add one.}, {value: 2 * a - 2, feedback: Not twice.}]"


def test_two_mistakes_with_one_number(tmp_path: Path) -> None:
    """Two mistakes that some variant makes one number are found, and neither is named there."""
    text = GOOD.replace("common_wrong: [{value: a, feedback: Add one.}]", TWO_WRONG)
    bank = load_bank(write(tmp_path, text))
    assert "are one number, 2, with two feedbacks" in str(faults_in_bank(bank)[0])
    item = bank.items["one"]
    assert isinstance(item, NumericItem)
    feedbacks = {
        str(context.values["a"]): item.judge(f"{context.values['a']}", context)
        for context in map(item.context, map(bytes, ([n] for n in range(60))))
    }
    assert feedbacks["2"] == (False, "")
    assert feedbacks["5"] == (False, "Add one.")
    distinct = text.replace("    key: a + 1", "    where: a != 2 and a != 3\n    key: a + 1")
    assert faults_in_bank(load_bank(write(tmp_path, distinct))) == []


def test_a_rare_fault_among_many_variants(tmp_path: Path) -> None:
    """A fault in one variant of nine hundred is found: all variants are looked at, not 200 of them."""
    text = GOOD.replace("{a: {range: [1, 9]}}", "{a: {range: [1, 900]}}").replace(
        "common_wrong: [{value: a,", "common_wrong: [{value: (a if a != 417 else 418),"
    )
    assert "value" in str(faults_in_bank(load_bank(write(tmp_path, text)))[0])


@pytest.mark.parametrize(
    ("parameters", "where", "variants", "keys"),
    [
        ("{a: {range: [1, 9]}}", "1 == 1", 9, 9),
        ("{a: {range: [1, 9]}, b: {choices: [1, 2, 3]}}", "1 == 1", 27, 9),
        ("{a: {range: [0, 1], step: 0.25}, b: {choices: [1, 2]}}", "a > 0 and b == 1", 4, 4),
    ],
)
def test_variants_and_keys_are_counted(
    tmp_path: Path, parameters: str, where: str, variants: int, keys: int
) -> None:
    """Variants are the different drawn values that `where` allows, keys the different right numbers."""
    text = GOOD.replace("{a: {range: [1, 9]}}", parameters).replace(
        "    key:", f"    where: {where}\n    key:"
    )
    counted = variety(load_bank(write(tmp_path, text)).items["one"])
    assert (counted.variants, counted.keys, counted.exact) == (variants, keys, True)


def test_many_combinations_are_sampled(tmp_path: Path) -> None:
    """Where there are too many combinations to look at, the count is a lower bound and says so."""
    text = GOOD.replace("{a: {range: [1, 9]}}", "{a: {range: [1, 5000]}, b: {range: [1, 5000]}}")
    counted = variety(load_bank(write(tmp_path, text)).items["one"], 700)
    assert (counted.variants, counted.exact) == (700, False)
    assert str(counted).startswith("at least 700 variants, at least ")


SLOTS = [
    (
        "questions: [{item: bank/one, variants: 10}]",
        "question 1: bank/one has 9 variants, 9 keys, the quiz demands 10 variants",
    ),
    ("questions: [{item: bank/one, keys: 10}]", "the quiz demands 10 keys"),
    ("questions: [{bank: bank, parallel: true}]", "question 1: bank/one and bank/two differ in kind"),
    ("questions: [{item: bank/two, parallel: true}]", "in bank/two the right option is the longest of all"),
    ("questions: [{bank: bank, parallel: true, without: [long]}]", ""),
    ("questions: [{item: bank/one, variants: 9, keys: 9}]", ""),
]
LONG = """  - id: two
    type: choice
    tags: [long]
    prompt: Which?
    explanation: This.
    options: [{text: the longest one, correct: true}, {text: that}]
"""


@pytest.mark.parametrize(("questions", "expected_text"), SLOTS)
def test_what_a_quiz_demands_of_its_slots(tmp_path: Path, questions: str, expected_text: str) -> None:
    """Too few variants or keys, and forms that are not parallel, are faults of the quiz that demands them."""
    quiz = QUIZ.replace("questions: [{bank: bank}]", questions)
    course = find_course(course_with(tmp_path, quiz))
    write(tmp_path / "quizzes" / "banks", GOOD + LONG)
    faults = list(map(str, faults_in_slots(load_quiz(course, "test"))))
    assert any(expected_text in fault for fault in faults) if expected_text else faults == []


def test_the_longest_option(tmp_path: Path) -> None:
    """A right option that is longer than all others is said, and is no fault by itself."""
    bank = load_bank(write(tmp_path, GOOD + LONG))
    assert faults_in_bank(bank) == []
    assert ["the right option is the longest" in remark for remark in remarks_on_bank(bank)] == [True]


def test_a_quiz_without_an_end(tmp_path: Path) -> None:
    """A quiz without `due` is never due and never closes, and `attempts: null` allows any number."""
    text = QUIZ.replace("due: 2027-05-18 15:50\n", "attempts: null\n")
    times = load_quiz(find_course(course_with(tmp_path, text)), "test").schedule
    assert (times.due_at, times.closes_at, times.attempts) == (None, None, None)
