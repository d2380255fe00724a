"""Packages are as the published schemas want them, and what they refer to is there."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from every_item import every_item, quiz_of
from examples import one_in
from qti_structure import MANIFEST, QTI12, QTI21, TEST, Rule, faults, local, math_faults

from autograder.course.course import find_course
from quizzes.content.items.any_item import Item
from quizzes.content.quiz_file import load_quiz
from quizzes.interchange.concrete import ITEM
from quizzes.interchange.exporting import Format, export
from quizzes.schedule.timing import Schedule

SCHEDULE = Schedule(opens_at=0, due_at=10**12, limit=2_400_000)
SCHEMA = os.environ.get("QTI21_SCHEMA", "")  # a folder with www.imsglobal.org/xsd/imsqti_v2p1.xsd below it


def documents(data: bytes) -> dict[str, Element]:
    """The XML documents of a package."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: fromstring(archive.read(name)) for name in archive.namelist() if name.endswith(".xml")}


@pytest.fixture(params=["every item", "quiz4"])
def data(request: pytest.FixtureRequest, to: Format) -> bytes:
    """A package of every item of the banks, and of quiz 4 with its pools and variants."""
    if request.param == "every item":
        return export(quiz_of(every_item()), SCHEDULE, to, "1").data
    plan = load_quiz(find_course(Path(__file__).parent), "quiz4")
    return export(plan.quiz, plan.schedule, to, "1", 3).data


@pytest.mark.parametrize("to", ["qti12", "qti21"])
def test_against_the_schemas(to: Format, data: bytes) -> None:
    """Elements, their order, attributes and identifiers are those of the schemas."""
    schemas: dict[str, dict[str, Rule]] = {
        "manifest": MANIFEST,
        "questestinterop": QTI12,
        "assessmentItem": QTI21,
        "assessmentTest": TEST,
    }
    seen = set()
    for name, root in documents(data).items():
        if local(root) != "quiz":  # Canvas's own settings
            assert faults(root, schemas[local(root)]) == [], name
            seen.add(local(root))
    expected = {"qti12": {"manifest", "questestinterop"}}
    assert seen == expected.get(to, {"manifest", "assessmentItem", "assessmentTest"})


@pytest.mark.parametrize("to", ["qti12", "qti21"])
def test_everything_is_there(to: Format, data: bytes) -> None:
    """Every file is in the manifest and the other way round; all that is referred to exists."""
    root = documents(data)
    manifest = root.pop("imsmanifest.xml")
    listed = {node.get("href") for node in manifest.iter() if local(node) == "file"}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert listed == set(archive.namelist()) - {"imsmanifest.xml"}
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())
    known = {node.get("identifier") for node in manifest.iter() if local(node) == "resource"}
    needed = {node.get("identifierref") for node in manifest.iter() if local(node) == "dependency"}
    assert needed <= known
    for document in root.values():
        items = [node for node in document.iter() if local(node) in ("item", "assessmentItem")]
        for item in items:
            _refers_to_itself(item)
    if to == "qti21":
        references = [node for node in root["test.xml"].iter() if local(node) == "assessmentItemRef"]
        assert {reference.get("href") for reference in references} == root.keys() - {"test.xml"}


def _refers_to_itself(item: Element) -> None:
    declared = {node.get("identifier") for node in item.iter() if local(node).endswith("Declaration")}
    declared |= {node.get("ident") for node in item.iter() if local(node) in ("response_lid", "response_str")}
    used = {node.get("responseIdentifier") for node in item.iter() if local(node).endswith("Interaction")}
    used |= {node.get("identifier") for node in item.iter() if local(node) in ("variable", "setOutcomeValue")}
    used |= {node.get("respident") for node in item.iter() if local(node) in ("varequal", "vargte", "varlte")}
    assert used <= declared, item.get("title")
    feedback = {node.get("ident") for node in item.iter() if local(node) == "itemfeedback"}
    assert {node.get("linkrefid") for node in item.iter() if local(node) == "displayfeedback"} <= feedback


TEX = (
    *(
        r"\frac{a}{b}",
        r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
        r"\begin{cases}x&x>0\\0&\text{else}\end{cases}",
    ),
    *(
        r"\hat{y}",
        r"\underbrace{a+b}_{n}",
        r"\sum_{i=1}^n x_i",
        r"\lim_{x\to0}",
        r"\sqrt[3]{x}",
        r"\binom{n}{k}",
    ),
    *(
        r"\dfrac{1}{2}",
        r"\displaystyle\sum",
        r"\texttt{abc}",
        r"\mathbb{R}^{n\times m}",
        r"a\quad b\!c",
        "a<b",
    ),
)
MARKDOWN = (
    *("1. a\n2. b", "3. c\n4. d", "- a\n  - b\n    - c", "> quote", "| a | b |\n|---|:-:|\n| 1 | 2 |"),
    *(
        "```python\nx = 1 < 2\n```",
        "    code",
        "# One",
        "###### Six",
        "a  \nb",
        "x\n\n---\n\ny",
        "<b>raw</b>",
    ),
    *('[link](http://example.org/a?b=c "title")', "**b** *i* `c`", "text\n\n- l\n\ntext", "&copy; &nbsp;"),
)


def items_of(text: str) -> dict[str, Item]:
    """An item of each kind, with this text wherever authors may write one."""
    common = {"prompt": text, "explanation": text}
    kinds: list[dict[str, Any]] = [
        {
            "type": "choice",
            "options": [{"text": f"{text} a", "correct": True, "feedback": text}, {"text": "b"}],
        },
        {
            "type": "choices",
            "options": [{"text": f"{text} a", "correct": True}, {"text": "b", "feedback": text}],
        },
        {"type": "true_false", "answer": True, "feedback": text},
        {"type": "matching", "pairs": [{"left": f"{text} {n}", "right": f"{text} {n}"} for n in "ab"]},
        {"type": "ordering", "entries": [f"{text} a", f"{text} b"]},
        {"type": "essay", "rubric": [{"text": text}], "model_answer": text},
        {"type": "numeric", "key": "-1/100000"},
        {"type": "short_text", "accept": ["x & <y>", " a"]},
        {
            "type": "blanks",
            "blanks": [
                {"id": "list", "label": text, "options": [f"{text} a", "b"]},
                {"id": "1", "label": text, "accept": ["x & <y>"]},
                {"id": "n", "label": "n", "key": "1e-9"},
            ],
        },
    ]
    return {
        f"t/{data['type']}".replace("_", "-"): ITEM.validate_python(
            {"id": data["type"].replace("_", "-"), **common, **data}
        )
        for data in kinds
    }


def invalid(data: bytes) -> list[str]:
    """What the rules, and the official schema where it is given, say against a QTI 2.1 package."""
    problems = []
    for name, root in documents(data).items():
        rules = {"manifest": MANIFEST, "assessmentItem": QTI21, "assessmentTest": TEST}[local(root)]
        problems += [f"{name}: {fault}" for fault in faults(root, rules)]
    return problems + (by_schema(data) if SCHEMA else [])


def by_schema(data: bytes) -> list[str]:
    """The official schema's own words; needs lxml and QTI21_SCHEMA, a folder laid out as an XML catalogue."""
    from lxml import etree

    class Local(etree.Resolver):  # type: ignore[misc]  # lxml has no types
        def resolve(self, url: str, _: str, context: object) -> object:
            path = Path(SCHEMA, url.split("://", 1)[-1])
            is_there = "://" in url and path.exists()
            return self.resolve_filename(str(path), context) if is_there else None

    parser = etree.XMLParser(load_dtd=False, no_network=True)
    parser.resolvers.add(Local())
    schema = etree.XMLSchema(etree.parse(str(Path(SCHEMA, "www.imsglobal.org/xsd/imsqti_v2p1.xsd")), parser))
    problems = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.endswith(".xml") and "manifest" not in name:
                schema.validate(etree.fromstring(archive.read(name)))
                problems += [f"{name}: {entry.message}" for entry in schema.error_log]
    return problems


@pytest.mark.parametrize("text", one_in(3, [*(f"${tex}$ and $${tex}$$" for tex in TEX), *MARKDOWN]))
def test_any_formula_and_any_markdown(text: str) -> None:
    """Whatever an author writes in whatever place, the documents keep the schema's rules."""
    assert invalid(export(quiz_of(items_of(text)), SCHEDULE, "qti21", "1").data) == []


def test_every_item_by_the_official_schema() -> None:
    """Every item of the banks, and quiz 4 with its pools."""
    if not SCHEMA:
        pytest.skip("QTI21_SCHEMA names no folder with the official schemas")
    plan = load_quiz(find_course(Path(__file__).parent), "quiz4")
    for quiz, schedule in ((quiz_of(every_item()), SCHEDULE), (plan.quiz, plan.schedule)):
        assert by_schema(export(quiz, schedule, "qti21", "1", 3).data) == []


def test_the_rules_see_formulas() -> None:
    """A formula outside MathML's namespace, and what MathML 2 does not know, are told."""
    outside = fromstring("<math><mi>x</mi></math>")
    assert "outside MathML's namespace" in math_faults(outside)[0]
    wrong = fromstring(
        '<math xmlns="http://www.w3.org/1998/Math/MathML">'
        '<mfrac displaystyle="true"><mi>x</mi></mfrac></math>'
    )
    assert math_faults(wrong) == ["<mfrac> has displaystyle", "<mfrac> holds 1 elements, expected 2"]


def test_the_validator_sees_faults() -> None:
    """A wrong order, a missing attribute, a stray element and a stray text are told."""
    wrong = fromstring(
        "<assessmentItem identifier='a b' title='t' adaptive='false'>stray"
        "<itemBody/><responseDeclaration identifier='R' cardinality='single'/><blink/></assessmentItem>"
    )
    text = " ".join(faults(wrong, QTI21))
    for fault in ("holds itemBody responseDeclaration", "no timeDependent", "<blink>", "stray", "'a b'"):
        assert fault in text
