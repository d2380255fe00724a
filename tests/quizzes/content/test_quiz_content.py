"""The banks and the quiz as students get them."""

from __future__ import annotations

import hashlib
import json
import math
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from autograder.course.course import find_course
from autograder.errors import ContentError
from quizzes.content.bank import load_bank, load_banks
from quizzes.content.items.base import BaseItem, Part
from quizzes.content.items.numeric import NumericItem
from quizzes.content.lint import faults_in_bank, faults_in_slots, faults_in_window, remarks_on_bank
from quizzes.content.marking.numeric import Tolerance
from quizzes.content.markup import shown_values
from quizzes.content.quiz import Quiz
from quizzes.content.quiz_file import load_quiz
from quizzes.content.variety import variants_across

COURSE = find_course(Path(__file__).parent)
BANKS = load_banks(COURSE.root / "quizzes" / "banks")
ITEMS = [
    pytest.param(item, id=f"{bank.name}/{item.id}") for bank in BANKS.values() for item in bank.items.values()
]
SECRET = (
    "key",
    "tolerance",
    "correct",
    "explanation",
    "common_wrong",
    "accept",
    "reference",
    "checks",
    "rubric",
)


@pytest.mark.parametrize("item", ITEMS)
def test_nothing_leaks(item: BaseItem) -> None:
    """What a student sees has no key, tolerance, explanation or feedback, by name or by content."""
    for number in range(5):
        question = item.question(bytes([number]), Decimal(1))  # type: ignore[attr-defined]
        view = question.public_view()
        text = json.dumps(asdict(view), ensure_ascii=False)
        names = {field.name for part in (view, *view.fields) for field in fields(part)}
        assert not names & set(SECRET)
        assert json.dumps(question.explanation, ensure_ascii=False)[1:-1] not in text
        if isinstance(item, NumericItem):
            assert set(json.loads(text)) == {
                "kind", "prompt", "points", "rule", "hint", "options", "fields", "images", "starter",
                "longest", "most_words",
            }  # fmt: skip
            for wrong in item.common_wrong:
                assert escape(wrong.feedback) not in text
                assert wrong.feedback not in text


@pytest.mark.parametrize("item", ITEMS)
def test_shares(item: BaseItem) -> None:
    """The key earns full marks; nothing, and what cannot be saved, earns nothing and raises nothing."""
    for number in range(5):
        question = item.question(bytes([number]), Decimal(2))  # type: ignore[attr-defined]
        if question.key_answer is not None:
            assert question.problem_with(question.key_answer) == ""
            assert question.mark(question.key_answer).points == 2
        odd_answers: list[Any] = [
            None,
            "",
            "x" * 70_000,
            [],
            ["?"],
            {"?": "?"},
            {},
            "1/0",
            5,
            [[]],
            {"?": 1},
            True,
        ]
        for odd in odd_answers:
            assert isinstance(question.problem_with(odd), str)
            assert 0 <= question.mark(odd).share <= Fraction(1)
        view = question.public_view()
        assert question.problem_with({field.id: [] for field in view.fields} or 5)
        assert question.mark(None).points == 0


@pytest.mark.parametrize("bank", BANKS.values(), ids=BANKS)
def test_banks_are_sound(bank: object) -> None:
    """Every bank passes the linter without a remark and has at least six items."""
    assert faults_in_bank(bank, variants=30) == []  # type: ignore[arg-type]
    assert remarks_on_bank(bank) == []  # type: ignore[arg-type]
    assert len(bank.items) >= 6  # type: ignore[attr-defined]


def test_every_type_is_used() -> None:
    """The banks show every type of item."""
    assert len({item.type for bank in BANKS.values() for item in bank.items.values()}) == 11


def test_the_card() -> None:
    """Quiz 4: eight questions, eight points, May 18 from 3:00pm to 11:59pm, forty minutes."""
    plan = load_quiz(COURSE, "quiz4")
    quiz, times = plan.quiz, plan.schedule
    assert (len(quiz), quiz.points, times.limit) == (8, 8, 40 * 60_000)
    assert times.due_at is not None and times.closes_at == times.due_at
    opens, due = (
        datetime.fromtimestamp(instant / 1000, plan.zone) for instant in (times.opens_at, times.due_at)
    )
    assert (f"{opens:%m-%d %H:%M:%S}", f"{due:%m-%d %H:%M:%S}") == ("05-18 15:00:00", "05-18 23:59:59")
    assert faults_in_window(plan) == []


IDEAS = ("loss-curves", "cross-entropy", "relu-family", "training-and-testing")
NUMBERS = ("mini-batch", "adagrad", "momentum", "total-loss")


def test_eight_slots() -> None:
    """Quiz 4 has four ideas with three parallel items or more, then four numbers with one template each."""
    plan = load_quiz(COURSE, "quiz4")
    topics = [{reference.split("/")[0] for reference in pool.items} for pool in plan.quiz.pools]
    assert topics == [{topic} for topic in (*IDEAS, *NUMBERS)]
    assert not plan.quiz.shuffle
    ideas, numbers = plan.quiz.pools[:4], plan.quiz.pools[4:]
    assert all(
        len(pool.items) >= 3 and {item.type for item in pool.items.values()} == {"choice"} for pool in ideas
    )
    assert all([item.type for item in pool.items.values()] == ["numeric"] for pool in numbers)
    assert all(pick.parallel for pick in plan.picks[:4])
    assert all((pick.variants, pick.keys) == (5000, 200) for pick in plan.picks[4:])
    assert faults_in_slots(plan) == []


def test_every_slot_shows_every_item() -> None:
    """Over many attempts each item of a slot occurs: nothing in the quiz is out of reach."""
    quiz = load_quiz(COURSE, "quiz4").quiz
    seen = {reference for number in range(200) for reference, _, _ in quiz.picked(str(number).encode())}
    assert seen == {reference for pool in quiz.pools for reference in pool.items}


def test_the_rules_of_quiz_4() -> None:
    """What is allowed is said of a calculator, of notes and of collaboration."""
    for quiz in (load_quiz(COURSE, "quiz4").quiz, load_quiz(COURSE, "quiz4-practice").quiz):
        text = " ".join(quiz.rules)
        assert all(word in text.lower() for word in ("calculator", "notes", "collaboration"))


def test_practice_is_everything_else() -> None:
    """The practice quiz has every item that Quiz 4 does not have, never closes, and explains at once."""
    quiz4, practice = load_quiz(COURSE, "quiz4"), load_quiz(COURSE, "quiz4-practice")
    graded, others = set(quiz4.quiz.items), set(practice.quiz.items)
    assert not graded & others
    assert graded | others == {f"{bank.name}/{id}" for bank in BANKS.values() for id in bank.items}
    times, release = practice.schedule, practice.quiz.release
    assert (times.due_at, times.closes_at, times.limit, times.attempts) == (None, None, None, None)
    assert {release.score, release.feedback, release.key, release.explanation} == {"after_submit"}


NUMERIC = [
    pytest.param(item, id=f"{bank.name}/{item.id}")
    for bank in BANKS.values()
    for item in bank.items.values()
    if isinstance(item, NumericItem)
]


@pytest.mark.parametrize("item", NUMERIC)
def test_explanations_give_the_result(item: NumericItem) -> None:
    """A worked explanation of a number has a sentence of reason, and ends in the number that is right."""
    for number in range(20):
        context = item.context(bytes([number]))
        text = context.words(item.explanation)
        assert len(re.findall(r"[a-z]{2,}", re.sub(r"\$.*?\$", "", text, flags=re.DOTALL))) >= 5
        stated = [Decimal(found) for found in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]
        key = context.number(item.key)
        assert any(item.tolerance.accepts(value, key) for value in stated), text


def momentum_by_the_other_form(values: Mapping[str, Decimal], steps: int) -> Decimal:
    """How far v ← μv + g, θ ← θ − αv moves θ from rest in so many steps with one gradient."""
    theta, velocity = Decimal(0), Decimal(0)
    for _ in range(steps):
        velocity = values["mu"] * velocity + values["g"]
        theta -= values["lr"] * velocity
    return theta


def test_both_forms_of_momentum_are_right() -> None:
    """Whoever learned v ← μv + g gets the number that is right: what is asked does not depend on the form."""
    items = BANKS["momentum"].items
    for number in range(50):
        two = items["two-from-rest"].question(bytes([number]), Decimal(1))
        moved = momentum_by_the_other_form(two.context.values, 2)
        assert two.mark(f"{moved.normalize():f}").share == 1
        final = items["final-velocity"].question(bytes([number]), Decimal(1))
        values = final.context.values
        last = momentum_by_the_other_form(values, 400) - momentum_by_the_other_form(values, 399)
        assert final.mark(f"{last.quantize(Decimal('1e-9')).normalize():f}").share == 1
        following = items["next-velocity"].question(bytes([number]), Decimal(1))
        values = following.context.values
        # The last change of θ was v, so the other form's velocity was −v/α.
        velocity = values["mu"] * (-values["v"] / values["lr"]) + values["g"]
        assert following.mark(f"{(-values['lr'] * velocity).normalize():f}").share == 1
    for item in items.values():
        if item.type in ("numeric", "expression"):
            assert r"\theta \leftarrow \theta + v" in item.prompt, item.id


def test_the_rule_and_the_hint_agree() -> None:
    """A question for an exact number does not say that a close one is right; the others do not ask for it."""
    for bank in BANKS.values():
        for item in bank.items.values():
            if isinstance(item, NumericItem):
                view = item.question(b"seed", Decimal(1)).public_view()
                assert ("Only the exact number" in view.rule) == (item.tolerance.mode == "exact"), item.id
                assert ("Give the exact number" in view.hint) == (item.tolerance.mode == "exact"), item.id


def test_the_chain_is_consistent() -> None:
    """In every variant of the chain h₂ is the sigmoid of w₂h₁, to the digits that are printed."""
    item = BANKS["vanishing-gradients"].items["chain"]
    for context in variants_across(item, 1000):
        printed = shown_values(item.prompt, context.values)
        h2 = 1 / (1 + math.exp(-float(printed["w"] * printed["a"])))
        assert abs(h2 - float(printed["b"])) <= 0.0005


SHOW = (
    "import hashlib, sys\nfrom dataclasses import asdict\nfrom pathlib import Path\n"
    "from autograder.course.course import find_course\n"
    "from quizzes.content.quiz_file import load_quiz\n"
    "quiz = load_quiz(find_course(Path(sys.argv[1])), 'quiz4').quiz\n"
    "shown = ''.join(str(asdict(one.public_view())) for one in quiz.variants(b'seed'))\n"
    "print(hashlib.sha256(shown.encode()).hexdigest())\n"
)


def test_the_same_seed_shows_the_same() -> None:
    """Another process with another hash seed shows the same bytes; another attempt other numbers."""
    quiz = load_quiz(COURSE, "quiz4").quiz
    shown = "".join(str(asdict(variant.public_view())) for variant in quiz.variants(b"seed"))
    completed = subprocess.run(
        [sys.executable, "-c", SHOW, str(COURSE.root)], capture_output=True, text=True, check=True
    )
    assert completed.stdout.strip() == hashlib.sha256(shown.encode()).hexdigest()
    first, second = (quiz.build_questions(seed)[6].question.public_view() for seed in ("a", "b"))
    assert first != second


def test_the_saved_copy() -> None:
    """A quiz read back from its bytes has the same hash and deals the same, byte for byte."""
    quiz = load_quiz(COURSE, "quiz4").quiz
    again = Quiz.read(quiz.content)
    assert (again.hash, again.content) == (quiz.hash, quiz.content)
    for seed in ("a", "b"):
        assert [item.params for item in again.build_questions(seed)] == [
            item.params for item in quiz.build_questions(seed)
        ]
        assert [item.question.public_view() for item in again.build_questions(seed)] == [
            item.question.public_view() for item in quiz.build_questions(seed)
        ]


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_read_back(item: BaseItem) -> None:
    """Every item survives its way through the saved copy: the same view, the same key, the same marks."""
    again = type(item).model_validate_json(item.model_dump_json(exclude_unset=True))
    first, second = (variant.question(b"seed", Decimal(1)) for variant in (item, again))  # type: ignore[attr-defined]
    assert first.public_view() == second.public_view()
    assert first.key_answer == second.key_answer
    assert first.explanation == second.explanation


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ("{choices: [1e999999999]}", "1.00e+999999999 is not between 1e-300 and 1e300"),
        ("{range: [0, 1], step: 1e-999999999}", "1.00e-999999999 is not between 1e-300 and 1e300"),
        ("{range: [0, 1e300]}", "the range has more than 1e+12 values; give it a longer step"),
        (f"{{choices: [{'1' * 61}]}}", "1.11e+60 has more than 60 digits"),
    ],
)
def test_numbers_of_a_bank_are_bounded(tmp_path: Path, values: str, sentence: str) -> None:
    """A number that no page could show is refused where it is written."""
    path = tmp_path / "words.yaml"
    path.write_text(
        "topic: Words\nitems:\n  - id: one\n    type: numeric\n    prompt: How much is {a}?\n"
        f"    parameters: {{a: {values}}}\n    key: a\n    explanation: It is.\n",
        encoding="utf-8",
    )
    with pytest.raises(ContentError, match=r"line \d+: .*parameters\.a.*") as problem:
        load_bank(path)
    assert sentence in problem.value.message


def models_of_banks(model: type[BaseModel] = Part) -> set[type[BaseModel]]:
    """A kind of part of a bank or quiz with all kinds that are made of it."""
    return {model}.union(*map(models_of_banks, model.__subclasses__()))


def wrong_fields(model: type[BaseModel], name: str, value: object) -> set[object]:
    """The fields of a part that are refused where one of them has this value."""
    try:
        model.model_validate({name: value})
    except ValidationError as problem:
        return {error["loc"][0] for error in problem.errors() if error["loc"]}
    return set()


def test_every_number_of_a_bank_is_bounded() -> None:
    """Wherever a bank or quiz takes a decimal number, alone or among others, vast ones are refused."""
    tried = set()
    for model in models_of_banks() | {Tolerance}:
        for name in model.model_fields:
            for shape in (lambda n: n, lambda n: [n], lambda n: [n, n], lambda n: {"a": n}):
                if name in wrong_fields(model, name, shape(Decimal("0.5"))):
                    continue  # the field does not take a number so
                if "Decimal" in str(model.model_fields[name].annotation):
                    assert name in wrong_fields(model, name, shape(Decimal("1e999999999"))), (model, name)
                    tried.add(f"{model.__name__}.{name}")
    assert tried >= {
        "Parameter.choices",
        "Parameter.range",
        "Parameter.step",
        "Tolerance.abs",
        "Tolerance.above",
    }
