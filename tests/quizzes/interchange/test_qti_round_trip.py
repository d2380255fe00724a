"""Out as QTI and back: the same items, but for what was said to be lost."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
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
from quizzes.content.items.choice import ChoicesItem
from quizzes.content.marking.choice import ChoiceRule
from quizzes.content.randomization import derived_seed
from quizzes.interchange.concrete import ITEM, concrete
from quizzes.interchange.exporting import Format, export
from quizzes.interchange.html_markup import canvas_html, markdown_of, xhtml
from quizzes.interchange.importing import import_package
from quizzes.schedule.timing import Schedule

SCHEDULE = Schedule(opens_at=0, limit=40 * 60_000)
ITEMS = every_item()
# A text of words, formulas, code and signs that Markdown, HTML and YAML take for their own.
WORDS = st.lists(
    st.sampled_from(
        [
            "a",
            "Wörter",
            "$x^2$",
            "`x < y`",
            "**fett**",
            "*so*",
            "<b>",
            "&amp;",
            r"\$5",
            "1. x",
            "x_i",
            "[[",
            "”",
            "- q",
        ]
    ),
    min_size=1,
    max_size=6,
).map(" ".join)


def there_and_back(items: dict[str, Item], to: Format, folder: Path) -> dict[str, Item]:
    """The items of the exported package, imported, by name."""
    path = folder / f"{to}.zip"
    path.write_bytes(export(quiz_of(items), SCHEDULE, to, "1").data)
    made = import_package(path, "back")
    assert made.lost == ()
    bank = BankFile.model_validate(yaml.safe_load(made.text))
    return {item.id: item for item in bank.items}


def carried(item: Item, to: Format) -> Item:
    """What of a concrete item a format carries: the losses that `export` says, taken off."""
    data = item.model_dump()
    data.update({"tags": [], "common_wrong": []} if "common_wrong" in data else {"tags": []})
    if data["images"]:
        image = data["images"][0]
        data["images"] = [{"file": f"back/{Path(image['file']).stem}.png", "alt": image["alt"]}]
    if "most_words" in data:
        data["most_words"] = 300
    if "pattern" in data:
        data["pattern"] = ""
    for blank in data.get("blanks", []):
        blank["common_wrong"] = []
        ignored = {
            name: blank[name] for name in ("accept", "options", "truth") if blank[name] not in ([], None)
        }
        kept: dict[str, Any] = ignored or {"key": blank["key"], "tolerance": blank["tolerance"]}
        if to == "qti12" and not ignored:
            kept = {"accept": [blank["key"]]}
        for name in [key for key in blank if key not in ("id", "label", "weight", *kept)]:
            del blank[name]
        blank.update(kept)
    if to == "qti12":
        lists = all("options" in blank or "truth" in blank for blank in data.get("blanks", []))
        for blank in data.get("blanks", []):
            blank["weight"] = 1
            if "options" in blank and not lists:
                blank["accept"] = blank.pop("options")[:1]
            if "truth" in blank and not lists:
                blank["accept"] = [str(blank.pop("truth"))]
        for option in data.get("options", []):
            option["last"] = False
        data.update(
            {
                name: value
                for name, value in {"penalty": 0, "partial": True, "shuffle": True}.items()
                if name in data
            }
        )
    if item.type == "choices":
        exact = to == "qti21" and data["rule"] is ChoiceRule.OFF
        data["rule"] = ChoiceRule.OFF if exact else ChoiceRule.NET_CORRECT
    if item.type == "ordering":
        data["rule"] = "exact" if to == "qti21" else "lcs"
    return ITEM.validate_python({key: value for key, value in data.items() if key != "where"})


@pytest.mark.parametrize("to", ["qti12", "qti21"])
def test_every_item_of_the_banks(to: Format, tmp_path: Path) -> None:
    """Choices, numbers, blanks, matchings, orders, texts: all come back as they were, formulas included."""
    back = there_and_back(ITEMS, to, tmp_path)
    assert len(back) == len(ITEMS)
    for reference, item in ITEMS.items():
        name = reference.replace("/", "--")
        sent = carried(concrete(item, derived_seed(b"1 0", reference), name), to)
        assert as_shown(back[name].model_dump(mode="json")) == as_shown(sent.model_dump(mode="json")), name


@pytest.mark.parametrize("to", ["qti12", "qti21"])
def test_credit_for_both(to: Format, tmp_path: Path) -> None:
    """A single choice that accepts two options comes back as one."""
    options = [{"text": text, "correct": text != "c"} for text in ("a", "b", "c")]
    data = {"id": "one", "type": "choice", "prompt": "Which?", "explanation": "So.", "options": options}
    (back,) = there_and_back({"t/one": ITEM.validate_python(data)}, to, tmp_path).values()
    assert back.type == "choice"
    assert [(option.text, option.correct) for option in back.options] == [
        ("a", True),
        ("b", True),
        ("c", False),
    ]


def test_the_kinds_are_all_there() -> None:
    """The banks hold every kind of item, so the test above is about every kind."""
    assert {item.type for item in ITEMS.values()} == {
        *("choice", "choices", "true_false", "numeric", "blanks", "matching"),
        *("ordering", "short_text", "expression", "function", "essay"),
    }


@settings(max_examples=examples(60))
@given(WORDS)
@pytest.mark.parametrize("html", [canvas_html, xhtml])
def test_any_text(html: Callable[[str], str], text: str) -> None:
    """Markdown to HTML and back is shown the same; nothing in it becomes a formula, a value or a tag."""
    lost: list[str] = []
    assert shown(markdown_of(html(text), lost.append)) == shown(text)
    assert lost == []


@pytest.mark.parametrize("to", ["qti12", "qti21"])
def test_the_same_bytes_each_time(to: Format) -> None:
    """One seed, one package; another seed gives other numbers."""
    quiz = quiz_of(ITEMS)
    assert export(quiz, SCHEDULE, to, "1") == export(quiz, SCHEDULE, to, "1")
    assert export(quiz, SCHEDULE, to, "1").data != export(quiz, SCHEDULE, to, "2").data


def test_variants(tmp_path: Path) -> None:
    """Of an item with drawn values so many variants are exported, of others one."""
    drawn = next(reference for reference, item in ITEMS.items() if item.parameters)
    fixed = next(reference for reference, item in ITEMS.items() if item.type == "matching")
    made = export(quiz_of({name: ITEMS[name] for name in (drawn, fixed)}), SCHEDULE, "qti12", "1", 5)
    assert made.questions == 6
    (tmp_path / "x.zip").write_bytes(made.data)
    bank = yaml.safe_load(import_package(tmp_path / "x.zip", "back").text)
    assert len({item["prompt"] for item in bank["items"]}) > 2


def test_losses_are_said() -> None:
    """Every item that a format cannot carry whole is named, with what is lost; what is carried is not."""
    quiz = quiz_of(ITEMS)
    for to in ("qti12", "qti21"):
        lost = dict.fromkeys(name for name, _ in export(quiz, SCHEDULE, to, "1").lost)
        for reference, item in ITEMS.items():
            reported = reference in lost
            if item.parameters or item.type in ("function", "expression", "essay"):
                assert reported, reference
            if item.type in ("choice", "true_false") and not item.parameters and to == "qti21":
                assert not reported, reference


def test_partial_credit_in_qti21(tmp_path: Path) -> None:
    """Right less wrong is carried by a mapping: its sum is the share that our marking gives."""
    from defusedxml.ElementTree import fromstring

    from quizzes.interchange.qti21.writer import item_document

    item = next(item for item in ITEMS.values() if isinstance(item, ChoicesItem))
    item = item.model_copy(update={"rule": ChoiceRule.NET_CORRECT})
    plain = concrete(item, b"x", "one")
    assert isinstance(plain, ChoicesItem)
    document = fromstring(item_document(plain))
    space = {"q": "http://www.imsglobal.org/xsd/imsqti_v2p1"}
    mapping = document.find(".//q:mapping", space)
    assert mapping is not None
    worth = {node.attrib["mapKey"]: Decimal(node.attrib["mappedValue"]) for node in mapping}
    choices = [node.attrib["identifier"] for node in document.iterfind(".//q:simpleChoice", space)]
    question = plain.question(b"x", Decimal(1))
    ids = list(question.options)
    for chosen in ([0], [0, 1], [1, 2], list(range(len(ids)))):
        taken = sum(
            (worth.get(choices[at], Decimal(mapping.attrib["defaultValue"])) for at in chosen), Decimal(0)
        )
        share = question.mark([ids[at] for at in chosen]).share
        assert float(min(max(taken, Decimal(0)), Decimal(1))) == pytest.approx(float(Fraction(share)))
