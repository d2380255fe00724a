"""QTI as other platforms write it: pools of Blackboard, quizzes of Brightspace, ILIAS, OLAT and OpenOLAT."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from qti_packages import (
    canvas_document,
    canvas_item,
    item21,
    number_box,
    package,
    points,
    response21,
    text,
    write_package,
)

from autograder.errors import UsageError
from quizzes.interchange.concrete import ITEM
from quizzes.interchange.importing import Imported, import_package


def items(made: Imported) -> dict[str, Any]:
    """The items of the bank, by id."""
    return {item["id"]: item for item in yaml.safe_load(made.text)["items"]}


def document(*content: str) -> str:
    """A document of QTI 1.2."""
    return (
        f"<questestinterop><assessment><section>{''.join(content)}</section></assessment></questestinterop>"
    )


def right(made: Imported, ident: str) -> list[str]:
    """The texts of the right options."""
    return [option["text"] for option in items(made)[ident]["options"] if option["correct"]]


def formatted(html: str) -> str:
    """A text as Blackboard writes it."""
    return (
        '<flow class="FORMATTED_TEXT_BLOCK"><material><mat_extension>'
        f'<mat_formattedtext type="HTML">{html}</mat_formattedtext></mat_extension></material></flow>'
    )


def test_a_blackboard_pool(tmp_path: Path) -> None:
    """A pool is a .dat file that the manifest names by an attribute of its own; SCORE.max is everything."""
    labels = "".join(
        f'<flow_label class="Block"><response_label ident="{ident}" shuffle="Yes" rarea="Ellipse" '
        f'rrange="Exact">'
        f'<flow_mat class="Block">{formatted(words)}</flow_mat></response_label></flow_label>'
        for ident, words in (("81aa", "squared error"), ("82bb", "cross-entropy"))
    )
    feedback = "".join(
        f'<itemfeedback ident="{ident}" view="All"><flow_mat class="Block">{formatted(words)}</flow_mat>'
        "</itemfeedback>"
        for ident, words in (("correct", "Well done."), ("incorrect", "Think of softmax."))
    )
    pool = document(
        '<item title="Loss" maxattempts="0"><itemmetadata><bbmd_asitype>Item</bbmd_asitype>'
        "<bbmd_questiontype>Multiple Choice</bbmd_questiontype></itemmetadata>"
        f'<presentation><flow class="Block"><flow '
        f'class="QUESTION_BLOCK">{formatted("&lt;p&gt;Which?&lt;/p&gt;")}'
        '</flow><flow class="RESPONSE_BLOCK"><response_lid ident="response" rcardinality="Single" '
        'rtiming="No">'
        f'<render_choice shuffle="Yes" minnumber="0" maxnumber="0">{labels}</render_choice></response_lid>'
        '</flow></flow></presentation><resprocessing scoremodel="SumOfScores"><outcomes><decvar '
        'varname="SCORE" '
        'vartype="Decimal" defaultval="0.0" minvalue="0.0" maxvalue="10.0"/></outcomes>'
        '<respcondition title="correct"><conditionvar><varequal respident="response" '
        'case="No">82bb</varequal>'
        '</conditionvar><setvar variablename="SCORE" action="Set">SCORE.max</setvar>'
        '<displayfeedback linkrefid="correct" feedbacktype="Response"/></respcondition>'
        '<respcondition title="incorrect"><conditionvar><other/></conditionvar>'
        '<setvar variablename="SCORE" action="Set">0.0</setvar>'
        '<displayfeedback linkrefid="incorrect" feedbacktype="Response"/></respcondition>'
        f"</resprocessing>{feedback}</item>"
    )
    resource = '<resource identifier="r1" type="assessment/x-bb-qti-pool" title="Pool"/>'
    made = import_package(write_package(tmp_path / "x.zip", {"res00001.dat": pool}, resource), "bank")
    assert right(made, "loss") == ["cross-entropy"] and made.lost == ()
    assert [option["feedback"] for option in items(made)["loss"]["options"]] == [
        "Think of softmax.",
        "Well done.",
    ]


def test_a_brightspace_quiz(tmp_path: Path) -> None:
    """Its extensions say how options are numbered; its conditions say the rest."""
    labels = "".join(
        f'<flow_label class="Block"><response_label ident="{ident}"><flow_mat><material>'
        f'<mattext texttype="text/html">{words}</mattext></material></flow_mat></response_label>'
        f"</flow_label>"
        for ident, words in (("A1", "yes"), ("A2", "no"))
    )
    rules = "".join(
        f'<respcondition title="Response Condition{number}"><conditionvar>'
        f'<varequal respident="LID">A{number}</varequal></conditionvar>'
        f'<setvar action="Set">{points}</setvar></respcondition>'
        for number, points in ((1, "100.000000000"), (2, "0.0000000000"))
    )
    quiz = document(
        '<item ident="OBJ_1" label="QUES_1" title="Bright"><itemmetadata/><presentation><flow><material>'
        '<mattext texttype="text/html">Is it?</mattext></material>'
        "<response_extension "
        'xmlns:d2l="http://desire2learn.com/xsd/d2l"><d2l:display_style>2</d2l:display_style>'
        "<d2l:enumeration>6</d2l:enumeration></response_extension>"
        f'<response_lid ident="LID" rcardinality="Single"><render_choice '
        f'shuffle="no">{labels}</render_choice>'
        f"</response_lid></flow></presentation><resprocessing>{rules}</resprocessing></item>"
    )
    made = import_package(package(tmp_path / "x.zip", {"q.xml": quiz}), "bank")
    assert right(made, "bright") == ["yes"] and made.lost == ()
    assert items(made)["bright"]["shuffle"] is False


def test_ilias_gaps_in_a_text(tmp_path: Path) -> None:
    """Boxes stand between the words; each gap has its points."""

    def box(ident: str) -> str:
        return (
            f'<response_str ident="{ident}" rcardinality="Single"><render_fib fibtype="String" '
            f'prompt="Box" '
            'columns="10"/></response_str>'
        )

    def words(text: str) -> str:
        return f'<material><mattext texttype="text/plain">{text}</mattext></material>'

    rules = "".join(
        f'<respcondition continue="Yes"><conditionvar><varequal respident="{ident}">{text}</varequal>'
        f'</conditionvar><setvar action="Add">{points}</setvar></respcondition>'
        for ident, text, points in (("gap_0", "momentum", "1"), ("gap_1", "learning rate", "2"))
    )
    quiz = document(
        '<item ident="il_0_qst_1" title="Gaps" maxattempts="0"><presentation label="Gaps"><flow>'
        f"{words('We add ')}{box('gap_0')}{words(' and lower the ')}{box('gap_1')}{words('.')}"
        "</flow></presentation>"
        f"<resprocessing><outcomes><decvar/></outcomes>{rules}</resprocessing></item>"
    )
    made = import_package(package(tmp_path / "x.zip", {"q.xml": quiz}), "bank")
    (item,) = items(made).values()
    assert " ".join(item["prompt"].split()) == "We add \\[1\\] and lower the \\[2\\] ."
    assert [blank["accept"] for blank in item["blanks"]] == [["momentum"], ["learning rate"]]
    assert [blank.get("weight", 1) for blank in item["blanks"]] == [1, 2]


def test_an_olat_choice(tmp_path: Path) -> None:
    """Mastery and failure are conditions of their own, with everything else between."""
    labels = "".join(
        f'<flow_label class="List"><response_label ident="{ident}"><material><mattext '
        f'texttype="text/html">{words}'
        "</mattext></material></response_label></flow_label>"
        for ident, words in (("1", "first"), ("2", "second"), ("3", "third"))
    )

    def named(ident: str) -> str:
        return f'<varequal respident="R" case="Yes">{ident}</varequal>'

    def condition(title: str, inside: str, points: str) -> str:
        return (
            f'<respcondition title="{title}" continue="Yes"><conditionvar>{inside}</conditionvar>'
            f'<setvar varname="SCORE" action="Set">{points}</setvar></respcondition>'
        )

    rules = condition("Mastery", f"<and>{named('1')}{named('3')}<not><or>{named('2')}</or></not></and>", "2")
    rules += condition("Fail", f"<not><and>{named('1')}{named('3')}</and></not>", "0")
    quiz = document(
        '<item ident="QTIEDIT:MCQ:1" title="Several"><duration>P0Y</duration><presentation><material>'
        '<mattext texttype="text/html">Which?</mattext></material><response_lid ident="R" '
        'rcardinality="Multiple" '
        f'rtiming="No"><render_choice shuffle="Yes" minnumber="0" maxnumber="3">{labels}</render_choice>'
        '</response_lid></presentation><resprocessing><outcomes><decvar varname="SCORE" vartype="Decimal" '
        f'defaultval="0.0" minvalue="0.0" maxvalue="2.0"/></outcomes>{rules}</resprocessing></item>'
    )
    made = import_package(package(tmp_path / "x.zip", {"q.xml": quiz}), "bank")
    assert right(made, "several") == ["first", "third"] and items(made)["several"]["rule"] == "off"
    assert made.lost == ()


def test_an_openolat_table_of_statements(tmp_path: Path) -> None:
    """Four statements, right or wrong: one slip keeps half of the points, which is said."""
    lefts = "".join(
        f'<simpleAssociableChoice identifier="s{n}" matchMax="1">statement {n}</simpleAssociableChoice>'
        for n in range(4)
    )
    rights = "".join(
        f'<simpleAssociableChoice identifier="{ident}" matchMax="4">{ident}</simpleAssociableChoice>'
        for ident in ("correct", "wrong")
    )
    body = (
        '<matchInteraction responseIdentifier="RESPONSE" shuffle="false" maxAssociations="4">'
        f"<prompt>Judge.</prompt><simpleMatchSet>{lefts}</simpleMatchSet><simpleMatchSet>{rights}"
        "</simpleMatchSet></matchInteraction>"
    )
    pairs = ["s0 correct", "s1 wrong", "s2 correct", "s3 wrong"]
    mapping = "".join(f'<mapEntry mapKey="{pair}" mappedValue="1"/>' for pair in pairs)
    several = (
        '<responseCondition><responseIf><equal toleranceMode="exact"><mapResponse identifier="RESPONSE"/>'
        '<baseValue baseType="float">4</baseValue></equal><setOutcomeValue identifier="SCORE">'
        '<baseValue baseType="float">1</baseValue></setOutcomeValue></responseIf><responseElseIf>'
        '<equal toleranceMode="exact"><mapResponse identifier="RESPONSE"/><baseValue '
        'baseType="float">3</baseValue>'
        '</equal><setOutcomeValue identifier="SCORE"><baseValue '
        'baseType="float">0.5</baseValue></setOutcomeValue>'
        "</responseElseIf></responseCondition>"
    )
    declaration = response21(
        pairs, "directedPair", "multiple", f'<mapping defaultValue="0">{mapping}</mapping>'
    )
    made = import_package(
        package(tmp_path / "x.zip", {"q.xml": item21("Kprim", declaration, body, several)}), "bank"
    )
    (item,) = items(made).values()
    assert [pair["right"] for pair in item["pairs"]] == ["correct", "wrong", "correct", "wrong"]
    assert made.lost == (("Kprim", "Its own rule for partly right pairs becomes all or nothing."),)


def test_a_tao_essay(tmp_path: Path) -> None:
    """Its rule “none” means that a person marks it; the most words stand in a pattern, others are said."""
    declared = '<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="string"/>'

    def made(mask: str) -> Imported:
        body = (
            f'<extendedTextInteraction responseIdentifier="RESPONSE" base="10" patternMask="{mask}">'
            "<prompt>Explain.</prompt></extendedTextInteraction>"
        )
        tao = item21("Essay", declared, body, "").replace(
            "<responseProcessing>",
            '<responseProcessing template="http://www.taotesting.com/xml/qti/2.1/rptemplates/none">',
        )
        return import_package(package(tmp_path / "x.zip", {"q.xml": tao}), "bank")

    words = made(r"^(?:(?:[^\s\:\!\?\;\…\€]+)[\s\:\!\?\;\…\€]*){0,100}$")
    assert (items(words)["essay"]["type"], items(words)["essay"]["most_words"]) == ("essay", 100)
    assert words.lost == (("Essay", "No rubric came with it: write what to look for."),)
    signs = made(r"^[\s\S]{0,500}$")
    assert "most_words" not in items(signs)["essay"]
    assert r"A pattern for what may be written was lost: “^[\s\S]{0,500}$”." in dict(signs.lost[:1]).values()


def canvas_formula(tolerance: str, sets: str, more: str = "") -> str:
    """A formula question as Canvas exports it, classic and new."""
    html = "<p>At [x] the slope is [g] [g2], [answer].</p>"
    item = canvas_item("Step", "calculated_question", html, number_box(), RIGHT_ANYWAY)
    variables = "".join(
        f'<var name="{name}" scale="{scale}"><min>1.0</min><max>9.0</max></var>'
        for name, scale in (("x", 0), ("g", 2))
    )
    extension = (
        f"<itemproc_extension><calculated>{tolerance}"
        '<formulas decimal_places="2"><formula>x - 0.1*g</formula></formulas>'
        f"<vars>{variables}</vars><var_sets>{sets}</var_sets>{more}</calculated></itemproc_extension>"
    )
    return canvas_document(item.replace("</item>", f"{extension}</item>"))


RIGHT_ANYWAY = points("<other/>") + points("<not><other/></not>", "0")


def var_set(x: str, g: str, answer: str) -> str:
    """A set of values with its answer."""
    return (
        f'<var_set ident="1"><var name="x">{x}</var><var name="g">{g}</var>'
        f"<answer>{answer}</answer></var_set>"
    )


SETS = var_set("3.0", "2.5", "2.75") + var_set("4.0", "1.25", "3.88")


@pytest.mark.parametrize(
    ("tolerance", "near", "far"),
    [
        ("", "2.75", "2.76"),
        ("<answer_tolerance>0.01</answer_tolerance>", "2.76", "2.77"),
        ("<answer_tolerance>10%</answer_tolerance>", "3.02", "3.03"),
        ('<answer_tolerance type="percent">10.0</answer_tolerance>', "2.48", "2.47"),
    ],
)
def test_a_formula_of_canvas(tolerance: str, near: str, far: str, tmp_path: Path) -> None:
    """Each student gets one of Canvas's sets of values, shown as there, and its answer is right."""
    document = canvas_formula(tolerance, SETS)
    made = import_package(package(tmp_path / "x.zip", {"q.xml": document}), "bank")
    assert made.lost == ()
    item = ITEM.validate_python(items(made)["step"])
    assert item.prompt == "At [[x]] the slope is [[g:.2f]] \\[g2\\], \\[answer\\]."
    assert item.rows == [
        {"x": 3, "g": Decimal("2.50"), "answer": Decimal("2.75")},
        {"x": 4, "g": Decimal("1.25"), "answer": Decimal("3.88")},
    ]
    first = next(
        question
        for seed in range(50)
        if "At 3 the slope is 2.50" in (question := item.question(bytes([seed]), Decimal(1))).prompt
    )
    assert first.key_text == "2.75"
    for answer, share in (("2.75", 1), (near, 1), (far, 0)):
        assert first.mark(answer).share == share, answer


@pytest.mark.parametrize(
    ("tolerance", "sets", "more", "why"),
    [
        ("", "", "", "no numbers came with it"),
        ("", var_set("3", "x", "2"), "", "is not one number"),
        (
            "",
            SETS.replace("<answer>", "<answer>1</answer><answer>"),
            "",
            "exactly one answer",
        ),
        ("", SETS + SETS.replace('name="g"', 'name="h"'), "", "different variables"),
        ("<answer_tolerance>-1</answer_tolerance>", SETS, "", "its tolerance is negative"),
        ("<answer_tolerance>200%</answer_tolerance>", SETS, "", "the whole number or more"),
        ("", SETS, "<unit_value>cm</unit_value>", "its part “unit_value” is not known here"),
    ],
)
def test_a_formula_that_cannot_be_read(
    tolerance: str, sets: str, more: str, why: str, tmp_path: Path
) -> None:
    """What would change the numbers or the key costs the question, with a sentence."""
    document = canvas_formula(tolerance, sets, more)
    with pytest.raises(UsageError, match=why):
        import_package(package(tmp_path / "x.zip", {"q.xml": document}), "bank")


def test_a_solution_is_the_explanation(tmp_path: Path) -> None:
    """OLAT and R/exams show the worked answer to those who failed; here all see it after the quiz."""
    rules = points("<vargte respident='r'>2</vargte><varlte respident='r'>2</varlte>") + points(
        "<other/>", "0", more='<displayfeedback feedbacktype="Solution" linkrefid="Solution"/>'
    )
    solution = (
        '<itemfeedback ident="Solution" view="All"><solution feedbackstyle="Complete"><solutionmaterial>'
        f"{text('Because of Adam.')}</solutionmaterial></solution></itemfeedback>"
    )
    item = canvas_item("Sum", "", "1 + 1?", number_box("r", "response_num"), rules, solution)
    made = import_package(package(tmp_path / "x.zip", {"q.xml": canvas_document(item)}), "bank")
    assert made.lost == () and items(made)["sum"]["explanation"] == "Because of Adam."
