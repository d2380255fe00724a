"""Out as Moodle XML and back: the same items, but for what was said to be lost."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from every_item import every_item, quiz_of
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from shown_items import as_shown, shown

from quizzes.content.bank import BankFile
from quizzes.content.items.any_item import Item
from quizzes.content.items.numeric import NumericItem
from quizzes.content.lint import faults_in_item
from quizzes.content.marking.choice import ChoiceRule
from quizzes.content.randomization import derived_seed
from quizzes.interchange.answers import Notes
from quizzes.interchange.concrete import ITEM, concrete
from quizzes.interchange.exporting import Exported, export
from quizzes.interchange.html_markup import plain_text
from quizzes.interchange.importing import Imported, import_package
from quizzes.interchange.moodle.elements import moodle_html
from quizzes.interchange.source_text import html_from, needed_text
from quizzes.schedule.timing import Schedule

SCHEDULE = Schedule(opens_at=0)
ITEMS = every_item()
DRAWN: dict[str, Item] = {
    reference: item
    for reference, item in ITEMS.items()
    if isinstance(item, NumericItem) and item.tolerance.mode != "sigfigs"
}
EXPLAINED = {"prompt": "What?", "explanation": "So."}


def exported(items: dict[str, Item], variants: int = 1) -> Exported:
    """The items as Moodle XML."""
    return export(quiz_of(items), SCHEDULE, "moodle-xml", "1", variants)


def there_and_back(items: dict[str, Item], folder: Path) -> tuple[dict[str, Item], Imported]:
    """The items of the exported file, imported, by name."""
    path = folder / "back.xml"
    path.write_bytes(exported(items).data)
    made = import_package(path, "back")
    return {item.id: item for item in BankFile.model_validate(yaml.safe_load(made.text)).items}, made


def one_back(data: dict[str, Any], folder: Path) -> tuple[Item, Imported]:
    """An item of these keys, out and back."""
    items, made = there_and_back({"t/x": ITEM.validate_python({"id": "x", **EXPLAINED, **data})}, folder)
    return items["t--x"], made


def carried(item: Item, number: int) -> dict[str, Any]:
    """What Moodle XML carries of a concrete item, as shown: the losses that `export` says, taken off."""
    data = item.model_dump(mode="json")
    data["tags"] = [*data["tags"], f"question-{number}"]
    if data["images"]:
        data["images"] = [
            {"file": f"back/{Path(image['file']).stem}.png", "alt": image["alt"]} for image in data["images"]
        ]
    if "pattern" in data:
        data["pattern"] = ""
    for blank, position in zip(data.get("blanks", []), range(1, 13), strict=False):
        blank["id"] = f"blank-{position}"
    for option in data.get("options", []):
        option["last"] = False
    if item.type == "choices":
        data["rule"] = ChoiceRule.NET_CORRECT.value
    if item.type == "matching":
        data.update({"partial": True, "penalty": "0"})
        data["pairs"] = [{**pair, "right": without_markup(pair["right"])} for pair in data["pairs"]]
        data["distractors"] = [without_markup(text) for text in data["distractors"]]
    shown_data: dict[str, Any] = as_shown(data)
    return shown_data


def without_markup(text: str) -> str:
    """A text with its formulas, and without anything else that is not plain."""
    return needed_text(html_from(plain_text(text), "plain"), Notes())


def test_every_item_of_the_banks(tmp_path: Path) -> None:
    """Choices, blanks, matchings, orders, texts and numbers come back as they were, formulas included."""
    back, made = there_and_back(ITEMS, tmp_path)
    sentences = {sentence for _, sentence in made.lost}
    assert sentences == {"A single entry in the right order earns nothing here."}
    assert len(back) == len(ITEMS) >= 60
    for number, (reference, item) in enumerate(ITEMS.items(), start=1):
        name = reference.replace("/", "--")
        if reference in DRAWN:
            continue
        sent = concrete(item, derived_seed(b"1 0", reference), name)
        assert as_shown(back[name].model_dump(mode="json")) == carried(sent, number), name


@pytest.mark.full
def test_numbers_of_each_student(tmp_path: Path) -> None:
    """A number that is drawn comes back with a hundred rows or all there are, each a variant.

    For every row the texts, the key, what is right, and the feedback on mistakes are those of the item that
    was sent, asked with the same values.
    """
    back, _ = there_and_back(DRAWN, tmp_path)
    assert len(DRAWN) >= 30
    for reference, item in DRAWN.items():
        assert isinstance(item, NumericItem)
        returned = back[reference.replace("/", "--")]
        assert isinstance(returned, NumericItem)
        assert returned.dataset
        assert faults_in_item(returned, 30) == faults_in_item(item, 30) == []
        values = {name: column for name, column in returned.dataset.items() if name in item.names()}
        assert item.parameters.keys() <= values.keys()
        rows = {
            tuple(column[row] for column in values.values())
            for row in range(len(next(iter(values.values()))))
        }
        assert len(rows) == len(next(iter(values.values()))) >= 4
        for row in range(0, len(rows), 9):
            drawn = {name: column[row] for name, column in values.items()}
            sent_question = item.question(b"x", Decimal(1), drawn)
            all_values = {name: column[row] for name, column in returned.dataset.items()}
            question = returned.question(b"x", Decimal(1), all_values)
            assert (shown_html(question.prompt), shown_html(question.explanation)) == (
                shown_html(sent_question.prompt),
                shown_html(sent_question.explanation),
            )
            key = sent_question.context.number(item.key)
            below, above = item.tolerance.margins(key)
            for typed, right in (
                (key, True),
                (key + above, True),
                (key - below, True),
                (key + above * 2 + 1, False),
                (key - below * 2 - 1, False),
            ):
                near = typed if typed == key else key + (typed - key) * Decimal("0.999999")
                mark = question.mark(f"{near:.20g}" if near else "0")
                assert mark.share == (1 if right else 0), (reference, drawn, typed)
            for mistake in item.common_wrong:
                wrong = f"{sent_question.context.number(mistake.value):.15g}"
                assert shown(question.mark(wrong).feedback) == shown(sent_question.mark(wrong).feedback)


def shown_html(html: str) -> str:
    """HTML without the line breaks of its file."""
    return " ".join(html.split())


def test_variants_for_what_moodle_cannot_compute() -> None:
    """A statement or blanks with drawn values become as many questions as asked for, a number always one."""
    kinds = {item.type: reference for reference, item in ITEMS.items() if item.parameters}
    chosen = {kinds[kind]: ITEMS[kinds[kind]] for kind in ("numeric", "true_false", "blanks")}
    made = exported(chosen, variants=4)
    assert made.questions == 1 + 4 + 4
    assert made.data.count(b'<question type="calculated">') == 1
    assert made.data.count(b'<question type="cloze">') == made.data.count(b'<question type="truefalse">') == 4


@pytest.mark.full
def test_the_same_bytes_each_time() -> None:
    """One seed, one file; another seed gives other numbers."""
    quiz = quiz_of(ITEMS)
    assert export(quiz, SCHEDULE, "moodle-xml", "1") == export(quiz, SCHEDULE, "moodle-xml", "1")
    assert export(quiz, SCHEDULE, "moodle-xml", "1").data != export(quiz, SCHEDULE, "moodle-xml", "2").data


def test_losses_are_said() -> None:
    """Every item that is not carried whole is named, with what is lost; what is carried is not named."""
    lost = dict.fromkeys(name for name, _ in exported(ITEMS).lost)
    for reference, item in ITEMS.items():
        if item.parameters or item.type in ("function", "expression", "essay"):
            assert reference in lost, reference
        elif item.type in ("choice", "true_false"):
            assert reference not in lost, reference


SIGNS = [
    *(
        "a",
        "Wörter",
        "$x^2$",
        "$\\frac{a}{b}$",
        "`x < y`",
        "**fett**",
        "*so*",
        "<b>",
        "&amp;",
        r"\$5",
        "1. x",
    ),
    *("x_i", "[[", "”", "- q", "{", "}", "~", "#", "=", "%50%", "*", r"\\(", "$$z$$", "{1:MC:=a}", r"\$\$"),
    *("{a}", "{=1}", "->", "&#35;", "\\", "{#1}", "@@", "]]>"),
]
WORDS = st.lists(st.sampled_from(SIGNS), max_size=6).map(lambda signs: " ".join(["w", *signs]))


@settings(max_examples=examples(150), deadline=None)
@given(WORDS)
def test_any_text(text: str) -> None:
    """Markdown to Moodle's HTML and back is shown the same; nothing in it becomes a formula, gap or value."""
    notes = Notes()
    assert shown(needed_text(moodle_html(text), notes)) == shown(text)
    assert notes.losses == []


@settings(max_examples=examples(15), deadline=None)
@given(st.lists(WORDS, min_size=3, max_size=5, unique_by=shown), WORDS, st.integers(1, 9))
def test_any_text_in_any_place(texts: list[str], prompt: str, weight: int) -> None:
    """Whatever options, labels, pairs, entries and accepted texts hold, they come back as they were."""
    plain = [" ".join(text.split()) for text in texts]
    right, *others = texts
    list_blank = {"id": "a", "label": right, "options": texts, "weight": weight}
    text_blank = {"id": "b", "label": others[0], "accept": plain, "match_case": True}
    items: list[dict[str, Any]] = [
        {"type": "choice", "options": [{"text": t, "correct": t == right, "feedback": t} for t in texts]},
        {"type": "blanks", "blanks": [list_blank, text_blank]},
        {"type": "matching", "pairs": [{"left": t, "right": f"r{n}"} for n, t in enumerate(texts)]},
        {"type": "ordering", "entries": texts, "rule": "exact"},
        {"type": "short_text", "accept": plain, "match_case": True},
    ]
    sent = {
        f"t/i{n}": ITEM.validate_python({"id": f"i{n}", **EXPLAINED, "prompt": prompt, **data})
        for n, data in enumerate(items)
    }
    with tempfile.TemporaryDirectory() as folder:
        back, made = there_and_back(sent, Path(folder))
    assert [sentence for _, sentence in made.lost if "quizzes lint" not in sentence] == []
    for number, (reference, item) in enumerate(sent.items(), start=1):
        name = reference.replace("/", "--")
        expected = carried(item, number) | {"id": name}
        returned = as_shown(back[name].model_dump(mode="json"))
        if item.type == "short_text":
            assert back[name].accept == plain  # type: ignore[union-attr]
        assert returned == expected, name


@pytest.mark.parametrize("number", ["3.5", "-0.001", "0", "12345678", "1e-9", "6.02e23"])
@pytest.mark.parametrize(
    "tolerance",
    [
        {"mode": "exact"},
        {"mode": "abs", "abs": "0.25"},
        {"mode": "rel", "rel": "0.02"},
        {"mode": "abs_or_rel", "abs": "0.5", "rel": "0.01"},
        {"mode": "range", "below": "0.1", "above": "2"},
        {"mode": "range", "below": "3", "above": "0"},
        {"mode": "decimals", "digits": 2},
        {"mode": "sigfigs", "digits": 3},
    ],
)
def test_tolerances(number: str, tolerance: dict[str, Any], tmp_path: Path) -> None:
    """What is right about a number is right after it comes back, alone and in a blank, at both ends."""
    if tolerance["mode"] == "rel" and number == "0":
        return
    key = {"key": number, "tolerance": tolerance}
    sent = ITEM.validate_python({"id": "x", **EXPLAINED, "type": "numeric", **key})
    assert isinstance(sent, NumericItem)
    value = Decimal(number)
    below, above = sent.tolerance.margins(value)
    blank = {"id": "b", "label": "B", **key}
    for data in ({"type": "numeric", **key}, {"type": "blanks", "blanks": [blank]}):
        back, made = one_back(data, tmp_path)
        returned = back if isinstance(back, NumericItem) else back.blanks[0]  # type: ignore[union-attr]
        assert made.lost == ()
        assert Decimal(returned.key) == value
        left, right = returned.tolerance.margins(value)
        assert float(left) == pytest.approx(float(below), rel=1e-12, abs=0)
        assert float(right) == pytest.approx(float(above), rel=1e-12, abs=0)


def test_a_penalty_in_blanks(tmp_path: Path) -> None:
    """Negative shares of a gap's wrong options are the penalty, and come back as one."""
    blanks = [
        {"id": "a", "label": "A", "options": ["x", "y", "z"]},
        {"id": "b", "label": "B", "truth": False},
        {"id": "c", "label": "C", "key": "1"},
    ]
    back, _ = one_back({"type": "blanks", "blanks": blanks, "penalty": "0.5"}, tmp_path)
    assert back.penalty == Decimal("0.5")  # type: ignore[union-attr]


def test_case_and_common_mistakes_of_texts(tmp_path: Path) -> None:
    """That case matters, stars that are stars, and feedback on wrong texts are carried."""
    data = {
        "type": "short_text",
        "accept": ["a*b", "A\\b"],
        "match_case": True,
        "common_wrong": [{"value": "A*B", "feedback": "Small *letters*."}],
    }
    back, made = one_back(data, tmp_path)
    question = back.question(b"x", Decimal(1))
    assert made.lost == ()
    assert [question.mark(text).share for text in ("a*b", "axb", "A*B", "A\\b")] == [1, 0, 0, 1]
    assert question.mark("A*B").feedback == "Small <em>letters</em>."


def test_an_imported_dataset_goes_out_again(tmp_path: Path) -> None:
    """An item whose values are a dataset is exported with its own rows, all of them and no others."""
    dataset = {"a": ["1", "2", "3"], "b": ["0.5", "0.25", "0.125"]}
    data = {
        "type": "numeric",
        "prompt": r"$\frac{[[a]]}{a} \cdot {b}$ [[b:.3f]]?",
        "key": "a * b",
        "dataset": dataset,
        "tolerance": {"mode": "abs", "abs": "0.01"},
    }
    back, _ = one_back(data, tmp_path)
    assert isinstance(back, NumericItem)
    assert sorted(zip(*(back.dataset[name] for name in list(back.dataset)[:2]), strict=True)) == [
        (Decimal(a), Decimal(b)) for a, b in zip(*dataset.values(), strict=True)
    ]
    prompts = {back.question(bytes([seed]), Decimal(1)).prompt for seed in range(30)}
    sent = ITEM.validate_python({"id": "x", **EXPLAINED, **data})
    assert prompts == {sent.question(bytes([seed]), Decimal(1)).prompt for seed in range(30)}
