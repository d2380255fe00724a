"""Packages as the field writes them: each item means what its source means, or is left out with a sentence.

The packages are built here after real ones. Where the folder of field inputs is given (FIELD_QUIZZES, or
`shared/field/quizzes` next to the repository), its packages are held to the same expectations.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from every_item import PNG
from qti_packages import (
    canvas_document,
    canvas_item,
    choice_list,
    correct,
    item21,
    number_box,
    package,
    points,
    response21,
    text,
    write_package,
)

from autograder.errors import UsageError
from quizzes.content.items.any_item import Item
from quizzes.content.question import Question
from quizzes.interchange.concrete import ITEM
from quizzes.interchange.importing import import_package

FIELD = Path(os.environ.get("FIELD_QUIZZES", Path(__file__).parents[4] / "shared" / "field" / "quizzes"))
MATH = 'xmlns="http://www.w3.org/1998/Math/MathML"'
YES_NO = [("1", "yes"), ("2", "no")]
OTHER_PNG = PNG + b"another"


@dataclass
class Result:
    """What a package gives: items by id, sentences on losses, and pictures."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    sentences: str = ""
    pictures: dict[str, bytes] = field(default_factory=dict)

    def item(self, ident: str) -> Item:
        """The item, validated."""
        return ITEM.validate_python(self.items[ident])

    def question(self, ident: str) -> Question:
        """The item as a student gets it."""
        return self.item(ident).question(b"seed", Decimal(1))

    def share(self, ident: str, answer: Any) -> Fraction:
        """What an answer earns."""
        return self.question(ident).mark(answer).share


def imported(path: Path) -> Result:
    """The result of an import; a package of which nothing is taken has only the sentence."""
    try:
        made = import_package(path, "bank")
    except UsageError as problem:
        return Result(sentences=problem.message)
    items = {item["id"]: item for item in yaml.safe_load(made.text)["items"]}
    return Result(items, "\n".join(f"{name}: {sentence}" for name, sentence in made.lost), made.pictures)


def option_ids(result: Result, ident: str, place: int | None = None) -> dict[str, str]:
    """The ids of the options that a student sees, of the question or of one gap, by their HTML."""
    view = result.question(ident).public_view()
    options = view.options if place is None else view.fields[place].options
    return {option.html: option.id for option in options}


def yes_no(title: str) -> str:
    """A sound item, to stand next to one that is not."""
    return canvas_item(
        title,
        "multiple_choice_question",
        f"<p>{title}?</p>",
        choice_list("response1", YES_NO),
        points(correct("response1", "1")),
    )


def number(title: str, html: str, *conditions: str, kind: str = "numerical_question", more: str = "") -> str:
    """An item that asks for a number."""
    rules = "".join(points(condition, more=more) for condition in conditions)
    return canvas_item(title, kind, html, number_box(), rules)


def within(key: str, least: str, most: str) -> str:
    """Canvas's condition for a number and its range."""
    return (
        f"<or>{correct('response1', key)}<and>"
        f'<vargte respident="response1">{least}</vargte>'
        f'<varlte respident="response1">{most}</varlte></and></or>'
    )


# 01: a drop-down and a word bank inside a text


def build_01(path: Path) -> Path:
    """New Quizzes writes both as gaps, named after their answers."""
    responses = choice_list(
        "response_u-1",
        [("d1", "keeps"), ("d2", "forgets"), ("d3", "doubles")],
        about="keeps",
        attributes='scoring_algorithm="Equivalence" answer_type="dropdown"',
    ) + choice_list(
        "response_u-2",
        [("w1", "adds"), ("w2", "ignores")],
        about="adds",
        attributes='scoring_algorithm="TextEquivalence" answer_type="wordbank" allow_reuse="true"',
    )
    rules = points(correct("response_u-1", "d1"), "50.00", "Add") + points(
        correct("response_u-2", "w1"), "50.00", "Add"
    )
    html = "<p>Momentum [u-1] the old step and [u-2] the new gradient.</p>"
    return package(
        path,
        {
            "q.xml": canvas_document(
                canvas_item("Steps", "fill_in_multiple_blanks_question", html, responses, rules)
            )
        },
    )


def expect_01(result: Result) -> None:
    """Lists with one right option each; nothing that students see says which."""
    item = result.items["steps"]
    assert [blank["options"][0] for blank in item["blanks"]] == ["keeps", "adds"]
    first, second = option_ids(result, "steps", 0), option_ids(result, "steps", 1)
    assert set(first) == {"keeps", "forgets", "doubles"} and set(second) == {"adds", "ignores"}
    names = [blank["id"] for blank in item["blanks"]]
    assert result.share("steps", {names[0]: first["keeps"], names[1]: second["adds"]}) == 1
    assert result.share("steps", {names[0]: first["forgets"], names[1]: second["ignores"]}) == 0
    shown = item["prompt"] + "".join(blank["id"] + blank["label"] for blank in item["blanks"])
    assert "keeps" not in shown and "adds" not in shown


# 02: typed gaps with signs that Markdown takes for its own


def build_02(path: Path) -> Path:
    """`zero_grad`, `cross_entropy` and its other name, `-1`, `O(n*m)`."""
    texts = {
        "c1": ["zero_grad"],
        "c2": ["cross_entropy", "F.cross_entropy"],
        "c3": ["-1"],
        "c4": ["O(n*m)"],
    }
    responses = "".join(
        choice_list(
            f"response_{name}",
            [(f"{name}-{number}", accepted) for number, accepted in enumerate(accept)],
            about=name,
        )
        for name, accept in texts.items()
    )
    rules = "".join(points(correct(f"response_{name}", f"{name}-0"), "25.00", "Add") for name in texts)
    html = "<p>Gradients are cleared with [c1]; the loss is [c2]; -log(e) is [c3]; the cost is [c4].</p>"
    item = canvas_item("Names", "fill_in_multiple_blanks_question", html, responses, rules)
    return package(path, {"q.xml": canvas_document(item)})


def expect_02(result: Result) -> None:
    """What the source accepts is accepted, as typed."""
    names = [blank["id"] for blank in result.items["names"]["blanks"]]
    for second in ("cross_entropy", "F.cross_entropy"):
        answer = dict(zip(names, ["zero_grad", second, "-1", "O(n*m)"], strict=True))
        assert result.share("names", answer) == 1
    assert result.share("names", dict.fromkeys(names, "zero grad")) == 0


# 03: an entry on the left with two right partners


def build_03(path: Path) -> Path:
    """A table of ticks, written as a match."""
    pairs = ["a k", "b l", "b m"]
    mapping = "".join(f'<mapEntry mapKey="{pair}" mappedValue="1"/>' for pair in pairs)
    lefts = "".join(
        f'<simpleAssociableChoice identifier="{id}" matchMax="3">{words}</simpleAssociableChoice>'
        for id, words in (("a", "ReLU"), ("b", "Sigmoid"))
    )
    rights = "".join(
        f'<simpleAssociableChoice identifier="{id}" matchMax="3">{words}</simpleAssociableChoice>'
        for id, words in (("k", "is unbounded"), ("l", "is bounded"), ("m", "saturates"))
    )
    body = (
        '<matchInteraction responseIdentifier="RESPONSE" shuffle="true" maxAssociations="4">'
        f"<prompt>Tick all that hold.</prompt><simpleMatchSet>{lefts}</simpleMatchSet>"
        f"<simpleMatchSet>{rights}</simpleMatchSet></matchInteraction>"
    )
    declaration = response21(
        pairs, "directedPair", "multiple", f'<mapping defaultValue="0">{mapping}</mapping>'
    )
    return package(path, {"q.xml": item21("Which layers", declaration, body, "map_response")})


def expect_03(result: Result) -> None:
    """It is left out, and the sentence names the entry."""
    assert result.items == {} and "“Sigmoid” has several right partners" in result.sentences


# 04: feedback inside options and below them


def build_04(path: Path) -> Path:
    """`feedbackBlock` in each option and a solution under the question."""

    def block(ident: str, words: str) -> str:
        return (
            f'<feedbackBlock outcomeIdentifier="FEEDBACK" identifier="{ident}" showHide="show">'
            f"<p>{words}</p></feedbackBlock>"
        )

    body = (
        "<p>Which loss belongs to softmax?</p>"
        '<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="1">'
        f'<simpleChoice identifier="A">squared error{block("A", "No: its gradient vanishes.")}</simpleChoice>'
        f'<simpleChoice identifier="B">cross-entropy{block("B", "Yes, this is right.")}</simpleChoice>'
        f"</choiceInteraction>{block('SOLUTION', 'Solution: cross-entropy.')}"
    )
    rules = (
        '<responseCondition><responseIf><match><variable identifier="RESPONSE"/>'
        '<correct identifier="RESPONSE"/></match><setOutcomeValue identifier="SCORE">'
        '<baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf></responseCondition>'
        '<setOutcomeValue identifier="FEEDBACK">'
        '<variable identifier="RESPONSE"/></setOutcomeValue>'
    )
    declarations = (
        response21(["B"])
        + '<outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>'
    )
    return package(path, {"q.xml": item21("Which loss", declarations, body, rules)})


def expect_04(result: Result) -> None:
    """Feedback is kept with its option, the solution in the explanation; neither shows too early."""
    item = result.items["which-loss"]
    assert [option["text"] for option in item["options"]] == ["squared error", "cross-entropy"]
    assert item["options"][0]["feedback"] == "No: its gradient vanishes."
    assert "Solution: cross-entropy." in item["explanation"]
    view = str(result.question("which-loss").public_view())
    assert "vanishes" not in view and "Solution" not in view and "Yes" not in view


# 05: templates, and a plain item with them


def build_05(path: Path) -> Path:
    """A number that the other system draws and prints."""
    drawn = item21(
        "Steps an epoch",
        response21([], "integer")
        + '<templateDeclaration identifier="N" cardinality="single" baseType="integer"/>'
        '<templateProcessing><setTemplateValue identifier="N"><randomInteger min="2" max="9"/>'
        '</setTemplateValue><setCorrectResponse identifier="RESPONSE"><product>'
        '<baseValue baseType="integer">100</baseValue>'
        '<variable identifier="N"/></product></setCorrectResponse></templateProcessing>',
        '<p>The set has <printedVariable identifier="N"/> hundred. How many updates? '
        '<textEntryInteraction responseIdentifier="RESPONSE"/></p>',
    )
    plain = item21(
        "Plain",
        response21(["4"], "integer"),
        '<p>2 + 2 = <textEntryInteraction responseIdentifier="RESPONSE"/> as an integer.</p>',
    )
    return package(path, {"q.xml": drawn, "r.xml": plain})


def expect_05(result: Result) -> None:
    """The drawn one is left out and named, no key is invented, and the other one is whole."""
    assert list(result.items) == ["plain"]
    assert "Steps an epoch: It was left out" in result.sentences
    assert result.items["plain"]["key"] == "4"
    assert result.share("plain", "4") == 1 and result.share("plain", "0") == 0


# 06: a course: a quiz for other systems, the same quiz in Canvas's own file, and a bank


def build_06(path: Path) -> Path:
    """The cartridge holds one of the two questions; the bank is named nowhere as QTI."""
    cartridge = yes_no("One").replace("question_type", "cc_profile")
    cartridge = cartridge.replace("multiple_choice_question", "cc.multiple_choice.v0p1")
    other = "associatedcontent/imscc_xmlv1p1/learning-application-resource"
    bank = f'<questestinterop><objectbank ident="b">{yes_no("Bank one")}{yes_no("Bank two")}</objectbank>'
    resources = (
        f'<resource identifier="b" type="{other}" href="non_cc_assessments/b.xml.qti">'
        '<file href="non_cc_assessments/b.xml.qti"/></resource>'
        '<resource identifier="g" type="imsqti_xmlv1p2/imscc_xmlv1p1/assessment">'
        '<file href="g/assessment_qti.xml"/><dependency identifierref="gm"/></resource>'
        f'<resource identifier="gm" type="{other}" href="g/assessment_meta.xml">'
        '<file href="g/assessment_meta.xml"/><file href="non_cc_assessments/g.xml.qti"/></resource>'
    )
    files: dict[str, str | bytes] = {
        "g/assessment_qti.xml": canvas_document(cartridge),
        "g/assessment_meta.xml": '<quiz identifier="g"><title>Q</title></quiz>',
        "non_cc_assessments/g.xml.qti": canvas_document(
            yes_no("One"), number("Two", "<p>Two?</p>", within("6.0", "6.0", "6.0"))
        ),
        "non_cc_assessments/b.xml.qti": f"{bank}</questestinterop>",
    }
    return write_package(path, files, resources)


def expect_06(result: Result) -> None:
    """All four questions, each once."""
    assert sorted(result.items) == ["bank-one", "bank-two", "one", "two"]
    assert result.items["two"]["key"] == "6"


# 08: feedback for right and wrong answers and for a number


def build_08(path: Path) -> Path:
    """Three texts that depend on the answer."""
    shows = "".join(
        f'<displayfeedback feedbacktype="Response" linkrefid="{ident}"/>' for ident in ("7_fb", "correct_fb")
    )
    wrong = (
        '<respcondition continue="Yes"><conditionvar><other/></conditionvar>'
        '<displayfeedback feedbacktype="Response" linkrefid="general_incorrect_fb"/></respcondition>'
    )
    feedback = "".join(
        f'<itemfeedback ident="{ident}"><flow_mat>{text(words)}</flow_mat></itemfeedback>'
        for ident, words in (
            ("correct_fb", "Well added."),
            ("general_incorrect_fb", "Count on your fingers."),
            ("7_fb", "Six it is."),
        )
    )
    rules = points(correct("response1", "6.0"), more=shows) + wrong
    item = canvas_item("Number", "numerical_question", "<p>3 + 3?</p>", number_box(), rules, feedback)
    return package(path, {"q.xml": canvas_document(item)})


def expect_08(result: Result) -> None:
    """The number is whole; each text is kept or reported under the item's name."""
    assert result.items["number"]["key"] == "6"
    kept = yaml.safe_dump(result.items["number"]) + result.sentences
    for words in ("Well added.", "Count on your fingers.", "Six it is."):
        assert words in kept
    assert all(line.startswith("Number: ") for line in result.sentences.splitlines())


# 10: points by option


def build_10(path: Path) -> Path:
    """75, 25 and -10."""
    rows = [("a", "Adagrad"), ("b", "Adam"), ("c", "plain descent")]
    rules = "".join(
        points(correct("r", ident), value, "Add") for ident, value in (("a", "75"), ("b", "25"), ("c", "-10"))
    )
    item = canvas_item(
        "Weights",
        "multiple_answers_question",
        "Which are adaptive?",
        choice_list("r", rows, cardinality="Multiple"),
        rules,
    )
    return package(path, {"q.xml": canvas_document(item)})


def expect_10(result: Result) -> None:
    """Right less wrong, with the points of each option in the sentence."""
    options = result.items["weights"]["options"]
    assert [(option["text"], option["correct"]) for option in options] == [
        ("Adagrad", True),
        ("Adam", True),
        ("plain descent", False),
    ]
    assert "“Adagrad” 75, “Adam” 25, “plain descent” -10" in result.sentences


# 11: MathML without TeX, and with TeX under another name


def build_11(path: Path) -> Path:
    """A root, a fraction, powers, and an annotation called LaTeX."""
    root = f"<math {MATH}><msqrt><msup><mi>g</mi><mn>2</mn></msup></msqrt></math>"
    fraction = f"<math {MATH}><mfrac><mi>a</mi><mn>10</mn></mfrac></math>"
    named = (
        f"<math {MATH}><semantics><msup><mi>x</mi><mn>3</mn></msup>"
        '<annotation encoding="LaTeX">x^3</annotation></semantics></math>'
    )
    power = f"<math {MATH}><msup><mi>e</mi><mrow><mo>-</mo><mn>2</mn></mrow></msup></math>"
    difference = f"<math {MATH}><mrow><mi>e</mi><mo>-</mo><mn>2</mn></mrow></math>"
    body = (
        f"<p>Adagrad divides by {root}; the rate is {fraction}. With TeX: {named}.</p>"
        '<choiceInteraction responseIdentifier="RESPONSE" shuffle="false" maxChoices="1">'
        f'<simpleChoice identifier="A">{power}</simpleChoice>'
        f'<simpleChoice identifier="B">{difference}</simpleChoice></choiceInteraction>'
    )
    return package(path, {"q.xml": item21("Rate", response21(["A"]), body)})


def expect_11(result: Result) -> None:
    """The same formulas in TeX: the two options stay different."""
    prompt = result.question("rate").public_view().prompt
    assert "<msqrt><msup><mi>g</mi><mn>2</mn></msup></msqrt>" in prompt
    assert "<mfrac><mi>a</mi><mn>10</mn></mfrac>" in prompt
    assert 'alttext="x^3"' in prompt
    first, second = (option["text"] for option in result.items["rate"]["options"])
    assert "e^" in first and "^" not in second


# 12: a gap inside a sentence


def build_12(path: Path) -> Path:
    """Words on both sides of the gap."""
    body = (
        '<p>Softmax goes with <textEntryInteraction responseIdentifier="RESPONSE"/> and sigmoid with squared '
        "error in old books.</p>"
    )
    return package(path, {"q.xml": item21("Gap", response21(["cross-entropy"], "string"), body)})


def expect_12(result: Result) -> None:
    """A mark stands where the gap is."""
    prompt = " ".join(result.question("gap").public_view().prompt.split())
    assert "Softmax goes with ____ and sigmoid" in prompt
    assert result.share("gap", "cross-entropy") == 1


# 13: one empty option


def build_13(path: Path) -> Path:
    """An author left a line empty."""
    rows = [("a", "right"), ("b", "wrong"), ("c", "")]
    item = canvas_item(
        "Empty", "multiple_choice_question", "Pick.", choice_list("r", rows), points(correct("r", "a"))
    )
    return package(path, {"q.xml": canvas_document(item, yes_no("Other"))})


def expect_13(result: Result) -> None:
    """It is dropped and said; the items stay."""
    assert [option["text"] for option in result.items["empty"]["options"]] == ["right", "wrong"]
    assert "Empty: An empty option was dropped." in result.sentences and "other" in result.items


# 14: two right numbers


def build_14(path: Path) -> Path:
    """2 or -2 are right."""
    item = number(
        "A root", "<p>A root of x^2 = 4?</p>", within("2.0", "2.0", "2.0"), within("-2.0", "-2.0", "-2.0")
    )
    return package(path, {"q.xml": canvas_document(item)})


def expect_14(result: Result) -> None:
    """It is left out: no key stands for both."""
    assert result.items == {} and "several numbers are right" in result.sentences


# 15: full and half points for two options of which one is chosen


def build_15(path: Path) -> Path:
    """100 and 50 per cent."""
    rows = [("a", "Adam"), ("b", "momentum"), ("c", "none")]
    rules = points(correct("r", "a")) + points(correct("r", "b"), "50")
    item = canvas_item("Best", "multiple_choice_question", "Best?", choice_list("r", rows), rules)
    return package(path, {"q.xml": canvas_document(item, yes_no("Other"))})


def expect_15(result: Result) -> None:
    """It is left out; the other item stays."""
    assert list(result.items) == ["other"]
    assert "Best: It was left out: points differ by option: “Adam” 100, “momentum” 50." in result.sentences


# 17: two options with one id


def build_17(path: Path) -> Path:
    """Nobody knows which of the two a condition means."""
    rows = [("a", "sigmoid"), ("b", "ReLU"), ("b", "leaky ReLU"), ("c", "identity")]
    item = canvas_item(
        "Same ident",
        "multiple_choice_question",
        "Which is bounded?",
        choice_list("response1", rows),
        points(correct("response1", "a")),
    )
    return package(path, {"q.xml": canvas_document(item)})


def expect_17(result: Result) -> None:
    """It is left out and said."""
    assert result.items == {} and "have the same identifier" in result.sentences


# 18: a range written the wrong way round


def build_18(path: Path) -> Path:
    """Ten per cent of -10: from -9 to -11."""
    item = number("Gradient", "<p>Gradient, ten per cent?</p>", within("-10.0", "-9.0", "-11.0"))
    return package(path, {"q.xml": canvas_document(item)})


def expect_18(result: Result) -> None:
    """The range that was meant, and a sentence."""
    (ident,) = result.items
    for answer, earned in (("-11", 1), ("-10", 1), ("-9", 1), ("-11.1", 0), ("-8.9", 0)):
        assert result.share(ident, answer) == earned, answer
    assert "wrong way round" in result.sentences


# 23: two pictures of one name


def build_23(path: Path) -> Path:
    """Each in its own folder."""
    items = [
        canvas_item(
            title,
            "multiple_choice_question",
            f'<p>{title} <img src="{folder}/plot.png" alt="{folder}"></p>',
            choice_list("response1", YES_NO),
            points(correct("response1", "1")),
        )
        for title, folder in (("One", "one"), ("Two", "two"))
    ]
    pictures = {"one/plot.png": PNG, "two/plot.png": OTHER_PNG}
    return package(path, {"q.xml": canvas_document(*items)}, pictures)


def expect_23(result: Result) -> None:
    """Each item has its own picture."""
    files = [image["file"] for item in result.items.values() for image in item["images"]]
    assert len(set(files)) == 2 and set(files) == set(result.pictures)
    assert result.pictures[files[0]] != result.pictures[files[1]]


# 24: a number without the platform's own type


def build_24(path: Path) -> Path:
    """As another system writes it: `response_num`, and conditions with a range."""
    condition = within("2", "1.99", "2.01").replace("response1", "R1")
    item = canvas_item(
        "Mean", "", "<p>Mean of 1, 2, 3?</p>", number_box("R1", "response_num"), points(condition, "1", "Add")
    )
    return package(path, {"q.xml": canvas_document(item, yes_no("Other"))})


def expect_24(result: Result) -> None:
    """Its conditions say that it is a number."""
    assert result.items["mean"]["type"] == "numeric"
    for answer, earned in (("2", 1), ("1.99", 1), ("2.01", 1), ("2.02", 0)):
        assert result.share("mean", answer) == earned, answer


CASES: dict[str, tuple[Callable[[Path], Path], Callable[[Result], None]]] = {
    name.removeprefix("build_"): (build, globals()[name.replace("build", "expect")])
    for name, build in list(globals().items())
    if name.startswith("build_")
}


@pytest.mark.parametrize("number", CASES)
def test_package(number: str, tmp_path: Path) -> None:
    """A package built after a real one."""
    build, expect = CASES[number]
    expect(imported(build(tmp_path / "package.zip")))


@pytest.mark.parametrize("number", CASES)
def test_field_package(number: str) -> None:
    """The package of the field inputs, where they are given."""
    path = FIELD / f"package-{number}.zip"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    CASES[number][1](imported(path))


def test_all_cases_are_there() -> None:
    """The table is not empty by mistake."""
    assert len(CASES) == 17
