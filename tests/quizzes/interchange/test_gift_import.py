"""GIFT, Moodle's text format: every kind that its documentation has, escapes, and what is left out."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import UsageError
from quizzes.content.bank import BankFile
from quizzes.interchange.importing import Imported, import_package


def imported(text: str, folder: Path) -> Imported:
    """The bank of a GIFT text."""
    path = folder / "questions.txt"
    path.write_text(text, encoding="utf-8")
    return import_package(path, "g")


def only(text: str, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """The one item of a text, and what was lost of it."""
    made = imported(text, folder)
    (item,) = yaml.safe_load(made.text)["items"]
    return item, [sentence for _, sentence in made.lost]


def left_out(text: str, folder: Path) -> str:
    """Why the one question of a text was left out; another one stays."""
    made = imported(f"{text}\n\n::The other one:: True? {{T}}\n", folder)
    assert made.items == 1
    (sentence,) = {sentence for _, sentence in made.lost if sentence.startswith("It was left out: ")}
    return sentence.removeprefix("It was left out: ")


def options(item: dict[str, Any]) -> list[tuple[str, bool]]:
    """The options with whether they are right."""
    return [(option["text"], option.get("correct", False)) for option in item["options"]]


def test_a_choice(tmp_path: Path) -> None:
    """Right and wrong options on one line or several, feedback, general feedback, title, comments."""
    text = """// a comment
::Who is it?:: Who is buried
in Grant's tomb?{
// another comment
  ~Grant#Not him.
  =no one#Right!
  ~Jefferson
  ####See \\#1.
}"""
    item, lost = only(text, tmp_path)
    assert lost == []
    assert (item["id"], item["type"]) == ("who-is-it", "choice")
    assert options(item) == [("Grant", False), ("no one", True), ("Jefferson", False)]
    assert [option.get("feedback") for option in item["options"]] == ["Not him.", "Right!", None]
    assert item["explanation"] == "See #1."
    assert item["prompt"].split() == ["Who", "is", "buried", "in", "Grant's", "tomb?"]


def test_a_missing_word(tmp_path: Path) -> None:
    """Answers inside a sentence leave a line there."""
    item, _ = only("Grant is {~buried =entombed ~living} in Grant's tomb.", tmp_path)
    assert item["prompt"] == r"Grant is \_\_\_\_\_ in Grant's tomb."


def test_several_right_options(tmp_path: Path) -> None:
    """Shares that are right less wrong are exactly that; others are reported."""
    item, lost = only("Which? {~%-50%a ~%50%b ~%50%c ~%-50%d}", tmp_path)
    assert (item["type"], lost) == ("choices", [])
    assert options(item) == [("a", False), ("b", True), ("c", True), ("d", False)]
    _, lost = only("Which? {~a ~%50%b ~%50%c}", tmp_path)
    assert lost == ["Points by option (0, 50, 50 per cent) became right options less wrong ones."]


@pytest.mark.parametrize(
    ("answer", "truth", "feedback", "explanation"),
    [
        ("T", True, None, "No explanation came with it."),
        ("FALSE#It is not.", False, "It is not.", "No explanation came with it."),
        ("TRUE#No.#Yes.", True, "No.", "Yes."),
        (" F #No.#Yes.####Because.", False, "No.", "Because.\n\nYes."),
    ],
)
def test_a_statement(
    answer: str, truth: bool, feedback: str | None, explanation: str, tmp_path: Path
) -> None:
    """The first feedback is for the wrong answer, the second for the right one."""
    item, _ = only(f"The sun rises in the east.{{{answer}}}", tmp_path)
    assert (item["answer"], item.get("feedback"), item["explanation"]) == (truth, feedback, explanation)


def test_short_answers(tmp_path: Path) -> None:
    """Texts are taken as they are typed, whatever Markdown makes of them; stars stand for any signs."""
    item, lost = only("Two plus two? {=four =4 =zero_grad =%0%five#Count again. =\\=}", tmp_path)
    assert item["accept"] == ["four", "4", "zero_grad", "="]
    assert item["common_wrong"] == [{"value": "five", "feedback": "Count again."}]
    assert lost == []
    item, _ = only("Name it {=*gradient* descent}", tmp_path)
    bank = BankFile.model_validate({"topic": "t", "items": [item]})
    question = bank.items[0].question(b"", Decimal(1))
    texts = ("stochastic gradient descent", "gradient", "descent")
    assert [question.mark(text).share for text in texts] == [1, 0, 0]
    item, _ = only("How do you write 1? {One}", tmp_path)
    assert item["accept"] == ["One"]


@pytest.mark.parametrize(
    ("answer", "key", "tolerance"),
    [
        ("#1822", "1822", {"mode": "exact"}),
        ("#1822:5", "1822", {"mode": "abs", "abs": "5"}),
        ("#3.141..3.142", "3.1415", {"mode": "abs", "abs": "0.0005"}),
        ("#-2..2", "0", {"mode": "abs", "abs": "2"}),
        ("#=1822:0 =1820:2", "1822", {"mode": "range", "below": "4", "above": "0"}),
        ("#3,5:0,1", "3.5", {"mode": "abs", "abs": "0.1"}),
        ("#1e-3:1e-4", "0.001", {"mode": "abs", "abs": "0.0001"}),
    ],
)
def test_numbers(answer: str, key: str, tolerance: dict[str, str], tmp_path: Path) -> None:
    """Exact numbers, margins and ranges; two that touch are one range."""
    item, _ = only(f"When? {{{answer}}}", tmp_path)
    assert (item["key"], item["tolerance"]) == (key, tolerance)


def test_feedback_on_numbers(tmp_path: Path) -> None:
    """Feedback on a wrong number stays; on all others it is reported."""
    item, lost = only("When? {#=1822:0#Right! =%0%1823:0#Close. ~#Far off.}", tmp_path)
    assert item["common_wrong"] == [{"value": "1823", "feedback": "Close."}]
    assert item["explanation"] == "Right!"
    assert lost[0] == "Feedback on every other number was lost: “Far off.”."


def test_matching(tmp_path: Path) -> None:
    """Pairs, with an entry on the right that belongs to none."""
    item, _ = only("Match. {=Canada -> Ottawa =Italy->Rome = -> Paris}", tmp_path)
    assert item["pairs"] == [{"left": "Canada", "right": "Ottawa"}, {"left": "Italy", "right": "Rome"}]
    assert item["distractors"] == ["Paris"]


def test_an_essay(tmp_path: Path) -> None:
    """Empty braces ask for a text; a rubric is to be written."""
    item, lost = only("Write about it. {####A good text.}", tmp_path)
    assert (item["type"], item["explanation"]) == ("essay", "A good text.")
    assert lost == ["No rubric came with it: write what to look for."]


def test_escapes_formats_and_formulas(tmp_path: Path) -> None:
    """Control signs after a backslash are signs; HTML, Markdown and plain text are read as what they are."""
    item, _ = only(r"What is \{\~\=\#\:\} and \(\frac\{a_1\}\{2\}\)?\nNext line {=\\ ~\=}", tmp_path)
    assert "{\\~\\=#:}" in item["prompt"]
    assert r"$\frac{a_1}{2}$" in item["prompt"]
    assert options(item) == [("\\\\", True), ("\\=", False)]
    item, _ = only("[markdown]Is **this** `x_1`? {T}", tmp_path)
    assert item["prompt"] == "Is **this** `x_1`?"
    item, _ = only("[html]<p>Is <b>this</b> &lt; 5?</p> {T}", tmp_path)
    assert item["prompt"] == "Is **this** \\< 5?"
    item, _ = only("[plain]Is *this* <b>?{T}", tmp_path)
    assert item["prompt"] == r"Is \*this\* \<b\>?"


def test_categories_tags_and_ids(tmp_path: Path) -> None:
    """The category's last part and the tags of a comment become tags, an id the item's id."""
    text = """$CATEGORY: $course$/top/Default for X

A {T}

$CATEGORY: $course$/top/Week 3//4/Optimizers
// question: 7  name: B [id:my-id] [tag:exam] [tag:hard\\:er]
::B::Bee {F}
"""
    made = imported(text, tmp_path)
    first, second = yaml.safe_load(made.text)["items"]
    assert "tags" not in first
    assert (second["id"], second["tags"]) == ("my-id", ["exam", "hard:er", "Optimizers"])


def test_blank_lines_inside_braces(tmp_path: Path) -> None:
    """An open brace holds a question together; a new title begins a new one all the same."""
    made = imported("One {\n\n=a\n\n~b\n}\n\n::Two:: Broken {=a ~b\n\n::Three:: Fine {T}\n", tmp_path)
    assert [item["id"] for item in yaml.safe_load(made.text)["items"]] == ["one-line-1", "three"]
    assert [name for name, _ in made.lost] == ["Two"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Only a text.", "it only shows a text; put it into the quiz's instructions."),
        ("Which? {=a ~%50%b}", "its points differ by option (100, 50 per cent)."),
        ("Who? {=Nazareth =%75%Nazereth}", "its points differ by answer (100, 75 per cent)."),
        ("When? {#=1822:0 =%50%1822:2}", "its points differ by answer (100, 50 per cent)."),
        ("When? {#1 =5}", "several numbers are right (1, 5)."),
        ("When? {#soon}", "“soon” is not one number."),
        ("When? {#*}", "every number is right."),
        ("When? {#5..3}", "its range from 5 to 3 is empty."),
        ("Which? {~a ~b}", "no option is right."),
        (
            "Water has {=2 =two} H and {=1 =one} O.",
            "it has several gaps with answers, and GIFT allows one; write it as gaps in a text.",
        ),
        ("Which? {{=a}", "its braces { and } do not fit together; those in a text need a backslash."),
        ("Which? {=a ~b", "its braces { and } do not fit together; those in a text need a backslash."),
        ("Which? {=a ~a}", "two options have the same text, “a”."),
        ("Match {=a->1 =b}", "an entry of it has no -> before its partner."),
        ("Match {=a->1 =a->2}", "the entry “a” has two right partners."),
        ("What? {=*}", "every answer is right."),
        ("Which? {=" + " ~".join("abcdefghijklm") + "}", "it has 13 options; at most 12 can be shown."),
        ('[html]See <img src="http://x/y.png"> {T}', "its picture y.png is not in the file."),
        ("If x<y> then? {T}", "its text holds <y>, which cannot be shown here."),
        ("Play <video src='a.mp4'></video> {T}", "its text holds <video>, which cannot be shown here."),
    ],
)
def test_left_out(text: str, why: str, tmp_path: Path) -> None:
    """What would change key, options or points costs the question, with a sentence, and no other one."""
    assert left_out(text, tmp_path) == why


SIGNS = ["", "{", "}", "=", "~", "#", "%", "\\", "\n\n", "->", "<b", "$", "[[x]]", "\ue010", "𝄞"]
GOOD = """::A:: One {=a#f ~%-50%b ####g}

B {#3.1:0.1}

$CATEGORY: x/y

::C:: [markdown]c_d $$x$$ {=p -> q =r->s}

D \\{ \\n {TRUE#n#y}

E {=*word =other}
"""


@settings(max_examples=examples(200), deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 12))
def test_any_damage(tmp_path_factory: pytest.TempPathFactory, chance: random.Random, times: int) -> None:
    """Whatever is cut, doubled or put in: the text gives sound items, or is refused with a sentence."""
    text = list(GOOD)
    for _ in range(times):
        at = chance.randrange(len(text))
        sign = chance.choice(SIGNS)
        text[at : at + chance.choice([0, 1, 5])] = sign
    path = tmp_path_factory.mktemp("damage") / "x.txt"
    path.write_text("".join(text), encoding="utf-8")
    try:
        made = import_package(path, "g")
    except UsageError as problem:
        assert problem.message
        return
    for item in BankFile.model_validate(yaml.safe_load(made.text)).items:
        question = item.question(b"x", Decimal(1))
        assert question.key_answer is None or question.mark(question.key_answer).share == 1
