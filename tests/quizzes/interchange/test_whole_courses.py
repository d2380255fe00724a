"""Courses and collections: every question once, other versions by name, damage that costs itself alone."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import yaml
from qti_packages import (
    canvas_document,
    canvas_item,
    choice_list,
    correct,
    item21,
    package,
    points,
    response21,
    write_package,
)

from autograder.errors import UsageError
from quizzes.interchange.importing import Imported, import_package

OTHER = "associatedcontent/imscc_xmlv1p1/learning-application-resource"
BODY = (
    '<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="1">'
    '<prompt>Which?</prompt><simpleChoice identifier="A">first</simpleChoice>'
    '<simpleChoice identifier="B">second</simpleChoice></choiceInteraction>'
)


def question(title: str, worth: str = "1.0") -> str:
    """A sound item."""
    item = canvas_item(
        title,
        "multiple_choice_question",
        f"<p>{title}?</p>",
        choice_list("response1", [("1", "yes"), ("2", "no")]),
        points(correct("response1", "1")),
    )
    return item.replace("<fieldentry>1.0<", f"<fieldentry>{worth}<")


def ids(made: Imported) -> list[str]:
    """The items of the bank."""
    return [item["id"] for item in yaml.safe_load(made.text)["items"]]


def test_a_course_with_two_quizzes_and_banks(tmp_path: Path) -> None:
    """Canvas's own file wins over the cartridge's; banks are found, whatever the manifest calls them."""
    resources, files = "", {}
    for quiz in ("g1", "g2"):
        resources += (
            f'<resource identifier="{quiz}" type="imsqti_xmlv1p2/imscc_xmlv1p1/assessment">'
            f'<file href="{quiz}/assessment_qti.xml"/><dependency identifierref="{quiz}m"/></resource>'
            f'<resource identifier="{quiz}m" type="{OTHER}" href="{quiz}/assessment_meta.xml">'
            f'<file href="{quiz}/assessment_meta.xml"/></resource>'
        )
        files[f"{quiz}/assessment_qti.xml"] = canvas_document(question(f"{quiz} short"))
        files[f"{quiz}/assessment_meta.xml"] = "<quiz/>"
        files[f"non_cc_assessments/{quiz}.xml.qti"] = canvas_document(
            question(f"{quiz} one"), question(f"{quiz} two")
        )
    files["non_cc_assessments/bank.xml.qti"] = (
        f'<questestinterop><objectbank ident="bank">{question("Banked")}</objectbank></questestinterop>'
    )
    files["wiki_content/page.html"] = "<html><body>No question.</body></html>"
    files["course_settings/course_settings.xml"] = "<course/>"
    made = import_package(write_package(tmp_path / "course.imscc", {**files}, resources), "bank")
    assert sorted(ids(made)) == ["banked", "g1-one", "g1-two", "g2-one", "g2-two"]
    assert made.lost == ()


def test_a_cartridge_of_another_system(tmp_path: Path) -> None:
    """Without Canvas's file the cartridge's own kinds are read."""
    item = question("One").replace("question_type", "cc_profile")
    item = item.replace("multiple_choice_question", "cc.multiple_choice.v0p1")
    resource = (
        '<resource identifier="g" type="imsqti_xmlv1p2/imscc_xmlv1p3/assessment">'
        '<file href="g/qti.xml"/></resource>'
    )
    path = write_package(tmp_path / "x.imscc", {"g/qti.xml": canvas_document(item)}, resource)
    assert ids(import_package(path, "bank")) == ["one"]


def test_groups_and_banks_elsewhere(tmp_path: Path) -> None:
    """What a group draws, and a bank that is not in the package, are named."""
    group = (
        '<section ident="s1" title="Two of five"><selection_ordering><selection>'
        "<selection_number>2</selection_number></selection></selection_ordering>"
        f'{question("Inside")}</section><section ident="s2" title="From a bank"><selection_ordering>'
        "<selection><sourcebank_ref>b77</sourcebank_ref><selection_number>3</selection_number></selection>"
        '</selection_ordering></section><bankentry_item item_ref="q9" sourcebank_ref="b77"/>'
    )
    made = import_package(package(tmp_path / "x.zip", {"q.xml": canvas_document(group)}), "bank")
    assert ids(made) == ["inside"]
    losses = dict(made.lost)
    assert "How many of its questions are drawn, 2, is lost" in losses["Two of five"]
    assert "from the bank b77" in losses["From a bank"]
    assert any("The question q9 was left out" in sentence for _, sentence in made.lost)


@pytest.mark.parametrize("version", ["v2p1", "v2p2"])
def test_qti_2_2_like_2_1(version: str, tmp_path: Path) -> None:
    """The same item in both namespaces gives the same."""
    document = item21("Same", response21(["B"]), BODY, xmlns=f"http://www.imsglobal.org/xsd/imsqti_{version}")
    resource = f'<resource identifier="r" type="imsqti_item_xml{version}"><file href="q.xml"/></resource>'
    made = import_package(write_package(tmp_path / "x.zip", {"q.xml": document}, resource), "bank")
    (item,) = yaml.safe_load(made.text)["items"]
    assert [option["correct"] for option in item["options"]] == [False, True] and made.lost == ()


def test_qti_3_is_named(tmp_path: Path) -> None:
    """Its items are left out by name, with what to do; the others stay."""
    third = (
        '<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" '
        'identifier="t" title="Third"><qti-item-body/></qti-assessment-item>'
    )
    resources = (
        '<resource identifier="a" type="imsqti_item_xmlv3p0" href="t.xml"><file href="t.xml"/></resource>'
        '<resource identifier="b" type="imsqti_item_xmlv2p1" href="q.xml"><file href="q.xml"/></resource>'
    )
    files: dict[str, str | bytes] = {"t.xml": third, "q.xml": item21("Plain", response21(["A"]), BODY)}
    made = import_package(write_package(tmp_path / "x.zip", files, resources), "bank")
    assert ids(made) == ["plain"]
    assert made.lost == (
        ("Third", "It was left out: it is QTI 3, which is not read here; export it as QTI 2.1 or 2.2."),
    )


BROKEN: dict[str, str | bytes] = {
    "cut off": "<questestinterop><assessment>",
    "entities": '<!DOCTYPE x [<!ENTITY a "b">]><questestinterop>&a;</questestinterop>',
    "wrong encoding": b'<?xml version="1.0" encoding="utf-8"?><questestinterop>\xff\xfe</questestinterop>',
    "unknown encoding": b'<?xml version="1.0" encoding="klingon"?><questestinterop/>',
    "empty": "",
}


@pytest.mark.parametrize("damage", BROKEN)
def test_a_broken_document_costs_itself(damage: str, tmp_path: Path) -> None:
    """It is named in plain words; the next document is read."""
    resources = "".join(
        f'<resource identifier="{name}" type="imsqti_xmlv1p2"><file href="{name}.xml"/></resource>'
        for name in ("broken", "missing", "sound")
    )
    files: dict[str, str | bytes] = {
        "broken.xml": BROKEN[damage],
        "sound.xml": canvas_document(question("Sound")),
    }
    made = import_package(write_package(tmp_path / "x.zip", files, resources), "bank")
    assert ids(made) == ["sound"]
    names = [name for name, _ in made.lost]
    assert names == ["broken.xml", "missing.xml"]
    assert all(sentence.endswith("The file was left out.") for _, sentence in made.lost)


def test_names_of_signs_that_only_html_knows(tmp_path: Path) -> None:
    """`&nbsp;` and `&alpha;` in a document without a DTD are read as what they mean."""
    document = item21("Signs", response21(["A"]), f"<p>a&nbsp;b &alpha; &amp;lt;</p>{BODY}")
    made = import_package(package(tmp_path / "x.zip", {"q.xml": document}), "bank")
    (item,) = yaml.safe_load(made.text)["items"]
    assert "α" in item["prompt"] and made.lost == ()


def test_equal_titles_are_told_apart(tmp_path: Path) -> None:
    """Canvas calls every question "Question": the report says which one it means."""
    odd = question("Question").replace("<varequal ", "<mystery ").replace("</varequal>", "</mystery>")
    document = canvas_document(question("Question"), odd, question("Question"))
    made = import_package(package(tmp_path / "x.zip", {"q.xml": document}), "bank")
    assert ids(made) == ["question", "question-3"]
    assert [name for name, _ in made.lost] == ["Question (2)"]


def test_points_that_differ(tmp_path: Path) -> None:
    """A bank holds no points: where they differ, each item's are said; where they are equal, nothing is."""
    for second, sentences in (("1.0", 0), ("3.0", 2)):
        document = canvas_document(question("One"), question("Two", second))
        made = import_package(package(tmp_path / "x.zip", {"q.xml": document}), "bank")
        assert len(made.lost) == sentences
    assert made.lost[1] == ("Two", "Its points, 3.0, are lost: a bank holds none, write them in the quiz.")


def test_nothing_to_take(tmp_path: Path) -> None:
    """The error lists what was left out and why."""
    odd = question("Odd").replace("<varequal ", "<mystery ").replace("</varequal>", "</mystery>")
    with pytest.raises(UsageError, match="Odd: It was left out: its condition “mystery” is not known here"):
        import_package(package(tmp_path / "x.zip", {"q.xml": canvas_document(odd)}), "bank")


def test_a_word_bank_of_qti_2_1(tmp_path: Path) -> None:
    """Words that are dragged into gaps become a list in each gap; which one is right is not shown."""
    words = "".join(
        f'<gapText identifier="{ident}" matchMax="1">{word}</gapText>'
        for ident, word in (("A", "momentum"), ("B", "descent"), ("C", "rate"))
    )
    body = (
        f'<gapMatchInteraction responseIdentifier="RESPONSE" shuffle="true"><prompt>Fill in.</prompt>{words}'
        '<p>The <gap identifier="G1"/> adds the last step, the <gap identifier="G2"/> scales it.</p>'
        "</gapMatchInteraction>"
    )
    mapping = (
        '<mapping defaultValue="0"><mapEntry mapKey="A G1" mappedValue="1"/>'
        '<mapEntry mapKey="C G2" mappedValue="1"/></mapping>'
    )
    document = item21(
        "Bank", response21(["A G1", "C G2"], "directedPair", "multiple", mapping), body, "map_response"
    )
    made = import_package(package(tmp_path / "x.zip", {"q.xml": document}), "bank")
    (item,) = yaml.safe_load(made.text)["items"]
    assert [blank["options"][0] for blank in item["blanks"]] == ["momentum", "rate"]
    assert all(sorted(blank["options"]) == ["descent", "momentum", "rate"] for blank in item["blanks"])
    assert "The \\[1\\] adds the last step, the \\[2\\] scales it." in item["prompt"]
    assert made.lost == ()


def test_rules_that_give_no_points(tmp_path: Path) -> None:
    """Some systems write conditions without points: the declared key earns them, and that is said."""
    rules = (
        '<responseCondition><responseIf><match><variable identifier="RESPONSE"/>'
        '<correct identifier="RESPONSE"/></match></responseIf></responseCondition>'
    )
    document = item21("Silent", response21(["B"]), BODY, rules)
    made = import_package(package(tmp_path / "x.zip", {"q.xml": document}), "bank")
    (item,) = yaml.safe_load(made.text)["items"]
    assert [option["correct"] for option in item["options"]] == [False, True]
    assert made.lost == (
        ("Silent", "It has no rule of marking that gives points: its declared key earns them."),
    )


def test_a_document_alone_and_a_package_without_a_manifest(tmp_path: Path) -> None:
    """The questions are found all the same."""
    alone, bare = tmp_path / "alone.xml", tmp_path / "bare.zip"
    alone.write_text(canvas_document(question("One")), encoding="utf-8")
    with zipfile.ZipFile(bare, "w") as archive:
        archive.writestr("a/q.xml", canvas_document(question("Two")))
    assert ids(import_package(alone, "bank")) == ["one"] and ids(import_package(bare, "bank")) == ["two"]


@pytest.mark.parametrize("href", ["my%20quiz/q%201.xml", "my quiz\\q 1.xml", "./my quiz/q 1.xml"])
def test_spellings_of_a_file_name(href: str, tmp_path: Path) -> None:
    """Manifests write blanks as %20 and folders with backslashes."""
    resource = f'<resource identifier="r" type="imsqti_xmlv1p2" href="{href}"/>'
    files: dict[str, str | bytes] = {"my quiz/q 1.xml": canvas_document(question("One"))}
    made = import_package(write_package(tmp_path / "x.zip", files, resource), "bank")
    assert ids(made) == ["one"] and made.lost == ()


def test_settings_of_another_system(tmp_path: Path) -> None:
    """A setting in a namespace of its own is reported and costs nothing; one of the standard's may."""
    document = item21("Own", response21(["A"]), BODY)
    vendor = document.replace(
        "<choiceInteraction ", '<choiceInteraction xmlns:v="http://vendor.example/v" v:variant="tiles" ', 1
    )
    made = import_package(package(tmp_path / "x.zip", {"q.xml": vendor}), "bank")
    assert made.lost == (("Own", "A setting of the other system's own was passed over: variant=“tiles”."),)
    standard = document.replace("<choiceInteraction ", '<choiceInteraction variant="tiles" ', 1)
    with pytest.raises(UsageError, match="the setting variant=“tiles”"):
        import_package(package(tmp_path / "y.zip", {"q.xml": standard}), "bank")


def test_marking_of_any_length_is_bounded(tmp_path: Path) -> None:
    """Thousands of conditions are not run on thousands of answers: the item is left out."""
    long = question("Long").replace(
        "<resprocessing>", f"<resprocessing>{points(correct('response1', '2'), '0') * 800}"
    )
    document = canvas_document(long, question("Short"))
    made = import_package(package(tmp_path / "x.zip", {"q.xml": document}), "bank")
    assert ids(made) == ["short"] and "more than 1000 parts" in made.lost[0][1]


def test_what_a_test_says_beside_its_questions(tmp_path: Path) -> None:
    """Draws, shared texts, conditions, limits and weights of a QTI 2.1 test are reported."""
    test = (
        '<assessmentTest xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="t" title="T">'
        '<testPart identifier="p" navigationMode="linear" submissionMode="individual">'
        '<timeLimits maxTime="60"/>'
        '<assessmentSection identifier="s" title="Reading" visible="true"><selection select="1"/>'
        '<rubricBlock view="candidate"><p>Read this text.</p></rubricBlock>'
        '<assessmentItemRef identifier="i1" href="../items/a.xml"><weight identifier="W" value="2"/>'
        '</assessmentItemRef><assessmentItemRef identifier="i2" href="../items/b.xml">'
        '<preCondition><isNull/></preCondition><weight identifier="W" value="3"/></assessmentItemRef>'
        "</assessmentSection></testPart></assessmentTest>"
    )
    documents = {
        "items/a.xml": item21("First", response21(["A"]), BODY),
        "items/b.xml": item21("Second", response21(["B"]), BODY),
    }
    made = import_package(package(tmp_path / "x.zip", documents, {"tests/t.xml": test.encode()}), "bank")
    assert ids(made) == ["first", "second"]
    assert set(made.lost) == {
        ("p", "A time limit of its own was left out."),
        ("Reading", "How many of its questions are drawn, 1, is lost: write `draw` in the quiz file."),
        ("Reading", "A text that its questions share was left out: “Read this text.”."),
        ("i2", "A condition on when it is shown was left out."),
        ("First", "Its points, 2, are lost: a bank holds none, write them in the quiz."),
        ("Second", "Its points, 3, are lost: a bank holds none, write them in the quiz."),
    }


def test_a_text_that_several_questions_share(tmp_path: Path) -> None:
    """QTI 1.2 puts it into the section: it is reported with its words."""
    section = (
        '<section ident="s" title="Passage"><presentation_material><flow_mat><material>'
        '<mattext texttype="text/html">&lt;p&gt;A long passage.&lt;/p&gt;</mattext></material></flow_mat>'
        f"</presentation_material>{question('One')}</section>"
    )
    made = import_package(package(tmp_path / "x.zip", {"q.xml": canvas_document(section)}), "bank")
    assert made.lost == (("Passage", "A text that its questions share was left out: “A long passage.”."),)
