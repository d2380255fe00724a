"""Moodle XML as Moodle and many generators write it: every kind of question, and what is left out."""

from __future__ import annotations

import base64
import os
import random
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from command import run_command
from every_item import PNG
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import UsageError
from quizzes.content.bank import BankFile, load_bank
from quizzes.content.items.any_item import Item
from quizzes.content.lint import faults_in_bank, faults_in_item
from quizzes.interchange.importing import Imported, import_package
from quizzes.interchange.moodle.calculated import HOW_DRAWN
from quizzes.interchange.moodle.reader_items import WITHOUT_EFFECT

OTHER = (
    '<question type="truefalse"><name><text>Other</text></name>'
    '<questiontext format="html"><text>True?</text></questiontext>'
    '<answer fraction="100"><text>true</text></answer><answer fraction="0"><text>false</text></answer>'
    "</question>"
)
PICTURE = base64.b64encode(PNG).decode()


def q(kind: str, prompt: str, inside: str = "", name: str = "Q", form: str = "html", files: str = "") -> str:
    """A question."""
    return (
        f'<question type="{kind}"><name><text>{name}</text></name>'
        f'<questiontext format="{form}"><text><![CDATA[{prompt}]]></text>{files}</questiontext>'
        f"{inside}</question>"
    )


def a(share: str, text: str, feedback: str = "", more: str = "") -> str:
    """An answer."""
    return (
        f'<answer fraction="{share}" format="html"><text><![CDATA[{text}]]></text>{more}'
        f'<feedback format="html"><text><![CDATA[{feedback}]]></text></feedback></answer>'
    )


def general(text: str) -> str:
    """The general feedback."""
    return f'<generalfeedback format="html"><text><![CDATA[{text}]]></text></generalfeedback>'


def imported(document: str | bytes, folder: Path, name: str = "questions.xml") -> Imported:
    """The bank of a document; a text is put into a <quiz>."""
    path = folder / name
    whole = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>{document}</quiz>'
        if isinstance(document, str)
        else document
    )
    path.write_bytes(whole.encode() if isinstance(whole, str) else whole)
    return import_package(path, "m")


def items_of(made: Imported) -> list[Item]:
    """The items of a bank."""
    return BankFile.model_validate(yaml.safe_load(made.text)).items


def only(document: str, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """The one item of a document, and what was lost."""
    made = imported(document, folder)
    (item,) = yaml.safe_load(made.text)["items"]
    return item, [sentence for _, sentence in made.lost]


def left_out(question: str, folder: Path) -> str:
    """Why a question was left out; the other one stays."""
    made = imported(question + OTHER, folder)
    assert made.items == 1
    (sentence,) = [sentence for _, sentence in made.lost if sentence.startswith("It was left out: ")]
    return sentence.removeprefix("It was left out: ")


def share(item: dict[str, Any], answer: Any, seed: bytes = b"x") -> float:
    """The share of an answer to an item."""
    (made,) = BankFile.model_validate({"topic": "t", "items": [item]}).items
    return float(made.question(seed, Decimal(1)).mark(answer).share)


def test_a_choice(tmp_path: Path) -> None:
    """Options, formulas, code; feedback on right and wrong answers as a whole joins the options'."""
    combined = (
        "<correctfeedback format='html'><text>Your answer is correct.</text></correctfeedback>"
        "<incorrectfeedback format='html'><text>Read chapter two.</text></incorrectfeedback>"
    )
    options = a("100", "<p>\\(x_1^2\\)</p>", "Yes.") + a("0", "a * b", "No.") + a("0", "<code>x_1</code>")
    item, lost = only(
        q(
            "multichoice",
            "<p>What is <b>this</b>?</p>",
            f"{general('<p>See it.</p>')}{combined}<single>true</single>{options}",
        ),
        tmp_path,
    )
    assert (item["id"], item["type"], item["explanation"], item["prompt"]) == (
        "q",
        "choice",
        "See it.",
        "What is **this**?",
    )
    assert [option["text"] for option in item["options"]] == ["$x_1^2$", "a \\* b", "`x_1`"]
    assert [option.get("correct", False) for option in item["options"]] == [True, False, False]
    assert [option.get("feedback") for option in item["options"]] == [
        "Yes.",
        "No.\n\nRead chapter two.",
        "Read chapter two.",
    ]
    assert item["shuffle"] is False  # Moodle's default without <shuffleanswers>
    assert lost == ["Moodle's standard feedback on right and wrong answers was left out (in Q)."]


def test_several_right_options(tmp_path: Path) -> None:
    """Right less wrong is exactly ours; other points by option are reported; an empty option is dropped."""
    head = "<single>false</single><shuffleanswers>1</shuffleanswers>"
    thirds = a("33.33333", "a") + a("33.33333", "b") + a("33.33333", "c") + a("-33.33333", "d")
    item, lost = only(q("multichoice", "Which?", head + thirds), tmp_path)
    assert (item["type"], lost, "shuffle" in item) == ("choices", [], False)
    _, lost = only(
        q("multichoice", "Which?", head + a("75", "a") + a("25", "b") + a("-10", "c") + a("0", "")), tmp_path
    )
    assert lost == [
        "An answer without a text was dropped.",
        "Points by option (75, 25, -10 per cent) became right options less wrong ones.",
    ]
    item, _ = only(q("multichoiceset", "Which?", a("100", "a") + a("100", "b") + a("0", "c")), tmp_path)
    assert (item["type"], item["rule"]) == ("choices", "off")


def test_wrong_options_that_took_points(tmp_path: Path) -> None:
    """Negative points in a single choice are reported, since a question here never counts below zero."""
    _, lost = only(q("multichoice", "Which?", a("100", "a") + a("-25", "b")), tmp_path)
    assert lost == ["Wrong options took points away (100, -25 per cent); here they take nothing."]


@pytest.mark.parametrize("swapped", [False, True])
def test_a_statement(swapped: bool, tmp_path: Path) -> None:
    """The answers say which is which; feedback on the right one joins the explanation."""
    pair = [a("0", "true", "No!"), a("100", "false", "Indeed.")]
    item, lost = only(q("truefalse", "So?", "".join(reversed(pair) if swapped else pair)), tmp_path)
    assert (item["answer"], item["feedback"], item["explanation"]) == (False, "No!", "Indeed.")
    assert lost == [
        "Feedback on the right answer became part of the explanation, which all see after the quiz."
    ]


def test_short_answers(tmp_path: Path) -> None:
    """What is accepted is accepted as typed; case, stars and feedback on wrong answers are kept."""
    answers = a("100", "zero_grad") + a("100", "O(n*m)".replace("*", "\\*")) + a("100", "re*u")
    answers += a("0", "momentum", "Not here.") + a("0", "*")
    item, lost = only(q("shortanswer", "Which?", f"<usecase>1</usecase>{answers}"), tmp_path)
    texts = {"zero_grad": 1, "Zero_grad": 0, "O(n*m)": 1, "O(nxm)": 0, "relu": 1, "reu": 1, "Relu": 0, "x": 0}
    assert {text: share(item, text) for text in texts} == texts
    assert item["common_wrong"] == [{"value": "momentum", "feedback": "Not here."}]
    assert (item["match_case"], lost) == (True, [])


def test_numbers(tmp_path: Path) -> None:
    """Tolerances, wrong numbers with feedback, two ranges that touch, a decimal comma, Moodle 1.9's form."""
    tolerance = "<tolerance>0.05</tolerance>"
    item, lost = only(
        q("numerical", "How much?", a("100", "3,5", "", tolerance) + a("0", "7", "Twice.") + a("0", "*")),
        tmp_path,
    )
    assert (item["key"], item["tolerance"], lost) == ("3.5", {"mode": "abs", "abs": "0.05"}, [])
    assert item["common_wrong"] == [{"value": "7", "feedback": "Twice."}]
    wide = a("100", "10", "", "<tolerance>1</tolerance>") + a("100", "12", "", "<tolerance>1</tolerance>")
    item, _ = only(q("numerical", "How much?", wide), tmp_path)
    assert [share(item, text) for text in ("9", "11", "13", "8.99", "13.01")] == [1, 1, 1, 0, 0]
    old = '<answer fraction="0">42<fraction>1</fraction><tolerance>0</tolerance></answer>'
    item, _ = only(q("numerical", "How much?", old), tmp_path)
    assert (item["key"], item["tolerance"]) == ("42", {"mode": "exact"})


def units(marked: str = "0", factor: str = "1") -> str:
    """Units of a number."""
    return (
        f"<unitgradingtype>{marked}</unitgradingtype><unitpenalty>0.1</unitpenalty><showunits>0</showunits><units>"
        f"<unit><multiplier>{factor}</multiplier><unit_name>m_s</unit_name></unit>"
        "<unit><multiplier>100</multiplier><unit_name>cm</unit_name></unit></units>"
    )


def test_units(tmp_path: Path) -> None:
    """The prompt names the unit of the number; where a unit earns points, the question is left out."""
    item, lost = only(q("numerical", "How fast?", a("100", "2") + units()), tmp_path)
    assert item["prompt"] == "How fast?\n\nGive the number in m\\_s, without the unit."
    assert lost == ["Units cannot be typed here: the prompt asks for the number in m_s."]
    assert (
        left_out(q("numerical", "How fast?", a("100", "2") + units("1")), tmp_path)
        == "its unit earns points of its own."
    )
    assert left_out(q("numerical", "?", a("100", "2") + units(factor="3")), tmp_path).startswith(
        "none of its units"
    )


def pair(left: str, right: str) -> str:
    """A pair of a matching question."""
    return (
        f'<subquestion format="html"><text><![CDATA[{left}]]></text>'
        f"<answer><text>{right}</text></answer></subquestion>"
    )


def test_matching_and_ordering(tmp_path: Path) -> None:
    """Pairs with a distractor; entries in order, with Moodle's own rules of partial credit."""
    item, lost = only(
        q("matching", "Match.", pair("<b>a</b>", "x_1") + pair("b", "2 &lt; 3") + pair("", "z")), tmp_path
    )
    assert item["pairs"] == [{"left": "**a**", "right": "x\\_1"}, {"left": "b", "right": "2 \\< 3"}]
    assert (item["distractors"], lost) == (["z"], [])
    entries = "".join(
        f'<answer fraction="{n}.0" format="html"><text>{t}</text></answer>' for n, t in enumerate("abc", 1)
    )
    for moodle, ours in (
        ("ALL_OR_NOTHING", "exact"),
        ("ABSOLUTE_POSITION", "position"),
        ("LONGEST_ORDERED_SUBSET", "lcs"),
    ):
        settings_of = f"<selecttype>ALL</selecttype><gradingtype>{moodle}</gradingtype>"
        item, _ = only(q("ordering", "Order.", settings_of + entries), tmp_path)
        assert (item["entries"], item["rule"]) == (["a", "b", "c"], ours)


def test_essays(tmp_path: Path) -> None:
    """Notes for graders are the rubric, the template joins the prompt, the most words are kept."""
    inside = (
        "<responseformat>editor</responseformat><attachments>2</attachments><maxwordlimit>250</maxwordlimit>"
        "<minwordlimit>50</minwordlimit>"
        "<graderinfo format='html'><text><![CDATA[<p>Names <i>both</i>.</p>]]></text></graderinfo>"
        "<responsetemplate format='html'><text>Dear …</text></responsetemplate>"
        "<answer fraction='0'><text></text></answer>"
    )
    item, lost = only(q("essay", "Write.", inside + general("Both count.")), tmp_path)
    assert (item["prompt"], item["rubric"], item["most_words"]) == (
        "Write.\n\nDear …",
        [{"text": "Names *both*."}],
        250,
    )
    assert item["explanation"] == "Both count."
    assert lost == [
        "Files cannot be attached to the text.",
        "That the text has at least 50 words was lost.",
        "The text to begin with became part of the prompt.",
    ]


CLOZE = (
    "<p>Plants need {1:SHORTANSWER:=water#Yes~aqua\\~#x} and pH {2:NUMERICAL:=7:0.5~%0%6#Low.} in "
    "{:MULTICHOICE_S:=soil~moon dust~&lt;none&gt;}, {3:SHORTANSWER_C:=H&#8322;O}; "
    "{1:MCV:no~=\\(x^{2\\}\\)}.</p>"
)


def test_embedded_answers(tmp_path: Path) -> None:
    """Gaps keep their place, weight, tolerance, case and options, and what is right in each."""
    item, lost = only(q("cloze", CLOZE, general("So.")), tmp_path)
    assert item["prompt"] == "Plants need \\[1\\] and pH \\[2\\] in \\[3\\], \\[4\\]; \\[5\\]."
    assert [blank.get("weight", 1) for blank in item["blanks"]] == [1, 2, 1, 3, 1]
    assert item["blanks"][2]["options"] == ["soil", "moon dust", "\\<none\\>"]
    assert item["blanks"][1]["common_wrong"] == [{"value": "6", "feedback": "Low."}]
    (made,) = BankFile.model_validate({"topic": "t", "items": [item]}).items
    question = made.question(b"x", Decimal(8))
    right = dict(question.key_answer or {})  # type: ignore[arg-type]
    assert question.mark(right).share == 1
    assert question.mark(right | {"blank-2": "7.5"}).share == 1
    assert question.mark(right | {"blank-4": "h₂o"}).share == Decimal(5) / 8
    assert question.mark(right | {"blank-1": "WATER"}).share == 1
    assert lost == [
        "Gap \\[1\\]: feedback on wrong answers was lost.",
        "Gap \\[1\\]: feedback on the right answer was lost.",
    ]


def test_gaps_in_a_list_and_penalties(tmp_path: Path) -> None:
    """A list at the end labels its gaps; equal negative points are a penalty."""
    gaps = "<li>The <b>rate</b>: {1:MC:=0.1~%-50%1}</li><li>True? {1:MC:=True~%-50%False}</li>"
    text = f"<p>Fill in.</p><ul>{gaps}</ul>"
    item, lost = only(q("multianswer", text), tmp_path)
    assert (item["prompt"], item["penalty"], lost) == ("Fill in.", "0.5", [])
    assert item["blanks"][0] == {"id": "blank-1", "label": "The **rate**", "options": ["0.1", "1"]}
    assert item["blanks"][1] == {"id": "blank-2", "label": "True?", "truth": True}


def word(text: str, group: int, tag: str = "selectoption") -> str:
    """A word to choose."""
    return f"<{tag}><text>{text}</text><group>{group}</group></{tag}>"


@pytest.mark.parametrize(("kind", "tag"), [("gapselect", "selectoption"), ("ddwtos", "dragbox")])
def test_missing_words(kind: str, tag: str, tmp_path: Path) -> None:
    """Words to choose or to drag into a text: each gap has the words of its group, one of them right."""
    words = word("cat", 1, tag) + word("dog", 1, tag) + word("mat", 2, tag) + word("hat", 2, tag)
    item, _ = only(q(kind, "The [[1]] sat on the [[4]].", words), tmp_path)
    assert item["prompt"] == "The \\[1\\] sat on the \\[2\\]."
    assert [blank["options"] for blank in item["blanks"]] == [["cat", "dog"], ["hat", "mat"]]


def dataset(name: str, *values: str) -> str:
    """A dataset."""
    items = "".join(
        f"<dataset_item><number>{n}</number><value>{value}</value></dataset_item>"
        for n, value in enumerate(values, 1)
    )
    return (
        f"<dataset_definition><status><text>private</text></status><name><text>{name}</text></name><type>calculated</type>"
        "<distribution><text>uniform</text></distribution><minimum><text>1</text></minimum><maximum><text>9</text>"
        f"</maximum><decimals><text>1</text></decimals><itemcount>{len(values)}</itemcount>"
        f"<dataset_items>{items}</dataset_items><number_of_items>{len(values)}</number_of_items></dataset_definition>"
    )


def formula(share: str, text: str, tolerance: str, kind: str, feedback: str = "") -> str:
    """An answer of a calculated question."""
    more = (
        f"<tolerance>{tolerance}</tolerance><tolerancetype>{kind}</tolerancetype>"
        "<correctanswerformat>2</correctanswerformat><correctanswerlength>4</correctanswerlength>"
    )
    return a(share, text, feedback, more)


def calculated(answers: str, prompt: str = "{a} by {b}, that is {={a}/{b}}?", more: str = "") -> str:
    """A calculated question with three rows."""
    sets = dataset("a", "1.5", "2.0", "9.0") + dataset("b", "3", "4", "-0.5")
    return q("calculated", prompt, f"{answers}<dataset_definitions>{sets}{more}</dataset_definitions>")


def test_calculated(tmp_path: Path) -> None:
    """Each student gets a row; formulas, tolerance, feedback and computed texts follow it."""
    answers = formula("100", "pow({a},2)+round({b}/2,1)", "0.01", "1") + formula(
        "0", "{a}*2", "0.01", "1", "Twice {a}."
    )
    item, lost = only(calculated(answers), tmp_path)
    assert lost == []
    (made,) = BankFile.model_validate({"topic": "t", "items": [item]}).items
    expected = {("1.5", "3"): "3.75", ("2.0", "4"): "6", ("9.0", "-0.5"): "80.7"}
    seen = set()
    for seed in range(40):
        question = made.question(bytes([seed]), Decimal(1))
        first, second = question.prompt.split()[0], question.prompt.split()[2].rstrip(",")
        seen.add((first, second))
        key = Decimal(expected[first, second])
        assert question.mark(str(key * Decimal("1.0099"))).share == 1
        assert question.mark(str(key * Decimal("1.0101"))).share == 0
        assert question.mark(str(2 * Decimal(first))).feedback == f"Twice {first}."
    assert seen == set(expected)
    assert faults_in_item(made, 20) == []


def test_calculated_choice(tmp_path: Path) -> None:
    """Options are computed for each student, in the format that the question asks for."""

    def option(share: str, text: str) -> str:
        return a(
            share,
            text,
            "",
            "<tolerance>0.01</tolerance><tolerancetype>1</tolerancetype>"
            "<correctanswerformat>1</correctanswerformat><correctanswerlength>2</correctanswerlength>",
        )

    sets = dataset("a", "1.5", "2.5")
    options = option("100", "It is {={a}*2} m") + option("0", "It is {={a}/3} m")
    item, lost = only(
        q(
            "calculatedmulti",
            "{a}?",
            f"<single>1</single>{options}<dataset_definitions>{sets}</dataset_definitions>",
        ),
        tmp_path,
    )
    assert lost == []
    (made,) = BankFile.model_validate({"topic": "t", "items": [item]}).items
    for seed in range(8):
        question = made.question(bytes([seed]), Decimal(1))
        value = Decimal(question.prompt.rstrip("?"))
        assert question.key_text == f"It is {value * 2:.2f} m"
        assert {option.html for option in question.public_view().options} == {
            f"It is {value * 2:.2f} m",
            f"It is {value / 3:.2f} m",
        }


@pytest.mark.parametrize(
    ("answers", "more", "why"),
    [
        (
            formula("100", "{a}^2", "0.01", "1"),
            "",
            "its formula “{a}^2” cannot be computed here: ^ is not a power in Moodle",
        ),
        (
            formula("100", "{c}", "0.01", "1"),
            "",
            "its formula “{c}” cannot be computed here: there are no values for {c}",
        ),
        (formula("100", "{a} % 2", "0.01", "1"), "", "its formula “{a} % 2” cannot be computed here: % cuts"),
        (
            formula("100", "system({a})", "0", "1"),
            "",
            "its formula “system({a})” cannot be computed here: system() is",
        ),
        (
            formula("100", "sqrt({b})", "0.01", "1"),
            "",
            "a formula of it has no value for some of its numbers",
        ),
        (formula("100", "{a}", "0.01", "3"), "", "its tolerance is geometric"),
        (
            formula("100", "{a}", "0.01", "1") + formula("100", "{b}", "0.01", "1"),
            "",
            "several formulas are right",
        ),
        (formula("100", "*", "0.01", "1"), "", "every number is right"),
        (formula("50", "{a}", "0.01", "1"), "", "its points differ by answer"),
        (formula("100", "{a}", "0.01", "1"), dataset("a", "1"), "it has two datasets named a"),
        (formula("100", "{a}", "0.01", "1"), dataset("c"), "a dataset of it has no numbers"),
        (formula("100", "{a}", "0.01", "1"), dataset("c", "one"), "“one” is not one number"),
    ],
)
def test_calculated_left_out(answers: str, more: str, why: str, tmp_path: Path) -> None:
    """A formula, tolerance or dataset without counterpart costs the question, with its own sentence."""
    assert left_out(calculated(answers, "{a}?", more), tmp_path).startswith(why)


def test_pictures(tmp_path: Path) -> None:
    """Files in the question, embedded data and Moodle 1.9's pictures; two of one name stay two."""
    file = f'<file name="a b.png" path="/x/" encoding="base64">{PICTURE}</file>'
    jpeg = base64.b64encode(b"\xff\xd8\xffjpeg").decode()
    other = f'<file name="a b.png" path="/" encoding="base64">{jpeg[:4]}\n{jpeg[4:]}</file>'
    tf = a("100", "true") + a("0", "false")
    document = (
        q("truefalse", 'See <img src="@@PLUGINFILE@@/x/a%20b.png" alt="A &amp; B">?', tf, files=file)
        + q("truefalse", '<img src="@@PLUGINFILE@@/a%20b.png">?', tf, files=other)
        + q("truefalse", f'<img src="data:image/png;base64,{PICTURE}" alt="C">?', tf)
        + q(
            "truefalse",
            'Old <img src="@@PLUGINFILE@@/o.png">?',
            f"<image>o.png</image><image_base64>{PICTURE}</image_base64>{tf}",
        )
    )
    made = imported(document, tmp_path)
    assert made.lost == ()
    assert [item.images[0].alt for item in items_of(made)][:1] == ["A & B"]
    assert {item.images[0].file for item in items_of(made)} == {
        "m/a-b.png",
        "m/a-b.jpg",
        "m/picture.png",
        "m/o.png",
    }
    twice = document.replace(jpeg[:4] + "\n" + jpeg[4:], base64.b64encode(PNG + b"2").decode())
    assert [item.images[0].file for item in items_of(imported(twice, tmp_path))][:2] == [
        "m/a-b.png",
        "m/a-b-2.png",
    ]


def test_texts_in_other_formats(tmp_path: Path) -> None:
    """Markdown, plain text and Moodle's automatic format are read as such."""
    tf = a("100", "true") + a("0", "false")
    prompts = [
        only(q("truefalse", text, tf, form=form), tmp_path)[0]["prompt"]
        for text, form in (
            ("Is **this** \\\\(x_1\\\\)?", "markdown"),
            ("a * b <c>\nd", "plain_text"),
            ("One\n<b>two</b>\n\nthree", "moodle_auto_format"),
        )
    ]
    assert [" ".join(prompt.split()) for prompt in prompts] == [
        "Is **this** $x_1$?",
        "a \\* b \\<c\\> d",
        "One **two** three",
    ]


def test_the_whole_file(tmp_path: Path) -> None:
    """Categories and tags become tags, the id number the id; points, hints and penalties are said once."""
    tf = a("100", "true") + a("0", "false")
    category = '<question type="category"><category><text>$course$/top/Week 3</text></category></question>'
    extra = (
        "<defaultgrade>2.0000000</defaultgrade><penalty>1</penalty><hidden>0</hidden><idnumber>w3-a</idnumber>"
        "<tags><tag><text>exam</text></tag></tags><hint format='html'><text>Think.</text></hint>"
    )
    made = imported(
        q("truefalse", "A?", tf, name="A") + category + q("truefalse", "B?", extra + tf, name="B"), tmp_path
    )
    first, second = yaml.safe_load(made.text)["items"]
    assert ("tags" in first, second["id"], second["tags"]) == (False, "w3-a", ["exam", "Week 3"])
    assert made.lost == (
        ("questions.xml", "Points belong to a quiz; write them there: 1 for A; 2 for B."),
        ("questions.xml", "Hints for further tries were lost, of B."),
    )


TF = a("100", "true") + a("0", "false")


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (q("description", "Read."), "it only shows a text; put it into the quiz's instructions."),
        (q("coderunner", "Code."), "it runs code; write a function item instead."),
        (q("mtf", "?"), "questions of the type “mtf” have no counterpart here."),
        (
            q("multichoice", "?", a("100", "a") + a("50", "b")),
            "its points differ by option (100, 50 per cent).",
        ),
        (q("multichoice", "?", a("90", "a") + a("0", "b")), "its points differ by option (90, 0 per cent)."),
        (q("multichoice", "?", a("0", "a") + a("0", "b")), "no option earns full points."),
        (q("multichoice", "?", a("100", "") + a("0", "b")), "an empty answer is right."),
        (q("multichoice", "?", a("100", "a") + a("0", "a")), "two options have the same text, “a”."),
        (q("multichoice", "?", a("100", "a")), "it has fewer than two options."),
        (q("multichoice", "?", a("100", "a") + a("x", "b")), "its points, “x”, are not a number."),
        (q("multichoice", "?", a("100", "a") + a("NaN", "b")), "its points, “NaN”, are not a share."),
        (
            q("multichoice", "?", "<single>false</single>" + a("50", "a") + a("0", "b")),
            "its right options do not add up to full points (50, 0 per cent).",
        ),
        (
            q("multichoice", "?", a("100", "<img src='x.png'>a") + a("0", "b")),
            "it shows a picture outside the prompt.",
        ),
        (
            q("truefalse", "?", a("100", "true") + a("100", "false")),
            "its answers are not one that is right and one that is wrong.",
        ),
        (
            q("shortanswer", "?", a("100", "a") + a("50", "b")),
            "its points differ by answer (100, 50 per cent).",
        ),
        (q("shortanswer", "?", a("100", "*")), "every answer is right."),
        (
            q("shortanswer", "?", a("0", "no*") + a("100", "nor")),
            "“no*” earns nothing, though “nor” would accept it.",
        ),
        (q("shortanswer", "?", a("0", "a")), "no answer earns full points."),
        (q("numerical", "?", a("100", "2") + a("100", "-2")), "several numbers are right (2, -2)."),
        (q("numerical", "?", a("100", "16,000")), "“16,000” is not one number."),
        (q("numerical", "?", a("100", "1e999")), "“1e999” is not one number."),
        (q("numerical", "?", a("100", "2^3")), "“2^3” is not one number."),
        (
            q("numerical", "?", a("100", "1", "", "<tolerance>-1</tolerance>")),
            "its tolerance is negative (-1).",
        ),
        (
            q("numerical", "?", a("0", "5") + a("100", "5", "", "<tolerance>1</tolerance>")),
            "5 earns nothing, though it lies within what is right.",
        ),
        (q("matching", "?", pair("a", "1") + pair("a", "2")), "the entry “a” has two right partners."),
        (q("matching", "?", pair("a", "1") + pair("b", "")), "the entry “b” has no partner."),
        (
            q("ordering", "?", "<selecttype>RANDOM</selecttype>" + a("1", "a") + a("2", "b")),
            "each student gets other entries of it to order.",
        ),
        (
            q("ordering", "?", a("2", "a") + a("1", "b")),
            "its entries and their numbers stand in different orders.",
        ),
        (q("essay", "?", "<responseformat>noinline</responseformat>"), "it asks for a file only."),
        (q("essay", "?", "<attachmentsrequired>1</attachmentsrequired>"), "it asks for a file."),
        (q("cloze", "No gap."), "it has no gap to fill in."),
        (q("cloze", "{1:SHORTANSWER:=a"), "a gap does not end, “a”."),
        (q("cloze", "{1:SHORTANSWER:=a~%50%b}"), "its points differ by answer (100, 50 per cent)."),
        (q("cloze", "{1:MC:=a~=b}"), "2 of a gap's options are right."),
        (q("cloze", "{1:MC:a~b}"), "none of a gap's options is right."),
        (q("cloze", "{1:MULTIRESPONSE:=a~=b}"), "a gap asks for several options."),
        (q("cloze", "{1:REGEXP:=a}"), "a gap is of an unknown kind, “REGEXP”."),
        (q("cloze", "{1:mc:=a~b} {1:SA:=a}"), "a gap cannot be read, “{1:mc:=a~b} \ue0021\ue003”."),
        (q("cloze", "{0:SA:=a}"), "a gap counts 0; from 1 to 100 is possible here."),
        (q("cloze", "{1:NM:=about 5}"), "“about 5” in a gap is not a number."),
        (q("cloze", "{1:SA:=a*}"), "an answer of a gap has a *."),
        (q("gapselect", "The [[3]].", word("a", 1)), "its gaps and its words do not fit together."),
        (q("truefalse", "", TF), "its text is empty."),
        (
            q("truefalse", "?", TF, form="wiki_like"),
            "its text is in the format wiki_like, which is not read here.",
        ),
        (
            q("truefalse", "?", TF + "<difficulty>9</difficulty>"),
            "its part “difficulty” is not known here and may change what is right.",
        ),
        (
            q("truefalse", "?", TF.replace("<text>", '<text x="1">', 1)),
            "the setting x=“1” of its part “text” is not known here and may change what is right.",
        ),
        (q("truefalse", "if x<y> then", TF), "its text holds <y>, which cannot be shown here."),
        (q("truefalse", "<img src='https://x/y.png'>", TF), "its picture y.png is not in the file."),
        (
            q("truefalse", "<img src='@@PLUGINFILE@@/gone.png'>", TF),
            "its picture gone.png is not in the file.",
        ),
        (
            q(
                "truefalse",
                "<img src='@@PLUGINFILE@@/a.gif'>",
                TF,
                files='<file name="a.gif" path="/" encoding="base64">R0lGODlh</file>',
            ),
            "its picture a.gif is neither PNG nor JPEG.",
        ),
    ],
)
def test_left_out(question: str, why: str, tmp_path: Path) -> None:
    """What would change key, options or points costs the question, with a sentence, and no other one."""
    assert left_out(question, tmp_path) == why


def test_a_broken_question_costs_itself(tmp_path: Path) -> None:
    """In a file that is not well-formed, sound questions stay; the others are named with their line."""
    broken = "\n<question type='truefalse'><name><text>A & B</text></name></question>\n"
    unclosed = "\n<question type='truefalse'><name><text>C</name></question>\n"
    made = imported(q("truefalse", "1?", TF) + broken + q("truefalse", "2?", TF) + unclosed + OTHER, tmp_path)
    assert made.items == 3
    assert made.lost == (
        (
            "question at line 3",
            "It was left out: it is not well-formed XML (not well-formed (invalid token), line 3).",
        ),
        ("question at line 5", "It was left out: it is not well-formed XML (mismatched tag, line 5)."),
    )


def quiz(inside: str, head: str = '<?xml version="1.0"?>') -> bytes:
    """A document in UTF-8."""
    return f"{head}<quiz>{inside}</quiz>".encode()


BOMB = '<!DOCTYPE quiz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE quiz [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (quiz(q("truefalse", "?", TF).replace("<![CDATA[?]]>", "&b;"), BOMB), "declares entities"),
        (quiz(q("truefalse", "?", TF).replace("<![CDATA[?]]>", "&a;"), OUTSIDE), "declares entities"),
        (quiz(q("truefalse", "Größe?", TF)).decode().encode("latin-1"), "is not XML"),
        (b"<quiz></quiz>", "holds no question"),
        (b"<questions></questions>", "begins with <questions>"),
        (b"<html><body>Sign in</body></html>", "begins with <html>"),
        (b"\x1f\x8b\x08\x00backup", "backup of a Moodle course"),
        (b"", "is not a format that is read"),
        (b"\0\1\2", "is not a text"),
        (b"ANSWER \xff", "line 1: the text is not in UTF-8"),
        (b"What?\nA. x\nB. y\nANSWER: A\n", "in Aiken format"),
        (
            b"NewQuestion,MC\nQuestionText,What is {x}?\nOption,100,4\n",
            "a table of questions for Brightspace",
        ),
        (b"MC\tWhat is {x}?\t3\tincorrect\t4\tcorrect\n", "a text of questions for Blackboard"),
        (b'{"title": "x", "questions": [{}]}', "is JSON"),
        (b"<quiz>" + b"<a>" * 100_000, "is not XML"),
    ],
)
def test_hostile_files(data: bytes, sentence: str, tmp_path: Path) -> None:
    """Bombs, outside files, other formats and other encodings are refused with a sentence."""
    with pytest.raises(UsageError) as refused:
        imported(data, tmp_path)
    assert sentence in refused.value.message


def test_encodings(tmp_path: Path) -> None:
    """UTF-8 with a byte order mark, UTF-16 and a declared Latin-1 are read."""
    text = q("truefalse", "Größe?", TF)
    for data in (
        b"\xef\xbb\xbf" + quiz(text, ""),
        f'<?xml version="1.0" encoding="utf-16"?><quiz>{text}</quiz>'.encode("utf-16"),
        f'<?xml version="1.0" encoding="iso-8859-1"?><!-- x --><quiz>{text}</quiz>'.encode("latin-1"),
    ):
        assert items_of(imported(data, tmp_path))[0].prompt == "Größe?"


def test_what_is_no_file(tmp_path: Path) -> None:
    """A folder, a missing file and a pipe are refused before they are opened; so is a huge file."""
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge.xml").open("wb") as file:
        file.write(b"<quiz>")
        file.truncate(300 * 1024**2)
    for name, sentence in (
        ("", "it is a folder"),
        ("none", "it is not there"),
        ("pipe", "it is not a file"),
        ("huge.xml", "larger than"),
    ):
        with pytest.raises(UsageError) as refused:
            import_package(tmp_path / name, "m")
        assert sentence in refused.value.message


@pytest.mark.full
def test_deep_and_long_questions(tmp_path: Path) -> None:
    """Deep nesting, very long texts and very many options, gaps or answers cost one question each."""
    deep = q("truefalse", "<b>" * 3000 + "x" + "</b>" * 3000, TF)
    long = q("truefalse", "x" * 300_000, TF)
    many = q("shortanswer", "?", "".join(a("0", f"*{n}") for n in range(3000)) + a("100", "x"))
    gaps = q("cloze", "{1:SA:=a}" * 5000)
    stars = q("shortanswer", "?", a("0", "*a" * 200) + a("100", "a" * 150))
    nested = calculated(formula("100", "(" * 5000 + "{a}" + ")" * 5000, "0", "1"))
    twice = calculated(formula("100", "sinh(" * 40 + "{a}" + ")" * 40, "0", "1"))
    made = imported(deep + long + many + gaps + stars + nested + twice + OTHER, tmp_path)
    assert made.items <= 3
    assert sum(sentence.startswith("It was left out") for _, sentence in made.lost) >= 6


SMALL = quiz(
    q("cloze", CLOZE)
    + q("numerical", "?", a("100", "3.5", "f", "<tolerance>0.1</tolerance>") + units())
    + calculated(formula("100", "{a}*2", "0.01", "1"))
    + q("multichoice", "?", "<single>false</single>" + a("50", "a") + a("50", "b") + a("-50", "c"))
    + q("matching", "?", pair("a", "1") + pair("b", "2"))
    + OTHER
)
SIGNS = [
    *(
        b"",
        b"<",
        b"&",
        b"]]>",
        b"{",
        b"}",
        b"~",
        b"#",
        b"%",
        b"\\",
        b"0",
        b"-",
        b"</text>",
        b"<text>",
        b"\xff",
    ),
    *(
        b"100",
        b"<answer>",
        b"[[a]]",
        b"$",
        b"\xee\x80\x82",
        b"e999",
        b'"',
        b"</question>",
        b"<question type='cloze'>",
    ),
]


@settings(max_examples=examples(250), deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 10))
def test_any_damage(tmp_path_factory: pytest.TempPathFactory, chance: random.Random, times: int) -> None:
    """Whatever is cut or put in: the file gives sound items, or is refused with a sentence."""
    data = SMALL
    for _ in range(times):
        at = chance.randrange(len(data))
        data = data[:at] + chance.choice(SIGNS) + data[at + chance.choice([0, 1, 3, 40]) :]
    path = tmp_path_factory.mktemp("damage") / "x.xml"
    path.write_bytes(data)
    try:
        made = import_package(path, "m")
    except UsageError as problem:
        assert problem.message
        return
    for item in items_of(made):
        question = item.question(b"x", Decimal(1))
        assert question.key_answer is None or question.mark(question.key_answer).share == 1


def test_the_commands(tmp_path: Path) -> None:
    """Quiz 4 out as Moodle XML and in again by the commands: lint proves the bank; the file is private."""
    root, course = Path(__file__).parents[3], tmp_path / "course"
    (course / "quizzes" / "banks").mkdir(parents=True)
    (course / "course.yaml").write_text("title: C\n", encoding="utf-8")
    file = tmp_path / "quiz4.xml"

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return run_command("quizzes", *words, folder=tmp_path)

    out = command("export", "quiz4", "--to", "moodle-xml", "--out", str(file), "--course", str(root))
    assert (out.returncode, out.stderr) == (0, "")
    assert "up to a hundred rows" in out.stdout and "it contains the answer key" in out.stdout
    assert file.stat().st_mode & 0o077 == 0
    taken = command("import", str(file), "--bank", "back", "--course", str(course))
    assert (taken.returncode, taken.stderr) == (0, "")
    assert "review them, then run `quizzes lint" in taken.stdout
    assert faults_in_bank(load_bank(course / "quizzes" / "banks" / "back.yaml")) == []
    (tmp_path / "bad.xml").write_text(f"<quiz>{q('description', 'Read.')}</quiz>", encoding="utf-8")
    bad = command("import", str(tmp_path / "bad.xml"), "--bank", "bad", "--course", str(course))
    assert bad.returncode != 0
    assert "Q: It was left out: it only shows a text" in bad.stderr
    assert not (course / "quizzes" / "banks" / "bad.yaml").exists()


KINDS = {
    "choice": q("multichoice", "?", "<single>true</single>" + a("100", "a", "f") + a("0", "b"), name="K"),
    "statement": q("truefalse", "?", TF + general("g"), name="K"),
    "text": q("shortanswer", "?", a("100", "a", "f"), name="K"),
    "number": q("numerical", "?", a("100", "1", "f", "<tolerance>0.1</tolerance>") + units(), name="K"),
    "matching": q("matching", "?", pair("a", "1") + pair("b", "2"), name="K"),
    "ordering": q(
        "ordering", "?", "<gradingtype>ABSOLUTE_POSITION</gradingtype>" + a("1", "a") + a("2", "b"), name="K"
    ),
    "essay": q("essay", "?", "<responseformat>plain</responseformat>", name="K"),
    "gaps": q("cloze", "{1:SA:=a}", general("g"), name="K"),
    "words": q("gapselect", "[[1]]", word("a", 1) + word("b", 1), name="K"),
    "computed": calculated(formula("100", "{a}", "0.1", "1")).replace(">Q<", ">K<"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_unread_is_kept(kind: str, tmp_path: Path) -> None:
    """Wherever a part or a setting is added that Moodle does not have, the question is left out."""
    whole = ElementTree.fromstring(KINDS[kind])
    assert imported(KINDS[kind] + OTHER, tmp_path).items == 2
    unimportant = {"text", "name", *WITHOUT_EFFECT, *HOW_DRAWN}
    places = [number for number, node in enumerate(whole.iter()) if node.tag not in unimportant]
    assert len(places) >= 3
    for number in places:
        for change in ("part", "setting"):
            copy = ElementTree.fromstring(KINDS[kind])
            node = list(copy.iter())[number]
            if change == "part":
                ElementTree.SubElement(node, "strange").text = "1"
            else:
                node.set("strange", "1")
            made = imported(ElementTree.tostring(copy, encoding="unicode") + OTHER, tmp_path)
            named = [sentence for name, sentence in made.lost if name == "K" and "left out" in sentence]
            assert len(named) == 1, (node.tag, change)
            assert made.items == 1
