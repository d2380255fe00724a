"""The plain-text quizzes of text2qti: every kind of question, groups, points, and mistakes."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from every_item import PNG
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import UsageError
from quizzes.content.bank import BankFile
from quizzes.interchange.importing import Imported, import_package

OTHER = "\n99. The other one\n*a) True\nb)  False\n"


def imported(text: str, folder: Path) -> Imported:
    """The bank of a text."""
    path = folder / "quiz.txt"
    path.write_text(text, encoding="utf-8")
    return import_package(path, "t")


def only(text: str, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """The one item of a text, and what was lost of it."""
    made = imported(text, folder)
    (item,) = yaml.safe_load(made.text)["items"]
    return item, [sentence for _, sentence in made.lost]


def test_one_option(tmp_path: Path) -> None:
    """Title, paragraphs, formulas with dollars, and feedback of the question and of options."""
    text = """Title: An addition
1.  What is $2_a+3$ in `x_1`,
    which costs $5 and $6?

    - a
    - b
... In general.
+   Well done.
-   Count again.
a)  6
... Too many.
b)  1
*c) 5
"""
    item, lost = only(text, tmp_path)
    assert lost == []
    assert (item["id"], item["type"], item["explanation"]) == ("an-addition", "choice", "In general.")
    assert item["prompt"].startswith("What is $2_a+3$ in `x_1`,")
    assert "costs \\$5 and \\$6?" in item["prompt"]
    assert item["prompt"].endswith("- a\n- b")
    assert [option.get("feedback") for option in item["options"]] == [
        "Too many.\n\nCount again.",
        "Count again.",
        "Well done.",
    ]
    assert [option.get("correct", False) for option in item["options"]] == [False, False, True]


def test_true_or_false(tmp_path: Path) -> None:
    """Two options, true and false, are a statement."""
    item, _ = only("1. The sun is hot.\n-  No.\n*a) True\nb) False\n", tmp_path)
    assert (item["type"], item["answer"], item["feedback"]) == ("true_false", True, "No.")


def test_several_options(tmp_path: Path) -> None:
    """Brackets mark several right options."""
    item, lost = only("1. Which?\n[ ] a\n[*] b\n[*] c\n... Yes.\n[] d\n", tmp_path)
    assert (item["type"], lost) == ("choices", [])
    assert [option.get("correct", False) for option in item["options"]] == [False, True, True, False]
    assert item["options"][2]["feedback"] == "Yes."


@pytest.mark.parametrize(
    ("answer", "key", "tolerance"),
    [
        ("1.4142 +- 0.0001", "1.4142", {"mode": "abs", "abs": "0.0001"}),
        ("[1.2598, 1.2600]", "1.2599", {"mode": "abs", "abs": "0.0001"}),
        ("-200 +- 5%", "-200", {"mode": "abs", "abs": "10"}),
        ("5", "5", {"mode": "exact"}),
        ("1_000", "1000", {"mode": "exact"}),
        ("2.5 +- 0", "2.5", {"mode": "exact"}),
    ],
)
def test_numbers(answer: str, key: str, tolerance: dict[str, str], tmp_path: Path) -> None:
    """Whole numbers, ranges, and margins absolute or in per cent."""
    item, _ = only(f"1. How much?\n=   {answer}\n", tmp_path)
    assert (item["key"], item["tolerance"]) == (key, tolerance)


def test_short_texts_and_essays(tmp_path: Path) -> None:
    """Accepted texts are plain, stars too; a solution is an essay's model answer, else the explanation."""
    item, _ = only("1. Who?\n*   Santa\n*   Saint *Nick*\n", tmp_path)
    assert item["accept"] == ["Santa", "Saint *Nick*"]
    item, lost = only("1. Write.\n... Later.\n!   It covers a,\n\n    and b.\n____\n", tmp_path)
    assert (item["type"], item["model_answer"]) == ("essay", "It covers a,\n\nand b.")
    assert (item["explanation"], lost) == ("Later.", ["No rubric came with it: write what to look for."])
    item, lost = only("1. Who?\n!   Nick.\n*   Santa\n", tmp_path)
    assert item["explanation"] == "Nick."
    assert lost == ["Its solution became the explanation, which all see after the quiz."]


def test_groups_points_and_texts_of_the_quiz(tmp_path: Path) -> None:
    """A group becomes a tag to draw by; what belongs to the quiz is said, with where to write it."""
    text = """Quiz title: Week 3
shuffle answers: true

Points: 2
1. A
*a) x
b)  y

Text: Now a group.

GROUP
pick: 1
points per question: 3
1. B
*a) x
b)  y

2. C
*a) x
b)  y
END_GROUP

% a comment
COMMENT
3. D
END_COMMENT
"""
    made = imported(text, tmp_path)
    items = yaml.safe_load(made.text)["items"]
    assert [item.get("tags") for item in items] == [None, ["group-1"], ["group-1"]]
    assert made.lost == (
        ("line 1", "The quiz title was left out: “Week 3”."),
        ("line 2", "A setting of the quiz, “shuffle answers: true”, was left out."),
        ("line 9", "A text between questions was left out: “Now a group.”."),
        (
            "group 1",
            "Of its 2 questions 1 are drawn, with 3 points each; write this in the quiz, as draw and points "
            "with the tag group-1.",
        ),
        ("quiz.txt", "Points belong to a quiz; write them there: 2 for 1 questions; 1 for 2 questions."),
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1. Up.\n^^^^\n", "it asks for a file."),
        ("1. A\nstray\n*a) x\nb) y\n", "line 2 cannot be read, “stray”."),
        ("1. A\n*a) x\n*b) y\n", "more than one option is marked as right."),
        ("1. A\na) x\nb) y\n", "no option earns full points."),
        ("1. A\n", "it has no answers."),
        ("1. A\n*a) x\n= 5\n", "it has answers of several kinds."),
        ("1. A\n= 1.5\n", "“1.5” is not a whole number, a range [1, 2] or a number +- margin."),
        ("1. A\n= [2, 1]\n", "its range from 2 to 1 is empty."),
        ("1. A\n= 5\n= 6\n", "it has answers of several kinds."),
        ("1. A \\SI{5}{m}\n= 5\n", "it uses \\num, \\si or \\SI; write the number and the unit out."),
        ("1. ![p](../p.png)\n= 5\n", "its picture p.png is not in the file."),
        ("1. ![p](/etc/passwd)\n= 5\n", "its picture passwd is not in the file."),
        ("1. A <canvas></canvas>\n= 5\n", "its text holds <canvas>, which cannot be shown here."),
        ("1. A\n*a) x\n... f\n... g\nb) y\n", "line 4 is a second feedback on one option."),
    ],
)
def test_left_out(text: str, why: str, tmp_path: Path) -> None:
    """A mistake costs its own question, with a sentence."""
    (tmp_path.parent / "p.png").write_bytes(PNG)
    made = imported(text + OTHER, tmp_path)
    assert made.items == 1
    assert [sentence for _, sentence in made.lost] == [f"It was left out: {why}"]


def test_a_program_is_never_run(tmp_path: Path) -> None:
    """Code that would write questions is named and left alone."""
    code = f"```{{.python .run}}\nopen({str(tmp_path / 'ran')!r}, 'w')\n```\n"
    made = imported(code + OTHER, tmp_path)
    assert made.lost == (("line 1", "A program that writes questions is not run; put its questions here."),)
    assert not (tmp_path / "ran").exists()


def test_pictures_beside_the_quiz(tmp_path: Path) -> None:
    """A picture in the quiz's folder comes along, with its description."""
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "loss curve.png").write_bytes(PNG)
    made = imported("1. See ![a loss](<img/loss curve.png>) now\n= 5\n", tmp_path)
    (item,) = yaml.safe_load(made.text)["items"]
    assert item["images"] == [{"file": "t/loss-curve.png", "alt": "a loss"}]
    assert made.pictures == {"t/loss-curve.png": PNG}


SIGNS = ["", "\n", "*", ")", "a) ", "[*] ", "= ", "GROUP\n", "```", "$", "<i", "\t", "[[x]]", "- "]
GOOD = "Title: T\nPoints: 2\n1. A $x_1$\n... g\n+ r\n*a) x\n... f\nb) y\n\n2. B\n= 5 +- 1%\n\n3. C\n* s\n"


@settings(max_examples=examples(200), deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 12))
def test_any_damage(tmp_path_factory: pytest.TempPathFactory, chance: random.Random, times: int) -> None:
    """Whatever is cut, doubled or put in: the text gives sound items, or is refused with a sentence."""
    text = list(GOOD + OTHER)
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
